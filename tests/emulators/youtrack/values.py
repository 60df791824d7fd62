"""Values of custom fields as they are written: checked as strictly as the server does."""

from __future__ import annotations

from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.errors import ApiError, bad_request
from tests.emulators.youtrack.state import State
from tests.emulators.youtrack.views import is_shown

_INT = 2**31 - 1


def apply_field(state: State, issue: r.Issue, user: r.User, sent: Any, *, creating: bool) -> None:
    """Write one member of `customFields`. Raises ApiError."""
    if not isinstance(sent, dict):
        raise bad_request("customFields must hold objects")
    of_project = _target(issue, sent)
    name = of_project.field.name
    if creating and of_project.dropped_on_create:
        return
    if not is_shown(issue, of_project):
        if creating:
            return
        other, values = of_project.shown_for or ("", frozenset())
        raise ApiError(
            400,
            "invalid_properties",
            f"You can only update the value for the {name} field when the value for the {other} "
            f"field is {', '.join(sorted(values))}",
        )
    if (kind := sent.get("$type")) != of_project.issue_type:
        raise bad_request(
            f"The API expects {of_project.issue_type}-type values but encountered {kind}"
        )
    if of_project.private and not user.admin:
        raise ApiError(403, "Forbidden", f"You do not have permission to update the {name} field")
    if of_project.machine is not None and not creating:
        value = _after_event(issue, of_project, sent)
    elif "value" not in sent:
        return
    else:
        value = parse_value(of_project, sent["value"], state)
    if value in (None, []) and not of_project.can_be_empty:
        raise ApiError(400, "Field required", f"{name} is required", error_field=name)
    state.set_value(issue, user, of_project, value)


def _target(issue: r.Issue, sent: dict[str, Any]) -> r.ProjectField:
    """Find the field by id or by its canonical name; another is an error of the server's."""
    for each in issue.project.fields:
        if sent.get("id") == each.id or ("id" not in sent and sent.get("name") == each.field.name):
            return each
    raise ApiError(500, f"incompatible-issue-custom-field-name-{sent.get('name')}", "")


def _after_event(issue: r.Issue, of_project: r.ProjectField, sent: dict[str, Any]) -> Any:
    event = sent.get("event")
    if not isinstance(event, dict):
        raise bad_request("State machine fields are updated by events")
    current = issue.values.get(of_project.field.name)
    machine = of_project.machine or {}
    wanted = machine.get(current.name if current else "", {}).get(str(event.get("id")))
    if wanted is None:
        raise bad_request(f"Event {event.get('id')} is not possible in the current state")
    values = of_project.bundle.values if of_project.bundle else []
    return next(value for value in values if value.name == wanted)


def parse_value(of_project: r.ProjectField, sent: Any, state: State) -> Any:
    """Return the value that is stored. Raises ApiError."""
    kind, _, rest = of_project.field.type_id.partition("[")
    if rest == "*]":
        if not isinstance(sent, list):
            raise bad_request("An array is expected")
        values = [_member(kind, of_project, each, state) for each in sent]
        return [value for place, value in enumerate(values) if value not in values[:place]]
    if sent is None:
        return None
    if rest:
        return _member(kind, of_project, sent, state)
    return _SCALARS[kind](sent)


def _member(kind: str, of_project: r.ProjectField, sent: Any, state: State) -> Any:
    if not isinstance(sent, dict):
        raise bad_request(f"An object is expected, not {sent!r}")
    bundle = of_project.bundle
    if kind == "user":
        users = [u for u in state.users if u.login == sent.get("login") or u.id == sent.get("id")]
        if not users:
            raise bad_request(f"Entity with login {sent.get('login')} not found")
        if bundle is None or users[0] not in bundle.users:
            raise bad_request("Value is not allowed")
        return users[0]
    if kind == "group":
        groups = [group for group in state.groups if group.name == sent.get("name")]
        if not groups:
            raise bad_request(f"Entity with name {sent.get('name')} not found")
        return groups[0]
    for value in bundle.values if bundle else []:
        name = sent.get("name")
        if value.id == sent.get("id") or (
            isinstance(name, str) and value.name.lower() == name.lower()
        ):
            return value
    raise bad_request(
        f"Unable to locate an {kind.capitalize()}BundleElement-type entity "
        "unless its ID is also provided"
    )


def _whole(sent: Any) -> int:
    if isinstance(sent, bool) or not isinstance(sent, int):
        raise bad_request(f"A number is expected, not {sent!r}")
    return sent


def _text(sent: Any) -> r.TextValue:
    if not isinstance(sent, dict) or not isinstance(sent.get("text"), str):
        raise bad_request("A text value is expected")
    return r.TextValue(sent["text"])


def _float(sent: Any) -> float:
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        raise bad_request(f"A number is expected, not {sent!r}")
    return float(sent)


def _string(sent: Any) -> str:
    if not isinstance(sent, str):
        raise bad_request(f"A string is expected, not {sent!r}")
    return sent


def duration(sent: Any) -> r.Period:
    """Return a duration, which is written by its minutes alone. Raises ApiError."""
    minutes = sent.get("minutes") if isinstance(sent, dict) else None
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= _INT:
        raise bad_request("Duration must have a positive number of minutes")
    return r.Period(minutes)


_SCALARS = {
    "date": _whole,
    "date and time": _whole,
    "integer": _whole,
    "float": _float,
    "string": _string,
    "text": _text,
    "period": duration,
}
