"""Announce, write, confirm: what a write means for the bases, whenever its end is learnt. Pure.

The base advances by what the answer to the write says was stored: not by what was sent, nor by a
later read. Where the answer was lost, a target that still shows the old value never got the write;
otherwise it did, and what was sent is what it stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.issue_sync.fuse import counted
from sync.core.issue_sync.link import (
    Conflict,
    FieldIntent,
    LinkState,
    PlannedWrite,
    ValuePair,
    Values,
)
from sync.core.issue_sync.model import Item, SideName, Value
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.texts import Text
from sync.core.issue_sync.writes import (
    Change,
    CreateItem,
    SetChange,
    UpdateItem,
    Write,
)


def announce(link: LinkState, writes: Sequence[PlannedWrite], now: datetime) -> LinkState:
    """Return the link with what is about to be sent; save it before anything is sent.

    The writes count for the fuse from now on.
    """
    pending = tuple(replace(planned, at=now) for planned in writes)
    return counted(replace(link, pending=(*link.pending, *pending)), pending, now)


def landed(
    link: LinkState,
    announced: PlannedWrite,
    stored: Values,
    left_out: Collection[str] = (),
    halfway: Collection[str] = (),
) -> LinkState:
    """Advance the bases by what a side says it has stored of a write to fields.

    What it `left_out` is not agreed: of these fields the source's base stays, so that an edit on
    the other side is a conflict, and they cross once the side takes them. Where a field stopped
    `halfway`, that is what the side holds: no edit of anybody. With it nothing of the source is
    agreed, not even what was before: who moves the source back there wants the side to follow.
    """
    bases, side = dict(link.bases), announced.side
    for name, intent in announced.intents.items():
        base = bases.get(name, ValuePair())
        if name in left_out:
            bases[name] = _held_back(base, side, announced.write, intent, stored)
            if name in halfway:
                shown = {field: stored[field] for field in intent.target if field in stored}
                half = base.replace(side, {**base.of(side), **shown})
                bases[name] = half.replace(side.other, {}) if intent.is_whole else half
        else:
            bases[name] = _advanced(base, side, announced.write, intent, stored)
    names = announced.intents.keys() - left_out
    over = {f"{side}/{name}" for name in names}
    return replace(
        link,
        bases=bases,
        refused={place: values for place, values in link.refused.items() if place not in over},
        reasons={place: text for place, text in link.reasons.items() if place not in over},
        clashes={name: pair for name, pair in link.clashes.items() if name not in names},
        decided={name: side for name, side in link.decided.items() if name not in names},
    )


def _advanced(
    base: ValuePair, side: SideName, write: Write, intent: FieldIntent, stored: Values
) -> ValuePair:
    source = {
        name: _moved_along(base.of(side.other).get(name), intent.before.get(name), value)
        for name, value in intent.source.items()
    }
    if intent.rebased is not None:
        target = dict(intent.rebased)
    else:
        target = dict(intent.target)
        for name, change in changes_of(write, intent).items():
            target[name] = _stored(base.of(side).get(name), change, stored.get(name))
        if intent.is_whole:
            target |= {name: stored[name] for name in target if name in stored}
    both = base.replace(side.other, {**base.of(side.other), **source})
    return both.replace(side, {**base.of(side), **target})


def _held_back(
    base: ValuePair, side: SideName, write: Write, intent: FieldIntent, stored: Values
) -> ValuePair:
    """Return the base after a write that the side did not carry out, or of a set only partly."""
    if intent.is_whole or intent.rebased is not None:
        if isinstance(write, CreateItem):
            return base.replace(side, {name: stored.get(name) for name in intent.target})
        return base
    target = dict(base.of(side))
    for name, change in changes_of(write, intent).items():
        if isinstance(change, SetChange):
            target[name] = _stored(target.get(name), change, stored.get(name))
        elif isinstance(write, CreateItem):
            target[name] = stored.get(name)
    present = _elements(stored, intent.target)
    source = _carried_along(base.of(side.other), intent, present)
    return base.replace(side, target).replace(side.other, source)


def _carried_along(base: Values, intent: FieldIntent, present: frozenset[str]) -> Values:
    """Return the source's base with those elements that the target holds, or not, as wanted."""
    before, after = _elements(intent.before, intent.source), _elements(intent.source, intent.source)
    stored_there = {name for name, other in intent.counterparts.items() if other in present}
    agreed = (_elements(base, intent.source) | ((after - before) & stored_there)) - (
        (before - after) - stored_there
    )
    values = dict(base)
    for name, value in sorted(
        intent.source.items(), key=lambda held: isinstance(held[1], frozenset)
    ):
        if isinstance(value, frozenset):
            values[name] = agreed
        else:
            kept = [each for each in (value, base.get(name)) if as_set(each) & agreed]
            values[name] = kept[0] if kept else None
            agreed -= as_set(values[name])
    return values


