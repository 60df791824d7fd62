"""The fields of a task in the portal's raw terms, and their changes as REST fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import Any

from sync.bitrix24.issue_sync.options import SCRUM, TaskOptions
from sync.bitrix24.issue_sync.signatures import parted
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.tasks.fields import STATUS_CODES, parse_status
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    PARENT,
    PRIORITY,
    SPRINT,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Value,
)
from sync.core.issue_sync.writes import Change, SetChange
from sync.core.model.tasks import TaskStatus
from sync.text import bbcode, html
from sync.text.chars import JOINER

TITLE_LIMIT = 255  # the portal keeps no more
XML_PREFIX = "b24bridge:"
SELECT = (
    "ID", "TITLE", "DESCRIPTION", "DESCRIPTION_IN_BBCODE", "STATUS", "REAL_STATUS", "PRIORITY",
    "GROUP_ID", "STAGE_ID", "RESPONSIBLE_ID", "CREATED_BY", "ACCOMPLICES", "AUDITORS",
    "TASK_CONTROL", "DEADLINE", "TAGS", "TIME_ESTIMATE", "TIME_SPENT_IN_LOGS", "PARENT_ID",
    "XML_ID", "CREATED_DATE", "CHANGED_DATE", "ACTIVITY_DATE", "STATUS_CHANGED_DATE", "CHAT_ID",
)  # fmt: skip
FILES_FIELD = "UF_TASK_WEBDAV_FILES"
# Fields that are written by tasks.task.update alone; status, column and checklist are not.
PLAIN = {
    TITLE: "TITLE",
    DESCRIPTION: "DESCRIPTION",
    LEAD: "RESPONSIBLE_ID",
    ASSIGNEES: "ACCOMPLICES",
    PRIORITY: "PRIORITY",
    DEADLINE: "DEADLINE",
    TAGS: "TAGS",
    ESTIMATE: "TIME_ESTIMATE",
    PARENT: "PARENT_ID",
}
_STATUS_BY_CODE = {str(code): status for status, code in STATUS_CODES.items()}


def select_fields(options: TaskOptions) -> list[str]:
    """Return the fields to select: custom ones, and files, come only where they are named."""
    files = (FILES_FIELD,) if options.files else ()
    sprint = (options.sprint,) if options.sprint not in ("", SCRUM) else ()
    return [*SELECT, *files, *options.custom_fields, *sprint]


def read_values(row: Mapping[str, Any], options: TaskOptions) -> dict[str, Value]:
    """Return the values of a task's row.

    A field of the portal's own that the answer does not have was deleted: nobody emptied it. One
    without a value is null. https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-get.html
    """
    status = parse_status(row) or TaskStatus.WAITING
    values: dict[str, Value] = {
        TITLE: read_text(row.get("title")),
        DESCRIPTION: parted(read_description(row))[0],
        LEAD: _id(row.get("responsibleId")),
        ASSIGNEES: frozenset(str(number) for number in _ids(row.get("accomplices"))),
        PRIORITY: str(row.get("priority") or "1"),
        STATUS: str(STATUS_CODES[status]),
        STAGE: _id(row.get("stageId")),
        DEADLINE: _local(row.get("deadline")),
        TAGS: _tags(row.get("tags")),
        ESTIMATE: as_int(row.get("timeEstimate")) or None,
        PARENT: _id(row.get("parentId")),
    }
    own = {CUSTOM + name: camel(name) for name in options.custom_fields}
    if options.sprint not in ("", SCRUM):
        own[SPRINT] = camel(options.sprint)
    return values | {name: _custom(row[key]) for name, key in own.items() if key in row}


def read_description(row: Mapping[str, Any]) -> str:
    """Return the description in BBCode; old tasks have HTML, which is read first."""
    text = str(row.get("description") or "").replace("\r\n", "\n")
    if row.get("descriptionInBbcode") == "N":
        return bbcode.write(html.read(text))
    return text


def read_text(value: Any) -> str:
    """Return a plain text: titles leave the portal with HTML entities."""
    return unescape(str(value or "")).replace(f"${JOINER}result[", "$result[")


def status_of(value: Value) -> TaskStatus | None:
    """Return the status that a value names; None where it is none of the portal's."""
    return _STATUS_BY_CODE.get(str(value))


def resolved(change: Change, before: Value) -> Value:
    """Return the value that a change comes to."""
    if not isinstance(change, SetChange):
        return change
    present = before if isinstance(before, frozenset) else frozenset()
    return (present - change.remove) | change.add


def plain_fields(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return the REST fields of those values that an update of a task writes.

    https://apidocs.bitrix24.com/api-reference/tasks/fields.html
    """
    fields = {PLAIN[name]: _written(name, value) for name, value in values.items() if name in PLAIN}
    if DESCRIPTION in values:  # or a task that had HTML would show the BBCode's letters
        fields["DESCRIPTION_IN_BBCODE"] = "Y"
    for name, value in values.items():
        if name.startswith(CUSTOM):
            fields[name.removeprefix(CUSTOM)] = _written(name, value)
    return fields


def _written(name: str, value: Value) -> Any:
    match value:
        case frozenset() if name == ASSIGNEES:
            return sorted(map(as_int, value))
        case frozenset():
            return sorted(value)
        case None if name in (ESTIMATE, PARENT):
            return 0
        case None if name == PRIORITY:
            return 1  # a task always has one
        case None:
            return ""
    return as_int(value) if name in (LEAD, PARENT) else value


def camel(name: str) -> str:
    """Return a field's name as answers have it: UF_CI_STATUS is ufCiStatus."""
    head, *rest = name.lower().split("_")
    return head + "".join(part.capitalize() for part in rest)


def _local(value: Any) -> str | None:
    """Return a moment in the portal's own time, in which one without an offset is read."""
    return str(value)[:19] if value else None


def _id(value: Any) -> str | None:
    return str(as_int(value)) if as_int(value) else None


def _ids(value: Any) -> set[int]:
    items = value.values() if isinstance(value, dict) else value or ()
    return {as_int(item.get("id") if isinstance(item, dict) else item) for item in items} - {0}


def _tags(value: Any) -> frozenset[str]:
    items = value.values() if isinstance(value, dict) else value or ()
    titles = (item.get("title") if isinstance(item, dict) else item for item in items)
    return frozenset(text for text in map(read_text, titles) if text)


def _custom(value: Any) -> Value:
    match value:
        case list() | dict():
            items = value.values() if isinstance(value, dict) else value
            return frozenset(str(item) for item in items if item not in (None, ""))
        case None | "" | False:
            return None
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
