"""A session that follows no redirect, and tells no secret in clear where https is spoken."""

from __future__ import annotations

import ipaddress
import time
from typing import Any
from urllib.parse import urlsplit

import requests

_PLAIN_SECONDS = 600.0  # for which a server is believed to speak no https
_MOST_PLAIN = 1000
_plain: dict[str, float] = {}  # when a host and port was last found to be so


class CarefulSession(requests.Session):
    """Follows no redirect, nor reads where one leads: the server we asked answers, or nobody."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: an answer is what it is."""
        return None

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request; without TLS only after a bare one, which servers send on to https.

        An address with http:// is often a slip, and a token would be told in clear before anybody
        says so: the answer to the bare request is returned then, and nothing else is sent. What
        does not leave this machine is sent as it is.
        """
        parts, now = urlsplit(request.url or ""), time.monotonic()
        is_plain = parts.scheme == "http" and not _is_this_machine(parts.hostname or "")
        if is_plain and now - _plain.get(parts.netloc, -_PLAIN_SECONDS) >= _PLAIN_SECONDS:
            bare = requests.Request("GET", f"http://{parts.netloc}/")
            answer = super().send(self.prepare_request(bare), **{**options, "stream": False})
            target = urlsplit(answer.headers.get("Location", ""))
            if (target.scheme, target.hostname) == ("https", parts.hostname):
                return answer
            if len(_plain) >= _MOST_PLAIN:
                _plain.clear()
            _plain[parts.netloc] = now
        return super().send(request, **options)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
