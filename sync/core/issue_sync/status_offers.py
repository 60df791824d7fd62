"""Tables of statuses that nobody wrote: proposed by names and meanings, and made whole. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync.core.issue_sync.model import STAGE, STATUS, Capabilities, Choice, SideName
from sync.core.issue_sync.rules import Direction
from sync.core.issue_sync.status_meanings import is_rejected, nearest
from sync.core.issue_sync.statuses import StatusRow


def offer(tracker: Capabilities, portal: Capabilities) -> tuple[StatusRow, ...]:
    """Return a table to begin with: by names and meanings, and whether it is finished."""
    columns = portal.choices.get(STAGE, ())
    return tuple(
        StatusRow(
            status.id,
            _like(status, portal.choices.get(STATUS, ())),
            next((column.id for column in columns if _same_name(column, status)), None),
        )
        for status in tracker.choices.get(STATUS, ())
    )


def without_table(tracker: Capabilities, portal: Capabilities) -> tuple[StatusRow, ...]:
    """Return the table where the settings have none: what is offered, and all else by its end.

    Every status of the portal has a row, whatever the column: a finished task is the tracker's
    first finished status ("Done", never "Won't do": without one, it rests), one that goes on is
    open there.
    """
    offered = offer(tracker, portal)
    statuses = {choice.id: choice for choice in tracker.choices.get(STATUS, ())}
    wherever = [
        StatusRow(row.tracker, choice.id)
        for choice in portal.choices.get(STATUS, ())
        if (row := _standing_for(choice, offered, statuses)) is not None
    ]
    return (
        *(row for row in offered if row.stage is not None),
        *wherever,
        *(
            _read_as_finished(row, statuses, portal)
            for row in offered
            if row.stage is None and row not in wherever
        ),
    )


def _read_as_finished(
    row: StatusRow, statuses: Mapping[str, Choice], portal: Capabilities
) -> StatusRow:
    """Return a row by which a rejected item finishes its task, and no task rejects its item."""
    shown = next((c for c in portal.choices.get(STATUS, ()) if c.id == row.portal), None)
    if is_rejected(statuses[row.tracker]) and shown is not None and not is_rejected(shown):
        return replace(row, direction=Direction.TO_PORTAL)
    return row


def with_nearest(
    rows: Sequence[StatusRow], tracker: Capabilities, portal: Capabilities
) -> tuple[StatusRow, ...]:
    """Return a table in which each of the tracker's statuses has a row: the nearest configured.

    A row that is added counts to the portal alone: there, the table's own rows come first.
    """
    statuses = {choice.id: choice for choice in tracker.choices.get(STATUS, ())}
    named = {row.tracker for row in rows}
    configured = [
        row
        for row in rows
        if row.tracker in statuses and row.direction.allows(SideName.PORTAL) and not row.pauses
    ]
    if not configured:
        return tuple(rows)
    added: list[StatusRow] = []
    for status_id in statuses.keys() - named:
        status = statuses[status_id]
        like = nearest(status, [statuses[row.tracker] for row in configured])
        row = next((row for row in configured if like is not None and row.tracker == like.id), None)
        if row is not None:
            added.append(StatusRow(status_id, row.portal, row.stage, Direction.TO_PORTAL))
    return (*rows, *sorted(added, key=lambda row: row.tracker))


def _standing_for(
    choice: Choice, rows: Sequence[StatusRow], statuses: Mapping[str, Choice]
) -> StatusRow | None:
    """Return the row that says a status of the portal best, or None where there is none."""
    if not is_rejected(choice):
        rows = [row for row in rows if not is_rejected(statuses[row.tracker])]
    same = [row for row in rows if row.portal == choice.id]
    alike = [row for row in rows if statuses[row.tracker].closed is choice.closed]
    for fitting in (same, alike):
        best = nearest(choice, [statuses[row.tracker] for row in fitting])
        if best is not None:
            return next(row for row in fitting if row.tracker == best.id)
    return None


def _like(status: Choice, choices: Sequence[Choice]) -> str:
    fitting = nearest(status, [choice for choice in choices if choice.closed is status.closed])
    return fitting.id if fitting else ""


def _same_name(choice: Choice, other: Choice) -> bool:
    return choice.name.casefold() == other.name.casefold()
