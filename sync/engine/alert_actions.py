"""What people do about alerts: they say that they have seen one, and give one to somebody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.plan import assignment_key
from sync.core.model.plans import NotifiedState
from sync.engine.deps import ALERT, NOTIFICATION
from sync.sentences import sentence
from sync.store import alerts, messages, people, subjects
from sync.store.alerts import AlertRow


class UnknownPerson(LookupError):
    """The portal has nobody by this number."""


def acknowledge(
    conn: Connection, portal_id: int, handle: str, by: str, now: datetime
) -> AlertRow | None:
    """Record who has seen an alert and return it; None for no such alert. The first one stays."""
    row = alerts.find(conn, portal_id, handle)
    if row is None or row.acknowledged_at is not None:
        return row
    alerts.acknowledge(conn, row.key, by, now)
    _mark_dirty(conn, portal_id, row, "somebody has seen it", now)
    return alerts.find(conn, portal_id, handle)


def assign(
    conn: Connection, portal_id: int, handle: str, user_id: int, now: datetime, *, actor_id: int = 0
) -> AlertRow | None:
    """Assign an alert to a portal user and return it; None for no such alert.

    The person is notified once, unless they did it (`actor_id`). Raises UnknownPerson.
    """
    row = alerts.find(conn, portal_id, handle)
    if row is None:
        return None
    stored = people.portal_users(conn, portal_id)
    if stored and not (user_id in stored and stored[user_id].active):
        raise UnknownPerson(sentence("The portal has no active user {user_id}", user_id=user_id))
    alerts.assign(conn, row.key, user_id)
    if actor_id == user_id:
        assigned = NotifiedState(assignment_key(row.key.subject_key), str(user_id))
        messages.save_notified_states(conn, portal_id, [assigned], now)
    _mark_dirty(conn, portal_id, row, "it was given to somebody", now)
    return alerts.find(conn, portal_id, handle)


def _mark_dirty(conn: Connection, portal_id: int, row: AlertRow, cause: str, now: datetime) -> None:
    marks = [(NOTIFICATION, row.key.subject_key, cause), (ALERT, str(row.key.ref_key), cause)]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
