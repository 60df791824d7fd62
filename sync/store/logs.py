"""Store API calls, decisions, request allowances, purges and the workers' heartbeats."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, not_, or_, select

from sync.core.audit import PROBE
from sync.store.db.bulk import execute_many
from sync.store.db.upsert import upsert
from sync.store.rows import AllowanceRow, ApiCallRow, CallFilter, DecisionRow, PurgeRow, WorkerRow
from sync.store.tables import allowance, api_call, decision, purge, worker

_CALL_COLUMNS = [api_call.c[name] for name in ApiCallRow.__dataclass_fields__]
_DECISION_COLUMNS = [decision.c[name] for name in DecisionRow.__dataclass_fields__]
_INSERT_CALL, _INSERT_DECISION = api_call.insert(), decision.insert()
_ALLOWANCE = select(allowance.c.level, allowance.c.at, allowance.c.operating).where(
    allowance.c.portal_id == bindparam("of_portal")
)
_WORKER_COLUMNS = [worker.c[name] for name in WorkerRow.__dataclass_fields__]


def save_calls(conn: Connection, calls: Sequence[ApiCallRow]) -> None:
    """Store calls of other systems."""
    execute_many(conn, _INSERT_CALL, [_values(call) for call in calls])


def _values(row: ApiCallRow | DecisionRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def find_calls(conn: Connection, call_filter: CallFilter) -> tuple[ApiCallRow, ...]:
    """Return the calls that match the filter, newest first."""
    query = select(*_CALL_COLUMNS).where(*_conditions(call_filter))
    rows = conn.execute(query.order_by(api_call.c.id.desc()).limit(call_filter.limit))
    return tuple(ApiCallRow(*row) for row in rows)


def _conditions(call_filter: CallFilter) -> list[ColumnElement[bool]]:
    c, unknowns = api_call.c, []
    if call_filter.portal_id is not None:
        unknowns.append(c.portal_id == call_filter.portal_id)
    if call_filter.since is not None:
        unknowns.append(c.at >= call_filter.since)
    for column in (c.system, c.connection):
        if text := getattr(call_filter, column.name):
            unknowns.append(column == text)
    if call_filter.method:
        unknowns.append(_holds(c.method, call_filter.method) | _batch_holds(call_filter.method))
    if call_filter.texts:
        unknowns.append(or_(*(_holds(c.request, text) for text in call_filter.texts)))
    if call_filter.only_failed:
        unknowns.append(or_(c.error != "", c.status == 0, c.status >= 400))
        unknowns.append(not_(c.error.startswith(PROBE, autoescape=True)))
    return unknowns


def _holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


def _batch_holds(text: str) -> ColumnElement[bool]:
    """Tell whether a batch may hold a call of that name; whoever reads it looks closer."""
    return (api_call.c.method == "batch") & _holds(api_call.c.request, text)


def save_purge(conn: Connection, row: PurgeRow) -> None:
    """Store the last purge of a portal."""
    update = ("at", "milliseconds", "rows")
    upsert(conn, purge, [asdict(row)], keys=("portal_id",), update=update)


def last_purge(conn: Connection, portal_id: int) -> PurgeRow | None:
    """Return the last purge of a portal, or None."""
    columns = [purge.c[name] for name in PurgeRow.__dataclass_fields__]
    row = conn.execute(select(*columns).where(purge.c.portal_id == portal_id)).one_or_none()
    return None if row is None else PurgeRow(*row)


def last_purge_moments(conn: Connection) -> dict[int, datetime]:
    """Return when each portal was purged last, by its id; without those that never were."""
    query = select(purge.c.portal_id, purge.c.at)
    return {portal_id: at for portal_id, at in conn.execute(query)}


def save_decisions(conn: Connection, decisions: Sequence[DecisionRow]) -> None:
    """Store why something was, or was not, done."""
    execute_many(conn, _INSERT_DECISION, [_values(item) for item in decisions])


def decisions(
    conn: Connection, portal_id: int, kind: str, key: str, limit: int = 100
) -> tuple[DecisionRow, ...]:
    """Return the decisions about a subject, newest first."""
    of = (decision.c.subject_kind == kind, decision.c.subject_key == key)
    query = select(*_DECISION_COLUMNS).where(decision.c.portal_id == portal_id, *of)
    rows = conn.execute(query.order_by(decision.c.id.desc()).limit(limit))
    return tuple(DecisionRow(*row) for row in rows)


def read_allowance(conn: Connection, portal_id: int) -> AllowanceRow | None:
    """Return the stored request allowance of a portal, or None."""
    row = conn.execute(_ALLOWANCE, {"of_portal": portal_id}).one_or_none()
    return None if row is None else AllowanceRow(*row)


def read_allowances(
    conn: Connection, ids: Collection[int] | None = None
) -> dict[int, AllowanceRow]:
    """Return the stored request allowances by portal: of these, or of all."""
    columns = allowance.c
    query = select(columns.portal_id, columns.level, columns.at, columns.operating)
    if ids is not None:
        query = query.where(columns.portal_id.in_(ids))
    return {portal_id: AllowanceRow(*row) for portal_id, *row in conn.execute(query)}


def save_allowance(conn: Connection, portal_id: int, row: AllowanceRow) -> None:
    """Store the request allowance of a portal."""
    values: dict[str, Any] = {"portal_id": portal_id, **asdict(row)}
    upsert(conn, allowance, [values], keys=("portal_id",), update=("level", "at", "operating"))


def record_heartbeat(
    conn: Connection, name: str, now: datetime, clock_offset: int | None = None
) -> None:
    """Record that the worker is alive; its first heartbeat is its start.

    `clock_offset`: seconds by which its clock is ahead of the other systems'; None: not known.
    """
    row = {"name": name, "started_at": now, "seen_at": now, "clock_offset": clock_offset}
    upsert(conn, worker, [row], keys=("name",), update=("seen_at", "clock_offset"))


def workers(conn: Connection) -> tuple[WorkerRow, ...]:
    """Return the workers, the most recently active first."""
    return tuple(
        WorkerRow(*row)
        for row in conn.execute(select(*_WORKER_COLUMNS).order_by(worker.c.seen_at.desc()))
    )


def worker_seen_at(conn: Connection, name: str) -> datetime | None:
    """When the worker last showed that it lives; None where it never did, or has ended."""
    return conn.scalar(select(worker.c.seen_at).where(worker.c.name == name))


def forget_workers(conn: Connection, names: Iterable[str]) -> None:
    """Delete the records of those workers."""
    conn.execute(delete(worker).where(worker.c.name.in_(list(names))))
