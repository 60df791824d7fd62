"""Stored moments that a clock wrote which was ahead then: they count as now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, delete, exists, or_, select, update

from sync.core.clock import TOLERANCE
from sync.store.tables import (
    branch_check,
    command,
    connection,
    delivery,
    deployment,
    in_literals,
    lease,
    merge_request,
    purge,
    subject,
)

# The longest that anything is put off: tries are at most an hour apart, quiet hours end in a day.
_LONGEST_RETRY = timedelta(hours=2)
_LONGEST_WAIT = timedelta(days=2)
_LONGEST_LEASE = timedelta(minutes=10)

_PUT_OFF: Sequence[tuple[Column[Any], timedelta, ColumnElement[bool]]] = (
    (delivery.c.next_at, _LONGEST_RETRY, in_literals(delivery.c.state, "new", "failed")),
    (command.c.next_at, _LONGEST_RETRY, in_literals(command.c.state, "waiting", "sending")),
    (subject.c.next_at, _LONGEST_WAIT, in_literals(subject.c.state, "dirty")),
    (deployment.c.fetch_at, _LONGEST_WAIT, deployment.c.fetch_at.is_not(None)),
    (merge_request.c.commits_due_at, _LONGEST_WAIT, merge_request.c.commits_due_at.is_not(None)),
    (branch_check.c.due_at, _LONGEST_WAIT, branch_check.c.due_at.is_not(None)),
)  # the conditions are those of the indexes


def pull_back(conn: Connection, now: datetime) -> int:
    """Let what was put off beyond any reason be due now; return how many rows were changed.

    Code hosts that were read in the future are read again from the beginning of the connection,
    and a purge in the future is forgotten.
    """
    changed = 0
    for column, longest, waits in _PUT_OFF:
        late = update(column.table).where(waits, column > now + longest + TOLERANCE)
        changed += conn.execute(late.values({column.name: now})).rowcount
    future = now + TOLERANCE
    sweeps = update(connection).where(connection.c.swept_at > future).values(swept_at=None)
    changed += conn.execute(sweeps).rowcount
    changed += conn.execute(delete(purge).where(purge.c.at > future)).rowcount
    leases = delete(lease).where(lease.c.until > future + _LONGEST_LEASE)
    return changed + conn.execute(leases).rowcount


def has_future(conn: Connection, now: datetime) -> bool:
    """Tell whether there is anything for `pull_back` to do; it takes no lock."""
    checks = [
        *(waits & (column > now + longest + TOLERANCE) for column, longest, waits in _PUT_OFF),
        connection.c.swept_at > now + TOLERANCE,
        purge.c.at > now + TOLERANCE,
        lease.c.until > now + TOLERANCE + _LONGEST_LEASE,
    ]
    return bool(conn.scalar(select(or_(*(exists().where(check) for check in checks)))))
