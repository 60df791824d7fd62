"""An emulated GitLab with a project, and a receiver that keeps what it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sync.core.clock import ManualClock
from sync.gitlab.api.client import GitLab
from sync.net import guarded_session
from tests.emulators.gitlab.server import GitLabEmulator


@dataclass
class Receiver:
    """`answer`: the status it gives; `heard`: headers and body of every request."""

    url: str = ""
    answer: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))


@pytest.fixture
def gitlab(clock: ManualClock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as emulator:
        emulator.state.add_user("alice", "Alice Novak", public=True)
        emulator.state.add_user("boris", "Boris Petrov")
        emulator.state.add_group("web", members={"alice": 50})
        emulator.state.add_project("web/shop", members={"alice": 40, "boris": 30})
        yield emulator


@pytest.fixture
def connect(gitlab: GitLabEmulator):
    """Makes a client for a user: connect("boris", scopes=("read_api",))."""

    def client(username: str = "alice", *, connection_id: int = 3, **token: object) -> GitLab:
        value = gitlab.state.add_token(username, **token).value
        session = guarded_session(["127.0.0.0/8"])
        return GitLab(gitlab.url, value, connection_id=connection_id, session=session)

    return client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.heard.append((dict(self.headers.items()), body))
            self.send_response(kept.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    server.server_close()
