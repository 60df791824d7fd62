"""What the portal refused before: the same is not asked for a second time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from sync.core.model.commands import (
    Command,
    CreateTask,
    PutCard,
    PutChatMessage,
    PutMessage,
    SetFields,
    decode,
)
from sync.store.db.upsert import chunks
from sync.store.rows import CommandRow
from sync.store.tables import command

RefusedCommand = tuple[str, str, Command | None]  # subject key, command key, what was asked


def refused_before(
    conn: Connection, portal_id: int, kind: str, keys: Iterable[str]
) -> frozenset[RefusedCommand]:
    """Messages refused as they are, and fields and new tasks refused at all, of the subjects.

    Moves and notifications are not repeated anyway: their step and milestone are recorded.
    """
    refused = select(command.c.subject_key, command.c.key, command.c.kind, command.c.payload).where(
        command.c.portal_id == portal_id,
        command.c.subject_kind == kind,
        command.c.state == "refused",
    )
    return frozenset(
        entry
        for piece in chunks(keys)
        for subject_key, key, name, payload in conn.execute(
            refused.where(command.c.subject_key.in_(piece))
        )
        for entry in _refused_entry(subject_key, key, decode(name, payload))
    )


def refused_of(rows: Iterable[CommandRow]) -> frozenset[RefusedCommand]:
    """The same of commands that are read already, of whatever state."""
    return frozenset(
        entry
        for row in rows
        if row.state == "refused"
        for entry in _refused_entry(row.subject_key, row.key, row.command)
    )


def _refused_entry(subject_key: str, key: str, effect: Command) -> list[RefusedCommand]:
    if isinstance(effect, SetFields | CreateTask):
        return [(subject_key, key, None)]
    if isinstance(effect, PutCard | PutMessage | PutChatMessage):
        return [(subject_key, key, effect)]
    return []


def comparable_command(effect: Command) -> Command | None:
    """What is refused with an effect on a task: of a field its other values, too."""
    return None if isinstance(effect, SetFields) else effect