def _elements(values: Values, names: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(as_set(values.get(name)) for name in names))


def changes_of(write: Write, intent: FieldIntent) -> Mapping[str, Change]:
    """Return those changes of a write that belong to a field."""
    match write:
        case UpdateItem(changes=changes):
            return {name: change for name, change in changes.items() if name in intent.target}
        case CreateItem():
            return {name: None for name in intent.target}
    return {}


def _moved_along(base: Value, before: Value, after: Value) -> Value:
    """Return the base of the source: of a set, with what came and went since `before`."""
    if isinstance(after, frozenset):
        earlier = as_set(before)
        return (as_set(base) | (after - earlier)) - (earlier - after)
    return after


def _stored(base: Value, change: Change, stored: Value) -> Value:
    """Return the base of the target: of a set, with what became of the change alone."""
    if isinstance(change, SetChange):
        present = as_set(stored)
        return (as_set(base) | (change.add & present)) - (change.remove - present)
    return stored


def as_sent(write: UpdateItem | CreateItem, target: Values) -> Values:
    """Return the values that a target holds once it has stored what was sent."""
    if isinstance(write, CreateItem):
        return write.values
    values = dict(target)
    for name, change in write.changes.items():
        match change:
            case SetChange(add=add, remove=remove):
                values[name] = (as_set(target.get(name)) | add) - remove
            case _:
                values[name] = change
    return values


def settle_by_read(
    link: LinkState, items: Mapping[SideName, Item], rules: LinkRules, now: datetime
) -> tuple[LinkState, tuple[Conflict, ...]]:
    """Find out of updates without an answer whether they landed, by what the targets show now.

    Where a target shows neither the old value nor what was sent, somebody edited it since: then
    the edit stands, and what was sent is kept as a conflict's losing value.
    """
    conflicts: list[Conflict] = []
    for announced in link.pending:
        item = items.get(announced.side)
        if item is None or item.moved_to or not isinstance(announced.write, UpdateItem):
            continue  # of an item that moved on, the one that goes on for it tells
        happened = _landed_fields(announced, announced.write, item, rules)
        for name in happened:
            conflicts += _overwritten(link, announced, announced.write, name, item, rules, now)
        intents = {name: announced.intents[name] for name in happened}
        sent = as_sent(announced.write, item.values)
        link = landed(link, replace(announced, intents=intents), sent)
        link = replace(link, pending=tuple(other for other in link.pending if other != announced))
    return link, tuple(conflicts)


def _landed_fields(
    announced: PlannedWrite, write: UpdateItem, item: Item, rules: LinkRules
) -> list[str]:
    return [
        name
        for name, intent in announced.intents.items()
        if _has_landed(announced, changes_of(write, intent), write.before, item, rules, name)
    ]


def _has_landed(
    announced: PlannedWrite,
    changes: Mapping[str, Change],
    before: Values,
    item: Item,
    rules: LinkRules,
    name: str,
) -> bool:
    """Whether the target does not show the old value, or was edited back to it since."""
    translation = rules.translations.get(name)
    old = {field: before.get(field) for field in changes if not _is_set(changes[field])}
    now = {field: item.values.get(field) for field in old}
    if translation is not None and translation.moved(announced.side, old, now):
        return True
    if not isinstance(translation, Text) and any(  # an editor saves a text without an edit
        announced.edited_at.get(field) != item.edited_at.get(field) for field in old
    ):
        return True
    return any(
        change.add & as_set(item.values.get(field))
        or change.remove - as_set(item.values.get(field))
        for field, change in changes.items()
        if isinstance(change, SetChange)
    )


def _is_set(change: Change) -> bool:
    return isinstance(change, SetChange)


def _overwritten(
    link: LinkState,
    announced: PlannedWrite,
    write: UpdateItem,
    name: str,
    item: Item,
    rules: LinkRules,
    now: datetime,
) -> list[Conflict]:
    intent, translation = announced.intents[name], rules.translations.get(name)
    whole = {
        field: change
        for field, change in changes_of(write, intent).items()
        if not isinstance(change, SetChange)
    }
    shown: Values = {field: item.values.get(field) for field in whole}
    if not whole or translation is None or not translation.moved(announced.side, whole, shown):
        return []
    values = ValuePair().replace(announced.side, shown).replace(announced.side.other, intent.source)
    return [Conflict(name, values, announced.side, now)]
