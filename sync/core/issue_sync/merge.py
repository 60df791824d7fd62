"""Decide about one field of a link: the verdict table of two-way fields. Pure.

| tracker | portal | verdict |
|---|---|---|
| same | same | keep |
| moved | moved or not, and both say the same already | adopt |
| moved | same | push to the portal |
| same | moved | push to the tracker |
| moved | moved, and both changes can stand | merge |
| moved | moved, and they clash | the policy's winner is pushed, or a person is asked |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.core.issue_sync.fields import Carried, Translation
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import SideName
from sync.core.issue_sync.rules import Direction, FieldRule, Policy


class Verdict(StrEnum):
    """What is to be done about a field."""

    KEEP = "keep"
    ADOPT = "adopt"
    PUSH = "push"
    MERGE = "merge"
    OVERRULE = "overrule"  # a clash that the policy decides
    ASK = "ask"  # a clash that waits for a person
    HOLD = "hold"  # changed where its direction lets nothing out
    UNTRANSLATABLE = "untranslatable"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, and what it writes to which side. `winner`: of a clash.

    `crossed`: how much of a side's values is agreed although nothing is written. `awaits`: by side,
    items that have to be linked before the rest crosses.
    """

    verdict: Verdict
    writes: Mapping[SideName, Carried] = field(default_factory=dict)
    winner: SideName | None = None
    problems: tuple[str, ...] = ()
    crossed: Mapping[SideName, Values] = field(default_factory=dict)
    awaits: Mapping[SideName, tuple[str, ...]] = field(default_factory=dict)


def decide(
    rule: FieldRule,
    translation: Translation,
    base: ValuePair | None,
    now: ValuePair,
    *,
    newest: SideName,
    decided: SideName | None = None,
) -> Decision:
    """Decide about a field. `base` None: nothing was ever agreed; what is not empty has moved.

    `newest`: the side that was edited last. `decided`: whom a person chose for this clash.
    """
    agreed = base or ValuePair()
    moved = [side for side in SideName if translation.moved(side, agreed.of(side), now.of(side))]
    if not moved:
        return Decision(Verdict.KEEP if base else Verdict.ADOPT)
    if translation.agree(now):
        return Decision(Verdict.ADOPT)
    if rule.direction is Direction.OFF:
        return Decision(Verdict.HOLD)
    if len(moved) == 1:
        return _push(rule, translation, agreed, now, moved[0])
    return _both_moved(rule, translation, agreed, now, newest, decided)


def _push(
    rule: FieldRule, translation: Translation, base: ValuePair, now: ValuePair, source: SideName
) -> Decision:
    to = source.other
    if not rule.direction.allows(to):
        return Decision(Verdict.HOLD)
    carried = translation.carry(to, base.of(source), now.of(source), now.of(to))
    return _finished(Verdict.PUSH, {to: carried})


def _both_moved(
    rule: FieldRule,
    translation: Translation,
    base: ValuePair,
    now: ValuePair,
    newest: SideName,
    decided: SideName | None,
) -> Decision:
    allowed = [side for side in SideName if rule.direction.allows(side)]
    if not translation.clash(base, now):
        winner = newest if len(allowed) > 1 else allowed[0].other
        merged = dict(translation.merge(base, now, winner))
        if not any(carried.changes for carried in merged.values()):
            merged |= translation.merge(base, now, winner.other)
        return _finished(Verdict.MERGE, {to: merged[to] for to in merged if to in allowed})
    chosen = _winner(rule.policy, newest, decided) if len(allowed) > 1 else allowed[0].other
    if chosen is None:
        return Decision(Verdict.ASK)
    return _finished(Verdict.OVERRULE, translation.merge(base, now, chosen), chosen)


def _winner(policy: Policy, newest: SideName, decided: SideName | None) -> SideName | None:
    if decided is not None:
        return decided
    match policy:
        case Policy.NEWEST:
            return newest
        case Policy.ASK:
            return None
        case Policy.TRACKER | Policy.PORTAL:
            return SideName(policy.value)


def _finished(
    verdict: Verdict, writes: Mapping[SideName, Carried], winner: SideName | None = None
) -> Decision:
    problems = tuple(text for carried in writes.values() for text in carried.problems)
    useful = {to: carried for to, carried in writes.items() if carried.changes}
    awaits = {to.other: carried.awaits for to, carried in writes.items() if carried.awaits}
    if not useful:
        crossed = {to: carried.rebased for to, carried in writes.items() if carried.rebased}
        crossed |= {to.other: carried.source for to, carried in writes.items()}
        nothing_crosses = Verdict.UNTRANSLATABLE if problems else Verdict.ADOPT
        return Decision(nothing_crosses, problems=problems, crossed=crossed, awaits=awaits)
    return Decision(verdict, useful, winner, problems, awaits=awaits)
