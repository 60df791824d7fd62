"""Plan the fields of a link whose two items were read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.issue_sync.field_writes import FieldWrite, Items, field_writes, plan_updates
from sync.core.issue_sync.fields import Translation
from sync.core.issue_sync.link import (
    Conflict,
    LinkState,
    PlannedWrite,
    ValuePair,
    field_word,
    values_of,
)
from sync.core.issue_sync.merge import Decision, Verdict, decide
from sync.core.issue_sync.model import ASSIGNEES, LEAD, Item, SideName
from sync.core.issue_sync.obstacles import find_obstacles
from sync.core.issue_sync.rules import FieldRule, LinkRules, Policy
from sync.sentences import as_sentence, join_sentences, sentence


@dataclass(frozen=True, slots=True)
class ValuesPlan:
    """The link with what was adopted, parked and cannot cross, and what is to be written."""

    link: LinkState
    writes: tuple[PlannedWrite, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def plan_values(link: LinkState, items: Items, rules: LinkRules, now: datetime) -> ValuesPlan:
    """Decide about every field that both sides hold."""
    writes: list[FieldWrite] = []
    conflicts: list[Conflict] = []
    awaits: set[str] = set()
    for name, rule in rules.fields.items():
        translation = rules.translations[name]
        pair = _pair(translation, items)
        if pair is None:
            link = _with_lost_field(link, name, translation, items, rules)
            continue
        base = link.bases.get(name)
        shared = translation.adopted(base or ValuePair(), pair)
        if base is not None or any(shared.tracker.values()):  # also what both had from the first
            base = shared
            link = replace(link, bases={**link.bases, name: base})
        decision = decide(
            rule,
            translation,
            _since_clash(rule, translation, base, pair, link.clashes.get(name)),
            pair,
            newest=_newest(translation, items),
            decided=link.decided.get(name),
        )
        awaits |= {f"{side}/{item}" for side, ids in decision.awaits.items() for item in ids}
        obstacles = find_obstacles(link, name, decision, pair, rules)
        problems = (*decision.problems, *obstacles.values())
        link = _with_problem(link, name, join_sentences("; ", problems), decision)
        if obstacles.keys() and obstacles.keys() == decision.writes.keys():
            continue
        link, conflict = _recorded(link, name, decision, pair, now)
        conflicts += [conflict] if conflict else []
        writes += [
            write
            for write in field_writes(name, translation, decision, link, pair)
            if write.to not in obstacles
        ]
    updates = tuple(plan_updates(link, items, writes, rules))
    link = replace(link, awaits=frozenset(awaits), names=dict(_names(link, updates, rules)))
    named = (replace(conflict, names=link.names) for conflict in conflicts)
    return ValuesPlan(link, updates, tuple(named))


def adopt_values(link: LinkState, items: Items, rules: LinkRules) -> LinkState:
    """Return the link agreed on what both sides say alike; nothing is written for that."""
    bases, clashes, decided = dict(link.bases), dict(link.clashes), dict(link.decided)
    for name in rules.fields:
        translation, base = rules.translations[name], link.bases.get(name)
        pair = _pair(translation, items)
        if pair is None:
            continue
        agreed = base or ValuePair()
        has_moved = any(translation.moved(to, agreed.of(to), pair.of(to)) for to in SideName)
        if translation.agree(pair):
            if has_moved or base is None:
                bases[name] = pair
            clashes.pop(name, None)
            decided.pop(name, None)
        elif has_moved and base is not None:
            bases[name] = translation.adopted(base, pair)
    return replace(link, bases=bases, clashes=clashes, decided=decided)


def _since_clash(
    rule: FieldRule,
    translation: Translation,
    base: ValuePair | None,
    now: ValuePair,
    clash: ValuePair | None,
) -> ValuePair | None:
    """Return the base, with what a side showed when a clash was decided that was never written.

    Who moves a field back to what was agreed after that has edited it, and is not overruled in
    silence. While a clash waits for a person, taking an edit back ends it.
    """
    if base is None or clash is None or rule.policy is Policy.ASK or not translation.is_whole():
        return base
    for side in SideName:
        agreed, present = base.of(side), now.of(side)
        has_moved = translation.moved(side, agreed, present)
        if not has_moved and translation.moved(side, clash.of(side), present):
            base = base.replace(side, {**agreed, **clash.of(side)})
    return base


def _names(
    link: LinkState, updates: Iterable[PlannedWrite], rules: LinkRules
) -> Iterator[tuple[str, str]]:
    """Yield what people call values, by `side/field/value`: agreed, disputed or on their way."""
    written = [
        (side, intent.target if side is update.side else intent.source)
        for update in updates
        for intent in update.intents.values()
        for side in SideName
    ]
    pairs = (*link.bases.values(), *link.clashes.values())
    for side, able in rules.capabilities.items():
        named = (
            *(pair.of(side) for pair in pairs),
            *(values for to, values in written if to is side),
        )
        for each in named:
            for field, value in each.items():
                names = (
                    rules.people.get(side, {})
                    if field in (ASSIGNEES, LEAD)
                    else {choice.id: choice.name for choice in able.choices.get(field, ())}
                )
                values = value if isinstance(value, frozenset) else {str(value)}
                yield from ((f"{side}/{field}/{raw}", names[raw]) for raw in values if raw in names)


def _pair(translation: Translation, items: Items) -> ValuePair | None:
    values = {side: values_of(items[side], translation.fields(side)) for side in SideName}
    tracker, portal = values[SideName.TRACKER], values[SideName.PORTAL]
    return None if tracker is None or portal is None else ValuePair(tracker, portal)


def _newest(translation: Translation, items: Items) -> SideName:
    """Return the side where the field was edited last; the tracker's of two at one moment."""
    edited = {
        side: max(
            (
                items[side].edited_at[name]
                for name in translation.fields(side)
                if name in items[side].edited_at
            ),
            default=items[side].updated_at,
        )
        for side in SideName
    }
    is_portal = edited[SideName.PORTAL] > edited[SideName.TRACKER]
    return SideName.PORTAL if is_portal else SideName.TRACKER


