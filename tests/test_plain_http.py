"""An address with http://: nothing secret is told where the server speaks https."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sync import plain_http
from sync.errors import Later
from sync.gitlab.api.client import GitLab
from sync.net import guarded_session
from sync.youtrack.api.client import YouTrack

HOST = "code.acme.test"


@dataclass
class Site:
    """A server of that name on this machine. `sends_on`: where to, "" for an answer of its own."""

    sends_on: str = ""
    received: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def secrets(self) -> list[str]:
        """What it was told in clear."""
        return [secret for _, secret in self.received if secret]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    running = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            secret = self.headers.get("Private-Token") or self.headers.get("Authorization") or ""
            running.received.append((self.path, secret))
            self.send_response(301 if running.sends_on else 200)
            if running.sends_on:
                self.send_header("Location", f"{running.sends_on}{self.path}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            return None

    real = socket.getaddrinfo

    def resolve(name: str, *args: object, **options: object) -> object:
        return real("127.0.0.1" if name == HOST else name, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(plain_http, "_plain", {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield running
    server.shutdown()
    server.server_close()


def clients(site: Site) -> tuple[GitLab, YouTrack]:
    session = guarded_session(("127.0.0.0/8",))
    return GitLab(site.url, "glpat-secret", session=session), YouTrack(
        site.url, "perm-secret", session=session
    )


@pytest.mark.parametrize("number", [0, 1], ids=["GitLab", "YouTrack"])
def test_a_server_that_speaks_https_is_told_no_token(site: Site, number: int) -> None:
    site.sends_on = f"https://{HOST}"
    client = clients(site)[number]
    for send in (lambda: client.get("/user"), lambda: client.post("/user", {})):
        with pytest.raises(Later) as later:
            send()
        assert later.value.change.startswith("Write https:// in the connection's `url`")
    assert site.secrets() == []


@pytest.mark.parametrize("sends_on", ["", "http://sso.acme.test", "https://evil.test"])
def test_a_server_without_https_is_asked_bare_once(site: Site, sends_on: str) -> None:
    """A redirect to somewhere else is the answer of a server at this address, which is trusted."""
    client, _ = clients(site)
    site.sends_on = sends_on
    for _ in range(2):
        if sends_on:
            with pytest.raises(Later):
                client.get("/user")
        else:
            client.get("/user")
    assert [path for path, secret in site.received if not secret] == ["/"]
    assert site.secrets() == ["glpat-secret"] * 2


def test_what_does_not_leave_this_machine_is_sent_at_once(site: Site) -> None:
    session = guarded_session(("127.0.0.0/8",))
    address = f"http://127.0.0.1:{site.port}"
    GitLab(address, "glpat-secret", session=session).get("/user")
    assert [path for path, _ in site.received] == ["/api/v4/user"]
