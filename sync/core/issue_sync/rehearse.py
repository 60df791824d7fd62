"""What a changed mapping would have done with changes that really happened. Pure.

Each edit is done again, in its order, under the other rules: what would cross, where, who would
win. At the end both sides are compared with what they hold after the mapping that was in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.issue_sync.fields import Translation, unchanged
from sync.core.issue_sync.history import FieldChange, is_shortened
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.merge import Decision, Verdict, decide
from sync.core.issue_sync.model import DESCRIPTION, SideName, Value
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.texts import Text
from sync.core.issue_sync.writes import SetChange


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of an item that would hold something else now. `item`: its id on that side."""

    field: str
    side: SideName
    item: str
    is_now: Values
    would_be: Values


@dataclass(slots=True)
class Rehearsal:
    """What a mapping would have done. `since`: the oldest change that is kept.

    `conflicts`: by field, those the mapping would have met; `asked`: of these, left to a person.
    `met`: conflicts that there were. `held`: changes that would not have crossed, by field and the
    side that they came from. `problems`: what has no word on the other side, by text.
    """

    links: int = 0
    changes: int = 0
    since: datetime | None = None
    differences: list[Difference] = field(default_factory=list)
    conflicts: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, SideName]] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """A link's changes, the oldest first, with the ids of both items."""

    items: Mapping[SideName, str]
    changes: Sequence[FieldChange]


def rehearse(histories: Iterable[tuple[LinkHistory, LinkRules]]) -> Rehearsal:
    """Return what the rules would have done with links' changes."""
    rehearsal = Rehearsal()
    for history, rules in histories:
        if not history.changes:
            continue
        rehearsal.links += 1
        rehearsal.changes += len(history.changes)
        oldest = min(change.at for change in history.changes)
        rehearsal.since = min(rehearsal.since or oldest, oldest)
        for name in dict.fromkeys(change.field for change in history.changes):
            changes = [change for change in history.changes if change.field == name]
            _replay(rehearsal, history, name, changes, rules)
    return rehearsal


def _replay(
    rehearsal: Rehearsal,
    history: LinkHistory,
    name: str,
    changes: Sequence[FieldChange],
    rules: LinkRules,
) -> None:
    rule = rules.fields.get(name, FieldRule(Direction.OFF))
    translation = _translation(name, changes, rules)
    held = agreed = changes[0].before
    for change in changes:
        held = _edited(held, change)
        rehearsal.met[name] += change.clash is not None
        newest = change.source or SideName.TRACKER
        decision = decide(rule, translation, agreed, held, newest=newest)
        _count(rehearsal, name, decision, change)
        held, agreed = _carried_out(decision, held, agreed)
    for side in SideName:
        is_now = changes[-1].after.of(side)
        would_be = {field: held.of(side).get(field) for field in is_now}
        shown = not any(map(is_shortened, (*is_now.values(), *would_be.values())))
        if shown and name != DESCRIPTION and translation.moved(side, is_now, would_be):
            item = history.items.get(side, "")
            rehearsal.differences.append(Difference(name, side, item, is_now, would_be))


def _translation(name: str, changes: Sequence[FieldChange], rules: LinkRules) -> Translation:
    """Return the field's translation; texts are kept too short for theirs and compared alone."""
    translation = rules.translations.get(name)
    if translation is None or isinstance(translation, Text):
        return unchanged(name)
    values = (
        value
        for change in changes
        for pair in (change.before, change.after)
        for side in SideName
        for value in pair.of(side).values()
    )
    return unchanged(name) if any(map(is_shortened, values)) else translation


def _edited(held: ValuePair, change: FieldChange) -> ValuePair:
    """Return what both sides hold once the people's edits of a change were made."""
    if change.clash is not None:
        edits = {side: (change.before.of(side), change.clash.of(side)) for side in SideName}
    else:
        sides = SideName if change.source is None else (change.source,)
        edits = {side: (change.before.of(side), change.after.of(side)) for side in sides}
    for side, (before, after) in edits.items():
        values = {name: _moved(held.of(side).get(name), before.get(name), value)
                  for name, value in after.items()}  # fmt: skip
        held = held.replace(side, {**held.of(side), **values})
    return held


def _moved(held: Value, before: Value, after: Value) -> Value:
    """Return a value after an edit; of a set, what came and went."""
    if isinstance(after, frozenset) or isinstance(before, frozenset):
        old, new = as_set(before), as_set(after)
        return (as_set(held) - (old - new)) | (new - old)
    return after


def _count(rehearsal: Rehearsal, name: str, decision: Decision, change: FieldChange) -> None:
    match decision.verdict:
        case Verdict.OVERRULE | Verdict.ASK:
            rehearsal.conflicts[name] += 1
            rehearsal.asked[name] += decision.verdict is Verdict.ASK
        case Verdict.HOLD if change.source is not None:
            rehearsal.held[name, change.source] += 1
    rehearsal.problems.update(f"{name}: {text}" for text in decision.problems)


def _carried_out(
    decision: Decision, held: ValuePair, agreed: ValuePair
) -> tuple[ValuePair, ValuePair]:
    """Return what both sides hold, and what they agreed, once a decision was carried out."""
    if decision.verdict is Verdict.ADOPT and not decision.crossed:
        return held, held
    for side, values in decision.crossed.items():
        agreed = agreed.replace(side, {**agreed.of(side), **values})
    for to, carried in decision.writes.items():
        target = dict(held.of(to))
        for name, change in carried.changes.items():
            match change:
                case SetChange(add=add, remove=remove):
                    target[name] = (as_set(target.get(name)) | add) - remove
                case _:
                    target[name] = change
        held = held.replace(to, target)
        agreed = agreed.replace(to.other, {**agreed.of(to.other), **carried.source})
        agreed = agreed.replace(to, target)
    return held, agreed
