"""What was done and why: REST calls, decisions, request allowances and workers seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from sync.store.records import AllowanceRow, DecisionRow, RestCall, WorkerRow
from sync.store.tables import allowance, decision, rest_log, worker
from sync.store.upsert import upsert

_REST = [rest_log.c[name] for name in RestCall.__dataclass_fields__]
_DECISION = [decision.c[name] for name in DecisionRow.__dataclass_fields__]
_WORKER = [worker.c[name] for name in WorkerRow.__dataclass_fields__]


def save_rest_calls(conn: Connection, calls: Sequence[RestCall]) -> None:
    if calls:
        conn.execute(rest_log.insert(), [asdict(call) for call in calls])


def rest_calls(conn: Connection, portal_id: int, limit: int = 100) -> tuple[RestCall, ...]:
    """The newest first."""
    query = select(*_REST).where(rest_log.c.portal_id == portal_id)
    rows = conn.execute(query.order_by(rest_log.c.id.desc()).limit(limit))
    return tuple(RestCall(*row) for row in rows)


def purge_rest_calls(conn: Connection, moment: datetime) -> int:
    """Deletes what was logged before `moment`; how many it deleted."""
    return conn.execute(delete(rest_log).where(rest_log.c.at < moment)).rowcount


def save_decisions(conn: Connection, decisions: Sequence[DecisionRow]) -> None:
    if decisions:
        conn.execute(decision.insert(), [asdict(item) for item in decisions])


def decisions(
    conn: Connection, portal_id: int, kind: str, key: str, limit: int = 100
) -> tuple[DecisionRow, ...]:
    """Why things were, or were not, done about the subject; the newest first."""
    of = (decision.c.subject_kind == kind, decision.c.subject_key == key)
    query = select(*_DECISION).where(decision.c.portal_id == portal_id, *of)
    rows = conn.execute(query.order_by(decision.c.id.desc()).limit(limit))
    return tuple(DecisionRow(*row) for row in rows)


def allowance_of(conn: Connection, portal_id: int) -> AllowanceRow | None:
    columns = allowance.c
    query = select(columns.level, columns.at, columns.operating)
    row = conn.execute(query.where(columns.portal_id == portal_id)).one_or_none()
    return None if row is None else AllowanceRow(*row)


def save_allowance(conn: Connection, portal_id: int, row: AllowanceRow) -> None:
    values: dict[str, Any] = {"portal_id": portal_id, **asdict(row)}
    upsert(conn, allowance, [values], keys=("portal_id",), update=("level", "at", "operating"))


def heartbeat(conn: Connection, name: str, now: datetime) -> None:
    """Notes that the worker lives; its first beat is when it started."""
    row = {"name": name, "started_at": now, "seen_at": now}
    upsert(conn, worker, [row], keys=("name",), update=("seen_at",))


def workers(conn: Connection) -> tuple[WorkerRow, ...]:
    """The last seen first."""
    return tuple(
        WorkerRow(*row) for row in conn.execute(select(*_WORKER).order_by(worker.c.seen_at.desc()))
    )


def forget_workers(conn: Connection, names: Iterable[str]) -> None:
    conn.execute(delete(worker).where(worker.c.name.in_(list(names))))
