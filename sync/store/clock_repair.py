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
    connection_access,
    delivery,
    deployment,
    in_literals,
    issue_link,
    issue_sync_list,
    lease,
    merge_request,
    portal,
    project,
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
    (issue_link.c.due_at, _LONGEST_WAIT, issue_link.c.due_at.is_not(None)),
    (issue_sync_list.c.next_at, _LONGEST_WAIT, issue_sync_list.c.next_at.is_not(None)),
)  # the conditions are those of the indexes

# What was dated ahead of now counts as of now.
_HAPPENED: Sequence[tuple[Column[Any], ColumnElement[bool]]] = (
    (delivery.c.received_at, in_literals(delivery.c.state, "new", "failed")),
    (subject.c.dirty_at, in_literals(subject.c.state, "dirty")),
    *(
        (column, column.is_not(None))
        for column in (
            connection_access.c.rotating_at,
            portal.c.created_at,
            portal.c.removed_at,
            connection.c.created_at,
            connection.c.removed_at,
            project.c.told_at,
        )
    ),
)
_FORGOTTEN = (connection.c.swept_at, issue_sync_list.c.counted_at)


def pull_back(conn: Connection, now: datetime, *, sure: bool = True) -> int:
    """Let what was put off beyond any reason be due now; return how many rows were changed.

    Code hosts that were read in the future are read again from the beginning of the connection,
    and a purge in the future is forgotten. `sure`: others confirm the clock; one that is behind
    would make old what has just happened.
    """
    changed = 0
    for column, longest, waits in _PUT_OFF:
        late = update(column.table).where(waits, column > now + longest + TOLERANCE)
        changed += conn.execute(late.values({column.name: now})).rowcount
    future = now + TOLERANCE
    for column, applies in _HAPPENED if sure else ():
        ahead = update(column.table).where(applies, column > future)
        changed += conn.execute(ahead.values({column.name: now})).rowcount
    for column in _FORGOTTEN:
        ahead = update(column.table).where(column > future).values({column.name: None})
        changed += conn.execute(ahead).rowcount
    changed += conn.execute(delete(purge).where(purge.c.at > future)).rowcount
    leases = delete(lease).where(lease.c.until > future + _LONGEST_LEASE)
    return changed + conn.execute(leases).rowcount


def has_future(conn: Connection, now: datetime, *, sure: bool = True) -> bool:
    """Tell whether there is anything for `pull_back` to do; it takes no lock."""
    checks = [
        *(waits & (column > now + longest + TOLERANCE) for column, longest, waits in _PUT_OFF),
        *(applies & (column > now + TOLERANCE) for column, applies in _HAPPENED if sure),
        *(column > now + TOLERANCE for column in _FORGOTTEN),
        purge.c.at > now + TOLERANCE,
        lease.c.until > now + TOLERANCE + _LONGEST_LEASE,
    ]
    return bool(conn.scalar(select(or_(*(exists().where(check) for check in checks)))))
