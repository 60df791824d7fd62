"""tasks.task.add of REST 3.0, whose repetition under one key adds one task.

https://apidocs.bitrix24.com/api-reference/rest-v3/tasks/tasks-task-add.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.emulators.bitrix24.errors import V3Error
from tests.emulators.bitrix24.methods.v3tasks import DEFAULT, PRIORITY, show
from tests.emulators.bitrix24.records import User
from tests.emulators.bitrix24.state import Portal

REQUEST = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
REQUIRED = ("title", "creatorId", "responsibleId")
IGNORED = {"crmItemIds", "needsControl", "startPlan", "endPlan", "estimatedTime", "fileIds"}
PRIORITIES = {name: number for number, name in PRIORITY.items()}


def task_add(portal: Portal, user: User, params: dict[str, Any]) -> dict[str, Any]:
    """The task as `get` shows it. Nothing is made of a request that is not valid."""
    fields = params.get("fields")
    if not isinstance(fields, dict):
        raise _invalid("fields", "Required field `fields` is not specified")
    for name in fields:
        if name not in FIELDS and name not in IGNORED:
            text = f"Unknown field `{name}` for entity `TaskDto`"
            raise V3Error(400, "UNKNOWNDTOPROPERTYEXCEPTION", text)
    for name in REQUIRED:
        if fields.get(name) in (None, ""):
            raise _invalid(name, f"Required field `{name}` is not specified")
    values = {}
    for name, (key, read) in FIELDS.items():
        if fields.get(name) is not None:
            values[key] = read(portal, name, fields[name])
    if not values["title"].strip():
        raise _invalid("title", "Required field `title` is not specified")
    task = portal.create_task(values.pop("title"), by=user.id, **values)
    return {"item": show(portal, task, user.id, DEFAULT)}


def _invalid(name: str, text: str) -> V3Error:
    row = {"message": text, "field": name}
    return V3Error(400, REQUEST, "Error during request object validation", [row])


def _mistyped(name: str, kind: str) -> V3Error:
    return _invalid(name, f"Field `{name}` requires data type `{kind}` for this request")


def _text(portal: Portal, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _mistyped(name, "string")
    return value


def _number(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _mistyped(name, "int")
    return value


def _known(rows: Callable[[Portal], Any]) -> Callable[[Portal, str, Any], int]:
    def read(portal: Portal, name: str, value: Any) -> int:
        if _number(name, value) not in rows(portal):
            raise V3Error(400, "ENTITYNOTFOUNDEXCEPTION", f"Record with ID = `{value}` not found")
        return value

    return read


def _moment(portal: Portal, name: str, value: Any) -> datetime:
    """With an offset; without one it is not a DateTime."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _mistyped(name, "DateTime") from None
    if moment.tzinfo is None:
        raise _mistyped(name, "DateTime")
    return moment.astimezone(UTC)


def _priority(portal: Portal, name: str, value: Any) -> int:
    if value not in PRIORITIES:
        raise _mistyped(name, "Priority")
    return PRIORITIES[value]


_users = _known(lambda portal: portal.users)
FIELDS: dict[str, tuple[str, Callable[[Portal, str, Any], Any]]] = {
    "title": ("title", _text),
    "description": ("description", _text),
    "creatorId": ("created_by", _users),
    "responsibleId": ("responsible_id", _users),
    "groupId": ("group_id", _known(lambda portal: portal.groups)),
    "parentId": ("parent_id", _known(lambda portal: portal.tasks)),
    "deadline": ("deadline", _moment),
    "priority": ("priority", _priority),
    "xmlId": ("xml_id", _text),
}
