"""Writes carried out together in batches, earlier ones about a task first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from sync.bitrix24.issue_sync import comments, creation, files, time_log, updates
from sync.bitrix24.issue_sync.chats import MANY, ask_chat, learn_chats
from sync.bitrix24.issue_sync.memory import ask_columns
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.talks import Send, Talk, hold_beside, hold_talks, writing_sender
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import File
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    CreateItem,
    DeleteComment,
    DeleteTime,
    EditComment,
    NotDone,
    Outcome,
    Unknown,
    UpdateItem,
    Write,
)
from sync.errors import Later

Fetch = Callable[[File], bytes]
AFTER_UNKNOWN = "An earlier write to the same task has no answer yet"


@dataclass
class TaskWriter:
    """Carries out writes. A write whose item has one without an answer is not begun."""

    portal: Portal
    reader: TaskReader

    def apply(self, writes: Sequence[Write], fetch: Fetch) -> list[Outcome]:
        """Carry out the writes; one outcome each.

        What this portal has of our keys is asked before the first creation in a workgroup.
        """
        unanswered: set[str] = set()
        send = writing_sender(self.portal)
        groups = dict.fromkeys(as_int(w.project) for w in writes if isinstance(w, CreateItem))
        hold_talks([creation.ask_created(group_id, self.reader) for group_id in groups], send)
        self._learn_chats(writes, send)
        columns = [ask_columns(group_id, self.reader.memory) for group_id in groups]
        talks = [self._guarded(write, fetch, unanswered) for write in writes]
        return hold_beside(columns, talks, send)

    def _learn_chats(self, writes: Sequence[Write], send: Send) -> None:
        """Ask once for the chats of tasks that get several comments, or of many tasks."""
        tasks = [as_int(w.address.id) for w in writes if isinstance(w, AddComment)]
        counts = Counter(task for task in tasks if task not in self.reader.memory.chats)
        if len(counts) >= MANY:
            learn_chats(self.portal, self.reader.memory, counts)
        several = [task for task, count in counts.items() if count > 1]
        unknown = [task for task in several if task not in self.reader.memory.chats]
        hold_talks([ask_chat(task, self.reader.memory) for task in unknown], send)

    def _guarded(self, write: Write, fetch: Fetch, unanswered: set[str]) -> Talk[Outcome]:
        task = task_of(write)
        if task in unanswered:
            return NotDone(Later(AFTER_UNKNOWN, code="unanswered"))
        outcome = yield from self._carry_out(write, fetch)
        if isinstance(outcome, Unknown) and task:
            unanswered.add(task)
        return outcome

    def _carry_out(self, write: Write, fetch: Fetch) -> Talk[Outcome]:
        reader, side = self.reader, self.reader.side
        match write:
            case CreateItem():
                return creation.create_item(write, reader)
            case UpdateItem():
                return updates.update_item(write, reader)
            case AddComment():
                return comments.add_comment(write, reader)
            case EditComment():
                return comments.edit_comment(write, reader)
            case DeleteComment():
                return comments.delete_comment(write, reader)
            case AddTime():
                return time_log.add_time(write, side)
            case DeleteTime():
                return time_log.delete_time(write, side)
            case AddFile():
                return files.add_file(write, side.options, fetch)
            case _:
                assert_never(write)


def task_of(write: Write) -> str:
    """Return the task that a write is about, "" for one that is yet to be created."""
    return "" if isinstance(write, CreateItem) else write.address.id
