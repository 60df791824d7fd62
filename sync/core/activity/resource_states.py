"""Map what the host reports of a resource to the states that rules name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.core.model.activity import Resource
from sync.core.model.kinds import Kind

# The host's word for an action → the resulting state.
_ISSUE = {"open": "opened", "close": "closed", "reopen": "reopened", "update": "changed"}
_PAGE = {"create": "created", "update": "changed", "delete": "deleted"}
_STATES_BY_ACTION: Mapping[Kind, Mapping[str, str]] = {
    Kind.ISSUE: _ISSUE,
    Kind.WORK_ITEM: _ISSUE,
    Kind.MILESTONE: {
        "create": "created",
        "close": "closed",
        "reopen": "reopened",
        "activate": "reopened",
        "delete": "deleted",
        "update": "changed",
    },
    Kind.WIKI_PAGE: _PAGE,
    Kind.FEATURE_FLAG: {"active": "on", "inactive": "off"},
    Kind.EMOJI: {"award": "awarded", "revoke": "revoked"},
    Kind.MEMBER: {
        "add": "added",
        "update": "changed",
        "remove": "removed",
        "access_request_denied": "denied",
        "access_request_revoked": "withdrawn",
        "access_request": "requested",
    },
    Kind.PROJECT: {
        "create": "created",
        "update": "changed",
        "rename": "renamed",
        "transfer": "transferred",
        "destroy": "deleted",
    },
    Kind.VULNERABILITY: {
        entry: entry for entry in ("detected", "confirmed", "dismissed", "resolved")
    },
}
_EVENT_PREFIXES: dict[Kind, str | tuple[str, ...]] = {
    Kind.MEMBER: "user_",
    Kind.PROJECT: ("project_", "subgroup_", "group_"),
}
_EXPIRY_DAYS = (1, 7, 30, 60)  # before a token expires, on which the host sends a reminder

RESOURCE_STATES: Mapping[Kind, tuple[str, ...]] = {
    **{kind: tuple(dict.fromkeys(words.values())) for kind, words in _STATES_BY_ACTION.items()},
    Kind.ACCESS_TOKEN: (*(f"expires_{days}" for days in reversed(_EXPIRY_DAYS)), "revoked"),
}


def state_of(resource: Resource, now: datetime | None) -> str:
    """Return the state that the last action led to, else the present one.

    A word that is not in the tables is returned as the host reported it.
    """
    if resource.kind is Kind.ACCESS_TOKEN:
        return _token_state(resource, now)
    text = resource.action or resource.state
    words = _STATES_BY_ACTION.get(resource.kind, {})
    begin = _EVENT_PREFIXES.get(resource.kind)
    if begin is None or not text.startswith(begin):
        return words.get(text, text)
    rest = text.partition("_")[2]
    return next((word for verb, word in words.items() if rest.startswith(verb)), text)


def _token_state(resource: Resource, now: datetime | None) -> str:
    """Return `expires_<days>` by the next reminder day, so that each is notified anew."""
    if resource.state == "revoked":
        return "revoked"
    days_left = (resource.expires_at - now).days if resource.expires_at and now else _EXPIRY_DAYS[0]
    return f"expires_{next((days for days in _EXPIRY_DAYS if days_left <= days), _EXPIRY_DAYS[-1])}"
