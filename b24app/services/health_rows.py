"""What the checks of portals are made from, read in a handful of queries for however many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sync.store import access, connections, failed_looks, hook_logs, logs, portals
from sync.store.access import ConnectionAccess, PortalAccess
from sync.store.failed_looks import FailedLook
from sync.store.hook_logs import HookLogRow, TaskGap
from sync.store.rows import AllowanceRow, ConnectionRecord, PortalRecord


@dataclass(frozen=True, slots=True)
class HealthRows:
    """The rows of portals and of their connections, by their ids; none of what was removed."""

    portals: tuple[PortalRecord, ...]
    grants: Mapping[int, PortalAccess]
    tasks_read_at: Mapping[int, datetime]
    task_gaps: Mapping[int, TaskGap]
    allowances: Mapping[int, AllowanceRow]
    connections: Mapping[int, tuple[ConnectionRecord, ...]]
    tokens: Mapping[int, ConnectionAccess]
    hooks: Mapping[int, tuple[HookLogRow, ...]]
    failed_looks: Mapping[int, tuple[FailedLook, ...]]  # by portal


def load_rows(conn: Connection, ids: Collection[int] | None = None) -> HealthRows:
    """Read the rows of the portals of these ids, or of all of them."""
    chosen = tuple(
        portal
        for portal in portals.all_portals(conn)
        if portal.state != "removed" and (ids is None or portal.id in ids)
    )
    by_portal: dict[int, list[ConnectionRecord]] = {}
    for record in connections.of_portals(conn, ids):
        by_portal.setdefault(record.portal_id, []).append(record)
    by_connection: dict[int, list[HookLogRow]] = {}
    for row in hook_logs.of_portals(conn, ids):
        by_connection.setdefault(row.connection_id, []).append(row)
    failed: dict[int, list[FailedLook]] = {}
    for look in failed_looks.of_portals(conn, ids):
        failed.setdefault(look.portal_id, []).append(look)
    return HealthRows(
        portals=chosen,
        grants=access.of_portals(conn, ids),
        tasks_read_at=hook_logs.tasks_read(conn, ids),
        task_gaps=hook_logs.task_gaps(conn, [portal.id for portal in chosen]),
        allowances=logs.read_allowances(conn, ids),
        connections={number: tuple(rows) for number, rows in by_portal.items()},
        tokens=access.of_connections(conn, ids),
        hooks={number: tuple(rows) for number, rows in by_connection.items()},
        failed_looks={number: tuple(looks) for number, looks in failed.items()},
    )
