"""A task as it is stored behind a write, read in the write's own batch, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.bitrix24.issue_sync import checklist, rows
from sync.bitrix24.issue_sync.calls import checklist_call, list_call
from sync.bitrix24.issue_sync.memory import ask_column_of
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.issue_sync.planning import planning_calls, with_planning
from sync.bitrix24.issue_sync.reading import TaskReader, listed_rows
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.talks import Answers, Talk
from sync.bitrix24.issue_sync.values import TITLE_LIMIT
from sync.bitrix24.rest.batch import Answer, Call, Reference
from sync.core.issue_sync.model import CHECKLIST, TITLE, Item, Value
from sync.errors import Refused, SyncError
from sync.sentences import sentence

KEPT_OLD = "The portal answered that it was done, and kept the old value"
SHOWN_OTHERWISE = "It was created before, and shows something else now"


def stored_calls(task: int | Reference, side: ReadingSide) -> list[Call]:
    """Build the calls that read a task back, to stand behind the calls of a write."""
    return [list_call(task, side), *_detail_calls(task, side.options)]


def _detail_calls(task: int | Reference, options: TaskOptions) -> list[Call]:
    checklists = [checklist_call(task)] if options.checklist else []
    return [*checklists, *planning_calls(task, options)]


def read_stored(answers: Answers, task_id: int, reader: TaskReader) -> Talk[Item | None]:
    """Return the task that the last answers, those of `stored_calls`, show; None if none."""
    calls = _detail_calls(task_id, reader.side.options)
    listing, *rest = answers[-1 - len(calls) :]
    details = dict(zip((call.name for call in calls), rest, strict=True))
    row = listed_rows(listing).get(task_id) if isinstance(listing, Answer) else None
    if row is None:
        return None
    reader.memory.learn_chat(task_id, row)
    yield from ask_column_of(row, reader.memory)
    item = rows.parse_item(row, reader.side)
    lines = details.get("checklist")
    if isinstance(lines, Answer):
        text = checklist.write_lines(checklist.lines_of(lines.result))
        item = replace(item, values={**item.values, CHECKLIST: text or None})
    return (yield from with_planning(item, details, reader.memory))


def read_again(task_id: int, reader: TaskReader) -> Talk[Item | None]:
    """Read a task with its fields and its checklist; None where it is not listed."""
    answers = yield stored_calls(task_id, reader.side)
    return (yield from read_stored(answers, task_id, reader))


def dropped_fields(
    wanted: Mapping[str, Value],
    before: Mapping[str, Value],
    stored: Item,
    errors: Mapping[str, SyncError],
) -> dict[str, str]:
    """Return which fields the portal left as they were, and why.

    `errors`: refusals by field. A value that was stored otherwise than sent is not left out.
    """
    dropped = {}
    for name, value in wanted.items():
        now = stored.values.get(name)
        if same_value(now, value):
            continue
        if name in errors or same_value(now, before.get(name)):
            dropped[name] = str(errors.get(name) or KEPT_OLD)
    return dropped


def same_value(before: Value, after: Value) -> bool:
    """Return whether two values say the same; a portal has more than one way to say nothing."""
    return before == after or (before or None) == (after or None)


def too_long_title(values: Mapping[str, Value]) -> SyncError | None:
    """Return the error of a title that the portal would cut; None where it fits."""
    length = len(str(values.get(TITLE) or "").strip())
    if length <= TITLE_LIMIT:
        return None
    return Refused(
        sentence("The title has {length} characters", length=length),
        cause="Bitrix24 keeps no more and cuts the rest",
        change="Shorten the title on the other side",
        code="too_long",
    )


def missing_task(task_id: int) -> SyncError:
    """Return the error of a task that is not listed."""
    return Refused(
        sentence("The task {task_id} was not found", task_id=task_id),
        cause="It was deleted, or the employee who installed the application may not see it",
        change="Look at it in Bitrix24, and at that employee's rights",
        code="no_task",
    )
