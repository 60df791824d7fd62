"""Whether writes whose answer was lost have happened: by their key, or by what tasks hold now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sync.bitrix24.issue_sync import comments, creation, time_log
from sync.bitrix24.issue_sync.chats import learn_chats
from sync.bitrix24.issue_sync.marks import mark_key
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.reading_back import missing_task, read_again, same_value
from sync.bitrix24.issue_sync.talks import Talk, hold_talks, reading_sender
from sync.bitrix24.issue_sync.values import resolved
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import Comment, Item, TimeEntry, Value
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
    """Look whether the writes happened; Unknown where that cannot be seen. Raises SyncError.

    Writes that show in the same reading share it: the comments of a task, its logged work, the
    tasks of a workgroup.
    """
    _prepare(portal, reader, writes)
    sharing: dict[tuple[str, ...], list[int]] = {}
    for number, write in enumerate(writes):
        sharing.setdefault(_reading_of(write, number), []).append(number)
    talks = [_settled([writes[number] for number in places], reader) for places in sharing.values()]
    settled = hold_talks(talks, reading_sender(portal))
    outcomes = {
        number: outcome
        for places, group in zip(sharing.values(), settled, strict=True)
        for number, outcome in zip(places, group, strict=True)
    }
    return [outcomes[number] for number in range(len(writes))]


def _prepare(portal: Portal, reader: TaskReader, writes: Sequence[Write]) -> None:
    """Ask once for what several writes need: the keys in their workgroup, the chats of tasks."""
    groups = dict.fromkeys(
        as_int(write.project) for write in writes if isinstance(write, CreateItem)
    )
    for group_id in groups:
        reader.memory.created.pop(group_id, None)
    asking = [creation.ask_created(group_id, reader) for group_id in groups]
    hold_talks(asking, reading_sender(portal))
    tasks = [as_int(write.address.id) for write in writes if isinstance(write, AddComment)]
    learn_chats(portal, reader.memory, dict.fromkeys(tasks))


def _reading_of(write: Write, number: int) -> tuple[str, ...]:
    """Return what is the same for writes that one reading settles."""
    match write:
        case AddComment() | AddTime():
            return type(write).__name__, write.address.id
    return (str(number),)


def _settled(writes: Sequence[Write], reader: TaskReader) -> Talk[list[Outcome]]:
    """Settle writes of one reading."""
    match write := writes[0]:
        case CreateItem():
            item = yield from creation.find_created(write, reader)
            return [Done(item=item) if item else _not_landed()]
        case UpdateItem():
            return [(yield from _settled_update(write, reader))]
        case AddComment():
            comments_shown = yield from comments.read_comments(write.address, reader)
            return [_keyed_comment(each.key, comments_shown) for each in writes]
        case EditComment() | DeleteComment():
            return [(yield from _settled_comment(write, reader))]
        case AddTime():
            entries_shown = yield from time_log.read_entries(write.address, reader.side)
            return [_keyed_entry(each.key, entries_shown) for each in writes]
        case DeleteTime():
            return [(yield from _settled_deletion(write, reader))]
        case AddFile():
            return [(yield from _settled_file(write, reader))]
        case _:
            assert_never(write)


def _settled_file(write: AddFile, reader: TaskReader) -> Talk[Outcome]:
    options = replace(reader.side.options, comments=False, time=False, checklist=False)
    side = replace(reader.side, options=options)
    item = yield from TaskReader(side, reader.memory, reader.new_card).read(
        as_int(write.address.id)
    )
    if not isinstance(item, Item) or item.files is None:
        return _not_visible()
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


def _settled_comment(write: EditComment | DeleteComment, reader: TaskReader) -> Talk[Outcome]:
    shown = yield from comments.find_comment(write, reader)
    if shown is None:
        return _not_visible()
    if isinstance(write, DeleteComment):
        return _not_landed() if shown else Done()
    edited = [comment for comment in shown if comment.text == write.text]
    return Done(comment=edited[0]) if edited else _not_landed()


def _keyed_comment(key: str, shown: Sequence[Comment] | None) -> Outcome:
    if shown is None:
        return _not_visible()
    comment = next((comment for comment in shown if comment.key == mark_key(key)), None)
    return Done(comment=comment) if comment else _not_landed()


def _keyed_entry(key: str, shown: Sequence[TimeEntry] | None) -> Outcome:
    if shown is None:
        return _not_visible()
    entry = next((entry for entry in shown if entry.key == mark_key(key)), None)
    return Done(entry=entry) if entry else _not_landed()


def _settled_deletion(write: DeleteTime, reader: TaskReader) -> Talk[Outcome]:
    shown = yield from time_log.find_entry(write)
    if shown is None:
        return _not_visible()
    return _not_landed() if shown else Done()


def _not_visible() -> Unknown:
    return Unknown(Later(NOT_VISIBLE, code="not_visible"))
