"""Build what fields write: updates of two items, and the creation of a missing one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sync.core.issue_sync.fields import Carried, Translation, same_value
from sync.core.issue_sync.link import (
    FieldIntent,
    LinkState,
    PlannedWrite,
    ValuePair,
    Values,
    values_of,
)
from sync.core.issue_sync.merge import Decision, Verdict
from sync.core.issue_sync.model import PARENT, TITLE, Capabilities, Item, SideName, Value
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.writes import CREATION, Change, CreateItem, SetChange, UpdateItem
from sync.sentences import sentence

Items = Mapping[SideName, Item]
_OFF = FieldRule(Direction.OFF)


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """What a field writes to a side."""

    name: str
    to: SideName
    changes: Mapping[str, Change]
    intent: FieldIntent


def field_writes(
    name: str, translation: Translation, decision: Decision, link: LinkState, pair: ValuePair
) -> Iterator[FieldWrite]:
    """Yield what a decision writes, side by side."""
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


def plan_updates(
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
