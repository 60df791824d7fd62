"""Find out in one query what waits for a portal: its row and the kinds of work due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    bindparam,
    exists,
    func,
    select,
    union,
    union_all,
)

from sync.core.clock import TOLERANCE
from sync.store import deployments, inbox, issue_link_queue, outbox, portals, subjects
from sync.store.db.types import Moment
from sync.store.portals import PortalRow
from sync.store.rows import SubjectRow
from sync.store.tables import (
    command,
    connection,
    delivery,
    deployment,
    in_literals,
    issue_link,
    lease,
    portal,
    subject,
)

_NOW = bindparam("now", type_=Moment)
_PORTAL: BindParameter[int] = bindparam("of_portal")
_DELIVERIES = exists().where(delivery.c.portal_id == _PORTAL, inbox.is_due(_NOW))
_SUBJECTS = exists().where(subject.c.portal_id == _PORTAL, subjects.is_due(_NOW))
_COMMANDS = exists().where(command.c.portal_id == _PORTAL, outbox.is_due(_NOW))
_LINKS = exists().where(issue_link.c.portal_id == _PORTAL, issue_link_queue.is_due(_NOW))
_UNSETTLED = exists().where(command.c.portal_id == _PORTAL, outbox.is_in_flight())
_DEPLOYMENTS = exists().where(
    deployment.c.connection_id == connection.c.id,
    connection.c.portal_id == _PORTAL,
    deployments.is_due(_NOW),
)
_BUSY = exists().where(
    lease.c.name == bindparam("of_lane"),
    lease.c.owner != bindparam("of_owner"),
    lease.c.until > _NOW,
)
_AGENDA = select(
    _DELIVERIES.label("deliveries"),
    _SUBJECTS.label("subjects"),
    _COMMANDS.label("commands"),
    _UNSETTLED.label("unsettled"),
    _DEPLOYMENTS.label("deployments"),
    _LINKS.label("links"),
    _BUSY.label("busy"),
    *portals.ROW_COLUMNS,
).where(portal.c.id == _PORTAL)
_KINDS = 7  # columns of _AGENDA before the portal's
_BEFORE = bindparam("before", type_=Moment)
_FUTURE = bindparam("future", type_=Moment)


def _waits(since: ColumnElement[Any]) -> ColumnElement[bool]:
    """Build the condition of what waits for a while, or was stored by a clock ahead of time."""
    return (since <= _BEFORE) | (since > _FUTURE)


_PORTALS = union(
    select(delivery.c.portal_id).where(inbox.is_due(_NOW), _waits(delivery.c.received_at)),
    select(subject.c.portal_id).where(subjects.is_due(_NOW), _waits(subject.c.dirty_at)),
    select(issue_link.c.portal_id).where(issue_link_queue.is_due(_NOW)),
    select(command.c.portal_id).where(
        outbox.is_due(_NOW) | outbox.is_in_flight(), _waits(command.c.created_at)
    ),
)
_WAITING = union_all(
    select(delivery.c.portal_id, func.min(delivery.c.received_at).label("at"))
    .where(in_literals(delivery.c.state, "new", "failed"))
    .group_by(delivery.c.portal_id),
    select(subject.c.portal_id, func.min(subject.c.dirty_at))
    .where(in_literals(subject.c.state, "dirty"))
    .group_by(subject.c.portal_id),
    select(command.c.portal_id, func.min(command.c.created_at))
    .where(in_literals(command.c.state, "waiting", "sending"))
    .group_by(command.c.portal_id),
).subquery()
_OLDEST = (
    select(_WAITING.c.portal_id, func.min(_WAITING.c.at, type_=Moment).label("at"))
    .group_by(_WAITING.c.portal_id)
    .order_by("at", _WAITING.c.portal_id)
)
_NEXT_SUBJECTS = subjects.due_subjects(_PORTAL, _NOW).add_columns(_DELIVERIES.label("more"))


@dataclass(frozen=True, slots=True)
class Agenda:
    """A portal as stored, and the kinds of work that wait for it now.

    `deliveries` to digest, `subjects` to reconcile, `commands` to send, `unsettled` commands whose
    answer is not known, `deployments` whose contents are to be fetched from the code host, `links`
    of tasks and issues to bring in step. `is_busy`: another worker holds the portal's lane.
    """

    portal: PortalRow
    deliveries: bool = False
    subjects: bool = False
    commands: bool = False
    unsettled: bool = False
    deployments: bool = False
    links: bool = False
    is_busy: bool = False

    @property
    def needs_portal(self) -> bool:
        """Tell whether there is work that takes the portal's lane."""
        return self.subjects or self.commands or self.unsettled

    @property
    def is_only_to_send(self) -> bool:
        """Tell whether nothing but commands waits, for a portal that takes them."""
        others = self.subjects or self.unsettled or self.deliveries or self.deployments
        return self.commands and not others and self.portal.record.state == "active"

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not (self.needs_portal or self.deliveries or self.deployments or self.links)


def read_agenda(
    conn: Connection, portal_id: int, now: datetime, *, lane: str = "", owner: str = ""
) -> Agenda | None:
    """Return the portal's row and what waits for it; None for a portal that is not stored.

    `lane`, `owner`: the portal's lane, and who asks whether another worker has it.
    """
    parameters = {"of_portal": portal_id, "now": now, "of_lane": lane, "of_owner": owner}
    row = conn.execute(_AGENDA, parameters).one_or_none()
    if row is None:
        return None
    return Agenda(portals.read_row(row[_KINDS:]), *map(bool, row[:_KINDS]))


def portals_with_work(
    conn: Connection, now: datetime, waiting: timedelta = timedelta()
) -> tuple[int, ...]:
    """Return the ids of portals with deliveries, subjects or commands due, in order.

    `waiting`: for how long at least, of what came in by itself: links have their moment.
    """
    moments = {"now": now, "before": now - waiting, "future": now + TOLERANCE}
    return tuple(sorted(conn.scalars(_PORTALS, moments)))


def oldest_work(conn: Connection, limit: int) -> tuple[tuple[int, datetime], ...]:
    """Return since when each portal's oldest work waits, those that wait longest first.

    Work that is to be done later counts, too: it waits all the same.
    """
    return tuple((row.portal_id, row.at) for row in conn.execute(_OLDEST.limit(limit)))


def next_subjects(
    conn: Connection, portal_id: int, limit: int, now: datetime
) -> tuple[tuple[SubjectRow, ...], bool]:
    """Return the due subjects that wait longest, and whether deliveries wait.

    A subject with a command in flight is left out until that is settled. The caller holds the
    portal's lane.
    """
    parameters = {"of_portal": portal_id, "now": now, "most": limit}
    rows = conn.execute(_NEXT_SUBJECTS, parameters).all()
    return tuple(SubjectRow(*row[:-1]) for row in rows), any(row[-1] for row in rows)
