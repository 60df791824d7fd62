"""Calls are written down in groups: none is lost, none is waited for, none fails for it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.exc import InternalError, OperationalError

from sync.engine.audit import writer as module
from sync.engine.audit.writer import CALLS_PER_WRITE, AuditWriter
from sync.engine.worker import Worker
from sync.store import logs
from sync.store.db.database import read, write
from sync.store.rows import ApiCallRow, CallFilter
from sync.store.tables import api_call, command, portal
from tests.engine.history import Killed, dying_after, live, start
from tests.store.factories import a_portal

pytestmark = pytest.mark.dialect

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_what_waits_is_written_when_the_writer_is_stopped(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit = AuditWriter(engine)
    threads = [threading.Thread(target=_call, args=(audit, portal_id, n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audit.stop()
    assert _count(engine) == 200


def test_many_calls_are_written_in_few_transactions(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    audit = _unstarted(engine)
    for number in range(2 * CALLS_PER_WRITE + 1):
        audit.add(_made(portal_id, str(number)))
    assert audit.flush()
    assert len(commits) == 3
    with read(engine) as conn:
        newest = logs.find_calls(conn, CallFilter(portal_id, limit=2))
    assert [call.method for call in newest] == [
        str(2 * CALLS_PER_WRITE),
        str(2 * CALLS_PER_WRITE - 1),
    ]


def test_a_call_that_cannot_be_kept_does_not_take_the_others_with_it(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit = _unstarted(engine)
    for one in (portal_id, portal_id + 1000, portal_id):  # the second was erased meanwhile
        audit.add(_made(one))
    assert audit.flush()
    assert _count(engine) == 2


AWAY = [
    OperationalError("", {}, Exception("the database is away")),
    InternalError("", {}, Exception("cannot execute INSERT in a read-only transaction")),
]


@pytest.mark.parametrize("error", AWAY, ids=["away", "a standby"])
def test_a_database_that_is_away_costs_nothing_but_time(
    engine: Engine, monkeypatch, error: Exception
) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit, usual = _unstarted(engine), logs.save_calls
    audit.add(_made(portal_id, "first"))
    audit.add(_made(portal_id, "second"))

    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(logs, "save_calls", away)
    assert not audit.flush()
    audit.add(_made(portal_id, "third"))
    monkeypatch.setattr(logs, "save_calls", usual)
    assert audit.flush()
    with read(engine) as conn:
        kept = logs.find_calls(conn, CallFilter(portal_id))
    assert [one.method for one in kept] == ["third", "second", "first"]


def test_no_more_wait_than_there_is_room_for(engine: Engine, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    audit = _unstarted(engine)
    for _ in range(5):
        audit.add(_made(None))
    assert audit.flush()
    assert _count(engine) == 3


def test_what_is_recorded_takes_its_calls_along_in_the_same_transaction(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit, commits = _unstarted(engine), list[object]()
    for _ in range(CALLS_PER_WRITE + 1):
        audit.add(_made(portal_id))
    event.listen(engine, "commit", commits.append)
    with audit.pending_writer() as carry, write(engine) as conn:
        carry(conn)
    assert (len(commits), _count(engine)) == (1, CALLS_PER_WRITE + 1)
    assert audit.flush()
    assert (len(commits), _count(engine)) == (1, CALLS_PER_WRITE + 1)


def test_where_nothing_was_recorded_the_calls_wait_again_in_their_order(engine: Engine) -> None:
    audit = _unstarted(engine)
    for method in ("first", "second"):
        audit.add(_made(None, method))
    with pytest.raises(ZeroDivisionError), audit.pending_writer() as carry, write(engine) as conn:
        carry(conn)
        audit.add(_made(None, "third"))
        raise ZeroDivisionError
    assert _count(engine) == 0
    assert audit.flush()
    with read(engine) as conn:
        kept = logs.find_calls(conn, CallFilter())
    assert [one.method for one in kept] == ["third", "second", "first"]


def test_a_call_that_cannot_be_kept_keeps_nothing_from_being_recorded(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit = _unstarted(engine)
    for one in (portal_id, portal_id + 1000):  # erased meanwhile
        audit.add(_made(one))
    with audit.pending_writer() as carry, write(engine) as conn:
        conn.execute(update(portal).values(language="ru"))
        carry(conn)
    with read(engine) as conn:
        assert conn.scalar(select(portal.c.language)) == "ru"
    assert audit.flush()
    assert _count(engine) == 1


def test_a_worker_that_is_killed_has_the_calls_of_all_that_it_recorded(make_world) -> None:
    world = make_world().with_task()
    audit = _unstarted(world.database)
    world.patch(world, "add", audit.add)
    world.opened()
    Worker(
        replace(world.deps(), audit_writer=audit.pending_writer)
    ).run_once()  # and nobody flushes
    with read(world.database) as conn:
        done = conn.scalar(select(func.count()).where(command.c.state == "done"))
        kept = [call.method for call in logs.find_calls(conn, CallFilter(limit=1000))]
    assert done == 3
    assert (list(audit._waiting), "batch" in kept) == ([], True)


def test_a_history_that_is_killed_has_the_calls_of_every_page_that_it_stored(make_world) -> None:
    world = make_world()
    world.hold_deliveries = True
    live(world)
    audit = _unstarted(world.database)
    world.patch(world, "add", audit.add)
    with pytest.raises(Killed), dying_after(4):
        start(world, deps={"audit_writer": audit.pending_writer})
    with read(world.database) as conn:
        kept = logs.find_calls(conn, CallFilter(limit=1000))
    lost = [call.method for call in audit._waiting]
    assert len(kept) + len(lost) == len(world.gitlab.requests)
    assert set(lost) == {"GET /projects/1/pipelines"}  # of the page that was not stored


def _unstarted(engine: Engine) -> AuditWriter:
    """One whose writer is the test itself."""
    audit = AuditWriter(engine)
    audit._start = lambda: None
    return audit


def _call(audit: AuditWriter, portal_id: int, number: int) -> None:
    for _ in range(50):
        audit.add(_made(portal_id, str(number)))


def _made(portal_id: int | None, method: str = "batch") -> ApiCallRow:
    return ApiCallRow(portal_id, AT, method, 200, 12, "{}", "{}")


def _count(engine: Engine) -> int:
    with read(engine) as conn:
        return conn.scalar(select(func.count()).select_from(api_call)) or 0
