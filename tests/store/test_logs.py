"""REST calls, decisions, allowances and workers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from sync.store import logs
from sync.store.db.database import write
from sync.store.rows import AllowanceRow, ApiCallRow, CallFilter, DecisionRow, WorkerRow
from tests.store.factories import NOW, a_portal, after


def test_calls_are_told_the_newest_first(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        calls = [ApiCallRow(p, after(days=n), "batch", 200, 12, "{}", "{}") for n in range(3)]
        logs.save_calls(conn, calls)
        logs.save_calls(conn, [])
        assert logs.find_calls(conn, CallFilter(p)) == tuple(reversed(calls))
        assert logs.find_calls(conn, CallFilter(p, limit=1)) == (calls[2],)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CallFilter(), ["GET /version", "oauth/token", "batch", "GET /projects/1"]),
        (CallFilter(limit=1), ["GET /version"]),
        (CallFilter(since=after(days=2)), ["GET /version", "oauth/token"]),
        (CallFilter(system="gitlab"), ["GET /version", "GET /projects/1"]),
        (CallFilter(connection="main"), ["GET /projects/1"]),
        (CallFilter(method="PROJECTS/"), ["GET /projects/1"]),
        (CallFilter(method="%"), []),
        (CallFilter(only_failed=True), ["GET /version", "oauth/token", "batch"]),
        (CallFilter(portal_id=1, only_failed=True), ["oauth/token", "batch"]),
    ],
    ids=str,
)
def test_calls_are_found_by_what_is_asked(
    engine: Engine, wanted: CallFilter, found: list[str]
) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        told = [
            (p, "GET /projects/1", 200, "gitlab", "main", ""),
            (p, "batch", 200, "bitrix24", "", "1 of its calls refused: ERROR_CORE"),
            (p, "oauth/token", 401, "bitrix24", "", ""),
            (None, "GET /version", 0, "gitlab", "other", ""),
        ]
        logs.save_calls(
            conn,
            [
                ApiCallRow(
                    p, after(days=n), method, status, 1, "", "",
                    system=system, connection=connection, error=error,
                )
                for n, (p, method, status, system, connection, error) in enumerate(told)
            ],
        )  # fmt: skip
        asked = replace(wanted, portal_id=wanted.portal_id and p)
        assert [one.method for one in logs.find_calls(conn, asked)] == found


def test_the_reasons_of_a_subject_are_told_newest_first(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        told = [DecisionRow(p, "task", "1", after(hours=n), f"reason {n}") for n in range(3)]
        logs.save_decisions(conn, [*told, DecisionRow(p, "task", "2", NOW, "other")])
        assert logs.decisions(conn, p, "task", "1", limit=2) == (told[2], told[1])


def test_an_allowance_is_the_last_one_saved(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        assert logs.read_allowance(conn, p) is None
        logs.save_allowance(conn, p, AllowanceRow(1.5, NOW, {}))
        last = AllowanceRow(49.25, after(seconds=1), {"tasks.task.get": {"seconds": 1.5}})
        logs.save_allowance(conn, p, last)
        assert logs.read_allowance(conn, p) == last


def test_a_worker_is_known_by_its_first_and_last_beat(engine: Engine) -> None:
    with write(engine) as conn:
        for moment, name in ((NOW, "a"), (after(seconds=1), "b"), (after(seconds=9), "a")):
            logs.record_heartbeat(conn, name, moment)
        a, b = WorkerRow("a", NOW, after(seconds=9)), WorkerRow("b", *[after(seconds=1)] * 2)
        assert logs.workers(conn) == (a, b)
        logs.forget_workers(conn, ["a"])
        assert logs.workers(conn) == (b,)
