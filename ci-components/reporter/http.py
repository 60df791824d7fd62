"""HTTP over sockets, within a time, and output that hides secrets.

No more of HTTP than these requests need: the standard library's client takes longer to import
than a whole report may.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from reporter.errors import Problem

if TYPE_CHECKING:
    import ssl

CALL_SECONDS = 4.0
PORTS = {"http:": "80", "https:": "443"}

Received = tuple[int, Any, bytes]  # status, header fields by their names in lower case, body


class Output:
    """Lines for the job's log. What is secret is replaced, wherever it may stand."""

    def __init__(self, write: Callable[[str], object] = sys.stdout.write) -> None:
        self.write = write
        self.secrets: set[str] = set()

    def say(self, text: str, head: str = "b24: ") -> None:
        """Print one message; control characters of foreign text would forge log sections, and
        marks of direction turn its words round.
        """
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "[masked]") if len(secret) > 3 else text
        shown = (char if char.isprintable() or char == "\n" else " " for char in text)
        self.write(head + "".join(shown) + "\n")


class Answer(NamedTuple):
    """`body`: the JSON, None where it was none. `retry_after`: seconds."""

    status: int
    body: object
    location: str
    retry_after: float


class Http:
    """Requests that end within the `seconds` from now. `agent`: what the servers read of us;
    `count`: how many were made; `wait`: the seconds after which the last server wants the next.
    """

    context: ssl.SSLContext | None = None

    def __init__(self, environ: Mapping[str, str], seconds: float, agent: str) -> None:
        self.environ, self.agent, self.count = environ, agent, 0
        self.deadline = time.monotonic() + seconds

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def ask(
        self, url: str, headers: Mapping[str, str], data: object = None, *, keep: float = 0.0
    ) -> Answer:
        """Post `data` as JSON, or get. `keep`: seconds that have to be left afterwards.

        No redirect is followed: it would send the secret to a stranger. Raises Problem where there
        is no answer.
        """
        text = json.dumps(data, ensure_ascii=False) if data else ""
        body = text.encode("utf-8", "replace")
        fields = {
            "User-Agent": self.agent, "Connection": "close", "Content-Type": "application/json",
            "Content-Length": str(len(body)), **headers,
        }  # fmt: skip
        host, self.count = url.split("/")[2], self.count + 1
        self.sent, self.wait = False, 1.0
        try:
            seconds = min(CALL_SECONDS, self.left() - keep)
            if seconds <= 0:
                raise OSError(0, "no time left")
            proxied = any(
                url and name.lower() in ("https_proxy", "http_proxy")
                for name, url in self.environ.items()
            )  # fmt: skip
            send = self.by_proxy if proxied else self.by_socket
            answer = read_answer(*send(url, fields, body, seconds))
            self.wait = answer.retry_after
            return answer
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", "") or str(error) or type(error).__name__
            if self.sent:
                reason += "; what was sent may have landed"
            raise Problem(
                f"{host} cannot be reached: {reason}", "UNREACHABLE", again=not self.sent
            ) from None

    def ask_twice(
        self, url: str, headers: Mapping[str, str], data: object = None, keep: float = 0.0
    ) -> Answer:
        """Ask, and once more after a server in trouble, when it says and if there is time."""
        try:
            answer = self.ask(url, headers, data, keep=keep)
        except Problem:
            answer = None
        if answer and answer.status < 500 and answer.status != 429:
            return answer
        if self.wait > self.left() - keep:
            raise Problem(f"{url.split('/')[2]} is in trouble", "TROUBLE")
        time.sleep(self.wait)
        return self.ask(url, headers, data, keep=keep)

    def by_socket(self, url: str, fields: dict[str, str], body: bytes, seconds: float) -> Received:
        """Speak as much of HTTP as an answer needs that ends by length, chunks, or connection."""
        scheme, _, host, path = url.split("/", 3)
        place = re.fullmatch(r"\[?(.+?)\]?(?::([0-9]+))?", host)
        if not place or scheme not in PORTS:
            raise ValueError("it is no web address")
        # As bytes: of a text Python loads the codec "idna" first, whatever the text is.
        peer: Any = place[1].encode("ascii" if place[1].isascii() else "idna")
        connection = socket.create_connection((peer, place[2] or PORTS[scheme]), seconds)
        if scheme == "https:":
            connection = self.trust().wrap_socket(connection, server_hostname=peer)
        head = [
            f"{'POST' if body else 'GET'} /{path} HTTP/1.1", f"Host: {host}",
            *map(": ".join, fields.items()), "",
        ]  # fmt: skip
        # No value ends its line.
        sent = "".join(re.sub("[^ -~]", "", line) + "\r\n" for line in head)
        with connection:
            self.sent = True
            connection.sendall(sent.encode() + body)
            stream = connection.makefile("rb")
            status, got = int(stream.readline(9_999)[9:12]), {}
            while line := stream.readline(99_999).strip():
                name, _, value = line.decode("latin-1").partition(":")
                got[name.lower()] = value.strip()
            return status, got, body_of(stream, got)

    def by_proxy(self, url: str, fields: dict[str, str], body: bytes, seconds: float) -> Received:
        """Ask by the standard library, which knows proxies and takes twice as long."""
        import urllib.request as web

        opener = web.OpenerDirector()  # without those for redirects and errors
        secure = web.HTTPSHandler(context=self.trust())
        for each in (web.ProxyHandler(), web.HTTPHandler(), secure):
            opener.add_handler(each)
        request, self.sent = web.Request(url, body or None, fields), True
        try:
            answer = opener.open(request, timeout=seconds)
        except web.URLError as error:  # of what comes before an answer: nothing has arrived
            self.sent = False
            raise OSError(0, f"{error.reason}, {request.host}") from None
        return answer.status, answer.headers, answer.read()

    def trust(self) -> ssl.SSLContext:
        """Trust the machine's authorities and, of a self-managed GitLab, its own."""
        import ssl  # to import it takes as long as all the others

        context = self.context = self.context or ssl.create_default_context()
        own = self.environ.get("CI_SERVER_TLS_CA_FILE", "")
        if os.path.isfile(own):
            context.load_verify_locations(own)
        return context


def body_of(stream: BinaryIO, fields: Mapping[str, str]) -> bytes:
    if "chunked" not in fields.get("transfer-encoding", ""):
        length = int(fields.get("content-length", -1))
        body = stream.read(length)
        if len(body) < length:
            raise ValueError("the answer is cut off")
        return body
    body = b""
    while size := int(stream.readline(99).partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline(9)
    return body


def read_answer(status: int, fields: Mapping[str, str], body: bytes) -> Answer:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    wait = fields.get("retry-after", "")
    return Answer(status, value, fields.get("location", ""), float(wait if wait.isdigit() else 1))
