"""The sprint of an item, matched by its name or its dates, as ids mean nothing elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.issue_sync.fields import Lost, Scalar, Untranslatable, converted
from sync.core.issue_sync.model import SPRINT, Choice, SideName, Value

Sprints = tuple[Choice, ...] | None
"""The sprints of a side. None: its field is plain text, which is the sprint's name."""

_SHOWN = 12  # sprints that a sentence names


def sprint_translation(
    tracker: Sprints, portal: Sprints, lost: Lost = lambda side, before, now: ""
) -> Scalar:
    """Return the two ways between what each side calls a sprint; `lost`: as of Scalar."""

    def to_tracker(value: Value) -> Value | Untranslatable:
        return _translated(value, portal, tracker, SideName.TRACKER)

    def to_portal(value: Value) -> Value | Untranslatable:
        return _translated(value, tracker, portal, SideName.PORTAL)

    return converted(SPRINT, to_tracker, to_portal, lost)


def _translated(
    value: Value, source: Sprints, target: Sprints, to: SideName
) -> Value | Untranslatable:
    text = str(value or "").strip()
    if not text:
        return None
    sprint = _sprint_of(text, source)
    if sprint is None:
        return Untranslatable(f"the sprint {text} is not among those that the {to.other} shows")
    if target is None:
        return sprint.name or None
    choice = _matching(sprint, target)
    if choice is not None:
        return choice.id
    names = [" ".join(choice.name.split()) for choice in target if not choice.closed]
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return Untranslatable(f'the {to} has no sprint "{sprint.name}"; it has: {shown or "none"}')


def _sprint_of(value: str, choices: Sprints) -> Choice | None:
    if choices is None:
        return Choice(value, value)
    return next((choice for choice in choices if choice.id == value), None)


def _matching(sprint: Choice, choices: Iterable[Choice]) -> Choice | None:
    """Return the sprint of that name, an open one first; else the only one with its dates."""
    choices = sorted(choices, key=lambda choice: choice.closed)
    named = (choice for choice in choices if _folded(choice.name) == _folded(sprint.name))
    if (choice := next(named, None)) is not None:
        return choice
    dated = [choice for choice in choices if _has_dates_of(choice, sprint)]
    return dated[0] if len(dated) == 1 else None


def _has_dates_of(choice: Choice, sprint: Choice) -> bool:
    dates = choice.starts, choice.ends
    return all(dates) and dates == (sprint.starts, sprint.ends)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
