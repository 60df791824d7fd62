"""The inbox over a PostgreSQL that falls silent, or dies, in the middle of a transaction."""

from __future__ import annotations

import select as waiting
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, select, text
from sqlalchemy.exc import OperationalError

from sync.engine.inbox import Inbox
from sync.errors import Later
from sync.store.db.database import open_database, read, write
from sync.store.db.silence import give_up_silent
from sync.store.tables import delivery
from tests.store.factories import a_delivery, a_portal

pytestmark = [pytest.mark.dialect, pytest.mark.only_on("postgresql")]

COMMIT = b"COMMIT"


@dataclass
class Between:
    """A way to the server. `lose`: the first packet with these bytes ends the connection.

    `is_before`: before the server has read it, else before its answer comes. `is_silent`: nothing
    goes through any more, in either direction, and new connections are only accepted.
    """

    server: str
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    lose: bytes = b""
    is_before: bool = True
    is_silent: bool = False
    held: list[socket.socket] = field(default_factory=list)

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.held.append(client)
                threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        self.held.append(upstream)
        with suppress(OSError, ValueError):  # ValueError: a socket that `close` has closed
            upstream.connect(self.server)
            while True:
                ready, _, _ = waiting.select([client, upstream], [], [])
                for source in ready:
                    data = source.recv(65536)
                    if self.is_silent:
                        continue
                    lost = source is client and self.lose and self.lose in data
                    if not data or (lost and self.is_before):
                        raise ConnectionResetError
                    (upstream if source is client else client).sendall(data)
                    if lost:
                        upstream.recv(65536)
                        raise ConnectionResetError
        if not self.is_silent:
            self.lose = b""
            client.close()
            upstream.close()

    def close(self) -> None:
        self.listener.close()
        for each in self.held:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def between(database_url: str) -> Iterator[Between]:
    folder = make_url(database_url).query["host"]
    made = Between(str(next(Path(str(folder)).glob(".s.PGSQL.*[0-9]"))))
    threading.Thread(target=made.serve, daemon=True).start()
    yield made
    made.close()


@pytest.fixture
def far(database_url: str, between: Between) -> Iterator[Engine]:
    target = make_url(database_url)
    port = between.listener.getsockname()[1]
    user = target.query["user"]
    url = f"postgresql://{user}@127.0.0.1:{port}/{target.database}?sslmode=disable"
    made = open_database(f"{url}&connect_timeout=2")
    yield made
    made.dispose()


@pytest.fixture
def inbox(engine: Engine, far: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """With a connection that is open already."""
    monkeypatch.setattr("sync.engine.inbox.STUCK_SECONDS", 0.5)
    with write(engine) as conn:
        portal_id = a_portal(conn)
    made = Inbox(far, lambda portal_id: None)
    made.start()
    made.accept(a_delivery(portal_id, "before"))
    yield made
    made.stop()


def stored(engine: Engine) -> list[str]:
    with read(engine) as conn:
        return list(conn.scalars(select(delivery.c.dedupe_key).order_by(delivery.c.id)))


@pytest.mark.parametrize("is_before", [True, False], ids=["not committed", "committed unheard"])
def test_a_connection_that_dies_at_the_commit_stores_once(
    inbox: Inbox, engine: Engine, between: Between, is_before: bool
) -> None:
    between.lose, between.is_before = COMMIT, is_before
    inbox.accept(a_delivery(1, "a"))
    assert between.lose == b""
    assert stored(engine) == ["before", "a"]


def test_a_statement_that_is_never_answered_ends_and_the_next_is_answered(
    far: Engine, between: Between
) -> None:
    give_up_silent(far, 0.3)
    with read(far) as conn:
        assert conn.scalar(text("SELECT 1")) == 1
        between.is_silent = True
        with pytest.raises(OperationalError, match="no answer"):
            conn.scalar(text("SELECT 2"))
    between.is_silent = False
    with read(far) as conn:
        assert conn.scalar(text("SELECT 3")) == 3


def test_a_server_that_accepts_and_never_answers_is_given_up_and_acknowledges_nothing(
    inbox: Inbox, engine: Engine, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr("sync.engine.inbox.WAIT_SECONDS", 1.0)
    between.is_silent = True
    with pytest.raises(Later):
        inbox.accept(a_delivery(1, "a"))
    assert stored(engine) == ["before"]
    between.is_silent = False
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 6.0)
    monkeypatch.setattr("sync.engine.inbox.WAIT_SECONDS", 7.0)
    inbox.accept(a_delivery(1, "b"))
    assert stored(engine)[-1] == "b"
