"""How a field is compared and carried from one side to the other. Pure.

A translation knows the raw terms of both sides. What it carries is already what the receiver would
store; what cannot be said there is named, and the rest crosses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import Capabilities, SideName, Value
from sync.core.issue_sync.writes import Change
from sync.sentences import sentence


@dataclass(frozen=True, slots=True)
class Carried:
    """What is to be written to a side.

    `source`: how much of the source's values crosses with it; the base of the source becomes that.
    `problems`: what the side cannot say. `rebased`: see FieldIntent. `awaits`: items of the source
    that it names and that are not linked: it crosses once they are. `counterparts`: of the elements
    of a set that came or went, in the side's terms.
    """

    changes: Mapping[str, Change]
    source: Values
    problems: tuple[str, ...] = ()
    rebased: Values | None = None
    awaits: tuple[str, ...] = ()
    counterparts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Untranslatable:
    """A value that the other side has no word for; `awaits`: as of Carried."""

    text: str
    awaits: tuple[str, ...] = ()


class Translation(Protocol):
    """The two ways of a field."""

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the fields that hold it on a side; a side may lack all but the first."""

    def is_whole(self) -> bool:
        """Whether it is one value, not a set of elements that come and go by themselves."""

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether a person changed it on that side."""

    def agree(self, now: ValuePair) -> bool:
        """Whether both sides say the same, in either direction."""

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base with those parts that both sides changed in the same way."""

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Whether two changes cannot both stand."""

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Carry the change from `before` to `after` into what `to` holds now."""

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Carry changes of both sides; where they clash the winner's alone."""


Translate = Callable[[Values], Values | Untranslatable]
Restated = Callable[[SideName, ValuePair, Values], bool]  # side, base, what it shows now
Lost = Callable[[SideName, Values, Values], str]
Kept = Callable[[SideName, Values, Values], Values]
Doubted = Callable[[Values, Values], bool]  # of the tracker: what was agreed, what it shows now


def is_empty(value: Value) -> bool:
    """Whether a value is how some side says nothing."""
    return value is None or value == "" or value == frozenset()


def same_value(before: Value, after: Value) -> bool:
    """Whether two raw values say the same; there is more than one way to say nothing."""
    return before == after or (is_empty(before) and is_empty(after))


def different(target: Values, wanted: Values) -> dict[str, Change]:
    """Return those of the wanted values that the target does not hold."""
    return {
        name: value for name, value in wanted.items() if not same_value(target.get(name), value)
    }


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field that has one value as a whole: a title, a status, a date.

    `tracker`, `portal`: its fields there. A translation gives values for fields of the other side;
    a field that it leaves out stays as it is. `restated`: whether a side has other words than at
    the base, and says in them what was agreed. `resettled`: the base where a side holds the value
    in another place since. `lost`: why a side is empty although nobody emptied it (side, what it
    held, what it shows now), "" where somebody may have. `doubted`: whether a change on the tracker
    may be nobody's, which only what it offers this very moment can tell. `kept`: what is written to
    a side with those parts of its value that the other cannot say (side, wanted, what it holds).
    """

    tracker: tuple[str, ...]
    portal: tuple[str, ...]
    to_tracker: Translate
    to_portal: Translate
    restated: Restated = lambda side, base, now: False
    resettled: Callable[[ValuePair, ValuePair], ValuePair] = lambda base, now: base
    lost: Lost = lambda side, before, now: ""
    doubted: Doubted = lambda before, now: False
    kept: Kept = lambda side, wanted, target: wanted

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the fields that hold it on a side."""
        return self.tracker if side is SideName.TRACKER else self.portal

    def is_whole(self) -> bool:
        """Say that it is one value, in however many fields."""
        return True

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether any of its fields differs from the base."""
        return any(not same_value(base.get(name), value) for name, value in now.items())

    def agree(self, now: ValuePair) -> bool:
        """Whether one side's value is the translation of the other's."""
        return any(self._holds(to, now) for to in SideName)

    def _holds(self, to: SideName, now: ValuePair) -> bool:
        wanted = self._translate(to, now.of(to.other))
        return not isinstance(wanted, Untranslatable) and not different(now.of(to), wanted)

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base in the words that the sides have now: one value has no parts."""
        base = self.resettled(base, now)
        for side in SideName:
            if self.restated(side, base, now.of(side)):
                base = base.replace(side, now.of(side))
        return base

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Two changes of one value never both stand; a value that was lost is no change."""
        return not any(self._lost(side, base.of(side), now.of(side)) for side in SideName)

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Translate the value as it is now; a lost one empties nothing."""
        if lost := self._lost(to.other, before, after):
            return Carried({}, after, (lost,))
        wanted = self._translate(to, after)
        if isinstance(wanted, Untranslatable):
            problems = () if wanted.awaits else (wanted.text,)
            return Carried({}, before, problems, awaits=wanted.awaits)
        kept = self.kept(to, wanted, target)
        held = {name: value for name, value in kept.items() if name in target}
        return Carried(different(target, held), after)

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Carry the winner's value, who has not just lost it."""
        to = winner.other
        if self._lost(winner, base.of(winner), now.of(winner)):
            to = winner
            winner = to.other
        return {to: self.carry(to, base.of(winner), now.of(winner), now.of(to))}

    def _lost(self, side: SideName, before: Values, now: Values) -> str:
        return self.lost(side, before, now)

    def _translate(self, to: SideName, values: Values) -> Values | Untranslatable:
        return (self.to_tracker if to is SideName.TRACKER else self.to_portal)(values)


