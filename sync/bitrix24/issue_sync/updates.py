"""Changes of a task's fields, and what of them the portal stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.bitrix24.issue_sync.calls import checklist_call
from sync.bitrix24.issue_sync.checklist import Line, checklist_calls, lines_of, read_lines
from sync.bitrix24.issue_sync.outcomes import failed, first_error
from sync.bitrix24.issue_sync.planning import as_field, ask_backlog, planned_calls
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.reading_back import (
    dropped_fields,
    missing_task,
    read_stored,
    stored_calls,
    too_long_title,
)
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.signatures import signed
from sync.bitrix24.issue_sync.talks import Answers, Talk
from sync.bitrix24.issue_sync.values import plain_fields, resolved, status_of
from sync.bitrix24.rest.batch import Answer, Call, as_int
from sync.bitrix24.tasks import fields as tasks_fields
from sync.bitrix24.tasks.fields import STATUS_CODES
from sync.bitrix24.tasks.transitions import (
    AWAITS_CONTROL,
    METHOD_PATHS,
    STAYS_IN_CONTROL,
    transition_calls,
)
from sync.core.issue_sync.model import CHECKLIST, LINKS, SPRINT, STAGE, STATUS, Item, Value
from sync.core.issue_sync.writes import Done, NotDone, Outcome, SetChange, Unknown, UpdateItem
from sync.core.model.tasks import Task, TaskStatus
from sync.errors import Later, SyncError

_MOST_CALLS = 45  # in the batch that also reads the task back
_COMPLETED, _IN_CONTROL = (
    str(STATUS_CODES[status]) for status in (TaskStatus.COMPLETED, TaskStatus.AWAITING_CONTROL)
)
_METHODS = {
    STAGE: "task.stages.movetask",
    CHECKLIST: "task.checklistitem.",
    SPRINT: "tasks.api.scrum.",
    LINKS: "task.item.update",
}


def update_item(write: UpdateItem, reader: TaskReader) -> Talk[Outcome]:
    """Change fields of a task, and read it back, in one batch.

    Status, column, checklist, sprint and links have methods of their own. A status that was not
    reached is tried once more by what the task allows now. Fields that stay as they were are in
    `dropped`; where all do, nothing was done.
    """
    task_id, side, before = as_int(write.address.id), reader.side, write.before
    lines: tuple[Line, ...] = ()
    if _asks_first(write):
        answers = yield _asking_calls(task_id, side)
        item = yield from read_stored(answers[1:], task_id, reader)
        if item is None:
            return failed(first_error(answers) or missing_task(task_id))
        before = {**item.values, **before}
        before |= {name: item.values.get(name) for name in before.keys() & {LINKS}}
        lines = lines_of(answers[0].result) if isinstance(answers[0], Answer) else ()
    wanted = {name: resolved(change, before.get(name)) for name, change in write.changes.items()}
    if too_long := too_long_title(wanted):
        return failed(too_long)
    line = side.signatures.get(task_id, "")
    calls = _calls(task_id, as_field(wanted, side.options), before, lines, line)
    if SPRINT in wanted:
        yield from ask_backlog(as_int(write.address.project), reader.memory)
    backlog = reader.memory.backlogs.get(as_int(write.address.project), 0)
    calls = [*calls, *planned_calls(task_id, wanted, side.options, backlog)][:_MOST_CALLS]
    answers = yield [*calls, *stored_calls(task_id, side)]
    item = yield from read_stored(answers, task_id, reader)
    if item is not None and _misses_status(wanted, before, item) and not _is_lost(answers):
        answers = [*answers, *(yield from _set_status(task_id, wanted, side))]
        item = (yield from read_stored(answers, task_id, reader)) or item
    return _outcome(task_id, wanted, before, (calls, answers), item)


def _asks_first(write: UpdateItem) -> bool:
    """Whether the change depends on what the task holds, and `before` does not say it."""
    relative = [name for name, change in write.changes.items() if isinstance(change, SetChange)]
    relative += [STATUS] if STATUS in write.changes else []
    if {CHECKLIST, LINKS} & write.changes.keys():
        return True
    return any(name not in write.before for name in relative)


def _asking_calls(task_id: int, side: ReadingSide) -> list[Call]:
    """Read the task, and the checklist under a name of its own.

    Links are always read: the portal takes the whole list of them.
    """
    return [replace(checklist_call(task_id), name="lines"), *stored_calls(task_id, side)]


def _calls(
    task_id: int,
    wanted: Mapping[str, Value],
    before: Mapping[str, Value],
    lines: Iterable[Line],
    signature: str,
) -> list[Call]:
    calls = []
    if fields := plain_fields(wanted):
        if signature and "DESCRIPTION" in fields:
            fields["DESCRIPTION"] = signed(fields["DESCRIPTION"], signature)
        calls.append(tasks_update(task_id, fields))
    if stage := as_int(wanted.get(STAGE)):
        calls.append(Call("task.stages.movetask", {"id": task_id, "stageId": stage}))
    target, present = status_of(wanted.get(STATUS)), status_of(before.get(STATUS))
    if target and present:
        calls += _status_calls(task_id, present, target)
    if CHECKLIST in wanted:
        asked = read_lines(str(wanted[CHECKLIST] or ""))
        calls += checklist_calls(task_id, tuple(lines), asked)
    return calls


def tasks_update(task_id: int, fields: Mapping[str, object]) -> Call:
    """Build an update of a task's fields.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-update.html
    """
    return Call("tasks.task.update", {"taskId": task_id, "fields": dict(fields)})


def _status_calls(task_id: int, present: TaskStatus, target: TaskStatus) -> list[Call]:
    """Return the methods that usually lead from one status to another.

    A task without control cannot be brought to review by a method: completing completes it.
    https://apidocs.bitrix24.com/api-reference/tasks/status/index.html
    """
    if present is target:
        return []
    if target is TaskStatus.AWAITING_CONTROL:
        return []  # whether the task has control is read first
    (path, *_) = METHOD_PATHS[present, target]
    return [Call(f"tasks.task.{step}", {"taskId": task_id}) for step in path]


def _misses_status(wanted: Mapping[str, Value], before: Mapping[str, Value], item: Item) -> bool:
    """Whether a status is worth another attempt: what we completed, its creator approves."""
    if STATUS not in wanted or wanted[STATUS] == item.values[STATUS]:
        return False
    completed = wanted[STATUS] == _COMPLETED and item.values[STATUS] == _IN_CONTROL
    return not completed or before.get(STATUS) == _IN_CONTROL


def _set_status(task_id: int, wanted: Mapping[str, Value], side: ReadingSide) -> Talk[Answers]:
    """Bring a task to a status by what its own list of actions allows, and read it back."""
    select = list(tasks_fields.TASK_FIELDS)
    params = {"taskId": task_id, "select": select}
    (answer,) = yield [Call("tasks.task.get", params, write=False)]
    task, target = _task(answer), status_of(wanted[STATUS])
    calls = transition_calls(target, task) if task and target else []
    return (yield [*calls, *stored_calls(task_id, side)])


def _task(answer: Answer | SyncError) -> Task | None:
    result = answer.result if isinstance(answer, Answer) else None
    return tasks_fields.parse_task(tasks_fields.task_object(result))


def _is_lost(answers: Answers) -> Later | None:
    return next((a for a in answers if isinstance(a, Later) and a.sent), None)


def _outcome(
    task_id: int,
    wanted: Mapping[str, Value],
    before: Mapping[str, Value],
    done: tuple[list[Call], Answers],
    item: Item | None,
) -> Outcome:
    calls, answers = done
    error, lost = first_error(answers), _is_lost(answers)
    if item is None:
        return failed(lost or error or missing_task(task_id))
    dropped = dropped_fields(wanted, before, item, _errors(wanted, calls, answers))
    if dropped and lost:
        return Unknown(lost)
    later = next((a for a in answers if isinstance(a, Later)), None)
    if dropped and later:
        return NotDone(later)  # what was stored already is found to agree, the rest is repeated
    if dropped and set(dropped) == set(wanted) and error is not None:
        return failed(error)
    if STATUS in wanted and wanted[STATUS] != item.values[STATUS]:
        dropped[STATUS] = _why_status(wanted, before, item, dropped.get(STATUS, ""))
    return Done(item, dropped=dropped)


def _errors(
    wanted: Mapping[str, Value], calls: list[Call], answers: Answers
) -> dict[str, SyncError]:
    """Return the refusals by field: of an update for all fields that it wrote."""
    errors: dict[str, SyncError] = {}
    for call, answer in zip(calls, answers, strict=False):
        if not isinstance(answer, SyncError):
            continue
        for name in wanted:
            method = _METHODS.get(name, "tasks.task." if name == STATUS else "tasks.task.update")
            if call.method.startswith(method):
                errors.setdefault(name, answer)
    return errors


def _why_status(
    wanted: Mapping[str, Value], before: Mapping[str, Value], item: Item, refusal: str
) -> str:
    if wanted[STATUS] == _COMPLETED and item.values[STATUS] == _IN_CONTROL:
        return STAYS_IN_CONTROL if before.get(STATUS) == _IN_CONTROL else AWAITS_CONTROL
    return refusal or "the portal left the task in another status"
