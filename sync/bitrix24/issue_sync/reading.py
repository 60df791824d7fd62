"""Tasks read whole: fields, comments, time, files, checklist, in as few requests as can be.

One list call has the fields of fifty tasks. What a task has beside them costs a call each, and
only where there is any: no logged work, no call for it. The number of a task's chat is remembered.
https://apidocs.bitrix24.com/api-reference/tasks/tasks-new.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.bitrix24.issue_sync import checklist, rows
from sync.bitrix24.issue_sync.calls import (
    FILES_AT_ONCE,
    PAGE,
    attachment_calls,
    chat_call,
    checklist_call,
    history_call,
    list_call,
    messages_call,
    old_comments_call,
    time_call,
    watch_call,
)
from sync.bitrix24.issue_sync.memory import Memory, ask_column_of, bound
from sync.bitrix24.issue_sync.planning import planning_calls, with_planning
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call, Reference, as_int, as_mapping
from sync.bitrix24.rest.errors import NOT_MEMBER
from sync.core.issue_sync.model import (
    CHECKLIST,
    Absence,
    Comment,
    File,
    Item,
    ItemAddress,
    TimeEntry,
    Unreachable,
)
from sync.errors import Denied, SyncError

MOST_PAGES = 400  # of one task's messages
SMALL = 12  # tasks that are read with all they have in the request that lists them
NOT_READ = "The task was deleted, or the employee who installed the application may not see it"


def listed_rows(answer: Answer | SyncError) -> dict[int, Mapping[str, Any]]:
    """Return the tasks of a list call by their numbers. Raises what the portal answered."""
    if isinstance(answer, SyncError):
        raise answer
    tasks = as_mapping(answer.result).get("tasks") or ()
    return {as_int(row["id"]): row for row in tasks if isinstance(row, dict) and row.get("id")}


def list_tasks(ids: list[int], side: ReadingSide) -> Talk[dict[int, Mapping[str, Any]]]:
    """List tasks; those that are not there, or not visible, are missing."""
    listed: dict[int, Mapping[str, Any]] = {}
    parts = [ids[at : at + PAGE] for at in range(0, len(ids), PAGE)]
    for at in range(0, len(parts), BATCH_SIZE):
        answers = yield [list_call(part, side) for part in parts[at : at + BATCH_SIZE]]
        for answer in answers:
            listed.update(listed_rows(answer))
    return listed


@dataclass
class TaskReader:
    """Reads what a task has beside its fields.

    `new_card`: the portal is known to have chats for discussions; else each task is asked.
    """

    side: ReadingSide
    memory: Memory
    new_card: bool

    def read(self, task_id: int, row: Mapping[str, Any] | None = None) -> Talk[Item | Unreachable]:
        """Read a task; `row` None: list it in the same request as the rest; {}: it is missing."""
        address = ItemAddress(str(task_id))
        if row is not None and not row:
            return Unreachable(address, Absence.NOT_FOUND, NOT_READ)
        first = [] if row is not None else [list_call(task_id, self.side)]
        calls = first + self._detail_calls(task_id, row)
        answers = (yield calls) if calls else []
        if row is None:
            row = listed_rows(answers[0]).get(task_id)
            self.memory.learn_chat(task_id, row or {})
        if row is None:
            return Unreachable(address, Absence.NOT_FOUND, NOT_READ)
        details = dict(zip((call.name or "tasks" for call in calls), answers, strict=True))
        yield from ask_column_of(row, self.memory)
        item = rows.parse_item(row, self.side)
        items = details.get("checklist")
        if isinstance(items, Answer):  # a refusal does not say that there are none
            text = checklist.write_lines(checklist.lines_of(items.result))
            item = replace(item, values={**item.values, CHECKLIST: text or None})
        item = yield from with_planning(item, details, self.memory)
        comments, chat_files = yield from self._comments(task_id, details)
        time = yield from self._time(task_id, row, details)
        files = yield from self._files(row)
        files = None if files is None else (*files, *chat_files)
        editors = rows.parse_editors(_result(details.get("history")))
        return replace(item, comments=comments, time=time, files=files, editors=editors)

    def _detail_calls(self, task_id: int, row: Mapping[str, Any] | None) -> list[Call]:
        options, calls = self.side.options, []
        self.memory.learn_chat(task_id, row or {})
        if options.comments:
            calls += self.discussion_calls(task_id)
        if options.time and (row is None or as_int(row.get("timeSpentInLogs"))):
            calls.append(time_call(task_id, 1, name="time"))
        if options.checklist:
            calls.append(checklist_call(task_id))
        if options.editors:
            calls.append(history_call(task_id))
        return calls + planning_calls(task_id, options)

    # --- the discussion

    def discussion_calls(self, task_id: int) -> list[Call]:
        """Build the calls for the newest page of a discussion; the chat is asked for once."""
        if self.memory.chats.get(task_id, 0) is None:
            return [old_comments_call(task_id)]
        chat = self.memory.chats.get(task_id)
        if chat:
            return [messages_call(f"chat{chat}")]
        dialog = Reference("chat", ("task", "chatId"), before="chat")
        return [chat_call(task_id), messages_call(dialog)]

    def learn_chat(self, task_id: int, answer: Answer | SyncError | None) -> int | None:
        """Remember the chat that a task has, None on the old card."""
        if isinstance(answer, Answer):
            task = as_mapping(as_mapping(answer.result).get("task"))
            self.memory.chats[task_id] = as_int(task.get("chatId")) or None
        return self.memory.chats.get(task_id)

    def _comments(
        self, task_id: int, details: Mapping[str, Answer | SyncError]
    ) -> Talk[tuple[tuple[Comment, ...] | None, list[File]]]:
        if not self.side.options.comments:
            return None, []
        skipped = frozenset(self.side.options.own_messages(task_id))
        if "comments" in details:
            return self._old_comments(task_id, details["comments"], skipped), []
        chat = self.learn_chat(task_id, details.get("chat"))
        if chat is None:  # a task of before the new card
            (answer,) = yield [old_comments_call(task_id)]
            return self._old_comments(task_id, answer, skipped), []
        return (yield from self._messages(task_id, chat, details["messages"], skipped))

    def _old_comments(
        self, task_id: int, answer: Answer | SyncError, skipped: frozenset[int]
    ) -> tuple[Comment, ...] | None:
        if isinstance(answer, SyncError):
            return None
        comments = rows.parse_comments(answer.result, self.side, skipped)
        self.memory.learn_keys(task_id, comments)
        return tuple(comments)

    def _messages(
        self, task_id: int, chat: int, page: Answer | SyncError, skipped: frozenset[int]
    ) -> Talk[tuple[tuple[Comment, ...] | None, list[File]]]:
        """Read back to the first message; who is not in the chat becomes an observer first."""
        if isinstance(page, SyncError) and page.code in NOT_MEMBER:
            _, page = yield [watch_call(task_id), messages_call(f"chat{chat}")]
        comments: dict[int, Comment | None] = {}
        files: dict[str, File] = {}
        for _ in range(MOST_PAGES):
            if isinstance(page, SyncError):
                return None, []
            shown, read_before = rows.parse_messages(page.result, self.side, skipped), len(comments)
            comments |= shown
            files |= {file.id: file for file in rows.parse_chat_files(page.result)}
            if len(shown) < PAGE or len(comments) == read_before:
                break
            (page,) = yield [messages_call(f"chat{chat}", before=min(comments))]
        ordered = [comment for _, comment in sorted(comments.items()) if comment]
        self.memory.learn_keys(task_id, ordered)
        return tuple(ordered), list(files.values())

    # --- logged work and files

    def _time(
        self, task_id: int, row: Mapping[str, Any], details: Mapping[str, Answer | SyncError]
    ) -> Talk[tuple[TimeEntry, ...] | None]:
        if not self.side.options.time:
            return None
        entries: dict[str, TimeEntry] = {}
        page = details.get("time") if as_int(row.get("timeSpentInLogs")) else Answer([])
        for number in range(2, MOST_PAGES):
            if not isinstance(page, Answer):
                return None
            fresh = rows.parse_entries(page.result, task_id)
            entries |= {entry.id: entry for entry in fresh}
            if len(fresh) < PAGE or len(entries) >= (page.total or 0):
                break
            (page,) = yield [time_call(task_id, number)]
        return tuple(entries.values())

    def _files(self, row: Mapping[str, Any]) -> Talk[tuple[File, ...] | None]:
        """Read the task's own files; None where the application may not see the drive."""
        if not self.side.options.files:
            return None
        attached, remembered = rows.attachment_ids(row), self.memory.attachments
        unknown = [number for number in attached if number not in remembered]
        for at in range(0, len(unknown), FILES_AT_ONCE):
            part = unknown[at : at + FILES_AT_ONCE]
            answers = yield [call for number in part for call in attachment_calls(number)]
            for place, number in enumerate(part):
                answer, _, folder = answers[place * 3 : place * 3 + 3]
                if isinstance(answer, Denied):
                    return None
                if isinstance(answer, Answer):
                    remembered[number] = rows.parse_attachment(answer.result, _result(folder))
        files = tuple(file for number in attached if (file := remembered.get(number)))
        bound(remembered, self.memory.most)
        return files


def _result(answer: Answer | SyncError | None) -> Any:
    return answer.result if isinstance(answer, Answer) else None
