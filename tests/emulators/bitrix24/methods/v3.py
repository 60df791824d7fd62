"""REST 3.0 under /rest/api/: tasks by id in bulk, and a message without an id in return.

https://apidocs.bitrix24.com/api-reference/rest-v3.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.emulators.bitrix24 import idempotency
from tests.emulators.bitrix24.errors import RestError, V3Error
from tests.emulators.bitrix24.methods.v3add import task_add
from tests.emulators.bitrix24.methods.v3tasks import (
    DEFAULT,
    FIELDS,
    MOST,
    SORTABLE,
    matches,
    show,
)
from tests.emulators.bitrix24.records import Task, User
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Request, Response

Authorize = Callable[[Portal, Mapping[str, Any]], tuple[User, str]]
Body = dict[str, Any]
REQUEST, DTO = "VALIDATION_REQUESTVALIDATIONEXCEPTION", "VALIDATION_DTOVALIDATIONEXCEPTION"


def answer(portal: Portal, request: Request, name: str, authorize: Authorize) -> Response:
    """One hit; the errors of authorisation and limits keep their v2 form."""
    with portal.lock:
        portal.requests[f"api/{name}"] += 1
        try:
            if not portal.v3:
                raise RestError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
            portal.limits.hit(portal.now().timestamp())
            body = _body(request)
            return _answered(portal, request, name, body, authorize)
        except RestError as error:
            return Response.json(error.status, error.body())
        except V3Error as error:
            return Response.json(error.status, {"error": error.error})


def _answered(
    portal: Portal, request: Request, name: str, body: Any, authorize: Authorize
) -> Response:
    if name == "batch":
        calls = body if isinstance(body, list) else None
        if calls is None:
            raise V3Error(400, "INVALIDSELECTEXCEPTION", "Invalid batch request")
        auth = next((c["query"]["auth"] for c in calls if c.get("query", {}).get("auth")), "")
        user, _ = authorize(portal, {"auth": auth or _query_auth(request)})
        results = [_run(portal, user, c["method"], c.get("query", {}))[0] for c in calls]
        return Response.json(200, {"result": results, "time": _time(portal, "batch")})
    params = body if isinstance(body, dict) else {}
    user, _ = authorize(portal, {"auth": params.get("auth") or _query_auth(request)})
    key = idempotency.key_of(request)
    known = idempotency.replay(portal, name, user, key, params)
    if known is not None:
        return _response(portal, name, known, {"Idempotent-Replayed": "true"})
    result, writes = _run(portal, user, name, params)
    if writes and key:
        idempotency.keep(portal, name, user, key, params, result)
    return _response(portal, name, result, {})


def _response(portal: Portal, name: str, result: Any, headers: dict[str, str]) -> Response:
    body = json.dumps({"result": result, "time": _time(portal, name)}, ensure_ascii=False)
    return Response(200, body.encode(), headers=headers)


def _body(request: Request) -> Any:
    if request.method != "POST":
        raise V3Error(400, "INVALIDJSONEXCEPTION", "Only POST requests are supported")
    try:
        return json.loads(request.body or b"{}")
    except ValueError:
        raise V3Error(400, "INVALIDJSONEXCEPTION", "Request body is not valid JSON") from None


def _query_auth(request: Request) -> str:
    pairs = dict(part.partition("=")[::2] for part in request.query.split("&") if part)
    return pairs.get("auth", "")


def _run(portal: Portal, user: User, name: str, params: Body) -> tuple[Any, bool]:
    found = METHODS.get(name)
    if found is None:
        raise V3Error(404, "METHODNOTFOUNDEXCEPTION", f"Method `{name}` not found")
    if "tasks" not in portal.app.scopes:
        raise V3Error(403, "INSUFFICIENTSCOPEEXCEPTION", "Insufficient scope")
    portal.limits.operate(f"api/{name}", portal.now().timestamp())
    run, writes = found
    result = run(portal, user, params)
    if writes:
        portal.writes[name] += 1
    return result, writes


def required(params: Body, name: str, kind: type, error: str = REQUEST) -> Any:
    value = params.get(name)
    if value is None:
        text = f"Required field `{name}` is not specified"
        raise V3Error(400, error, "Error during request object validation", [_at(name, text)])
    if not isinstance(value, kind) or isinstance(value, bool):
        text = f"Field `{name}` requires data type `{kind.__name__}` for this request"
        raise V3Error(400, error, "Error during request object validation", [_at(name, text)])
    return value


def _at(name: str, text: str) -> dict[str, str]:
    return {"message": text, "field": name}


def task_get(portal: Portal, user: User, params: Body) -> Any:
    task_id = required(params, "id", int)
    task = portal.tasks.get(task_id)
    if task is None:
        text = f"Record with ID = `{task_id}` not found"
        raise V3Error(400, "ENTITYNOTFOUNDEXCEPTION", text)
    if not portal.can_read(user.id, task):
        raise V3Error(403, "ACCESSDENIEDEXCEPTION", "Access denied")
    return {"item": show(portal, task, user.id, params.get("select") or DEFAULT)}


def task_list(portal: Portal, user: User, params: Body) -> Any:
    """Filterable by id alone; at most a thousand a page."""
    rows = [t for t in portal.tasks.values() if portal.can_read(user.id, t)]
    for condition in params.get("filter") or []:
        rows = [task for task in rows if matches(task.id, condition)]
    rows = _ordered(portal, rows, params.get("order") or {})
    start, limit = _window(params.get("pagination") or {})
    select = params.get("select") or []
    return {"items": [show(portal, t, user.id, select) for t in rows[start : start + limit]]}


def _ordered(portal: Portal, rows: list[Task], order: Any) -> list[Task]:
    rows = sorted(rows, key=lambda task: task.id)
    for name, way in reversed(list(order.items()) if isinstance(order, dict) else [("?", "?")]):
        if name not in SORTABLE or str(way).upper() not in ("ASC", "DESC"):
            text = f"Unable to recognize sorting parameter `{json.dumps(order)}`"
            raise V3Error(400, "INVALIDORDEREXCEPTION", text)
        down, read = str(way).upper() == "DESC", FIELDS[name]
        rows = sorted(
            rows, key=lambda t: (read(portal, t) is not None, read(portal, t)), reverse=down
        )
    return rows


def _window(pagination: Any) -> tuple[int, int]:
    names = ("page", "limit", "offset")
    values = [pagination.get(n) for n in names] if isinstance(pagination, dict) else ["?"] * 3
    page, limit, offset = values
    wrong = any(not (v is None or isinstance(v, int)) for v in values)
    if wrong or limit == 0 or (limit or 50) > MOST:
        shown = json.dumps(pagination, separators=(",", ":"))
        text = f"Unable to recognize the pagination parameter `{shown}`"
        raise V3Error(400, "INVALIDPAGINATIONEXCEPTION", text)
    limit = limit or 50
    return (offset or 0) + ((page or 1) - 1) * limit, limit


def message_send(portal: Portal, user: User, params: Body) -> Any:
    """No id comes back: such a message can be neither edited nor recognised later."""
    fields = required(params, "fields", dict)
    task_id, text = required(fields, "taskId", int, DTO), required(fields, "text", str, DTO)
    task = portal.tasks.get(task_id)
    if task is None or not portal.can_read(user.id, task):
        raise V3Error(403, "ACCESSDENIEDEXCEPTION", "Access denied")
    if portal.card != "new":
        raise V3Error(400, "ENTITYNOTFOUNDEXCEPTION", "The task has no chat")
    portal.post(portal.chats[task.chat_id], user.id, text)
    return {"result": True}


METHODS: dict[str, tuple[Callable[[Portal, User, Body], Any], bool]] = {
    "tasks.task.add": (task_add, True),
    "tasks.task.get": (task_get, False),
    "tasks.task.list": (task_list, False),
    "tasks.task.chat.message.send": (message_send, True),
}


def _time(portal: Portal, name: str) -> dict[str, Any]:
    start, moment = portal.now().timestamp(), portal.iso(portal.now())
    block = {"start": start, "finish": start + 0.01, "duration": 0.01, "processing": 0.01}
    block |= {"date_start": moment, "date_finish": moment}
    return block | portal.limits.time_block(f"api/{name}", start)
