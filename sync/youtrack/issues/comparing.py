"""What was asked beside what was stored: YouTrack may apply a write and drop parts of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sync.core.issue_sync.model import ASSIGNEES, DEADLINE, DESCRIPTION, ESTIMATE, TITLE, Value
from sync.core.issue_sync.writes import Change, SetChange
from sync.youtrack.issues.fields import moment_of, whole_minutes

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_OTHER = "YouTrack stored another value: a workflow of the project may have changed it"
REASONS = {
    ASSIGNEES: "YouTrack did not take the person: only people of the project's team can be assigned"
}


def left_out(changes: Mapping[str, Change], stored: Mapping[str, Value]) -> dict[str, str]:
    """Return the fields that were not stored as asked, each with the likely reason."""
    return {
        name: REASONS.get(name, _OTHER)
        for name, change in changes.items()
        if name in stored and not holds(name, change, stored[name])
    }


def one_line(title: str) -> str:
    """Return a title as YouTrack stores it."""
    return _LINE_END.sub(" ", title).replace("\u0085", "")


def holds(name: str, change: Change, stored: Value) -> bool:
    """Tell whether a stored value is what a change asks for, after YouTrack's own trimming."""
    match change:
        case SetChange(add, remove):
            held = _folded(stored)
            return _folded(add) <= held and not (_folded(remove) - _folded(add)) & held
        case frozenset():
            return _folded(change) == _folded(stored)
        case str() if name == TITLE:
            return one_line(change) == stored
        case str() if name == DESCRIPTION:
            return change.replace("\r", "") == (stored or "")
        case str() if name == DEADLINE:
            return change[:10] == (stored or "")
        case int() if name == ESTIMATE:
            return (whole_minutes(change) * 60 if change else None) == stored
        case str() if isinstance(stored, str) and change.casefold() == stored.casefold():
            return True
        case str() | int() if isinstance(stored, str | int):
            return _same_number(change, stored) or _same_moment(str(change), str(stored))
    return (change or None) == (stored or None)


def _same_number(change: str | int, stored: str | int) -> bool:
    """Tell whether a number is stored as asked; seconds of a duration are rounded to minutes."""
    asked, held = _number(change), _number(stored)
    if asked is None or held is None:
        return False
    if asked % 60 and not held % 60 and asked > 0:
        return whole_minutes(int(asked)) * 60 == held
    return asked == held


def _same_moment(change: str, stored: str) -> bool:
    """Tell whether a moment is stored as asked, by its day alone, or as it is in UTC."""
    if _DAY.fullmatch(stored):
        return _DAY.match(change) is not None and change[: len(stored)] == stored
    try:
        return moment_of(change) == moment_of(stored)
    except ValueError:
        return False


def _number(value: str | int) -> float | None:
    """Return what a field of numbers holds, in whichever form it is asked for."""
    try:
        return float(value)
    except ValueError:
        return None


def _folded(value: Value) -> frozenset[str]:
    members = value if isinstance(value, frozenset) else {str(value)} if value else set()
    return frozenset(member.casefold() for member in members)
