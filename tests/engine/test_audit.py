"""Calls are written down in groups: none is lost, none is waited for, none fails for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError

from sync.engine import audit as module
from sync.engine.audit import GROUP, Audit
from sync.store import logs
from sync.store.database import read, write
from sync.store.records import RestCall, Wanted
from sync.store.tables import rest_log
from tests.store.makers import a_portal

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_what_waits_is_written_when_the_writer_is_stopped(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit = Audit(engine)
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
    for number in range(2 * GROUP + 1):
        audit.add(_made(portal_id, str(number)))
    assert audit.flush()
    assert len(commits) == 3
    with read(engine) as conn:
        newest = logs.find_calls(conn, Wanted(portal_id, limit=2))
    assert [one.method for one in newest] == [str(2 * GROUP), str(2 * GROUP - 1)]


def test_a_call_that_cannot_be_kept_does_not_take_the_others_with_it(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit = _unstarted(engine)
    for one in (portal_id, portal_id + 1000, portal_id):  # the second was erased meanwhile
        audit.add(_made(one))
    assert audit.flush()
    assert _count(engine) == 2


def test_a_database_that_is_away_costs_nothing_but_time(engine: Engine, monkeypatch) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
    audit, usual = _unstarted(engine), logs.save_rest_calls
    audit.add(_made(portal_id, "first"))
    audit.add(_made(portal_id, "second"))

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("the database is away"))

    monkeypatch.setattr(logs, "save_rest_calls", away)
    assert not audit.flush()
    audit.add(_made(portal_id, "third"))
    monkeypatch.setattr(logs, "save_rest_calls", usual)
    assert audit.flush()
    with read(engine) as conn:
        kept = logs.find_calls(conn, Wanted(portal_id))
    assert [one.method for one in kept] == ["third", "second", "first"]


def test_no_more_wait_than_there_is_room_for(engine: Engine, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    audit = _unstarted(engine)
    for _ in range(5):
        audit.add(_made(None))
    assert audit.flush()
    assert _count(engine) == 3


def _unstarted(engine: Engine) -> Audit:
    """One whose writer is the test itself."""
    audit = Audit(engine)
    audit._start = lambda: None
    return audit


def _call(audit: Audit, portal_id: int, number: int) -> None:
    for _ in range(50):
        audit.add(_made(portal_id, str(number)))


def _made(portal_id: int | None, method: str = "batch") -> RestCall:
    return RestCall(portal_id, AT, method, 200, 12, "{}", "{}")


def _count(engine: Engine) -> int:
    with read(engine) as conn:
        return conn.scalar(select(func.count()).select_from(rest_log)) or 0
