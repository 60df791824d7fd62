"""Creation of a task for an item of the tracker, found again by the key in XML_ID."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.bitrix24.issue_sync.checklist import checklist_calls, read_lines
from sync.bitrix24.issue_sync.outcomes import failed, first_error
from sync.bitrix24.issue_sync.planning import as_field, planned_calls
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.reading_back import (
    SHOWN_OTHERWISE,
    dropped_fields,
    missing_task,
    read_again,
    read_stored,
    same_value,
    stored_calls,
    too_long_title,
)
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.signatures import signature, signed
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.issue_sync.values import XML_PREFIX, plain_fields, status_of
from sync.bitrix24.rest.batch import Answer, Call, Reference, as_int, as_mapping
from sync.bitrix24.tasks.transitions import METHOD_PATHS
from sync.core.issue_sync.model import (
    CHECKLIST,
    DESCRIPTION,
    LINKS,
    SPRINT,
    STAGE,
    STATUS,
    Item,
    Value,
)
from sync.core.issue_sync.writes import CreateItem, Done, Outcome, Unknown
from sync.core.model.tasks import TaskStatus
from sync.errors import Later, Refused, SyncError

AUTHOR = "author"  # among the dropped
KEY = "key"
NO_AUTHOR = "The portal does not let the application create tasks in another person's name"
NO_KEY = "The portal does not keep the task's XML_ID, by which it would be found again"
_BY_OWN_METHODS = (STAGE, STATUS, CHECKLIST, SPRINT, LINKS)
_MOST_ITEMS = 40  # of a checklist, in the batch that creates the task
_TASK = Reference("added", ("task", "id"))


def create_item(write: CreateItem, reader: TaskReader) -> Talk[Outcome]:
    """Create a task, bring it to its status and column, and read it back, in one batch.

    We become an observer by the same call, and so a member of its chat. Where the portal does not
    let us name another creator, it is created once more in our name.
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html
    """
    person, side = write.author, reader.side
    if error := too_long_title(write.values):
        return failed(error)
    created = reader.memory.created.get(as_int(write.project), {})
    if present := created.get(write.key):
        item = yield from read_again(present, reader)
        return _created_before(item, write) if item else failed(missing_task(present))
    creator = as_int(person.id) if person and not person.is_bridge else 0
    answers = yield _calls(write, side, creator or side.user_id)
    added = answers[0]
    if isinstance(added, Refused) and creator not in (0, side.user_id) and not _created(added):
        answers = yield _calls(write, side, side.user_id)
        added = answers[0]
    if isinstance(added, SyncError):
        return failed(added)
    task_id = as_int(as_mapping(as_mapping(added.result).get("task")).get("id"))
    item = yield from read_stored(answers, task_id, reader)
    if item is None and task_id:
        item = yield from read_again(task_id, reader)
    if item is None:
        text = "The portal created a task and does not show it"
        return Unknown(Later(text, sent=True, code="no_task"))
    created[write.key] = task_id
    first = first_error(answers)
    errors = {name: first for name in _BY_OWN_METHODS if first is not None}
    dropped = dropped_fields(write.values, {}, item, errors)
    new = replace(item, comments=(), time=(), files=())  # nobody has seen it yet
    return Done(item=new, dropped=dropped | _unkept(write, item, creator))


def _created_before(item: Item, write: CreateItem) -> Done:
    """Return a task that an earlier attempt created: agreed is what it shows of what is asked for.

    That attempt may have had other values, and people may have edited it since.
    """
    differing = [
        n for n, value in write.values.items() if not same_value(item.values.get(n), value)
    ]
    agreed = {**item.values, **dict[str, Value].fromkeys(differing)}
    return Done(
        item=replace(item, values=agreed), dropped=dict.fromkeys(differing, SHOWN_OTHERWISE)
    )


def _created(error: SyncError) -> bool:
    return isinstance(failed(error), Unknown)


def _unkept(write: CreateItem, item: Item, creator: int) -> dict[str, str]:
    dropped = {}
    if creator and item.author.id != str(creator):
        dropped[AUTHOR] = NO_AUTHOR
    if item.key != write.key:
        dropped[KEY] = NO_KEY
    return dropped


def _calls(write: CreateItem, side: ReadingSide, creator: int) -> list[Call]:
    calls = [Call("tasks.task.add", {"fields": _fields(write, side, creator)}, name="added")]
    if stage := as_int(write.values.get(STAGE)):
        calls.append(Call("task.stages.movetask", {"id": _TASK, "stageId": stage}))
    calls += _status_calls(status_of(write.values.get(STATUS)) or TaskStatus.WAITING)
    lines = read_lines(str(write.values.get(CHECKLIST) or ""))
    calls += checklist_calls(_TASK, (), lines[:_MOST_ITEMS])
    calls += planned_calls(_TASK, write.values, side.options, 0)
    return [*calls, *stored_calls(_TASK, side)]


def _fields(write: CreateItem, side: ReadingSide, creator: int) -> dict[str, Any]:
    """Return the fields of the new task; a task always has a responsible person."""
    given = as_field(write.values, side.options)
    values = {name: value for name, value in given.items() if value is not None}
    author = write.author
    if author and creator != as_int(author.id) and (line := signature(author.name)):
        values[DESCRIPTION] = signed(str(values.get(DESCRIPTION) or ""), line)
    fields = {"RESPONSIBLE_ID": creator, **plain_fields(values)}
    fields |= {"GROUP_ID": as_int(write.project), "XML_ID": XML_PREFIX + write.key}
    if creator != side.user_id:
        fields["CREATED_BY"] = creator
        if fields["RESPONSIBLE_ID"] != side.user_id:
            fields["AUDITORS"] = [side.user_id]
    return fields


def _status_calls(status: TaskStatus) -> list[Call]:
    """Return the calls from a new task's status; review is written, as its method completes."""
    if status is TaskStatus.WAITING:
        return []
    if status is TaskStatus.AWAITING_CONTROL:
        return [Call("tasks.task.update", {"taskId": _TASK, "fields": {"STATUS": 4}})]
    (path, *_) = METHOD_PATHS[TaskStatus.WAITING, status]
    return [Call(f"tasks.task.{step}", {"taskId": _TASK}) for step in path]


