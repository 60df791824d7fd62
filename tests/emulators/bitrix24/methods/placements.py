"""placement.*: https://apidocs.bitrix24.com/api-reference/widgets/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.methods.events import check_url
from tests.emulators.bitrix24.records import Placement

CODES = {
    "": ("PAGE_BACKGROUND_WORKER", "LEFT_MENU", "USER_PROFILE_MENU", "REST_APP_URI"),
    "task": (
        "TASK_VIEW_TAB",
        "TASK_VIEW_SIDEBAR",
        "TASK_VIEW_TOP_PANEL",
        "TASK_LIST_CONTEXT_MENU",
        "TASK_USER_LIST_TOOLBAR",
        "TASK_GROUP_LIST_TOOLBAR",
        "TASK_ROBOT_DESIGNER_TOOLBAR",
    ),
    "sonet_group": ("SONET_GROUP_DETAIL_TAB", "SONET_GROUP_TOOLBAR"),
    "im": ("IM_TEXTAREA", "IM_SIDEBAR", "IM_CONTEXT_MENU", "IM_NAVIGATION"),
}
ONE_ONLY = frozenset({"REST_APP_URI", "PAGE_BACKGROUND_WORKER"})
PARAMS = "PLACEMENT HANDLER TITLE DESCRIPTION GROUP_NAME LANG_ALL OPTIONS USER_ID ICON"


@method("placement.list", "placement", accepts="SCOPE", folded=True)
def listed(call: Call) -> list[str]:
    scope = call.text("SCOPE")
    scopes = [scope] if scope else ["", *call.portal.app.scopes]
    return [code for name in sorted(scopes) for code in CODES.get(name, ())]


@method("placement.bind", "placement", accepts=PARAMS, writes=True, folded=True)
def bind(call: Call) -> bool:
    call.admin()
    code, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
    for name, value in (("PLACEMENT", code), ("HANDLER", handler)):
        _given(name, value)
    if code not in [c for scope in ("", *call.portal.app.scopes) for c in CODES.get(scope, ())]:
        raise RestError(400, "ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    check_url(handler)
    mine = [p for p in call.portal.placements if p.code == code]
    if any(p.handler == handler for p in mine):
        text = "Unable to set placement handler: Handler already binded"
        raise RestError(400, "ERROR_CORE", text)
    if mine and code in ONE_ONLY:
        raise RestError(200, "ERROR_PLACEMENT_MAX_COUNT", "Placement max count")
    user_id = intval(call.params.get("USER_ID"))
    lang, options = call.params.get("LANG_ALL"), call.params.get("OPTIONS")
    call.portal.placements.append(
        Placement(
            call.portal.next_id("placement"),
            code,
            handler,
            user_id,
            call.text("TITLE"),
            call.text("DESCRIPTION"),
            lang if isinstance(lang, dict) else {},
            options if isinstance(options, dict) else {},
        )
    )
    return True


@method("placement.get", "placement", accepts="PLACEMENT HANDLER", folded=True)
def get(call: Call) -> list[dict[str, Any]]:
    call.admin()
    return [_shown(call, row) for row in call.portal.placements]


@method(
    "placement.unbind", "placement", accepts="PLACEMENT HANDLER USER_ID", writes=True, folded=True
)
def unbind(call: Call) -> dict[str, int]:
    call.admin()
    code, handler = call.text("PLACEMENT").upper(), call.text("HANDLER")
    _given("PLACEMENT", code)
    gone = [
        p
        for p in call.portal.placements
        if p.code == code and (not handler or p.handler == handler)
    ]
    for row in gone:
        call.portal.placements.remove(row)
    return {"count": len(gone)}


def _given(name: str, value: str) -> None:
    if not value:
        text = f"Argument '{name}' is null or empty"
        raise RestError(400, "ERROR_ARGUMENT", text, argument=name)


def _shown(call: Call, row: Placement) -> dict[str, Any]:
    texts = {"TITLE": row.title, "DESCRIPTION": row.description, "GROUP_NAME": ""}
    return {
        "placement": row.code,
        "userId": row.user_id,
        "handler": row.handler,
        "options": row.options or [],
        "title": row.title,
        "description": row.description,
        "langAll": row.lang_all or {call.portal.language: texts},
    }
