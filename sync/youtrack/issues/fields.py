"""Custom fields by what they are for, found by their types and names, and their values. Pure.

The `$type` of a field is copied from an issue that was read: a state machine has another one.
https://www.jetbrains.com/help/youtrack/devportal/api-how-to-update-custom-fields-values.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sync.core.issue_sync.model import (
    ASSIGNEES,
    CUSTOM,
    DEADLINE,
    ESTIMATE,
    PRIORITY,
    STATUS,
    Value,
)
from sync.sentences import sentence
from sync.youtrack.issues.options import IssueOptions
from sync.youtrack.json_fields import mapping, mappings, milliseconds, moment, text, whole

STATE_MACHINE = "StateMachineIssueCustomField"
_STATE = "state[1]"
_NOON = time(12, tzinfo=UTC)
_SINGLE = {
    "enum": "SingleEnum",
    "state": "State",
    "user": "SingleUser",
    "version": "SingleVersion",
    "build": "SingleBuild",
    "ownedField": "SingleOwned",
    "group": "SingleGroup",
}
ENUMERATED = frozenset(_SINGLE) - {"user", "group"}  # whose values a bundle names
_SCALAR = {"date": "Date", "text": "Text", "period": "Period"}


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A custom field: its name on the wire, `type_id` such as `state[1]`, `$type` in issues."""

    id: str
    name: str
    type_id: str
    issue_type: str

    @property
    def kind(self) -> str:
        """Return the type without how many values there may be."""
        return self.type_id.partition("[")[0]

    @property
    def several(self) -> bool:
        """Tell whether the field holds a set."""
        return self.type_id.endswith("[*]")

    @property
    def is_choice(self) -> bool:
        """Tell whether the values are among those that the project names."""
        return self.kind in _SINGLE and self.kind != "group"

    @property
    def is_machine(self) -> bool:
        """Tell whether the field is moved by events."""
        return self.issue_type == STATE_MACHINE


def issue_field(row: Mapping[str, Any]) -> FieldFacts:
    """Return the facts of a member of an issue's `customFields`."""
    definition = mapping(mapping(row.get("projectCustomField")).get("field"))
    return FieldFacts(
        text(row.get("id")),
        text(row.get("name")),
        text(mapping(definition.get("fieldType")).get("id")),
        text(row.get("$type")),
    )


def project_field(row: Mapping[str, Any]) -> FieldFacts:
    """Return the facts of a project's field, with the `$type` that a new issue's field has."""
    definition = mapping(row.get("field"))
    type_id = text(mapping(definition.get("fieldType")).get("id"))
    kind = type_id.partition("[")[0]
    name = _SINGLE.get(kind) or _SCALAR.get(kind) or "Simple"
    if type_id.endswith("[*]"):
        name = name.replace("Single", "Multi")
    if text(row.get("$type")).startswith("StateMachine"):
        name = "StateMachine"
    return FieldFacts(
        text(row.get("id")), text(definition.get("name")), type_id, f"{name}IssueCustomField"
    )


def by_purpose(fields: Iterable[FieldFacts], options: IssueOptions) -> dict[str, FieldFacts]:
    """Return fields by the names of two-way sync; those without a purpose are `custom:NAME`."""
    rows, purposes = list(fields), {}
    for purpose, fits in _PURPOSES.items():
        chosen = next((row for row in rows if fits(row, options)), None)
        if chosen:
            purposes[purpose] = chosen
    taken = {row.id for row in purposes.values()}
    rest = [row for row in rows if row.id not in taken and row.name.casefold() != "spent time"]
    return purposes | {f"{CUSTOM}{row.name}": row for row in rest}


def _is_named(row: FieldFacts, *names: str) -> bool:
    return row.name.casefold() in {name.casefold() for name in names}


_PURPOSES: dict[str, Callable[[FieldFacts, IssueOptions], bool]] = {
    STATUS: lambda row, options: (
        row.type_id == _STATE and (not options.status_field or _is_named(row, options.status_field))
    ),
    PRIORITY: lambda row, options: (
        row.type_id == "enum[1]" and _is_named(row, options.priority_field)
    ),
    ASSIGNEES: lambda row, options: row.kind == "user" and _is_named(row, options.assignee_field),
    DEADLINE: lambda row, options: (
        row.type_id in ("date", "date and time") and _is_named(row, options.deadline_field)
    ),
    ESTIMATE: lambda row, options: (
        row.type_id == "period" and _is_named(row, *options.estimate_fields)
    ),
}


