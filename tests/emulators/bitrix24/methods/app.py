"""app.*, scope, method.get, feature.get, server.time: what the portal says of itself."""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import REGISTRY, Call, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.state import Portal

FULL_SCOPES = [
    "bizproc",
    "disk",
    "im",
    "imbot",
    "placement",
    "pull",
    "socialnetwork",
    "sonet_group",
    "task",
    "tasks",
    "user",
    "user_basic",
    "user_brief",
]


def portal_app_info(portal: Portal) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/common/system/app-info.html"""
    app = portal.app
    return {
        "ID": 5,
        "CODE": app.code,
        "VERSION": app.version,
        "STATUS": app.status,
        "INSTALLED": app.installed,
        "PAYMENT_EXPIRED": "Y" if app.payment_required else "N",
        "DAYS": None,
        "LANGUAGE_ID": portal.language,
        "LICENSE": f"{portal.language}_ent250",
        "LICENSE_TYPE": "ent250",
        "LICENSE_FAMILY": "ent",
    }


@method("app.info")
def info(call: Call) -> dict[str, Any]:
    if call.access in call.portal.webhooks:
        raise RestError(400, "WRONG_AUTH_TYPE", "Application context required")
    return portal_app_info(call.portal)


@method("app.option.get", accepts="option")
def option_get(call: Call) -> Any:
    name = call.params.get("option")
    options = call.portal.app.options
    return options.get(str(name), "") if name else options or []


@method("app.option.set", accepts="options", writes=True)
def option_set(call: Call) -> bool:
    options = call.params.get("options")
    if not isinstance(options, dict) or not options:
        raise RestError(400, "ArgumentNullException", "options is empty")
    call.admin()
    call.portal.app.options |= options
    return True


@method("scope", accepts="full")
def scope(call: Call) -> list[str]:
    wide = str(call.params.get("full", "")).lower() in ("true", "1", "y")
    return list(FULL_SCOPES) if wide else sorted(call.portal.scopes_of(call.access))


@method("method.get", accepts="name")
def method_get(call: Call) -> dict[str, bool]:
    found = REGISTRY.find(str(call.params.get("name") or ""))
    scopes = call.portal.scopes_of(call.access)
    available = found is not None and (not found.scopes or bool(found.scopes & scopes))
    return {"isExisting": found is not None, "isAvailable": available}


@method("feature.get", accepts="CODE", folded=True)
def feature_get(call: Call) -> dict[str, str]:
    code = call.text("CODE")
    if not code:
        raise RestError(400, "CODE_EMPTY", "CODE can't be empty")
    known = ("rest_offline_extended", "rest_auth_connector")
    return {"value": "Y" if code in known else "N"}


@method("server.time")
def server_time(call: Call) -> str | None:
    return call.portal.iso(call.portal.now())