def lost_choice(field: str, tracker: Capabilities) -> Lost:
    """Return what says that the tracker's value of a field is offered there no more.

    A label or a value of a bundle that is renamed or deleted leaves the items that had it empty; of
    several values in a field the others stay.
    """
    choices = tracker.choices.get(field)
    offered = frozenset(choice.id for choice in choices or () if not choice.is_made)
    offered |= tracker.retired.get(field, frozenset())

    def lost(side: SideName, before: Values, now: Values) -> str:
        held, left = _parts(before.get(field)), _parts(now.get(field))
        gone = held - offered
        if side is SideName.PORTAL or choices is None or not gone or left != held - gone:
            return ""
        if all(value.replace("-", "").isdigit() for value in gone):  # ids: the name went with it
            return (
                "the tracker has this value no more: it was deleted, and nobody emptied the field. "
                "Choose another value on either side"
            )
        return sentence(
            'the tracker has no "{value}" any more: it was renamed or deleted, and nobody emptied '
            "the field. Choose another value on either side",
            value=", ".join(sorted(gone)),
        )

    return lost


def is_less(field: str) -> Doubted:
    """Return what tells that values of a field are gone, and none came."""

    def doubted(before: Values, now: Values) -> bool:
        return field in now and _parts(now[field]) < _parts(before.get(field))

    return doubted


def _parts(value: Value) -> frozenset[str]:
    if is_empty(value):
        return frozenset()
    return value if isinstance(value, frozenset) else frozenset([str(value)])


def unchanged(name: str) -> Scalar:
    """Return the translation of a field that both sides say in the same words."""

    def keep(values: Values) -> Values:
        return {name: values.get(name)}

    return Scalar((name,), (name,), keep, keep)


def converted(
    name: str,
    to_tracker: Callable[[Value], Value | Untranslatable],
    to_portal: Callable[[Value], Value | Untranslatable],
    lost: Lost | None = None,
) -> Scalar:
    """Return the translation of a field of one value that each side says in its own words."""

    def by(convert: Callable[[Value], Value | Untranslatable]) -> Translate:
        def translate(values: Values) -> Values | Untranslatable:
            value = convert(values.get(name))
            return value if isinstance(value, Untranslatable) else {name: value}

        return translate

    way = Scalar((name,), (name,), by(to_tracker), by(to_portal))
    return replace(way, lost=lost, doubted=is_less(name)) if lost else way
