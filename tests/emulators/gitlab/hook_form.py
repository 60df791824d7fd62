"""A webhook as the API takes it in and shows it: defaults, checks, what stays secret. Pure.

https://docs.gitlab.com/api/project_webhooks/#add-a-webhook-to-a-project
"""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, replace
from urllib.parse import urlsplit

from tests.emulators.gitlab import signing
from tests.emulators.gitlab.disabling import alert_status
from tests.emulators.gitlab.parts import iso_time
from tests.emulators.gitlab.state import GROUP_HOOK_FLAGS, HOOK_FLAGS, Hook, HookEvent, State
from tests.emulators.gitlab.web import ApiError, Request

STRATEGIES = ("wildcard", "regex", "all_branches")
TEXTS = (
    "url",
    "name",
    "description",
    "token",
    "push_events_branch_filter",
    "branch_filter_strategy",
    "custom_webhook_template",
)
CUSTOM_HEADERS = 20
SIGNING_SINCE = (19, 0)


def flags(kind: str) -> tuple[str, ...]:
    return HOOK_FLAGS + (GROUP_HOOK_FLAGS if kind == "group" else ())


def default_events(kind: str) -> dict[str, bool]:
    return {flag: flag == "push_events" for flag in flags(kind)}


def filled(state: State, hook: Hook, request: Request) -> Hook:
    """`hook` with what the request says. Raises 422 or 400; `hook` is left as it was."""
    events = dict(hook.events)
    for name in flags(hook.owner):
        sent = request.flag(name)
        events[name] = events[name] if sent is None else sent
    texts = {name: request.text(name) for name in TEXTS if name in request.params}
    verify = request.flag("enable_ssl_verification")
    changed = replace(
        hook,
        **texts,
        events=events,
        enable_ssl_verification=hook.enable_ssl_verification if verify is None else verify,
        custom_headers=hook.custom_headers | _pairs(request, "custom_headers"),
        url_variables=hook.url_variables | _pairs(request, "url_variables"),
        signing_token=_signing_token(state, hook, request),
    )
    _check(state, changed)
    return changed


def _signing_token(state: State, hook: Hook, request: Request) -> str:
    """Before 19.0 the attribute is unknown, so ignored."""
    if not state.at_least(*SIGNING_SINCE) or "signing_token" not in request.params:
        return hook.signing_token
    token = request.text("signing_token") if request.params["signing_token"] else ""
    try:
        if token:
            signing.key_of(token)
    except ValueError:
        raise ApiError(422, {"message": {"signing_token": ["is invalid"]}}) from None
    return token


def _pairs(request: Request, name: str) -> dict[str, str]:
    sent = request.params.get(name) or []
    for one in sent:
        if not isinstance(one, dict) or not {"key", "value"} <= one.keys():
            raise ApiError(400, {"error": f"{name}[key] is missing, {name}[value] is missing"})
    return {one["key"]: one["value"] for one in sent}


def _check(state: State, hook: Hook) -> None:
    if not is_url(hook.url) or (not state.allow_local_hooks and _is_local(hook.url)):
        raise ApiError(422, {"error": "Invalid url given"})
    if hook.branch_filter_strategy not in STRATEGIES:
        raise ApiError(400, {"error": "branch_filter_strategy does not have a valid value"})
    if " " in hook.push_events_branch_filter:
        raise ApiError(422, {"error": "Invalid branch filter given"})
    if len(hook.custom_headers) > CUSTOM_HEADERS:
        raise ApiError(422, {"error": "Custom headers validation failed"})


def is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost"


def shown(state: State, hook: Hook) -> dict:
    """Tokens never come back; since 19.0 the answer says whether there are any."""
    look = {
        "id": hook.id,
        "url": hook.url,
        "name": hook.name,
        "description": hook.description,
        "created_at": iso_time(hook.created_at),
        **hook.events,
        "enable_ssl_verification": hook.enable_ssl_verification,
        "alert_status": alert_status(state, hook),
        "disabled_until": iso_time(hook.disabled_until),
        "url_variables": [{"key": key} for key in hook.url_variables],
        "push_events_branch_filter": hook.push_events_branch_filter,
        "branch_filter_strategy": hook.branch_filter_strategy,
        "custom_webhook_template": hook.custom_webhook_template or None,
        "custom_headers": [{"key": key} for key in hook.custom_headers],
        f"{hook.owner}_id": hook.owner_id,
    }
    if state.at_least(*SIGNING_SINCE):
        look["token_present"] = bool(hook.token)
        look["signing_token_present"] = bool(hook.signing_token)
    return look


def shown_event(event: HookEvent) -> dict:
    look = asdict(event)
    for ours in ("hook_id", "created_at"):
        del look[ours]
    return look
