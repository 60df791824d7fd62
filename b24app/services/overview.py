"""A portal at a glance: its connections, waiting work, failures and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from b24app.services.failures import list_failures
from sync.sentences import decode_sentence, join_sentences
from sync.store import access, alerts, connections, inbox, outbox, subjects
from sync.store.access import REFUSED, UNREACHABLE, ConnectionAccess
from sync.store.rows import ConnectionRecord, PortalRecord


@dataclass(frozen=True, slots=True)
class Overview:
    """A portal at a glance; `*_waiting`, `dead` and `alerts` are counts."""

    portal: str
    state: str
    reason: str
    connections: tuple[dict[str, Any], ...]
    deliveries_waiting: int
    subjects_waiting: int
    commands_waiting: int
    dead: int
    alerts: int


def build_overview(
    conn: Connection,
    portal: PortalRecord,
    *,
    readable_tasks: frozenset[int] | None = None,
    user_id: int = 0,
) -> Overview:
    """Return the overview.

    `readable_tasks`: None for an administrator. Of others it has the tasks that they may open
    (of `alerted_task_ids`); the overview then holds nothing of connections and failures, and counts
    only alerts of these tasks, and those assigned to `user_id`.
    """
    of_subjects, of_commands = subjects.counts(conn, portal.id), outbox.counts(conn, portal.id)
    whole = readable_tasks is None
    return Overview(
        portal=portal.client_endpoint.removesuffix("/rest/").partition("://")[2],
        state=portal.state,
        reason=portal.state_reason if whole else "",
        connections=summarize_connections(conn, portal.id) if whole else (),
        deliveries_waiting=inbox.pending_count(conn, portal.id),
        subjects_waiting=of_subjects.get("dirty", 0),
        commands_waiting=of_commands.get("waiting", 0) + of_commands.get("sending", 0),
        dead=len(list_failures(conn, portal.id)) if whole else 0,
        alerts=_count_alerts(conn, portal.id, readable_tasks, user_id),
    )


def alerted_task_ids(conn: Connection, portal_id: int) -> frozenset[int]:
    """Return the tasks that have open alerts."""
    rows = alerts.list_of_portal(conn, portal_id)
    return frozenset(row.task_id for row in rows if row.task_id)


def _count_alerts(
    conn: Connection, portal_id: int, readable_tasks: frozenset[int] | None, user_id: int
) -> int:
    if readable_tasks is None:
        return alerts.open_count(conn, portal_id)
    return sum(
        row.assigned_to == user_id or row.task_id in readable_tasks
        for row in alerts.list_of_portal(conn, portal_id)
    )


def summarize_connections(conn: Connection, portal_id: int) -> tuple[dict[str, Any], ...]:
    """Return the portal's connections as they are now, without secrets."""
    rows = access.of_portal(conn, portal_id)
    return tuple(
        summarize_connection(record, rows.get(record.id))
        for record in connections.by_portal(conn, portal_id)
    )


def summarize_connection(
    record: ConnectionRecord, row: ConnectionAccess | None = None
) -> dict[str, Any]:
    """Return a connection without secrets, with the reason of its pause or last refusal.

    `row`: what its instance last said of the token; one that is refused is not active.
    """
    fields = ("name", "kind", "base_url", "state", "account")
    reason = record.state_reason or decode_sentence(str(record.account.get("problem") or ""))
    state = record.state
    if state == "active" and row is not None and row.state in (REFUSED, UNREACHABLE):
        state = row.state
        reason = join_sentences(". ", [part for part in (row.text, row.change) if part])
    return {name: getattr(record, name) for name in fields} | {
        "state": state,
        "state_reason": reason,
    }
