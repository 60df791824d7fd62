"""The `fields` of tasks.task.add and .update: which exist, what each may hold. Pure but for ids.

https://apidocs.bitrix24.com/api-reference/tasks/fields.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.emulators.bitrix24.calls import ids, intval
from tests.emulators.bitrix24.errors import core
from tests.emulators.bitrix24.state import Portal

_IGNORED = (
    "START_DATE_PLAN END_DATE_PLAN SE_PARAMETER ADD_IN_REPORT MATCH_WORK_TIME REPLICATE "
    "MULTITASK FLOW_ID CHECKLIST SITE_ID ALLOW_CHANGE_DEADLINE DURATION_PLAN DURATION_TYPE"
)
IGNORED = frozenset(_IGNORED.split())
STATUSES = (2, 3, 4, 5, 6)


def _text(portal: Portal, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise core("Wrong field value")
    return str(value)


def _title(portal: Portal, value: Any) -> str:
    text = _text(portal, value)
    if not text.strip():
        raise core("Task title is not specified")
    return text


def _user(portal: Portal, value: Any) -> int:
    if intval(value) not in portal.users:
        raise core("The user specified as the responsible person was not found")
    return intval(value)


def _users(portal: Portal, value: Any) -> list[int]:
    if value not in (None, "", []) and not isinstance(value, list | dict):
        raise core("Wrong field value")
    return [_user(portal, user) for user in ids(value)]


def _group(portal: Portal, value: Any) -> int:
    group = intval(value)
    if group and group not in portal.groups:
        raise core("The project was not found")
    return group


def _task(portal: Portal, value: Any) -> int:
    task = intval(value)
    if task and task not in portal.tasks:
        raise core("The parent task was not found")
    return task


def _stage(portal: Portal, value: Any) -> int:
    stage = intval(value)
    if stage and stage not in portal.stages:
        raise core("The stage was not found")
    return stage


def _status(portal: Portal, value: Any) -> int:
    if intval(value) not in STATUSES:
        raise core("Invalid status")
    return intval(value)


def _yes(portal: Portal, value: Any) -> bool:
    if value not in ("Y", "N", True, False):
        raise core("Wrong field value")
    return value in ("Y", True)


def _moment(portal: Portal, value: Any) -> datetime | None:
    """ISO 8601; without an offset it is read in the portal's time zone."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise core("Incorrect date format") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=portal.tz)).astimezone(UTC)


def _number(portal: Portal, value: Any) -> int:
    if intval(value) < 0:
        raise core("Wrong field value")
    return intval(value)


def _priority(portal: Portal, value: Any) -> int:
    if str(value) not in ("0", "1", "2"):
        raise core("Wrong field value")
    return intval(value)


def _tags(portal: Portal, value: Any) -> list[str]:
    """Trimmed, none twice whatever its case, none empty."""
    items = value.values() if isinstance(value, dict) else value or []
    if not isinstance(items, list | type({}.values())):
        raise core("Wrong field value")
    tags = {str(item).strip().lower(): str(item).strip() for item in reversed(list(items))}
    return [tag for tag in reversed(list(tags.values())) if tag]


READERS: dict[str, tuple[str, Callable[[Portal, Any], Any]]] = {
    "TITLE": ("title", _title),
    "DESCRIPTION": ("description", _text),
    "PRIORITY": ("priority", _priority),
    "STATUS": ("status", _status),
    "GROUP_ID": ("group_id", _group),
    "STAGE_ID": ("stage_id", _stage),
    "PARENT_ID": ("parent_id", _task),
    "CREATED_BY": ("created_by", _user),
    "RESPONSIBLE_ID": ("responsible_id", _user),
    "ACCOMPLICES": ("accomplices", _users),
    "AUDITORS": ("auditors", _users),
    "TAGS": ("tags", _tags),
    "TASK_CONTROL": ("task_control", _yes),
    "ALLOW_TIME_TRACKING": ("allow_time_tracking", _yes),
    "TIME_ESTIMATE": ("time_estimate", _number),
    "DEADLINE": ("deadline", _moment),
    "XML_ID": ("xml_id", _text),
    "MARK": ("mark", _text),
    "DESCRIPTION_IN_BBCODE": ("in_bbcode", _yes),
}


def read_fields(portal: Portal, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The row's values by its own names, `uf` apart.

    An unknown plain field is refused; an unknown UF_ one is dropped in silence, as the portal does.
    """
    values: dict[str, Any] = {}
    uf: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "UF_TASK_WEBDAV_FILES":
            items = value.values() if isinstance(value, dict) else value or []
            values["files"] = [str(item) for item in items]
        elif name.startswith("UF_"):
            uf |= _user_field(portal, name, value)
        elif name in READERS and _is_kept(portal, name):
            key, read = READERS[name]
            values[key] = read(portal, value)
        elif name not in IGNORED and name not in READERS:
            raise core(f"Unknown field {name}")
    return values | ({"uf": uf} if uf else {})


def _is_kept(portal: Portal, name: str) -> bool:
    """Some portals drop these two in silence; see quirks.py."""
    dropped = {"XML_ID": not portal.quirks.xml_id_kept}
    dropped["DESCRIPTION_IN_BBCODE"] = not portal.quirks.bbcode_flag_kept
    return not dropped.get(name, False)


def _user_field(portal: Portal, name: str, value: Any) -> dict[str, Any]:
    row = next((row for row in portal.user_fields.values() if row.name == name), None)
    if row is None:
        return {name: value} if name == "UF_CRM_TASK" else {}
    if row.multiple == "Y":
        return {name: value if isinstance(value, list) else [value]}
    return {name: _typed(portal, row.kind, value)}


def _typed(portal: Portal, kind: str, value: Any) -> Any:
    """What is stored of the value: strings trimmed, numbers parsed, yes/no as 1 and 0."""
    match kind:
        case "double":
            try:
                return float(value) if value not in (None, "") else None
            except (TypeError, ValueError):
                raise core("Wrong field value") from None
        case "boolean":
            return "1" if value in (True, "Y", "1", 1) else "0"
        case "datetime":
            return portal.iso(_moment(portal, value))
    if isinstance(value, dict | list):
        raise core("Wrong field value")
    return "" if value is None else str(value).strip()
