"""`b24bridge serve` as it really runs: one tree of processes, over a real socket."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from b24app.assets import find_assets
from b24app.services import install_steps
from sync import keyfile
from sync.store import logs, portals
from sync.store.db.database import open_database, read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.vault import Vault

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FORBIDDEN = (
    "Addresses given by users may reach only public servers, so that nobody can use this service "
    "to look into the network it runs in (The address of 127.0.0.1 is inside a private network)"
)
PATIENCE = 60.0  # seconds; reached only when something is wrong


def eventually(what: Callable[[], object]) -> object:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Served:
    def __init__(self, process: subprocess.Popen[bytes], port: int, home: Path) -> None:
        self.process, self.port, self.home = process, port, home
        self.database = open_database(f"sqlite:///{home / 'data' / 'b24bridge.sqlite3'}")

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def workers(self) -> set[int]:
        """The process ids of the workers that were ever heard of."""
        with read(self.database) as conn:
            return {int(one.name.split(":")[2]) for one in logs.workers(conn)}


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "B24BRIDGE_DATA_DIR": str(folder / "data"),
        "B24BRIDGE_BIND": f"127.0.0.1:{port}",
        "B24BRIDGE_THREADS": "4",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "b24app.cli", "serve"],
            env=environ, stdout=log, stderr=log, cwd=ROOT,
        )  # fmt: skip
    try:
        running = Served(process, port, folder)
        eventually(lambda: process.poll() is not None or running.get("/readyz") == 200)
        assert process.poll() is None, (folder / "log").read_text()
        yield running
    finally:
        for pid in [*(children(process.pid) if process.poll() is None else []), process.pid]:
            if process.poll() is None or pid != process.pid:
                os.kill(pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Yield a tree of processes that the test may end."""
    with serving(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a tree that goes on serving the other tests."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


def test_a_worker_never_survives_its_master(served):
    """Also a master that is killed and can pass no signal on."""
    (worker,) = served.workers()
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait(PATIENCE)
    eventually(lambda: not Path(f"/proc/{worker}").exists())


def test_the_start_says_what_it_is(shared):
    lines = (shared.home / "log").read_text().splitlines()
    assert lines[0] == f"b24bridge {version('b24bridge')}, serve"
    assert f"  listens on   http://127.0.0.1:{shared.port}" in lines
    assert f"  database     {shared.home}/data/b24bridge.sqlite3" in lines
    assert any("B24BRIDGE_PUBLIC_URL is not set" in line for line in lines)
    assert any("no portal is installed yet" in line for line in lines)


def test_missing_pages_are_said_at_the_start(shared):
    is_missing = "THE PAGES ARE MISSING" in (shared.home / "log").read_text()
    assert is_missing == (find_assets() is None)


def test_a_worker_that_dies_is_started_again_and_all_end_together(served):
    """The web goes on meanwhile."""
    (first,) = served.workers()
    os.kill(first, signal.SIGKILL)
    assert served.get("/healthz") == 200
    (again,) = eventually(lambda: served.workers() - {first})
    own = children(served.process.pid)
    assert (len(own), again in own, first in own) == (2, True, False)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE) == 0
    assert not [pid for pid in own if Path(f"/proc/{pid}").exists()]
    assert served.get("/healthz") == 0


def test_what_an_event_installed_is_set_up_by_the_worker(shared):
    vault = Vault(keyfile.read_or_create(shared.home / "data" / "secret.key"))
    # Nothing may be asked at a private address: the worker says so, and tries again.
    installation = Installation(
        "a" * 32, "https://127.0.0.1/rest/", "", PortalTokens("a", "", None, 1)
    )
    with write(shared.database) as conn:
        portal_id = portals.create_or_update(conn, vault, installation, NOW)
        install_steps.schedule_steps(conn, portal_id, NOW)

    def reason() -> str:
        with read(shared.database) as conn:
            return portals.by_id(conn, portal_id).state_reason

    eventually(lambda: reason() not in (install_steps.PENDING, install_steps.STARTED))
    assert reason() == f"{install_steps.NOT_YET}: {FORBIDDEN}"


def test_an_oversized_body_is_refused_before_it_is_sent(shared):
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as told:
        told.sendall(
            b"POST /b24/events HTTP/1.1\r\nHost: here\r\nContent-Length: 99999999999\r\n\r\n"
        )
        answer = told.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_in_chunks_is_cut_off(shared):
    chunk, sent = b"10000\r\n" + b"x" * 0x10000 + b"\r\n", 0
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as told:
        told.sendall(
            b"POST /b24/events HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(ConnectionError):
            while sent < 500_000_000:
                told.sendall(chunk)
                sent += len(chunk)
    assert shared.get("/healthz") == 200
