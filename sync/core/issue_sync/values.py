"""Plan the fields of a link whose two items were read, and the item that is yet missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.issue_sync.entries import awaited_file
from sync.core.issue_sync.fields import Carried, Translation, same_value
from sync.core.issue_sync.link import (
    Conflict,
    FieldIntent,
    LinkState,
    PlannedWrite,
    ValuePair,
    Values,
    field_word,
    values_of,
)
from sync.core.issue_sync.merge import Decision, Verdict, decide
from sync.core.issue_sync.model import (
    ASSIGNEES,
    LEAD,
    PARENT,
    TITLE,
    Capabilities,
    Item,
    SideName,
    Value,
)
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.texts import Text
from sync.core.issue_sync.writes import CREATION, Change, CreateItem, SetChange, UpdateItem
from sync.sentences import as_sentence, join_sentences, sentence

Items = Mapping[SideName, Item]
_OFF = FieldRule(Direction.OFF)


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """What a field writes to a side."""

    name: str
    to: SideName
    changes: Mapping[str, Change]
    intent: FieldIntent


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
            base,
            pair,
            newest=_newest(translation, items),
            decided=link.decided.get(name),
        )
        awaits |= {f"{side}/{item}" for side, ids in decision.awaits.items() for item in ids}
        obstacles = _obstacles(link, name, decision, pair, rules)
        problems = (*decision.problems, *obstacles.values())
        link = _with_problem(link, name, join_sentences("; ", problems), decision)
        if obstacles.keys() and obstacles.keys() == decision.writes.keys():
            continue
        link, conflict = _recorded(link, name, decision, pair, now)
        conflicts += [conflict] if conflict else []
        writes += [
            write
            for write in _field_writes(name, translation, decision, link, pair)
            if write.to not in obstacles
        ]
    updates = tuple(_updates(link, items, writes, rules))
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


def _obstacles(
    link: LinkState, name: str, decision: Decision, pair: ValuePair, rules: LinkRules
) -> Mapping[SideName, str]:
    """Return why what was decided cannot be written now, by side."""
    obstacles = {
        to: _obstacle(link, name, to, carried, pair, rules)
        for to, carried in decision.writes.items()
    }
    return {to: text for to, text in obstacles.items() if text}


def _obstacle(
    link: LinkState,
    name: str,
    to: SideName,
    carried: Carried,
    pair: ValuePair,
    rules: LinkRules,
) -> str:
    place = f"{to}/{name}"
    if _is_refused(link.refused.get(place), carried):
        return link.reasons.get(place, sentence("the {to} refused it", to=to))
    if file := _awaited(link, to, rules.translations[name], pair):
        return sentence('the file "{file}" is copied first', file=file)
    capabilities = rules.capabilities.get(to)
    if capabilities is None:
        return ""
    for field, change in carried.changes.items():
        if field not in capabilities.writable:
            return capabilities.missing.get(
                field,
                sentence("{field} cannot be written on the {to}", field=field_word(field), to=to),
            )
        longest = capabilities.longest.get(field)
        if longest and isinstance(change, str) and len(change) > longest:
            return sentence(
                "longer than the {to} takes, shorten it or attach it as a file: {field}, "
                "{count} of {longest} characters",
                to=to,
                field=field_word(field),
                count=len(change),
                longest=longest,
            )
    return ""


def _is_refused(refused: Values | None, carried: Carried) -> bool:
    """Whether a side refused this before: the same value, or all elements that are to change."""
    if refused is None or refused == carried.source:
        return refused is not None
    return all(
        isinstance(change, SetChange)
        and change.add <= as_set(refused.get(f"+{field}"))
        and change.remove <= as_set(refused.get(f"-{field}"))
        for field, change in carried.changes.items()
    )


def _awaited(link: LinkState, to: SideName, translation: Translation, pair: ValuePair) -> str:
    if not isinstance(translation, Text):
        return ""
    text = pair.of(to.other).get(translation.name)
    return awaited_file(link, to.other, text) if isinstance(text, str) else ""


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


def _field_writes(
    name: str, translation: Translation, decision: Decision, link: LinkState, pair: ValuePair
) -> Iterator[FieldWrite]:
    base = link.bases.get(name, ValuePair())
    for to, carried in decision.writes.items():
        # Where one value wins, what the loser holds is agreed too; else only what is written.
        whole = pair.of(to) if decision.verdict is Verdict.OVERRULE else base.of(to)
        intent = _intent(translation, to, base.of(to.other), carried, whole)
        yield FieldWrite(name, to, carried.changes, intent)


def _intent(
    translation: Translation, to: SideName, before: Values, carried: Carried, target: Values
) -> FieldIntent:
    fields = translation.fields(to)
    held = {field: target.get(field) for field in fields}
    return FieldIntent(
        before,
        carried.source,
        held,
        carried.rebased,
        translation.is_whole(),
        carried.counterparts,
    )


def _updates(
    link: LinkState, items: Items, writes: list[FieldWrite], rules: LinkRules
) -> Iterator[PlannedWrite]:
    """Yield one update a side; fields that were refused together go one by one."""
    for side in SideName:
        here = [write for write in writes if write.to is side]
        together = [write for write in here if write.name not in link.apart]
        groups = [together] if together else []
        groups += [[write] for write in here if write.name in link.apart]
        for number, group in enumerate(groups):
            key = f"{link.key}/update:{link.sequence + 1}:{side}:{number}"
            person = _editor(items[side.other], group)
            yield _update(key, items[side], side, group, rules.texts.person(side, person))


def _editor(source: Item, group: list[FieldWrite]) -> str:
    """Return the source's id of who alone edited what is carried over, "" where it is not known."""
    fields = {name for write in group for name in write.intent.source}
    moved = {
        name
        for write in group
        for name in write.intent.source
        if not same_value(write.intent.before.get(name), write.intent.source[name])
    }
    editors = {source.editors.get(name, "") for name in moved or fields}
    return editors.pop() if len(editors) == 1 else ""


