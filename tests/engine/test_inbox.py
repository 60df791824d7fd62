"""The inbox: an acknowledged delivery is stored, once, whatever happens next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError

from sync.engine.inbox import Accepted, Inbox, waiting_since
from sync.errors import Later
from sync.store import inbox as store_inbox
from sync.store.db.database import read, write
from sync.store.rows import Delivery
from sync.store.tables import delivery
from tests.store.factories import a_delivery, a_portal

pytestmark = pytest.mark.dialect


@pytest.fixture
def portal_id(engine: Engine) -> int:
    with write(engine) as conn:
        return a_portal(conn)


@pytest.fixture
def woken() -> list[int]:
    return []


@pytest.fixture
def inbox(engine: Engine, woken: list[int]) -> Iterator[Inbox]:
    made = Inbox(engine, woken.append)
    made.start()
    yield made
    made.stop()


def _stored(engine: Engine) -> list[str]:
    with read(engine) as conn:
        return list(conn.scalars(select(delivery.c.dedupe_key).order_by(delivery.c.id)))


def test_what_is_accepted_is_stored_and_its_portal_woken(
    engine: Engine, inbox: Inbox, portal_id: int, woken: list[int]
) -> None:
    accepted = inbox.accept(a_delivery(portal_id, "a"))
    assert _stored(engine) == ["a"]
    assert accepted.id is not None
    assert not accepted.duplicate
    inbox.stop()
    assert woken == [portal_id]


def test_a_duplicate_is_acknowledged_and_not_stored(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    inbox.accept(a_delivery(portal_id, "a"))
    assert inbox.accept(a_delivery(portal_id, "a")) == Accepted(None)
    assert _stored(engine) == ["a"]


def test_many_at_once_are_each_stored_once(engine: Engine, inbox: Inbox, portal_id: int) -> None:
    answers: list[Accepted] = []

    def send() -> None:
        answers.extend(inbox.accept(a_delivery(portal_id, str(key))) for key in range(30))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(_stored(engine), key=int) == [str(key) for key in range(30)]
    assert len({answer.id for answer in answers if not answer.duplicate}) == 30
    assert sum(answer.duplicate for answer in answers) == 7 * 30


def test_a_delivery_that_cannot_be_stored_fails_alone(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    """Its sender gets an error; who happened to wait beside it does not."""
    stranger = portal_id + 1  # a portal that was erased a moment ago
    failures: list[Exception] = []

    def send(portal: int, key: str) -> None:
        try:
            inbox.accept(a_delivery(portal, key, origin="bitrix24"))
        except IntegrityError as error:
            failures.append(error)

    threads = [
        threading.Thread(target=send, args=(stranger if n % 5 == 0 else portal_id, str(n)))
        for n in range(20)
    ]
    with write(engine):  # while this is open the writer waits, and the others gather behind it
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 4
    assert sorted(_stored(engine), key=int) == [str(n) for n in range(20) if n % 5]


@contextmanager
def _away(engine: Engine, times: int) -> Iterator[None]:
    """The next statements find that the connection is lost."""
    left = [engine.dialect.loaded_dbapi.OperationalError("the server went away")] * times

    def lose(*_: object) -> None:
        if left:
            raise left.pop()

    def lost(context: ExceptionContext) -> None:
        context.is_disconnect = True

    listening = ("do_execute", lose), ("handle_error", lost)
    for name, listener in listening:
        event.listen(engine, name, listener)
    yield
    for name, listener in listening:
        event.remove(engine, name, listener)


def test_a_connection_that_was_lost_meanwhile_is_opened_anew(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    inbox.accept(a_delivery(portal_id, "a"))
    with _away(engine, times=1):
        assert not inbox.accept(a_delivery(portal_id, "b")).duplicate
    assert _stored(engine) == ["a", "b"]


def test_a_standby_that_may_be_read_only_is_waited_for_as_if_away(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    """After a failover; psycopg calls it an InternalError."""
    left = [engine.dialect.loaded_dbapi.InternalError("in a read-only transaction")] * 4

    def refuse(*_: object) -> None:
        if left:
            raise left.pop()

    event.listen(engine, "do_execute", refuse)
    try:
        assert not inbox.accept(a_delivery(portal_id, "a")).duplicate
    finally:
        event.remove(engine, "do_execute", refuse)
    assert (_stored(engine), left) == (["a"], [])


def test_a_short_absence_of_the_database_is_waited_for(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    with _away(engine, times=6):
        assert not inbox.accept(a_delivery(portal_id, "a")).duplicate
    assert _stored(engine) == ["a"]


def test_a_database_that_stays_away_is_told_and_asked_again_for_the_next(
    engine: Engine, inbox: Inbox, portal_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.5)
    with _away(engine, times=1000), pytest.raises(Later) as away:
        inbox.accept(a_delivery(portal_id, "a"))
    assert (away.value.code, away.value.after) == ("database", 5.0)
    assert not inbox.accept(a_delivery(portal_id, "a")).duplicate
    assert _stored(engine) == ["a"]


def test_while_the_database_stays_away_one_sender_waits_and_the_others_do_not(
    engine: Engine, inbox: Inbox, portal_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.5)
    with _away(engine, times=100_000):
        with pytest.raises(Later):
            inbox.accept(a_delivery(portal_id, "a"))
        seconds: list[float] = []

        def send(key: str) -> None:
            began = time.monotonic()
            with pytest.raises(Later):
                inbox.accept(a_delivery(portal_id, key))
            seconds.append(time.monotonic() - began)

        threads = [threading.Thread(target=send, args=(str(n),)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seconds)[8] < 0.3 < sorted(seconds)[9] < 2
    assert not inbox.accept(a_delivery(portal_id, "a")).duplicate
    assert not inbox.accept(a_delivery(portal_id, "b")).duplicate


def test_a_write_that_does_not_return_keeps_nobody_waiting(
    engine: Engine, inbox: Inbox, portal_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.2)
    released = threading.Event()
    insert = store_inbox.insert_many

    def stuck(conn: Connection, deliveries: Sequence[Delivery]) -> list[int | None]:
        released.wait(10)
        return insert(conn, deliveries)

    monkeypatch.setattr("sync.engine.inbox.inbox.insert_many", stuck)
    with pytest.raises(Later, match="The database cannot be reached now"):
        inbox.accept(a_delivery(portal_id, "a"))
    released.set()
    assert inbox.accept(a_delivery(portal_id, "a")) == Accepted(None)  # it landed after all


def test_who_waited_for_a_thread_waits_less_for_the_database(
    engine: Engine, inbox: Inbox, portal_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 30.0)
    monkeypatch.setattr("sync.engine.inbox.WAIT_SECONDS", 31.0)
    released = threading.Event()
    insert = store_inbox.insert_many

    def stuck(conn: Connection, deliveries: Sequence[Delivery]) -> list[int | None]:
        assert released.wait(20), "the sender waits for the database"
        return insert(conn, deliveries)

    monkeypatch.setattr("sync.engine.inbox.inbox.insert_many", stuck)
    with waiting_since(time.monotonic() - 30.5), pytest.raises(Later):
        inbox.accept(a_delivery(portal_id, "a"))
    with waiting_since(time.monotonic() - 30.5), pytest.raises(Later):
        inbox.accept(a_delivery(portal_id, "b"))  # the database is away for long: at once
    released.set()
    assert inbox.accept(a_delivery(portal_id, "a")) == Accepted(None)
    with waiting_since(time.monotonic() - 100):
        assert not inbox.accept(a_delivery(portal_id, "c")).duplicate  # busy, and not away


def test_what_waits_when_it_stops_is_stored_and_nothing_after(
    engine: Engine, inbox: Inbox, portal_id: int
) -> None:
    threads = [
        threading.Thread(target=inbox.accept, args=(a_delivery(portal_id, str(n)),))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.stop()
    with pytest.raises(Later, match="the receiver is not running"):
        inbox.accept(a_delivery(portal_id, "late"))
    assert sorted(_stored(engine)) == ["0", "1", "2", "3", "4"]


_ACCEPT_FOREVER = """
import sys
from itertools import count
from sync.engine.inbox import Inbox
from sync.store.db.database import open_database
from tests.store.factories import a_delivery

inbox = Inbox(open_database(sys.argv[1]), lambda portal_id: None)
inbox.start()
for number in count():
    inbox.accept(a_delivery(int(sys.argv[2]), str(number)))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_acknowledged_survives_the_death_of_the_process(
    engine: Engine, database_url: str, portal_id: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _ACCEPT_FOREVER, database_url, str(portal_id)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(25)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += process.stdout.read().split()
    process.wait()
    assert acknowledged[:25] == [str(number) for number in range(25)]
    stored = set(_stored(engine))
    assert [number for number in acknowledged if number not in stored] == []
    with read(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(delivery)) == len(stored)
