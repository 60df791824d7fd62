"""Links of tasks and issues as rows, without their states, and found by their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from sync.store.tables import issue_link


@dataclass(frozen=True, slots=True)
class IssueLinkRow:
    """A link as stored, without its state. It is dirty while `version` > `done_version`.

    `cause`: the side that may have changed; anything else: both. `tracker_seen`, `portal_seen`: the
    versions of the ends as last read whole; `answered`: of the tracker's, as our last write was
    answered; `written_at`: when we last wrote to either.
    """

    id: int
    portal_id: int
    connection_id: int
    key: str
    pair: str
    tracker_id: str | None
    tracker_number: str
    task_id: str | None
    ended: bool
    version: int
    done_version: int
    cause: str
    due_at: datetime | None
    attempts: int
    error: str
    created_at: datetime
    tracker_seen: str
    portal_seen: str
    answered: str
    written_at: datetime | None

    @property
    def is_dirty(self) -> bool:
        """Whether something was heard that was not looked at yet."""
        return self.version > self.done_version


COLUMNS = [issue_link.c[name] for name in IssueLinkRow.__dataclass_fields__]
IS_DIRTY = issue_link.c.version > issue_link.c.done_version


def by_ends(
    conn: Connection,
    portal_id: int,
    *,
    task_ids: Iterable[str] = (),
    tracker_ids: Iterable[str] = (),
    tracker_numbers: Iterable[str] = (),
    connection_id: int | None = None,
) -> tuple[IssueLinkRow, ...]:
    """Return the portal's links that have one of these tasks or issues as an end.

    `tracker_numbers`: of issues, with the project's id before, as `7/12`.
    """
    ends = or_(
        issue_link.c.task_id.in_(list(task_ids)),
        issue_link.c.tracker_id.in_(list(tracker_ids)),
        issue_link.c.tracker_number.in_(list(tracker_numbers)),
    )
    query = select(*COLUMNS).where(issue_link.c.portal_id == portal_id, ends)
    if connection_id is not None:
        query = query.where(issue_link.c.connection_id == connection_id)
    return rows_of(conn, query.order_by(issue_link.c.id))


def by_readable_numbers(
    conn: Connection, connection_id: int, numbers: Iterable[str]
) -> tuple[IssueLinkRow, ...]:
    """Return the links of issues by the numbers that people name them by, whatever the project.

    For a tracker whose readable numbers are unique in the instance.
    """
    ends = [
        issue_link.c.tracker_number.endswith(f"/{number}", autoescape=True) for number in numbers
    ]
    if not ends:
        return ()
    query = select(*COLUMNS).where(issue_link.c.connection_id == connection_id, or_(*ends))
    return rows_of(conn, query.order_by(issue_link.c.id))


def rows_of(conn: Connection, query: Any) -> tuple[IssueLinkRow, ...]:
    """Return the links that a query of COLUMNS finds."""
    return tuple(IssueLinkRow(*row) for row in conn.execute(query))
