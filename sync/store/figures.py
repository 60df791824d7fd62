"""Figures of the whole installation, in few statements, for who watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from sync.core.clock import TOLERANCE
from sync.store import logs
from sync.store.rows import AllowanceRow
from sync.store.tables import (
    api_call,
    command,
    connection,
    delivery,
    hook_log,
    in_literals,
    portal,
    subject,
    worker,
)

RECENT = timedelta(minutes=5)
_WAITING = in_literals(delivery.c.state, "new", "failed")
_DIRTY = in_literals(subject.c.state, "dirty")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted at one moment; the mappings are by portal id first.

    `received`: the number of the newest delivery. `waiting`: deliveries not digested, with the
    oldest's moment. `dirty`: subjects not decided, with the oldest's moment. `commands`: by state.
    `calls`: of the last RECENT by system and whether they went well. `missed`: failed and made-up
    deliveries of the last gap by connection and target.
    """

    portals: Mapping[int, tuple[str, str]]
    received: int
    waiting: Mapping[int, tuple[int, datetime]]
    dirty: Mapping[int, tuple[int, datetime]]
    commands: Mapping[tuple[int, str], int]
    calls: Mapping[tuple[int | None, str, bool], int]
    allowances: Mapping[int, AllowanceRow]
    missed: Mapping[tuple[int, str, str], tuple[int, int]]
    worker_seen_at: datetime | None


def read_figures(conn: Connection, now: datetime) -> Figures:
    """Read the figures; every statement uses an index or a table with few rows per portal."""
    return Figures(
        portals=_portals(conn),
        received=conn.scalar(select(func.max(delivery.c.id))) or 0,
        waiting=_oldest(conn, delivery.c.portal_id, delivery.c.received_at, _WAITING),
        dirty=_oldest(conn, subject.c.portal_id, subject.c.dirty_at, _DIRTY),
        commands=_commands(conn),
        calls=_calls(conn, now - RECENT),
        allowances=logs.read_allowances(conn),
        missed=_missed(conn),
        worker_seen_at=conn.scalar(
            select(func.max(worker.c.seen_at)).where(worker.c.seen_at <= now + TOLERANCE)
        ),
    )


def _portals(conn: Connection) -> dict[int, tuple[str, str]]:
    """Return domains and states by id; of several of one domain the newest has it alone.

    A portal that was set up anew has another member_id: Prometheus takes no series twice.
    """
    query = select(portal.c.id, portal.c.client_endpoint, portal.c.state).order_by(portal.c.id)
    rows = [
        (number, endpoint.partition("://")[2].split("/")[0], state)
        for number, endpoint, state in conn.execute(query)
    ]
    newest = {domain: number for number, domain, _ in rows}
    return {
        number: (domain if newest[domain] == number else f"{domain}#{number}", state)
        for number, domain, state in rows
    }


def _oldest(conn: Connection, of: Any, at: Any, where: Any) -> dict[int, tuple[int, datetime]]:
    query = select(of, func.count(), func.min(at)).where(where).group_by(of)
    return {number: (count, oldest) for number, count, oldest in conn.execute(query)}


def _commands(conn: Connection) -> dict[tuple[int, str], int]:
    """Count the commands that wait, are being sent, or were refused: not those that are done."""
    states = ("waiting", "sending", "refused")
    query = select(command.c.portal_id, command.c.state, func.count())
    query = query.where(command.c.state.in_(states)).group_by(command.c.portal_id, command.c.state)
    return {(number, state): count for number, state, count in conn.execute(query)}


def _calls(conn: Connection, since: datetime) -> dict[tuple[int | None, str, bool], int]:
    went_well = case((api_call.c.error == "", 1), else_=0)
    columns = (api_call.c.portal_id, api_call.c.system, went_well)
    query = select(*columns, func.count()).where(api_call.c.at >= since).group_by(*columns)
    return {(number, system, bool(ok)): count for number, system, ok, count in conn.execute(query)}


def _missed(conn: Connection) -> dict[tuple[int, str, str], tuple[int, int]]:
    query = select(
        connection.c.portal_id,
        connection.c.name,
        hook_log.c.target,
        hook_log.c.failed,
        hook_log.c.made_up,
    ).join(connection, connection.c.id == hook_log.c.connection_id)
    return {
        (number, name, target): (failed, made_up)
        for number, name, target, failed, made_up in conn.execute(query)
    }