def read_value(field: FieldFacts, value: object) -> Value:
    """Return a value in the terms of two-way links; the empty value is None, or an empty set."""
    if field.several:
        names = {_member(field, row) for row in mappings(value)}
        return frozenset(name for name in names if name)
    if field.kind in _SINGLE:
        return _member(field, mapping(value)) or None
    return _READERS.get(field.type_id, _as_text)(value)


def _member(field: FieldFacts, row: Mapping[str, Any]) -> str:
    return text(row.get("id")) if field.kind == "user" else text(row.get("name"))


def _as_text(value: object) -> Value:
    if value is None or isinstance(value, bool | dict | list):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else str(value)


def _as_date(value: object) -> Value:
    at = moment(value)
    return at.date().isoformat() if at else None


def _as_moment(value: object) -> Value:
    at = moment(value)
    return at.isoformat() if at else None


def _as_seconds(value: object) -> Value:
    minutes = whole(mapping(value).get("minutes"))
    return minutes * 60 if minutes else None


_READERS: dict[str, Callable[[object], Value]] = {
    "date": _as_date,
    "date and time": _as_moment,
    "period": _as_seconds,
    "text": lambda value: text(mapping(value).get("text")) or None,
}


def written_value(field: FieldFacts, value: Value, logins: Mapping[str, str]) -> Any:
    """Return the JSON of a value. `logins`: by person id. Raises ValueError for what fits not."""
    if field.several:
        members = value if isinstance(value, frozenset) else {str(value)} if value else set()
        return [_written_member(field, name, logins) for name in sorted(members)]
    if isinstance(value, frozenset):
        value = min(value) if value else None
    if value in (None, ""):
        return None
    if field.kind in _SINGLE:
        return _written_member(field, str(value), logins)
    return _WRITERS.get(field.type_id, str)(value)


def _written_member(field: FieldFacts, name: str, logins: Mapping[str, str]) -> dict[str, str]:
    if field.kind != "user":
        return {"name": name}
    if name not in logins:
        raise ValueError(sentence("YouTrack has no user {name}", name=name))
    return {"login": logins[name]}


def noon(day: str) -> int:
    """Return 12:00 UTC of an ISO date in milliseconds, which is that day in most time zones."""
    return milliseconds(datetime.combine(date.fromisoformat(day[:10]), _NOON))


def _at(value: str) -> int:
    """Return a moment in milliseconds: noon of a day, UTC where no time zone is named."""
    if len(value) <= len("2026-01-31"):
        return noon(value)
    return milliseconds(moment_of(value))


def moment_of(text: str) -> datetime:
    """Return an ISO moment, of UTC where no time zone is named. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def whole_minutes(seconds: int) -> int:
    """Return seconds in minutes, rounded; YouTrack knows nothing shorter than a minute."""
    return max(1, (seconds + 30) // 60)


def _seconds(number: int) -> int:
    """Return a duration in seconds. Raises ValueError below zero, which YouTrack does not hold."""
    if number < 0:
        raise ValueError(number)
    return number


def _whole(number: str) -> int:
    """Return a number without its fraction of zeros. Raises ValueError where there is another."""
    digits, _, fraction = number.partition(".")
    return int(number if fraction.strip("0") else digits)


FORMS = {  # of values that people write by hand, by the type of the field
    "date": "a day such as 2026-01-31",
    "date and time": "a moment such as 2026-01-31T09:30",
    "period": "a number of seconds, not below zero",
    "integer": "a whole number such as 5",
    "float": "a number such as 2.5",
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "date": lambda value: noon(str(value)),
    "date and time": lambda value: _at(str(value)),
    "period": lambda value: {"minutes": whole_minutes(_seconds(int(value)))},
    "text": lambda value: {"text": str(value)},
    "integer": lambda value: _whole(str(value)),
    "float": float,
}
