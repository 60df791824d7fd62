"""What a client of tasks remembers between its calls, so that it is asked for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from sync.bitrix24.issue_sync.calls import columns_call
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import Answer, as_int
from sync.bitrix24.tasks.fields import parse_stages
from sync.core.issue_sync.model import Comment, File
from sync.errors import SyncError


@dataclass
class Memory:
    """What hardly changes: chats of tasks, files behind attachments, first columns of workgroups.

    `columns` is asked for anew with the capabilities of a workgroup. `backlogs`: of scrum teams, by
    workgroup. `created`: by workgroup, the
    tasks that carry a key of ours. `keys`: of our comments, by task and number. `signatures`: by
    task, the line that names its author. `most`: entries of each that are kept.
    """

    most: int = 20_000
    chats: MutableMapping[int, int | None] = field(default_factory=dict)
    attachments: MutableMapping[int, File | None] = field(default_factory=dict)
    columns: MutableMapping[int, int] = field(default_factory=dict)
    backlogs: MutableMapping[int, int] = field(default_factory=dict)
    created: MutableMapping[int, dict[str, int]] = field(default_factory=dict)
    keys: MutableMapping[tuple[int, str], str] = field(default_factory=dict)
    signatures: MutableMapping[int, str] = field(default_factory=dict)

    def begun_anew(self) -> Memory:
        """Return a memory for another client, with what never changes of this one.

        A task of the old card gets a chat when its portal changes to the new one; which tasks carry
        our keys, and the columns, change at any time.
        """
        for task_id in [number for number, chat in list(self.chats.items()) if chat is None]:
            self.chats.pop(task_id, None)
        return Memory(
            self.most, self.chats, self.attachments, keys=self.keys, signatures=self.signatures
        )

    def learn_chat(self, task_id: int, row: Mapping[str, Any]) -> None:
        """Remember a task's chat where its row has it: a list need not show it."""
        if as_int(row.get("chatId")):
            self.chats[task_id] = as_int(row["chatId"])
            bound(self.chats, self.most)

    def learn_keys(self, task_id: int, comments: Iterable[Comment]) -> None:
        """Remember the keys of our comments: an edit keeps them."""
        self.keys.update({(task_id, each.id): each.key for each in comments if each.key})
        bound(self.keys, self.most)

    def learn_columns(self, group_id: int, answer: Answer | SyncError) -> None:
        """Remember the first column of a workgroup."""
        stages = parse_stages(answer.result) if isinstance(answer, Answer) else ()
        self.columns[group_id] = stages[0].id if stages else 0


def bound(remembered: MutableMapping[Any, Any], most: int) -> None:
    """Forget what was learned first beyond a number of entries: it is asked for again."""
    for key in list(remembered)[: max(0, len(remembered) - most)]:
        remembered.pop(key, None)  # clients of several threads may share it


def ask_columns(group_id: int, memory: Memory) -> Talk[None]:
    """Ask for the columns of a workgroup that was not met yet."""
    if group_id and group_id not in memory.columns:
        (answer,) = yield [columns_call(group_id)]
        memory.learn_columns(group_id, answer)


def ask_column_of(row: Mapping[str, Any], memory: Memory) -> Talk[None]:
    """Ask for the first column where a task stands there because nobody moved it."""
    if not as_int(row.get("stageId")):
        yield from ask_columns(as_int(row.get("groupId")), memory)
