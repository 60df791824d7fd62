"""The thin edge: HTTP by urllib within a deadline, and output that hides secrets."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from reporter.errors import Failure, Problem, unreachable

AGENT = "b24bridge-ci/1"
CALL_SECONDS = 4.0
MOST_BYTES = 8_000_000
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Output:
    """Lines for the job's log. What is secret is replaced, wherever it may stand."""

    def __init__(self, write=sys.stdout.write) -> None:
        self._write, self._secrets = write, []

    def hide(self, *secrets: str) -> None:
        for secret in secrets:
            self._secrets += [form for form in (secret, quote(secret, safe="")) if len(form) > 3]
        self._secrets.sort(key=len, reverse=True)

    def masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[masked]")
        return text

    def say(self, text: str) -> None:
        """One message; control characters of foreign text would forge log sections."""
        self._write(CONTROLS.sub(" ", self.masked(text)) + "\n")


@dataclass(frozen=True)
class Answer:
    """`body`: the JSON, None where it was none."""

    status: int
    body: object
    location: str = ""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn a POST into a GET and send the secret to a stranger."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class Wire:
    """Requests that end by `deadline` (seconds of time.monotonic). `count`: how many were made."""

    def __init__(self, deadline: float, ca_file: str = "") -> None:
        self.deadline, self.count, self._ca_file = deadline, 0, ca_file
        self._openers: dict[str, urllib.request.OpenerDirector] = {}

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, self.left())))

    def get(self, url: str, headers: Mapping[str, str], *, keep: float = 0.0) -> Answer:
        """`keep`: seconds of the time that have to be left afterwards."""
        return self._send(urllib.request.Request(url, headers=dict(headers)), keep)

    def post(
        self, url: str, data: object, headers: Mapping[str, str] | None = None, *, keep: float = 0.0
    ) -> Answer:
        sent = {"Content-Type": "application/json", **(headers or {})}
        body = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
        return self._send(urllib.request.Request(url, body, sent, method="POST"), keep)

    def _send(self, request: urllib.request.Request, keep: float) -> Answer:
        request.add_header("User-Agent", AGENT)
        request.add_header("Accept", "application/json")
        host = urlsplit(request.full_url).netloc.rpartition("@")[2]
        seconds = min(CALL_SECONDS, self.left() - keep)
        if seconds <= 0:
            raise Problem(unreachable(host, "no time left", sent=False))
        self.count += 1
        try:
            with self._open(request, seconds) as response:
                return Answer(response.status, read_json(response.read(MOST_BYTES)))
        except urllib.error.HTTPError as error:
            with error:
                location = error.headers.get("Location", "")
                return Answer(error.code, read_json(error.read(MOST_BYTES)), location)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Problem(trouble(host, error)) from None

    def _open(self, request: urllib.request.Request, seconds: float):
        scheme = request.type
        if scheme not in self._openers:
            handlers = [NoRedirects]
            if scheme == "https":
                handlers.append(urllib.request.HTTPSHandler(context=trusting(self._ca_file)))
            self._openers[scheme] = urllib.request.build_opener(*handlers)
        return self._openers[scheme].open(request, timeout=seconds)


def trusting(ca_file: str) -> ssl.SSLContext:
    """The machine's authorities and, of a self-managed GitLab, its own (CI_SERVER_TLS_CA_FILE)."""
    context = ssl.create_default_context()
    if ca_file and os.path.isfile(ca_file):
        context.load_verify_locations(ca_file)
    return context


def trouble(host: str, error: Exception) -> Failure:
    """Only what failed before a byte was sent has certainly not landed."""
    reason = getattr(error, "reason", error)
    early = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
    if isinstance(reason, (socket.timeout, TimeoutError)):
        return unreachable(host, "no answer in time", sent=True)
    text = getattr(reason, "strerror", None) or type(reason).__name__
    return unreachable(host, str(text), sent=not isinstance(reason, early))


def read_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
