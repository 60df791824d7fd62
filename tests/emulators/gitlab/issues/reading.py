"""Parameters of a write by their types, as Grape reads them. Pure.

lib/api/issues.rb ; what is of a wrong type is refused with 400, unknown names are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.emulators.gitlab.issues import labels
from tests.emulators.gitlab.web import Request, invalid

KINDS = {
    "issue": "Issue",
    "incident": "Incident",
    "test_case": "Test Case",
    "task": "Task",
    "ticket": "Ticket",
}
STATE_EVENTS = ("close", "reopen")
SEVERITIES = ("unknown", "low", "medium", "high", "critical")


def text(request: Request, name: str) -> str | None:
    value = request.params[name]
    if isinstance(value, list | dict):
        raise invalid(f"{name} is invalid")
    return None if value is None else str(value)


def flag(request: Request, name: str) -> bool | None:
    return None if request.params[name] is None else request.flag(name)


def number(request: Request, name: str) -> int | None:
    value = request.params[name]
    if value in (None, ""):
        return None
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise invalid(f"{name} is invalid")
    return request.number(name, 0)


def numbers(request: Request, name: str) -> list[int]:
    """A list, or text with commas; one of no numbers empties it."""
    value = request.params[name]
    if value is None or value == "":
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    try:
        return [int(part) for part in parts if part != ""]
    except (TypeError, ValueError):
        raise invalid(f"{name} is invalid") from None


def names(request: Request, name: str) -> list[str]:
    value = request.params[name]
    if isinstance(value, dict | bool):
        raise invalid(f"{name} is invalid")
    return labels.split(value or "")


def day(request: Request, name: str) -> str | None:
    """What is no date is stored as none, as the column's type does it."""
    value = text(request, name) or ""
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def choice(*allowed: str) -> Callable[[Request, str], str]:
    return lambda request, name: request.one_of(name, allowed, allowed[0])


READERS: dict[str, Callable[[Request, str], Any]] = {
    "title": text,
    "description": text,
    "assignee_ids": numbers,
    "milestone_id": number,
    "labels": names,
    "add_labels": names,
    "remove_labels": names,
    "due_date": day,
    "start_date": day,
    "confidential": flag,
    "discussion_locked": flag,
    "issue_type": choice(*KINDS),
    "severity": choice(*SEVERITIES),
    "weight": number,
    "created_at": Request.moment,
}
FOR_CREATE = READERS | {"iid": number}
FOR_UPDATE = READERS | {"state_event": choice(*STATE_EVENTS), "updated_at": Request.moment}
SINCE = {"start_date": (19, 1)}


def fields(request: Request, readers: dict[str, Callable[[Request, str], Any]]) -> dict[str, Any]:
    """The parameters that there are readers of. A list in a form is named with brackets."""
    for name in readers:
        if f"{name}[]" in request.params:
            request.params[name] = request.params[f"{name}[]"]
    read = {name: readers[name](request, name) for name in readers if name in request.params}
    if "issue_type" in read:
        read["kind"] = KINDS[read.pop("issue_type")]
    return read