def _update(
    key: str, item: Item, side: SideName, group: list[FieldWrite], person: str
) -> PlannedWrite:
    changes = {name: change for write in group for name, change in write.changes.items()}
    write = UpdateItem(
        key, item.address, changes, {name: item.values.get(name) for name in changes}, person
    )
    return PlannedWrite(
        side,
        write,
        sentence("changed on the {other}", other=side.other),
        intents={write.name: write.intent for write in group},
        edited_at={name: item.edited_at[name] for name in changes if name in item.edited_at},
    )


def plan_creation(
    link: LinkState, item: Item, to: SideName, rules: LinkRules
) -> PlannedWrite | None:
    """Return the creation of the missing end, None where the rules allow none."""
    creation = rules.create.get(to)
    if creation is None:
        return None
    values: dict[str, Value] = {}
    intents: dict[str, FieldIntent] = {}
    for name, rule in rules.fields.items():
        translation = rules.translations[name]
        source = values_of(item, translation.fields(to.other))
        if source is None or not (name == TITLE or rule.direction.allows(to)):
            continue  # no item is without a title, whatever becomes of it later
        empty: Values = {
            field: None for field in translation.fields(to) if _writable(rules, to, field)
        }
        carried = translation.carry(to, {}, source, empty)
        changes = {
            field: _fitting(field, change, rules.capabilities.get(to))
            for field, change in carried.changes.items()
        }
        if changes != carried.changes:  # too long: it is said at the next look, as of an edit
            carried = replace(carried, source={})
        values |= {field: _value(change) for field, change in changes.items()}
        intents[name] = _intent(translation, to, {}, carried, {})
    key = f"{link.key}{CREATION}{to}:{link.generation}"
    is_child = rules.fields.get(PARENT, _OFF).direction.allows(to) and item.values.get(PARENT)
    kind = (is_child and creation.child_kind) or creation.kind
    author = rules.texts.author(to, item.author)
    person = rules.texts.person(to, item.author.id)
    write = CreateItem(key, creation.project, values, kind, author, person)
    return PlannedWrite(
        to, write, sentence("only the {other} has it", other=to.other), intents=intents
    )


def _fitting(field: str, change: Change, capabilities: Capabilities | None) -> Change:
    """Return what a new item takes of a value: a title that is too long is cut, a text left out."""
    longest = capabilities.longest.get(field) if capabilities else None
    if not longest or not isinstance(change, str) or len(change) <= longest:
        return change
    return f"{change[: longest - 1]}…" if field == TITLE else None


def _writable(rules: LinkRules, to: SideName, field: str) -> bool:
    capabilities = rules.capabilities.get(to)
    return capabilities is None or field in capabilities.writable


def _value(change: Change) -> Value:
    return as_set(change.add) if isinstance(change, SetChange) else change
