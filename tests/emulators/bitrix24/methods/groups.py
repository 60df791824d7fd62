"""sonet_group.*, socialnetwork.api.workgroup.list: workgroups and who is in them.

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
    params = call.maybe("params", "array", {})
    dialogs = isinstance(params, dict) and params.get("shouldSelectDialogId") == "Y"
    page = _paged(call, rows, [_workgroup(group, dialogs) for group in rows])
    return Page({"workgroups": page.result}, page.total, page.next)


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