def find_created(write: CreateItem, reader: TaskReader) -> Talk[Item | None]:
    """Look for the task by its key among the newest of its workgroup; None if it is not there."""
    yield from ask_created(as_int(write.project), reader)
    number = reader.memory.created[as_int(write.project)].get(write.key)
    return (yield from read_again(number, reader)) if number else None


def ask_created(group_id: int, reader: TaskReader) -> Talk[None]:
    """Remember which of the newest tasks of a workgroup carry a key of ours.

    XML_ID can be read and not filtered by.
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    if group_id in reader.memory.created:
        return
    base = {
        "order": {"ID": "desc"},
        "filter": {"GROUP_ID": group_id},
        "select": ["ID", "XML_ID"],
    }
    answers = yield [
        Call("tasks.task.list", {**base, "start": page * 50}, write=False) for page in range(10)
    ]
    if error := first_error(answers):
        raise error
    numbers: dict[str, int] = {}
    for row in (row for answer in answers if isinstance(answer, Answer) for row in _rows(answer)):
        marker = str(row.get("xmlId") or "")
        if marker.startswith(XML_PREFIX):  # of two alike, which should not be, the older one
            numbers[marker.removeprefix(XML_PREFIX)] = as_int(row.get("id"))
    reader.memory.created[group_id] = numbers


def _rows(answer: Answer) -> list[dict[str, Any]]:
    tasks = as_mapping(answer.result).get("tasks") or ()
    return [row for row in tasks if isinstance(row, dict)]
