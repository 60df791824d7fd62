"""Whether writes whose answer was lost have happened: by their key, or by what tasks hold now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sync.bitrix24.issue_sync import comments, creation, time_log
from sync.bitrix24.issue_sync.marks import mark_key
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.stored import missing_task, read_again, same_value
from sync.bitrix24.issue_sync.talks import Talk, hold_talks, reading_sender
from sync.bitrix24.issue_sync.values import resolved
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import Item, Value
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    Change,
    CreateItem,
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    NotDone,
    Outcome,
    SetChange,
    Unknown,
    UpdateItem,
    Write,
)
from sync.errors import Later

NOT_LANDED = "The write did not reach the portal"
NOT_VISIBLE = "Whether the write reached the portal cannot be seen at the moment"
HALF_LANDED = "This part of the write did not reach the portal"


def settle(portal: Portal, reader: TaskReader, writes: Sequence[Write]) -> list[Outcome]:
    """Look whether the writes happened; Unknown where that cannot be seen. Raises SyncError."""
    return hold_talks([_settled(write, reader) for write in writes], reading_sender(portal))


def _settled(write: Write, reader: TaskReader) -> Talk[Outcome]:
    match write:
        case CreateItem():
            item = yield from creation.find_created(write, reader)
            return Done(item=item) if item else _not_landed()
        case UpdateItem():
            return (yield from _settled_update(write, reader))
        case AddComment() | EditComment() | DeleteComment():
            return (yield from _settled_comment(write, reader))
        case AddTime() | DeleteTime():
            return (yield from _settled_time(write, reader))
        case AddFile():
            return (yield from _settled_file(write, reader))
        case _:
            assert_never(write)


def _settled_file(write: AddFile, reader: TaskReader) -> Talk[Outcome]:
    options = replace(reader.side.options, comments=False, time=False, checklist=False)
    side = replace(reader.side, options=options)
    item = yield from TaskReader(side, reader.memory, reader.new_card).read(
        as_int(write.address.id)
    )
    if not isinstance(item, Item) or item.files is None:
        return Unknown(Later(NOT_VISIBLE, code="not_visible"))
    file = next((file for file in item.files if file.key == mark_key(write.key)), None)
    return Done(file=file) if file else _not_landed()


def _not_landed() -> NotDone:
    return NotDone(Later(NOT_LANDED, code="not_landed"))


def _settled_update(write: UpdateItem, reader: TaskReader) -> Talk[Outcome]:
    """Compare with what the fields are believed to have held: shown still, it never landed."""
    task_id = as_int(write.address.id)
    item = yield from read_again(task_id, reader)
    if item is None:
        return Unknown(missing_task(task_id))
    missing = {
        name: HALF_LANDED
        for name, change in write.changes.items()
        if not _has_landed(change, write.before.get(name), item, name)
    }
    return _not_landed() if len(missing) == len(write.changes) else Done(item, dropped=missing)


def _has_landed(change: Change, before: Value, item: Item, name: str) -> bool:
    now = item.values.get(name)
    if isinstance(change, SetChange):
        present = now if isinstance(now, frozenset) else frozenset()
        return change.add <= present and not change.remove & present
    return same_value(now, resolved(change, before)) or not same_value(now, before)


def _settled_comment(
    write: AddComment | EditComment | DeleteComment, reader: TaskReader
) -> Talk[Outcome]:
    shown = yield from comments.find_comment(write, reader)
    if shown is None:
        return Unknown(Later(NOT_VISIBLE, code="not_visible"))
    match write:
        case DeleteComment():
            return _not_landed() if shown else Done()
        case EditComment(text=text):
            found = [comment for comment in shown if comment.text == text]
        case AddComment(key=key):
            found = [comment for comment in shown if comment.key == mark_key(key)]
    return Done(comment=found[0]) if found else _not_landed()


def _settled_time(write: AddTime | DeleteTime, reader: TaskReader) -> Talk[Outcome]:
    shown = yield from time_log.find_time(write, reader.side)
    if shown is None:
        return Unknown(Later(NOT_VISIBLE, code="not_visible"))
    if isinstance(write, DeleteTime):
        return _not_landed() if shown else Done()
    entry = next((entry for entry in shown if entry.key == mark_key(write.key)), None)
    return Done(entry=entry) if entry else _not_landed()
