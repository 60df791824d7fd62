"""sonet_group.*, socialnetwork.api.workgroup.*: workgroups and who is in them.

https://apidocs.bitrix24.com/api-reference/sonet-group/
"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Group

PAGE = 50


@method("sonet_group.get", "sonet_group", accepts="ORDER FILTER IS_ADMIN START", folded=True)
def get(call: Call) -> Page:
    """The caller's own groups; every group for an administrator who says IS_ADMIN=Y."""
    wide = call.user.admin and call.text("IS_ADMIN") == "Y"
    rows = [g for g in call.portal.groups.values() if wide or call.user.id in g.members]
    rows = _filtered(rows, call.params.get("FILTER"))
    order = call.params.get("ORDER")
    if isinstance(order, dict) and "NAME" in order:
        rows.sort(key=lambda g: g.name, reverse=str(order["NAME"]).upper() == "DESC")
    return _paged(call, rows, [_shown(call, group) for group in rows])


@method("sonet_group.user.get", "sonet_group", accepts="ID", folded=True)
def user_get(call: Call) -> list[dict[str, str]]:
    group = call.portal.groups.get(call.number("ID"))
    if group is None or not (group.visible or call.user.id in group.members or call.user.admin):
        raise RestError(400, "", "Socialnetwork group not found")
    return [{"USER_ID": str(user), "ROLE": role} for user, role in group.members.items()]


@method("socialnetwork.api.workgroup.list", "socialnetwork", accepts="filter select order params")
def workgroups(call: Call) -> Page:
    rows = [
        g
        for g in call.portal.groups.values()
        if call.user.admin or g.visible or call.user.id in g.members
    ]
    rows = _filtered(rows, call.maybe("filter", "array", {}))
    order = call.maybe("order", "array", {})
    for key, way in reversed(list(order.items()) if isinstance(order, dict) else []):
        if key.upper() in ("ID", "NAME"):
            name, down = key.lower(), str(way).upper() == "DESC"
            rows = sorted(rows, key=lambda g: getattr(g, name), reverse=down)
    params = call.maybe("params", "array", {})
    dialogs = isinstance(params, dict) and params.get("shouldSelectDialogId") == "Y"
    page = _paged(call, rows, [_workgroup(group, dialogs) for group in rows])
    return Page({"workgroups": page.result}, page.total, page.next)


@method("socialnetwork.api.workgroup.get", "socialnetwork", accepts="params")
def workgroup(call: Call) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/sonet-group/socialnetwork-api-workgroup-get.html"""
    params = call.maybe("params", "array", {})
    number = intval(params.get("groupId")) if isinstance(params, dict) else 0
    if not number:
        text = "No value for the workgroup ID was provided."
        raise RestError(400, "SONET_CONTROLLER_WORKGROUP_EMPTY", text)
    group = call.portal.groups.get(number)
    if group is None or not (group.visible or call.user.id in group.members or call.user.admin):
        text = "The workgroup was not found."
        raise RestError(400, "SONET_CONTROLLER_WORKGROUP_NOT_FOUND", text)
    return _whole(call, group)


def _whole(call: Call, group: Group) -> dict[str, Any]:
    """Ids are numbers here, dates are as the portal's people write them."""
    written = group.created.strftime("%m/%d/%Y %H:%M:%S") if group.created else None
    roles = group.members.items()
    return {
        "ID": group.id,
        "ACTIVE": "Y",
        "SITE_ID": "s1",
        "SUBJECT_ID": 1,
        "NAME": group.name,
        "DESCRIPTION": "",
        "KEYWORDS": "",
        "CLOSED": "Y" if group.closed else "N",
        "VISIBLE": "Y" if group.visible else "N",
        "OPENED": "N",
        "DATE_CREATE": written,
        "DATE_UPDATE": written,
        "DATE_ACTIVITY": written,
        "IMAGE_ID": 0,
        "AVATAR_TYPE": "folder",
        "OWNER_ID": group.owner_id,
        "INITIATE_PERMS": "K",
        "NUMBER_OF_MEMBERS": len(group.members),
        "NUMBER_OF_MODERATORS": sum(role in ("A", "E") for _, role in roles),
        "PROJECT": "Y" if group.kind == "project" else "N",
        "PROJECT_DATE_START": None,
        "PROJECT_DATE_FINISH": None,
        "SEARCH_INDEX": group.name,
        "LANDING": "N",
        "SCRUM_OWNER_ID": 0,
        "SCRUM_SPRINT_DURATION": 0,
        "SCRUM_TASK_RESPONSIBLE": "",
        "TYPE": group.kind,
        "MEMBERS": list(group.members),
        "CHAT_ID": group.chat_id,
        "DIALOG_ID": f"chat{group.chat_id}",
        "ORDINARY_MEMBERS": [user for user, role in roles if role == "K"],
        "INVITED_MEMBERS": [],
        "MODERATOR_MEMBERS": [user for user, role in roles if role == "E"],
        "SITE_IDS": ["s1"],
        "TAGS": [],
        "DEPARTMENTS": [],
        "NUMBER_OF_MEMBERS_PLURAL": 0,
    }


def _filtered(rows: list[Group], wanted: Any) -> list[Group]:
    for key, value in (wanted if isinstance(wanted, dict) else {}).items():
        match key.upper():
            case "%NAME":
                rows = [g for g in rows if str(value).lower() in g.name.lower()]
            case "ID":
                given = [intval(v) for v in (value if isinstance(value, list) else [value])]
                rows = [g for g in rows if g.id in given]
            case "CLOSED" | "ACTIVE":
                closed = (value == "Y") == (key.upper() == "CLOSED")
                rows = [g for g in rows if g.closed == closed]
    return rows


def _paged(call: Call, rows: list[Group], shown: list[Any]) -> Page:
    start = max(intval(call.params.get("START", call.params.get("start"))), 0)
    more = start + PAGE < len(rows)
    return Page(shown[start : start + PAGE], len(rows), start + PAGE if more else None)


def _shown(call: Call, group: Group) -> dict[str, Any]:
    moment = call.portal.iso(group.created)
    return {
        "ID": str(group.id),
        "SITE_ID": "s1",
        "NAME": group.name,
        "DESCRIPTION": None,
        "DATE_CREATE": moment,
        "DATE_UPDATE": moment,
        "ACTIVE": "Y",
        "VISIBLE": "Y" if group.visible else "N",
        "OPENED": "N",
        "CLOSED": "Y" if group.closed else "N",
        "SUBJECT_ID": "1",
        "OWNER_ID": str(group.owner_id),
        "KEYWORDS": None,
        "NUMBER_OF_MEMBERS": str(len(group.members)),
        "DATE_ACTIVITY": moment,
        "SUBJECT_NAME": "Workgroups",
        "PROJECT": "Y" if group.kind == "project" else "N",
        "IS_EXTRANET": "N",
    }


def _workgroup(group: Group, dialogs: bool) -> dict[str, Any]:
    shown = {
        "id": str(group.id),
        "name": group.name,
        "type": group.kind,
        "imageId": "0",
        "avatarType": None,
        "avatar": "",
        "additionalData": {"role": "", "initiatedByType": ""},
    }
    return shown | ({"dialogId": f"chat{group.chat_id}"} if dialogs else {})
