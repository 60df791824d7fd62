"""events, event.bind, .get, .unbind: https://apidocs.bitrix24.com/api-reference/events/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Binding

APP_EVENTS = (
    "ONAPPUNINSTALL",
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPPAYMENT",
    "ONAPPTEST",
    "ONAPPMETHODCONFIRM",
    "ONOFFLINEEVENT",
)
BY_SCOPE = {
    "task": (
        "ONTASKADD",
        "ONTASKUPDATE",
        "ONTASKDELETE",
        "ONTASKCOMMENTADD",
        "ONTASKCOMMENTUPDATE",
        "ONTASKCOMMENTDELETE",
    ),
    "user": ("ONUSERADD",),
    "sonet_group": ("ONSONETGROUPADD", "ONSONETGROUPUPDATE", "ONSONETGROUPDELETE"),
}
PARAMS = "EVENT HANDLER AUTH_TYPE EVENT_TYPE AUTH_CONNECTOR OPTIONS"
UNBIND = "EVENT HANDLER AUTH_TYPE EVENT_TYPE"


def known(call: Call) -> list[str]:
    """The events this application's scopes allow."""
    scopes = call.portal.app.scopes
    by_scope = (name for scope, names in BY_SCOPE.items() if scope in scopes for name in names)
    return [*APP_EVENTS, *by_scope]


@method("events", accepts="SCOPE FULL", folded=True)
def events(call: Call) -> list[str]:
    return known(call)


@method("event.bind", accepts=PARAMS, writes=True, folded=True)
def bind(call: Call) -> bool:
    name, handler = call.text("EVENT").upper(), call.text("HANDLER")
    for key, value in (("EVENT", name), ("HANDLER", handler)):
        if not value:
            text = f"Argument '{key}' is null or empty"
            raise RestError(400, "ERROR_ARGUMENT", text, argument=key)
    if name not in known(call):
        raise RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found")
    check_url(handler)
    auth_type = intval(call.params.get("AUTH_TYPE"))
    if not call.user.admin:
        if auth_type not in (0, call.user.id):
            raise RestError(403, "ACCESS_DENIED", "Access denied!")
        auth_type = call.user.id
    same = (name, handler, auth_type)
    if any((b.event, b.handler, b.auth_type) == same for b in call.portal.bindings):
        text = "Unable to set event handler: Handler already binded"
        raise RestError(400, "ERROR_EVENT_BINDING_EXISTS", text)
    call.portal.bindings.append(Binding(call.portal.next_id("handler"), *same))
    return True


@method("event.get", folded=True)
def get(call: Call) -> list[dict[str, Any]]:
    return [
        {"event": b.event, "handler": b.handler, "auth_type": str(b.auth_type), "offline": 0}
        for b in call.portal.bindings
    ]


@method("event.test", accepts=None)
def test(call: Call) -> bool:
    """ONAPPTEST with whatever was given, to whoever bound it.

    https://apidocs.bitrix24.com/api-reference/events/test-handler.html
    """
    data = {"QUERY": dict(call.params), "LANGUAGE_ID": call.portal.language}
    call.portal.emit("ONAPPTEST", data, call.user.id)
    return True


@method("event.unbind", accepts=UNBIND, writes=True, folded=True)
def unbind(call: Call) -> dict[str, int]:
    """Without AUTH_TYPE every matching handler goes; with 0 only those of the acting user."""
    name, handler = call.text("EVENT").upper(), call.text("HANDLER")
    for key, value in (("EVENT", name), ("HANDLER", handler)):
        if not value:
            text = f"Argument '{key}' is null or empty"
            raise RestError(400, "ERROR_ARGUMENT", text, argument=key)
    auth_type = call.params.get("AUTH_TYPE")
    gone = [
        b
        for b in call.portal.bindings
        if (b.event, b.handler) == (name, handler)
        and (auth_type is None or b.auth_type == intval(auth_type))
    ]
    for binding in gone:
        call.portal.bindings.remove(binding)
    return {"count": len(gone)}


def check_url(handler: str) -> None:
    if "://" not in handler:
        raise RestError(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    if not handler.startswith(("http://", "https://")):
        raise RestError(400, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