def _with_problem(link: LinkState, name: str, problem: str, decision: Decision) -> LinkState:
    """Keep what cannot cross; what a side left out stays until its field is decided anew."""
    problems, places = dict(link.problems), {f"{side}/{name}" for side in SideName}
    if problem:
        problems[name] = problem
    elif decision.verdict is not Verdict.KEEP or _is_lost(problems.get(name, "")):
        problems.pop(name, None)
    else:  # what was refused is not wanted any more
        refused = {place: held for place, held in link.refused.items() if place not in places}
        if refused != link.refused:
            problems.pop(name, None)
            reasons = {place: text for place, text in link.reasons.items() if place not in places}
            link = replace(link, refused=refused, reasons=reasons)
    return replace(link, problems=problems)


def _with_lost_field(
    link: LinkState, name: str, translation: Translation, items: Items, rules: LinkRules
) -> LinkState:
    """Keep that a field which was in step is not there any more, such as one with another name."""
    if name not in link.bases:
        return link
    lacking = [side for side in SideName if not _holds(items[side], translation.fields(side))]
    side, capabilities = lacking[0], rules.capabilities.get(lacking[0])
    why = capabilities.missing.get(translation.fields(side)[0], "") if capabilities else ""
    text = sentence("the {side}'s item has no {field} any more", side=side, field=field_word(name))
    if why:
        text = sentence("{text}. {why}", text=text, why=as_sentence(why))
    return replace(link, problems={**link.problems, name: text})


def _holds(item: Item, fields: tuple[str, ...]) -> bool:
    return values_of(item, fields) is not None


def _is_lost(problem: str) -> bool:
    """Whether a field was said to be away, which it is not where this is asked."""
    return "item has no" in problem and "any more" in problem


def _recorded(
    link: LinkState, name: str, decision: Decision, pair: ValuePair, now: datetime
) -> tuple[LinkState, Conflict | None]:
    bases, clashes, decided = dict(link.bases), dict(link.clashes), dict(link.decided)
    conflict = None
    match decision.verdict:
        case Verdict.ADOPT if not decision.crossed:
            bases[name] = pair
        case Verdict.ADOPT | Verdict.UNTRANSLATABLE:
            for side, values in decision.crossed.items():
                bases[name] = bases.get(name, ValuePair()).replace(side, values)
        case Verdict.ASK | Verdict.OVERRULE if clashes.get(name) != pair:
            conflict = Conflict(name, pair, decision.winner, now)
            clashes[name] = pair
    if decision.verdict in (Verdict.KEEP, Verdict.ADOPT):
        clashes.pop(name, None)
        decided.pop(name, None)
    return replace(link, bases=bases, clashes=clashes, decided=decided), conflict
