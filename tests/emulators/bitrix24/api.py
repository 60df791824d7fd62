"""The portal's REST v2 over HTTP: who calls, may they, within the limits, and the envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.emulators.bitrix24 import batch, methods  # noqa: F401  the registry fills itself
from tests.emulators.bitrix24.calls import REGISTRY, Call, Method, Page
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.methods import v3
from tests.emulators.bitrix24.php import read_form
from tests.emulators.bitrix24.records import User
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Request, Response

# The vendor's examples of these methods show `time` within the result; others beside it. So both.
TIME_INSIDE = frozenset(
    f"tasks.task.{name}"
    for name in ("approve", "disapprove", "defer", "delegate", "pause", "renew", "start")
)
NO_METHOD = RestError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def answer(portal: Portal, request: Request) -> Response:
    """Any path under /rest/."""
    name = request.path.removeprefix("/rest/").strip("/")
    if name.startswith("api/"):
        return v3.answer(portal, request, name.removeprefix("api/"), authorize)
    name, hook = split_webhook(name.removesuffix(".json"))
    with portal.lock:
        portal.requests[name] += 1
        now = portal.now().timestamp()
        try:
            portal.limits.hit(now)
            params = read_params(request) | hook
            body = perform(portal, name, params)
            return Response.json(200, body)
        except RestError as error:
            return Response.json(error.status, error.body())


def read_params(request: Request) -> dict[str, Any]:
    """The query's parameters and, over them, the body's: JSON or a form."""
    params = read_form(request.query)
    if not request.body.strip():
        return params
    if "json" not in request.headers.get("content-type", ""):
        return params | read_form(request.body.decode())
    try:
        body = json.loads(request.body)
    except ValueError:
        raise RestError(400, "INVALID_REQUEST", "Request body is not valid JSON") from None
    if isinstance(body, list):
        return params
    return params | body


def split_webhook(name: str) -> tuple[str, dict[str, str]]:
    """`7/secret/tasks.task.get` of an inbound webhook: the method, and who calls.

    https://apidocs.bitrix24.com/local-integrations/local-webhooks.html
    """
    match name.split("/"):
        case [user_id, secret, method] if user_id.isdigit():
            return method, {"auth": f"{user_id}/{secret}"}
    return name, {}


def perform(portal: Portal, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """One hit: a method, or a batch of them."""
    now = portal.now().timestamp()
    if name.lower() == "batch":
        user, access = authorize(portal, params)

        def one(inner: str, inner_params: Mapping[str, Any]) -> dict[str, Any]:
            return run(portal, (user, access), inner, inner_params)

        body = {"result": batch.run(params, one)}
        return body | {"time": clock_block(portal, now)}
    found = find(name)
    user, access = authorize(portal, params)
    return run(portal, (user, access), found.name, params)


def find(name: str) -> Method:
    found = REGISTRY.find(name)
    if found is None:
        raise NO_METHOD
    return found


def run(
    portal: Portal, caller: tuple[User, str], name: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Scope, operating budget, parameters, the method itself."""
    found, now = find(name), portal.now().timestamp()
    if found.scopes and not found.scopes & portal.scopes_of(caller[1]):
        text = "The request requires higher privileges than provided by the access token"
        raise RestError(403, "insufficient_scope", text)
    portal.limits.operate(found.name, now)
    result = found.run(Call(portal, caller[0], found.prepare(params), caller[1]))
    if found.writes:
        portal.writes[found.name] += 1
    time = clock_block(portal, now, found.name)
    if found.name in TIME_INSIDE:
        result["time"] = time
    return envelope(result) | {"time": time}


def envelope(result: Any) -> dict[str, Any]:
    if not isinstance(result, Page):
        return {"result": result}
    body = {"result": result.result}
    if result.next is not None:
        body["next"] = result.next
    if result.total is not None:
        body["total"] = result.total
    return body


def clock_block(portal: Portal, start: float, name: str = "") -> dict[str, Any]:
    moment = portal.iso(portal.now())
    block = {"start": start, "finish": start + 0.01, "duration": 0.01, "processing": 0.01}
    block |= {"date_start": moment, "date_finish": moment}
    return block | portal.limits.time_block(name, start) if name else block


def authorize(portal: Portal, params: Mapping[str, Any]) -> tuple[User, str]:
    """Who calls, or the 401 the vendor documents.

    https://apidocs.bitrix24.com/api-reference/common-errors.html
    """
    access = params.get("auth") or params.get("AUTH") or ""
    if not access or not isinstance(access, str):
        raise RestError(401, "NO_AUTH_FOUND", "Wrong authorization data")
    if not portal.app.present:
        raise RestError(401, "APPLICATION_NOT_FOUND", "Application not found")
    if "/" in access:
        return webhook_user(portal, access)
    token = portal.tokens.get(access)
    if token is None or token.revoked:
        raise RestError(401, "INVALID_TOKEN", "Unable to get application by token")
    if portal.now() >= token.expires:
        raise RestError(401, "expired_token", "The access token provided has expired.")
    if portal.app.payment_required:
        raise RestError(401, "PAYMENT_REQUIRED", "Payment required")
    user = portal.users[token.user_id]
    if not user.active:
        raise RestError(401, "AUTHORIZATION_ERROR", "Unable to authorize user")
    return user, access


def webhook_user(portal: Portal, access: str) -> tuple[User, str]:
    """Whose inbound webhook this is. One that is deleted, or was never made: 401."""
    user_id, _, secret = access.partition("/")
    hook = portal.webhooks.get(secret)
    if hook is None or hook.revoked or str(hook.user_id) != user_id:
        raise RestError(401, "INVALID_CREDENTIALS", "Invalid request credentials")
    user = portal.users[hook.user_id]
    if not user.active:
        raise RestError(401, "AUTHORIZATION_ERROR", "Unable to authorize user")
    return user, secret
