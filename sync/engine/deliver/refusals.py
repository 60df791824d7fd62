"""What the portal refused before: the same is not asked for a second time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from sync.core.model.commands import Command, CreateTask, PutMessage, SetFields, decode
from sync.core.model.plans import PlannedCommand
from sync.store.db.upsert import chunks
from sync.store.rows import CommandRow
from sync.store.tables import command

RefusedCommand = tuple[str, str, Command | None]  # subject key, command key, what was asked


def refused_before(
    conn: Connection, portal_id: int, kind: str, keys: Iterable[str]
) -> frozenset[RefusedCommand]:
    """Read the messages refused as they are, and fields and new tasks refused at all.

    Moves and notifications are not repeated anyway: what they record counts as reached.
    """
    refused = select(command.c.subject_key, command.c.key, command.c.kind, command.c.payload).where(
        command.c.portal_id == portal_id,
        command.c.subject_kind == kind,
        command.c.state == "refused",
    )
    return frozenset(
        entry
        for piece in chunks(keys)
        for subject_key, key, command_kind, payload in conn.execute(
            refused.where(command.c.subject_key.in_(piece))
        )
        for entry in _refused_entry(subject_key, key, decode(command_kind, payload))
    )


def refused_of(rows: Iterable[CommandRow]) -> frozenset[RefusedCommand]:
    """Return the same of commands that are read already, of whatever state."""
    return frozenset(
        entry
        for row in rows
        if row.state == "refused"
        for entry in _refused_entry(row.subject_key, row.key, row.command)
    )


def _refused_entry(subject_key: str, key: str, command: Command) -> list[RefusedCommand]:
    if isinstance(command, SetFields | CreateTask | PutMessage):
        return [(subject_key, key, _comparable(command))]
    return []


def is_refused(
    refused: frozenset[RefusedCommand], subject_key: str, planned: PlannedCommand
) -> bool:
    """Tell whether the portal refused what is planned for the subject."""
    return (subject_key, planned.key, _comparable(planned.command)) in refused


def _comparable(command: Command) -> Command | None:
    """Return what is refused with the command: of fields and new tasks other values, too."""
    return None if isinstance(command, SetFields | CreateTask) else command
