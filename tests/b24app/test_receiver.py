"""Nothing that strangers or other servers do holds up an acknowledgement: over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sync import keyfile
from sync.store import connections, portals
from sync.store.db.database import open_database, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.vault import Vault
from tests.depth import sample

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
KEY, TOKEN, MEMBER = "hook-key-of-the-test", "hook-token-of-the-test", "a" * 32
SOON = 2.0  # seconds: an acknowledgement takes milliseconds, a machine with others to serve more
SHORT = {  # limits of the process that is tested: seconds, bytes, connections
    "b24app.receiver.HEAD_SECONDS": 3.0,
    "b24app.app.OUTBOUND_SECONDS": 1.5,
    "sync.gitlab.ci_reports.issuer_keys.PATIENCE_SECONDS": 1.0,
    "b24app.receiver.MAX_BUFFERED_BYTES": 8_000_000,
    "b24app.server._CONNECTIONS": 400,
}
SERVE = f"""
from importlib import import_module
for name, limit in {SHORT!r}.items():
    module, _, constant = name.rpartition(".")
    assert getattr(import_module(module), constant) > limit, name
    setattr(import_module(module), constant, limit)
import os, flask
usual, large = flask.Flask.send_static_file, os.path.abspath("large.js")
flask.Flask.send_static_file = lambda app, filename: (
    flask.send_file(large) if filename == "large.js" else usual(app, filename)
)
from b24app.cli import main
raise SystemExit(main(["web"]))
"""
LARGE = 4_000_000  # bytes of a static file: more than the system holds for a client


@contextmanager
def silent_server() -> Iterator[str]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener, ExitStack() as held:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.enter_context(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@dataclass
class Served:
    port: int
    silent: str
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=40)

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, float, str]:
        """The status, the seconds that it took, and the text."""
        began = time.monotonic()
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            conn.request("POST", path, body, given)
            answer = conn.getresponse()
            return answer.status, time.monotonic() - began, answer.read().decode()
        finally:
            conn.close()

    def acknowledge(self, number: int) -> tuple[int, float]:
        body = json.dumps({"object_kind": "note", "number": number}).encode()
        status, seconds, _ = self.post(
            f"/hooks/gitlab/{KEY}", body, X_Gitlab_Token=TOKEN, X_Gitlab_Event="Note Hook"
        )
        return status, seconds

    def assert_acknowledges(self, first: int, count: int = 5) -> None:
        answers = [self.acknowledge(first + number) for number in range(count)]
        assert [status for status, _ in answers] == [200] * count
        assert max(seconds for _, seconds in answers) < SOON, answers


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    tmp_path = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path / "data"
    with silent_server() as silent, (tmp_path / "log").open("wb") as log:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "B24BRIDGE_DATA_DIR": str(data),
            "B24BRIDGE_BIND": f"127.0.0.1:{port}",
            "B24BRIDGE_THREADS": "4",
            "B24BRIDGE_PUBLIC_URL": "https://bridge.example.com",
            "B24BRIDGE_CLIENT_ID": "local.test",
            "B24BRIDGE_CLIENT_SECRET": "secret",
            "B24BRIDGE_OAUTH_HOSTS": silent,
            "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        command = [sys.executable, "-c", SERVE]
        (tmp_path / "large.js").write_bytes(bytes(LARGE))
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=tmp_path)
        made = Served(port, silent, tmp_path / "log")
        try:
            _wait_until_it_listens(made)
            _connect(data, silent)
            made.assert_acknowledges(0, 1)
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def _wait_until_it_listens(served: Served) -> None:
    for _ in range(600):
        with suppress(OSError), served.connect():
            return
        time.sleep(0.1)
    raise AssertionError(served.log.read_text())


def _connect(data: Path, silent: str) -> None:
    vault = Vault(keyfile.read_or_create(data / "secret.key"))
    installation = Installation(
        MEMBER, "https://p.example/rest/", f"{silent}/rest/", PortalTokens("a", "r", None, 1)
    )
    draft = ConnectionDraft(
        "gitlab", "main", silent, ConnectionSecrets(KEY, TOKEN), {"projects": ["team/shop"]}
    )
    engine = open_database(f"sqlite:///{data / 'b24bridge.sqlite3'}")
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, vault, installation, NOW)
        portals.save_application_token(conn, vault, portal_id, "application-token", NOW)
        connections.upsert(conn, vault, portal_id, draft, NOW)
    engine.dispose()


PARTIAL = [
    b"",
    b"P",
    b"POST /hooks/gitlab/x HTTP/1.1\r\nHost: here\r\nX-Slow: ",
    b"POST /hooks/gitlab/x HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nsome",
    b"POST /b24/app HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n",
    b"POST /b24/events HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
]


@pytest.mark.parametrize("number", sample(range(len(PARTIAL)), 3))
def test_slow_clients_hold_up_nobody(served: Served, number: int) -> None:
    """The next test sends all of them, from more clients."""
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(served.connect()).sendall(PARTIAL[number])
        served.assert_acknowledges(10)


def test_three_hundred_slow_clients_stop_none_of_ten_senders(served: Served) -> None:
    with ExitStack() as stack:
        for number in range(300):
            client = stack.enter_context(served.connect())
            client.sendall(PARTIAL[number % len(PARTIAL)])
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(served.acknowledge, range(1000, 1100)))
    assert [status for status, _ in answers] == [200] * 100


def test_more_idle_connections_than_are_kept_shut_nobody_out(served: Served) -> None:
    """Each was answered and waits; the oldest are closed for who comes."""
    request = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    with ExitStack() as stack:
        clients = [stack.enter_context(served.connect()) for _ in range(450)]
        for client in clients:
            with suppress(OSError):
                client.sendall(request)
        time.sleep(0.3)
        served.assert_acknowledges(10)


def test_large_bodies_that_never_end_leave_room_for_small_ones(served: Served) -> None:
    """Whoever holds most of the memory is refused, not whoever comes next."""
    head = b"POST /hooks/gitlab/x HTTP/1.1\r\nHost: here\r\nContent-Length: 20000000\r\n\r\n"
    with ExitStack() as stack:
        clients = [stack.enter_context(served.connect()) for _ in range(4)]
        for client in clients:
            client.sendall(head)
            with suppress(OSError):
                client.sendall(bytes(2_500_000))
        served.assert_acknowledges(10)
        refused, _, _ = select.select(clients, [], [], 5)
        answers = [client.recv(4096) for client in refused]
    assert answers
    assert all(b"Too many large requests arrive at once" in answer for answer in answers)


def test_clients_that_do_not_close_hold_up_nobody(served: Served) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(served.connect()).sendall(request)
        served.assert_acknowledges(10)


def test_clients_that_do_not_read_hold_up_no_page(served: Served) -> None:
    """A large answer waits for its client, and no thread with it; who reads later gets it whole."""
    request = b"GET /static/large.js HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        clients = [stack.enter_context(served.connect()) for _ in range(12)]
        late = clients[7]
        for client in clients:
            size = 262_144 if client is late else 4096  # through a small one it takes minutes
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            client.sendall(request)
        for client in clients:
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        page = http.client.HTTPConnection("127.0.0.1", served.port, timeout=SOON)
        page.request("GET", "/b24/install")
        assert page.getresponse().status == 200
        page.close()
        answer = b"".join(iter(lambda: late.recv(1_000_000), b""))
    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE


def test_who_is_too_slow_is_told_so(served: Served) -> None:
    began = time.monotonic()
    with served.connect() as slow:
        slow.sendall(b"POST /hooks/gitlab/x HTTP/1.1\r\nX-Slow: ")
        answer = slow.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"The request did not arrive in time" in answer
    assert 2.5 < time.monotonic() - began < 7


def test_an_oauth_server_that_hangs_holds_up_no_acknowledgement(served: Served) -> None:
    form = urlencode({"AUTH_ID": "x", "member_id": "b" * 32}).encode()
    event = urlencode(
        {"event": "ONAPPINSTALL", "auth[member_id]": "b" * 32, "auth[access_token]": "x"}
    ).encode()
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    with ThreadPoolExecutor(40) as pool:
        pages = [
            pool.submit(served.post, "/b24/app?DOMAIN=p.example", form, **kind) for _ in range(4)
        ]
        events = [pool.submit(served.post, "/b24/events", event, **kind) for _ in range(6)]
        time.sleep(0.5)
        served.assert_acknowledges(10)
        health = http.client.HTTPConnection("127.0.0.1", served.port, timeout=SOON)
        health.request("GET", "/healthz")
        assert health.getresponse().status == 200
        health.close()
    answers = [future.result() for future in (*pages, *events)]
    assert {status for status, _, _ in answers} <= {401, 429, 503}
    assert min(seconds for status, seconds, _ in answers if status == 503) < 3.0


def test_a_gitlab_whose_keys_do_not_come_holds_up_nobody(served: Served) -> None:
    from tests.emulators.gitlab.identity import signed

    claims = {"iss": served.silent, "aud": "https://bridge.example.com", "jti": "x"}
    token = signed(claims, 1)
    with ThreadPoolExecutor(20) as pool:
        reports = [
            pool.submit(served.post, "/ci/report", b"{}", Authorization=f"Bearer {token}")
            for _ in range(10)
        ]
        time.sleep(0.3)
        served.assert_acknowledges(10)
    answers = [future.result() for future in reports]
    assert {status for status, _, _ in answers} == {503}, answers
    assert all(seconds < 6 for _, seconds, _ in answers)


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "The chunks of this body are malformed"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n", 400, "malformed"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", 400, "malformed"),
        (b"Transfer-Encoding: chunked\r\n\r\n1;=\r\nx\r\n0\r\n\r\n", 400, "malformed"),
        (b"Content-Length: many\r\n\r\n", 400, "Content-Length is not one number"),
        (b"Transfer-Encoding: gzip\r\n\r\n", 501, "Transfer-Encoding is understood as"),
    ],
)
def test_what_is_malformed_is_said_in_a_sentence(
    served: Served, sent: bytes, status: int, text: str
) -> None:
    with served.connect() as client:
        head = f"POST /hooks/gitlab/{KEY} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
        client.sendall(head.encode() + sent)
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    first, _, body = answer.partition(b"\r\n\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ".encode())
    assert text in json.loads(body)["error"]["text"]


GET, HERE = b"GET /healthz HTTP/1.1\r\n", b"Host: here\r\n"
CHUNKED = b"POST /hooks/gitlab/x HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"POST /hooks/gitlab/x HTTP/1.1\r\nHost: here\r\n"
NO_REQUESTS = [
    b"GET /\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /healthz HTTP/9.9\r\n\r\n",
    b"GET  /healthz HTTP/1.1\r\n\r\n",
    b"G\x00T /healthz HTTP/1.1\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    b"GET /%ff%00%zz HTTP/1.1\r\n\r\n",
    b"GET * HTTP/1.1\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\n\r\n",
    b"GET //[/hooks HTTP/1.1\r\n\r\n",
    b"TRACE /healthz HTTP/1.1\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/secret.key HTTP/1.1\r\n\r\n",
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
    GET + HERE + HERE + b"\r\n",
    GET + b" folded: x\r\n\r\n",
    GET + b"X: a\r\n b\r\n\r\n",
    GET + b"X : a\r\n\r\n",
    GET + b"X\r\n\r\n",
    GET + b": a\r\n\r\n",
    GET + b"X: a\x00b\r\n\r\n",
    GET + b"X: a\nY: b\r\n\r\n",
    GET + b"X: a\rY: b\r\n\r\n",
    GET + b"X: a\r\n" * 150 + b"\r\n",
    GET + b"X: " + b"a" * 9000 + b"\r\n\r\n",
    GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    SIZED + b"Content-Length: -1\r\n\r\n",
    SIZED + b"Content-Length: 5, 5\r\n\r\nhello",
    SIZED + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    SIZED + b"Content-Length: 999999999999999999\r\n\r\n",
    SIZED + b"Content-Length: \xd9\xa5\r\n\r\nhello",
    SIZED + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    SIZED + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    SIZED + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    SIZED + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    SIZED + b"Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n",
    SIZED + b"Expect: 200-ok\r\n\r\n",
    SIZED + b"Expect : 100-continue\r\nContent-Length: 0\r\n\r\n",
    CHUNKED + b"FFFFFFFF\r\n",
    CHUNKED + b"-1\r\n\r\n",
    CHUNKED + b"5;a\r\nhelloworld\r\n",
    CHUNKED + b"0\r\nX\r\n\r\n",
    CHUNKED.replace(b"/hooks/", b"/%68ooks/") + b"5\r\nhelloworld\r\n",
    SIZED.replace(b"/x ", f"/{KEY} ".encode())
    + b"X-Gitlab-Token: \xff\r\nContent-Length: 0\r\n\r\n",
]


def test_no_malformed_request_is_an_error_of_ours_or_keeps_a_thread(served: Served) -> None:
    """Each is answered 4xx, or 501 and 505 of HTTP itself; the threads are there afterwards."""
    statuses, logged = {}, len(served.log.read_text())
    for sent in NO_REQUESTS:
        with served.connect() as client:
            client.settimeout(5)
            client.sendall(sent)
            statuses[sent[:60]] = client.recv(4096)[9:12]
    bad = {
        sent: status
        for sent, status in statuses.items()
        if not status.startswith(b"4") and status not in (b"501", b"505")
    }
    assert bad == {}
    served.assert_acknowledges(2000, 20)
    assert "Traceback" not in served.log.read_text()[logged:]


def test_a_delivery_whose_path_is_written_otherwise_keeps_no_thread(served: Served) -> None:
    """Its body is awaited without one, whatever it says it is of; the page threads are four."""
    head = (
        f"POST /%68ooks/gitlab/{KEY} HTTP/1.1\r\nHost: here\r\nContent-Length: 2000000\r\n\r\nxx"
    ).encode()
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(served.connect()).sendall(head)
        answers = [served.post("/b24/app", b"")[:2] for _ in range(4)]
    assert {status for status, _ in answers} == {400}
    assert max(seconds for _, seconds in answers) < SOON, answers


def test_requests_that_follow_each_other_on_one_connection_are_all_answered(served: Served) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    with served.connect() as client:
        client.sendall(request * 20)
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 20:
            piece = client.recv(65536)
            assert piece, answer
            answer += piece


def test_a_large_delivery_in_pieces_arrives(served: Served) -> None:
    body = json.dumps({"object_kind": "note", "text": "x" * 3_000_000}).encode()
    head = (
        f"POST /hooks/gitlab/{KEY} HTTP/1.1\r\nHost: here\r\nX-Gitlab-Token: {TOKEN}\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with served.connect() as client:
        client.sendall(head)
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
