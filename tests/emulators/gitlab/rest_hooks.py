"""Webhooks of projects and groups: kept, tested, listed, sent again.

https://docs.gitlab.com/api/project_webhooks/ ; https://docs.gitlab.com/api/group_webhooks/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, hook_form, samples
from tests.emulators.gitlab.deliveries import INTERNAL_ERROR, Waiting
from tests.emulators.gitlab.entities import MAINTAINER, OWNER
from tests.emulators.gitlab.state import Hook, HookEvent
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

LIMITS = {"project": 100, "group": 50}
KEPT = timedelta(days=7)
CATEGORIES = {"successful": "2", "client_failure": "4", "server_failure": "5"}


@dataclass(frozen=True)
class Owner:
    """`kind`: project or group."""

    kind: str
    id: int


def handlers(kind: str) -> SimpleNamespace:
    """The handlers of one kind of owner, by name."""
    return SimpleNamespace(
        **{
            handler.__name__: partial(handler, kind)
            for handler in (index, create, show, update, remove, test, events, resend)
        }
    )


def index(kind: str, api: Api, request: Request, owner_key: str) -> Reply:
    owner = _owner(kind, api, request, owner_key)
    return page(request, _hooks(api, owner), lambda hook: hook_form.shown(api.state, hook))


def show(kind: str, api: Api, request: Request, owner_key: str, hook_id: str) -> Reply:
    return Reply(hook_form.shown(api.state, _hook(kind, api, request, owner_key, hook_id)))


def create(kind: str, api: Api, request: Request, owner_key: str) -> Reply:
    """`push_events` is true unless told otherwise; unknown attributes are ignored."""
    owner = _owner(kind, api, request, owner_key)
    request.require("url")
    if len(_hooks(api, owner)) >= LIMITS[kind]:
        message = f"Maximum number of {kind} hooks ({LIMITS[kind]}) exceeded"
        raise ApiError(422, {"message": {"base": [message]}})
    hook = Hook(
        id=0,
        owner=kind,
        owner_id=owner.id,
        url="",
        created_at=api.state.now(),
        events=hook_form.default_events(kind),
    )
    made = replace(hook_form.filled(api.state, hook, request), id=api.state.next_id("hook"))
    api.state.hooks[made.id] = made
    return Reply(hook_form.shown(api.state, made), 201)


def update(kind: str, api: Api, request: Request, owner_key: str, hook_id: str) -> Reply:
    hook = _hook(kind, api, request, owner_key, hook_id)
    request.require("url")
    filled = hook_form.filled(api.state, hook, request)
    vars(hook).update(vars(filled))
    return Reply(hook_form.shown(api.state, hook))


def remove(kind: str, api: Api, request: Request, owner_key: str, hook_id: str) -> Reply:
    hook = _hook(kind, api, request, owner_key, hook_id)
    del api.state.hooks[hook.id]
    return Reply(None, 204)


def test(
    kind: str, api: Api, request: Request, owner_key: str, hook_id: str, trigger: str
) -> Reply:
    """Posts at once, even for a disabled hook; a 2xx answer enables it again."""
    with api.state.lock:
        hook = _hook(kind, api, request, owner_key, hook_id)
        if trigger not in samples.BUILDERS:
            raise ApiError(400, {"error": "trigger does not have a valid value"})
        api.tests.check(api.state, f"test/{hook.id}")
        name, payload = samples.build(api.state, hook, trigger)
    event = _send_now(api, hook, name, payload)
    if event.response_status == INTERNAL_ERROR:
        raise ApiError(422, {"message": event.response_body})
    if event.response_status.startswith("2"):
        with api.state.lock:
            hook.recent_failures, hook.disabled_until = 0, None
        return Reply({"message": "201 Created"}, 201)
    raise ApiError(422, {"message": f"{event.response_status} {event.response_body}".strip()})


def events(kind: str, api: Api, request: Request, owner_key: str, hook_id: str) -> Reply:
    """Newest first, seven days back; `status`: a code or a category."""
    hook = _hook(kind, api, request, owner_key, hook_id)
    wanted = request.text("status")
    if wanted and not (wanted.isdigit() or wanted in CATEGORIES):
        raise ApiError(400, {"error": "status does not have a valid value"})
    oldest = api.state.now() - KEPT
    found = [
        one for one in reversed(hook.log) if one.created_at >= oldest and _answered(one, wanted)
    ]
    return page(request, found, hook_form.shown_event)


def _answered(one: HookEvent, wanted: str) -> bool:
    if wanted in CATEGORIES:
        return one.response_status.startswith(CATEGORIES[wanted])
    return not wanted or one.response_status == wanted


def resend(
    kind: str, api: Api, request: Request, owner_key: str, hook_id: str, event_id: str
) -> Reply:
    """The same body under the same Idempotency-Key."""
    with api.state.lock:
        hook = _hook(kind, api, request, owner_key, hook_id)
        event = next((one for one in hook.log if str(one.id) == event_id), None)
        if event is None:
            raise not_found()
        api.resends.check(api.state, f"resend/{hook.id}/{request.actor.id}")
    key = event.request_headers.get("Idempotency-Key", "")
    sent = _send_now(api, hook, event.trigger, event.request_data, key=key)
    if sent.response_status == INTERNAL_ERROR:
        raise ApiError(422, {"message": INTERNAL_ERROR})
    return Reply({"response_status": int(sent.response_status)}, 201)


def _send_now(api: Api, hook: Hook, trigger: str, payload: dict, *, key: str = "") -> HookEvent:
    now = api.state.now()
    one = Waiting(hook, trigger, payload, key or api.state.next_uuid(), now)
    return api.deliveries.send(one, forced=True)


def _owner(kind: str, api: Api, request: Request, key: str) -> Owner:
    """Maintainers of the project; owners of the group, on Premium."""
    if kind == "project":
        place = access.project(api.state, key, request.actor, level=MAINTAINER)
        return Owner(kind, place.id)
    found = access.group(api.state, key, request.actor, level=OWNER)
    if not api.state.premium:
        raise forbidden()
    return Owner(kind, found.id)


def _hooks(api: Api, owner: Owner) -> list[Hook]:
    return [
        hook
        for hook in api.state.hooks.values()
        if (hook.owner, hook.owner_id) == (owner.kind, owner.id)
    ]


def _hook(kind: str, api: Api, request: Request, key: str, hook_id: str) -> Hook:
    owner = _owner(kind, api, request, key)
    for hook in _hooks(api, owner):
        if str(hook.id) == hook_id:
            return hook
    raise not_found()
