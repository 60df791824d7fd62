"""task.item.userfield.*: https://apidocs.bitrix24.com/api-reference/tasks/user-field/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import UserField

ADDABLE = ("string", "double", "datetime", "boolean")
TYPES = {"string": "String", "double": "Number", "boolean": "Yes/No", "datetime": "Date/Time"}
KEYS = {
    "USER_TYPE_ID",
    "FIELD_NAME",
    "XML_ID",
    "EDIT_FORM_LABEL",
    "LIST_COLUMN_LABEL",
    "LIST_FILTER_LABEL",
    "LABEL",
    "SORT",
    "MULTIPLE",
    "MANDATORY",
    "SETTINGS",
    "SHOW_FILTER",
    "SHOW_IN_LIST",
    "EDIT_IN_LIST",
    "IS_SEARCHABLE",
    "ENTITY_ID",
    "HELP_MESSAGE",
    "ERROR_MESSAGE",
}
SYSTEM = (
    ("1", "UF_CRM_TASK", "crm", "Y"),
    ("2", "UF_TASK_WEBDAV_FILES", "disk_file", "Y"),
    ("3", "UF_MAIL_MESSAGE", "mail_message", "N"),
)


def wrong(text: str) -> RestError:
    return RestError(400, "ERROR_CORE", text)


@method("task.item.userfield.gettypes", "task", folded=True)
def gettypes(call: Call) -> Page:
    return Page([{"ID": kind, "title": title} for kind, title in TYPES.items()], 0)


@method("task.item.userfield.getlist", "task", accepts="ORDER FILTER", folded=True)
def getlist(call: Call) -> Page:
    call.admin(wrong("Access denied."))
    rows = [_shown(*row, "", 100, "N", []) for row in SYSTEM]
    for f in call.portal.user_fields.values():
        rows.append(
            _shown(str(f.id), f.name, f.kind, f.multiple, f.xml_id, f.sort, f.mandatory, f.settings)
        )
    wanted = call.params.get("FILTER")
    if isinstance(wanted, dict) and wanted.get("FIELD_NAME"):
        rows = [row for row in rows if row["FIELD_NAME"] == wanted["FIELD_NAME"]]
    return Page(rows, len(rows))


@method("task.item.userfield.add", "task", accepts="PARAMS", writes=True, folded=True)
def add(call: Call) -> int:
    call.admin(wrong("Access denied."))
    params = call.params.get("PARAMS")
    params = params if isinstance(params, dict) else {}
    kind, name = str(params.get("USER_TYPE_ID") or ""), str(params.get("FIELD_NAME") or "").upper()
    unknown = set(params) - KEYS
    if unknown:
        raise wrong(f"The '{sorted(unknown)[0]}' field is not found.")
    if not kind:
        raise wrong("The 'USER_TYPE_ID' field is not found.")
    if kind not in ADDABLE:
        raise wrong(f"The field type '{kind}' is not supported.")
    if not name:
        raise wrong("The 'FIELD_NAME' field is not found.")
    name = name if name.startswith("UF_") else f"UF_{name}"
    taken = {row.name for row in call.portal.user_fields.values()} | {row[1] for row in SYSTEM}
    if name in taken:
        raise wrong(f"The field {name} for the object TASKS_TASK already exists.")
    return _make(call, name, kind, params).id


def _make(call: Call, name: str, kind: str, params: dict[str, Any]) -> UserField:
    label = params.get("EDIT_FORM_LABEL") or {"en": params.get("LABEL") or name}
    return call.portal.add_user_field(
        name,
        kind,
        xml_id=str(params.get("XML_ID") or ""),
        sort=intval(params.get("SORT")) or 100,
        multiple=str(params.get("MULTIPLE") or "N"),
        mandatory=str(params.get("MANDATORY") or "N"),
        labels=label if isinstance(label, dict) else {"en": str(label)},
        settings=params.get("SETTINGS") or {},
    )


@method("task.item.userfield.delete", "task", accepts="ID", writes=True, folded=True)
def delete(call: Call) -> bool:
    call.admin(wrong("Access denied."))
    row = call.portal.user_fields.pop(call.number("ID"), None)
    if row is None:
        raise wrong("ID is not defined or invalid.")
    for task in call.portal.tasks.values():
        task.uf.pop(row.name, None)
    return True


def _shown(
    number: str,
    name: str,
    kind: str,
    multiple: str,
    xml_id: str,
    sort: int,
    mandatory: str,
    settings: Any,
) -> dict[str, Any]:
    return {
        "ID": number,
        "ENTITY_ID": "TASKS_TASK",
        "FIELD_NAME": name,
        "USER_TYPE_ID": kind,
        "XML_ID": xml_id,
        "SORT": str(sort),
        "MULTIPLE": multiple,
        "MANDATORY": mandatory,
        "SHOW_FILTER": "N",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
        "SETTINGS": settings or [],
    }
