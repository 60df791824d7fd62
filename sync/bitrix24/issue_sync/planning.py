"""What tasks are planned by beside their fields: sprints of scrum teams, previous tasks. Pure.

Neither is among the fields of a task's row; each is read by a call of its own, and written so.
https://apidocs.bitrix24.com/api-reference/sonet-group/scrum/task/tasks-api-scrum-task-update.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sync.bitrix24.issue_sync.memory import Memory
from sync.bitrix24.issue_sync.options import SCRUM, TaskOptions
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import Answer, Call, Reference, as_int, as_mapping
from sync.core.issue_sync.model import BLOCKED, CUSTOM, LINKS, SPRINT, Choice, Item, Value
from sync.errors import SyncError

SPRINT_PAGES = 4  # of fifty sprints, the newest first
PREVIOUS_METHODS = ("task.item.getdependson", "task.item.update")
_SPRINT, _PREVIOUS = "sprint", "previous"  # names of the calls


def planning_calls(task: int | Reference, options: TaskOptions) -> list[Call]:
    """Build the calls that read a task's sprint and the tasks that it waits for.

    https://apidocs.bitrix24.com/api-reference/tasks/deprecated/task-item/task-item-get-dependson.html
    """
    calls = []
    if options.sprint == SCRUM:
        calls.append(Call("tasks.api.scrum.task.get", {"id": task}, False, _SPRINT))
    if options.links:
        calls.append(Call(PREVIOUS_METHODS[0], {"TASKID": task}, False, _PREVIOUS))
    return calls


def with_planning(
    item: Item, answers: Mapping[str, Answer | SyncError | None], memory: Memory
) -> Talk[Item]:
    """Return the item with what the answers to `planning_calls` tell, by their names.

    What was refused is left out: the field then rests.
    """
    values: dict[str, Value] = {}
    sprint, previous = answers.get(_SPRINT), answers.get(_PREVIOUS)
    if isinstance(sprint, Answer):
        group_id = as_int(item.address.project)
        yield from ask_backlog(group_id, memory)
        entity = as_int(as_mapping(sprint.result).get("entityId"))
        in_sprint = entity and entity != memory.backlogs.get(group_id)
        values[SPRINT] = str(entity) if in_sprint else None
    if isinstance(previous, Answer):
        ids = filter(None, map(as_int, _items(previous.result)))
        values[LINKS] = frozenset(f"{BLOCKED}:{task_id}" for task_id in ids)
    return replace(item, values={**item.values, **values}) if values else item


def ask_backlog(group_id: int, memory: Memory) -> Talk[None]:
    """Ask for the backlog of a scrum team that was not met yet; 0 for other workgroups."""
    if group_id and group_id not in memory.backlogs:
        (answer,) = yield [backlog_call(group_id)]
        memory.backlogs[group_id] = read_backlog(answer)


def backlog_call(group_id: int) -> Call:
    """Ask for the backlog, where the tasks of a scrum team wait that are in no sprint."""
    return Call("tasks.api.scrum.backlog.get", {"id": group_id}, write=False)


def read_backlog(answer: Answer | SyncError) -> int:
    """Return a backlog's number; 0 where the workgroup has none."""
    return as_int(as_mapping(answer.result).get("id")) if isinstance(answer, Answer) else 0


def sprint_calls(group_id: int) -> list[Call]:
    """Ask for the sprints of a scrum team, page by page.

    https://apidocs.bitrix24.com/api-reference/sonet-group/scrum/sprint/tasks-api-scrum-sprint-list.html
    """
    base = {"order": {"ID": "desc"}, "filter": {"GROUP_ID": group_id}}
    return [
        Call("tasks.api.scrum.sprint.list", {**base, "start": 50 * page}, write=False)
        for page in range(SPRINT_PAGES)
    ]


def read_sprints(answers: Iterable[Answer | SyncError]) -> tuple[Choice, ...]:
    """Return sprints as choices, the oldest first."""
    rows = {
        as_int(row.get("id")): row
        for answer in answers
        if isinstance(answer, Answer)
        for row in map(as_mapping, _items(answer.result))
    }
    return tuple(
        Choice(
            str(number),
            str(rows[number].get("name") or ""),
            closed=rows[number].get("status") == "completed",
            position=place,
            starts=str(rows[number].get("dateStart") or "")[:10],
            ends=str(rows[number].get("dateEnd") or "")[:10],
        )
        for place, number in enumerate(sorted(rows))
        if number
    )


def as_field(values: Mapping[str, Value], options: TaskOptions) -> Mapping[str, Value]:
    """Return the values with a sprint that is plain text under the field that holds it."""
    if SPRINT not in values or options.sprint in ("", SCRUM):
        return values
    named = {name: value for name, value in values.items() if name != SPRINT}
    return {**named, CUSTOM + options.sprint: values[SPRINT]}


def planned_calls(
    task: int | Reference, values: Mapping[str, Value], options: TaskOptions, backlog: int
) -> list[Call]:
    """Build the calls that write a task's sprint and the tasks that it waits for.

    Without a sprint it goes to the backlog. The second replaces the whole list, and its parameters
    go by position; `task.dependence.add` makes links that no method shows.
    https://apidocs.bitrix24.com/api-reference/tasks/deprecated/task-item/task-item-update.html
    """
    calls = []
    entity = as_int(values.get(SPRINT)) or backlog
    if SPRINT in values and options.sprint == SCRUM and entity:
        fields = {"entityId": entity}
        calls.append(Call("tasks.api.scrum.task.update", {"id": task, "fields": fields}))
    if LINKS in values and options.links:
        links = values[LINKS]
        ids = links if isinstance(links, frozenset) else frozenset[str]()
        previous = sorted(
            as_int(link.removeprefix(f"{BLOCKED}:")) for link in ids if link.startswith(BLOCKED)
        )
        data = {"DEPENDS_ON": previous}
        calls.append(Call(PREVIOUS_METHODS[1], {"TASKID": task, "TASKDATA": data}))
    return calls


def _items(result: Any) -> list[Any]:
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, list | tuple) else []
