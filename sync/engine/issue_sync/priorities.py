"""The priority of a task and of its issue: which is which, and the two ways between them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sync.core.issue_sync.fields import Lost, Scalar, Untranslatable, converted
from sync.core.issue_sync.model import PRIORITY, Choice, Value

NORMAL = "1"  # the priority of a task that nobody gave one
HIGH, LOW = "2", "0"
_SCOPE = "::"  # in labels that stand for a field
_NUMBERED = re.compile(r"(?:p|п|prio|priority|приоритет)[\s_-]*(\d{1,3})\b")
_FEWEST = 3  # names with numbers: with fewer, none is between high and low
_WORDS = {  # of several that are the same to the portal, the first one is written
    "high": "2", "major": "2", "urgent": "2", "critical": "2", "show-stopper": "2",
    "medium": NORMAL, "normal": NORMAL, "low": "0", "minor": "0",
    "высокий": "2", "серьёзная": "2", "критический": "2", "критическая": "2", "неотложная": "2",
    "обычный": NORMAL, "обычная": NORMAL, "средний": NORMAL, "низкий": "0", "незначительная": "0",
}  # fmt: skip


def priority_table(written: Mapping[str, str], choices: Sequence[Choice]) -> dict[str, str]:
    """Return the portal's priorities by the tracker's.

    As the settings have `written` it, else by the names of the tracker's, else by their numbers. Of
    several that are the same to the portal, the first one is written.
    """
    if written:
        return dict(written)
    names = {choice.id: choice.name.rpartition(_SCOPE)[2].strip().casefold() for choice in choices}
    ranks = list(_WORDS)
    understood = sorted(
        (value for value, name in names.items() if name in _WORDS),
        key=lambda value: ranks.index(names[value]),
    )
    return {value: _WORDS[names[value]] for value in understood} or _by_number(names)


def _by_number(names: Mapping[str, str]) -> dict[str, str]:
    """Return what P0, P1, P2, P3 say: the one in the middle is the usual one, lower ones are high.

    What is next to the middle is written: the outermost are for people to choose.
    """
    numbers = {
        value: int(match[1]) for value, name in names.items() if (match := _NUMBERED.match(name))
    }
    if len(numbers) < _FEWEST or len(set(numbers.values())) < len(names):
        return {}
    ordered = sorted(numbers, key=numbers.__getitem__)
    middle = len(ordered) // 2
    high = dict.fromkeys(reversed(ordered[:middle]), HIGH)
    low = dict.fromkeys(ordered[middle + 1 :], LOW)
    return {**high, ordered[middle]: NORMAL, **low}


def priorities_say_normal(written: Mapping[str, str], choices: Sequence[Choice]) -> bool:
    """Whether the tracker has a value for what nobody gave a priority; labels are left out then."""
    are_values = bool(choices) and not any(_SCOPE in choice.id for choice in choices)
    return bool(written) or are_values


def priority_translation(
    table: Mapping[str, str], names: Mapping[str, str], lost: Lost, *, says_normal: bool
) -> Scalar:
    """Return the two ways. `names`: what people of the portal call its priorities.

    `says_normal`: whether what nobody gave a priority gets a label.
    """
    labels: dict[str, str] = {}
    for label, code in table.items():
        if says_normal or code != NORMAL:
            labels.setdefault(code, label)

    def to_portal(value: Value) -> Value | Untranslatable:
        if value is None:
            return NORMAL
        code = table.get(str(value))
        return code or Untranslatable(
            f'no row for the priority, add one under `priorities`: "{value}"'
        )

    def to_tracker(value: Value) -> Value | Untranslatable:
        if str(value) in labels:
            return labels[str(value)]
        if value is None or value == NORMAL:
            return None
        return Untranslatable(
            f"no row for the portal's priority, add one under `priorities`: "
            f"{names.get(str(value), value)}"
        )

    return converted(PRIORITY, to_tracker, to_portal, lost)
