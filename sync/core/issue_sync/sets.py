"""Sets that merge element by element: labels and tags, and the people who work on an item. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sync.core.issue_sync.fields import Carried
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import ASSIGNEES, LEAD, SideName, Value
from sync.core.issue_sync.writes import Change, SetChange
from sync.sentences import as_sentence, sentence

Element = Callable[[str], str | None]  # None: the other side has no counterpart


def as_set(value: Value) -> frozenset[str]:
    """Return a raw value as a set."""
    match value:
        case frozenset():
            return value
        case None | "":
            return frozenset()
    return frozenset([str(value)])


def difference(aim: frozenset[str], target: frozenset[str]) -> SetChange | None:
    """Return what turns `target` into `aim`, None for nothing."""
    change = SetChange(aim - target, target - aim)
    return change if change.add or change.remove else None


@dataclass(frozen=True, slots=True)
class SetMove:
    """A change of a set in the other side's terms. `missing`: added, without a counterpart.

    `lost`: removed, without one any more. `counterparts`: of all that came or went.
    """

    add: frozenset[str]
    remove: frozenset[str]
    missing: tuple[str, ...]
    counterparts: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    def applied(self, target: frozenset[str]) -> frozenset[str]:
        """Return `target` with the change."""
        return (target - self.remove) | self.add


def translated_move(before: frozenset[str], after: frozenset[str], element: Element) -> SetMove:
    """Translate a change; what another element still stands for is not taken out."""
    added = {name: element(name) for name in sorted(after - before)}
    removed = {name: element(name) for name in sorted(before - after)}
    stays = _translated(after, element)
    return SetMove(
        frozenset(name for name in added.values() if name is not None),
        frozenset(name for name in removed.values() if name is not None) - stays,
        tuple(name for name, counterpart in added.items() if counterpart is None),
        {name: other for name, other in (added | removed).items() if other is not None},
        tuple(name for name, counterpart in removed.items() if counterpart is None),
    )


def _with(elements: frozenset[str], name: str, is_in: bool) -> frozenset[str]:
    return elements | {name} if is_in else elements - {name}


def _same_elements(elements: frozenset[str], others: frozenset[str], element: Element) -> bool:
    counterparts = [element(name) for name in elements]
    return None not in counterparts and frozenset(counterparts) == others


def _translated(elements: Iterable[str], element: Element) -> frozenset[str]:
    return frozenset(name for name in map(element, elements) if name is not None)


@dataclass(frozen=True, slots=True)
class Elements:
    """A set whose elements cross one by one. `word` names an element to people.

    `why`: what keeps an element from having a counterpart.
    """

    name: str
    to_tracker: Element
    to_portal: Element
    word: str = "label"
    why: str = ""

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the field that holds it on a side."""
        return (self.name,)

    def is_whole(self) -> bool:
        """Say that elements come and go by themselves."""
        return False

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether an element came or went."""
        return as_set(base.get(self.name)) != as_set(now.get(self.name))

    def agree(self, now: ValuePair) -> bool:
        """Whether the translation of one set is the other."""
        tracker, portal = (as_set(now.of(side).get(self.name)) for side in SideName)
        return _same_elements(tracker, portal, self.to_portal) or _same_elements(
            portal, tracker, self.to_tracker
        )

    def _missing(self, name: str) -> str:
        word = as_sentence(self.word)
        text = sentence('the {word} "{name}" has no counterpart', word=word, name=name)
        if not self.why:
            return text
        return sentence("{text}: {why}", text=text, why=as_sentence(self.why))

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base with the elements that came or went on both sides."""
        sets = [as_set(pair.of(side).get(self.name)) for pair in (base, now) for side in SideName]
        old, old_counterparts, new, counterparts = sets
        for name in old ^ new:
            counterpart = self.to_portal(name)
            if counterpart is not None and (name in new) is (counterpart in counterparts):
                old = _with(old, name, name in new)
                old_counterparts = _with(old_counterparts, counterpart, name in new)
        return ValuePair({self.name: old}, {self.name: old_counterparts})

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Let changes of different elements stand side by side."""
        return False

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Add and remove what the source added and removed."""
        return self._carry(to, before, after, target, frozenset())

    def _carry(
        self,
        to: SideName,
        before: Values,
        after: Values,
        target: Values,
        added: frozenset[str],
    ) -> Carried:
        """Carry a change; what the target itself `added` is not taken out."""
        present, now = as_set(after.get(self.name)), as_set(target.get(self.name))
        move = translated_move(as_set(before.get(self.name)), present, self._element(to))
        move = replace(move, remove=move.remove - added)
        change = difference(move.applied(now), now)
        return Carried(
            {self.name: change} if change else {},
            {self.name: present - frozenset(move.missing)},
            tuple(self._missing(name) for name in move.missing),
            counterparts=move.counterparts,
        )

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Carry both changes; of an element that one side adds and one removes, the addition."""
        added = {
            side: as_set(now.of(side).get(self.name)) - as_set(base.of(side).get(self.name))
            for side in SideName
        }
        return {
            to: self._carry(to, base.of(to.other), now.of(to.other), now.of(to), added[to])
            for to in SideName
        }

    def _element(self, to: SideName) -> Element:
        return self.to_tracker if to is SideName.TRACKER else self.to_portal


@dataclass(frozen=True, slots=True)
class People:
    """Who works on an item: a set on the tracker, one lead and a set of others on the portal.

    `several`: whether the tracker keeps more than one; without it the lead alone crosses.
    `name_of`: what people call a person of a side.
    """

    to_tracker: Element
    to_portal: Element
    several: bool = True
    name_of: Callable[[SideName, str], str] = lambda side, person: person

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the fields that hold people on a side."""
        return (ASSIGNEES,) if side is SideName.TRACKER else (LEAD, ASSIGNEES)

    def is_whole(self) -> bool:
        """Say that elements come and go by themselves."""
        return False

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether somebody came or went; who leads matters where one alone crosses."""
        return self._people(side, base) != self._people(side, now)

    def agree(self, now: ValuePair) -> bool:
        """Whether both sides name the same people."""
        tracker, portal = (self._people(side, now.of(side)) for side in SideName)
        return _same_elements(tracker, portal, self.to_portal) or _same_elements(
            portal, tracker, self.to_tracker
        )

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base: people are merged as a whole."""
        return base

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Whether two changes name one person each, where one alone is kept."""
        return not self.several

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Add and remove the people whom the source added and removed."""
        return self._carry(to, before, after, target, frozenset())

    def _carry(
        self, to: SideName, before: Values, after: Values, target: Values, added: frozenset[str]
    ) -> Carried:
        """Carry a change; a lead whom the target itself `added` goes on leading."""
        source = to.other
        present, now = self._people(source, after), self._people(to, target)
        move = translated_move(self._people(source, before), present, self._element(to))
        relieved = self._relieved(to, before, after, move, target) - added
        move = replace(move, remove=move.remove | _with_counterpart(relieved, self.to_tracker))
        problems: list[str] = [
            sentence(
                "no counterpart of a person, add one under `people`: {person}",
                person=self.name_of(source, person),
            )
            for person in (*move.missing, *move.lost)
        ]
        target_set = move.applied(now)
        if not self.several:  # an item may hold several yet, of a licence that went
            target_set = move.add or _translated(present, self._element(to)) or target_set
        if to is SideName.PORTAL and not target_set and now:
            lead = as_set(target.get(LEAD))
            target_set = lead
            problems.append("a task always has a responsible person: the last one stays")
        return Carried(
            self._changes(to, target_set, target, relieved),
            self._agreed(source, after, move),
            tuple(problems),
            counterparts=move.counterparts,
        )

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Carry the winner's change first; the next look carries the rest of the other's."""
        to = winner.other
        added = self._people(to, now.of(to)) - self._people(to, base.of(to))
        carried = self._carry(to, base.of(winner), now.of(winner), now.of(to), added)
        if not self.several:
            return {to: carried}
        before, after = self._people(winner, base.of(winner)), self._people(winner, now.of(winner))
        move = translated_move(before, after, self._element(to))
        people = move.applied(self._people(to, base.of(to)))
        lead = carried.changes.get(LEAD, now.of(to).get(LEAD))
        leading = frozenset([lead]) & people if isinstance(lead, str) else frozenset[str]()
        rebased: dict[str, Value] = {ASSIGNEES: people - leading}
        if to is SideName.PORTAL:
            rebased[LEAD] = min(leading, default=None)
        return {to: replace(carried, rebased=rebased)}

    def _people(self, side: SideName, values: Values) -> frozenset[str]:
        lead, others = as_set(values.get(LEAD)), as_set(values.get(ASSIGNEES))
        if side is SideName.TRACKER:
            return others
        return lead | others if self.several else lead

    def _relieved(
        self, to: SideName, before: Values, after: Values, move: SetMove, target: Values
    ) -> frozenset[str]:
        """Return a lead who led while the tracker named nobody whom the portal knows.

        Now it does, and who works on it leads. A lead with a counterpart, who only stayed because a
        task always has somebody responsible, goes; one without works on it still.
        """
        of_tracker = [self._people(to.other, values) for values in (before, after)]
        was, are = (_translated(people, self._element(to)) for people in of_tracker)
        if to is SideName.TRACKER or not move.add or was:
            return frozenset()
        return as_set(target.get(LEAD)) - are

    def _agreed(self, side: SideName, values: Values, move: SetMove) -> Values:
        """Return what crosses of the source: who went and is unknown since stays, until known."""
        missing, out = frozenset(move.missing), dict(values)
        out[ASSIGNEES] = (as_set(values.get(ASSIGNEES)) - missing) | frozenset(move.lost)
        if side is SideName.PORTAL and as_set(values.get(LEAD)) & missing:
            out[LEAD] = None
        return out

    def _changes(
        self,
        to: SideName,
        target_set: frozenset[str],
        target: Values,
        relieved: frozenset[str],
    ) -> Mapping[str, Change]:
        others = as_set(target.get(ASSIGNEES))
        if to is SideName.TRACKER:
            change = difference(target_set, others)
            return {ASSIGNEES: change} if change else {}
        lead, leads = target.get(LEAD), target_set - relieved
        chosen = lead if as_set(lead) & leads or not target_set else _first(leads - others, leads)
        changes: dict[str, Change] = {} if chosen == lead else {LEAD: chosen}
        if self.several and (change := difference(target_set - as_set(chosen), others)):
            changes[ASSIGNEES] = change
        return changes

    def _element(self, to: SideName) -> Element:
        return self.to_tracker if to is SideName.TRACKER else self.to_portal


def _with_counterpart(people: frozenset[str], element: Element) -> frozenset[str]:
    return frozenset(person for person in people if element(person) is not None)


def _first(new: frozenset[str], target_set: frozenset[str]) -> str:
    return min(new or target_set)
