"""An oracle that remembers each edit of people, and asks that it survived or lost by the policy.

Every watched value of a side carries the edits that it contains. A write of ours must bring an edit
that the side has not had, and may replace an edit that the other side has not had only where a
conflict was recorded with its value, won as the policy says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sync.core.issue_sync.link import Conflict, LinkState
from sync.core.issue_sync.model import DESCRIPTION, TAGS, SideName, Value
from sync.core.issue_sync.rules import Policy
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import Held

Edits = frozenset[int]
Place = tuple[SideName, str]


class Broken(AssertionError):
    """What must never happen, happened."""


@dataclass
class Oracle:
    """What people did, and where it is. `excused`: losses that no program can help."""

    policy: Policy
    knows_edits: bool
    exact: bool  # whether titles cross as the receiver stores them
    numbers: count[int] = field(default_factory=lambda: count(1))
    edits: dict[Place, Edits] = field(default_factory=dict)  # that a value contains
    crossed: dict[Place, Value] = field(default_factory=dict)  # the value when it last crossed
    newest: dict[Place, int] = field(default_factory=dict)  # the last edit of a person there
    snapshots: dict[Place, tuple[Value, Edits]] = field(default_factory=dict)
    newest_read: dict[Place, int] = field(default_factory=dict)  # the last edit that was seen
    raw: dict[SideName, dict[str, Value]] = field(default_factory=dict)
    refused: dict[Place, Value] = field(default_factory=dict)  # what the other side took not, aloud
    unsure: set[str] = field(default_factory=set)  # fields of which an answer was lost lately
    excused: int = 0

    def began(self, side: SideName, held: Held) -> None:
        """Note what an item holds when the link begins; all of it is the edit of a person."""
        for key in words.watched():
            place = (side, key)
            self.edits[place] = frozenset([next(self.numbers)])
            self.crossed[place] = ""
            self.newest[place] = 0

    def edited(self, side: SideName, before: Mapping[str, Value], held: Held) -> None:
        """Note what a person changed."""
        for key in words.watched():
            place = (side, key)
            if words.shown(side, dict(before), key) != words.shown(side, held.values, key):
                edit = next(self.numbers)
                self.edits[place] = self.edits.get(place, frozenset()) | {edit}
                self.newest[place] = edit

    def was_away(self, side: SideName) -> None:
        """Forget what the engine saw of a side that it could not read this time."""
        self.raw.pop(side, None)

    def was_read(self, side: SideName, held: Held) -> None:
        """Keep what the engine saw; of an item that went on elsewhere it only sees where."""
        if held.moved_to:
            self.was_away(side)
            return
        self.raw[side] = dict(held.values)
        for key in words.watched():
            place = (side, key)
            value = words.shown(side, held.values, key)
            self.snapshots[place] = (value, self.edits.get(place, frozenset()))
            self.newest_read[place] = self.newest.get(place, 0)

    def was_refused(self, side: SideName, name: str, present: Value) -> None:
        """Note what both sides hold when one says that it takes not what the other has.

        `present` may be an edit that came after the read: nobody can see that.
        """
        self.refused[side, name] = present
        self.refused[side.other, name] = self.raw.get(side.other, {}).get(name)

    def is_created(self, side: SideName, held: Held) -> None:
        """Take over what was carried into a new item."""
        for key in words.watched():
            source = (side.other, key)
            value, edits = self.snapshots[source]
            self.edits[side, key] = edits
            self.crossed[side, key] = words.shown(side, held.values, key)
            self.crossed[source] = value
            self.newest.setdefault((side, key), 0)

    def is_created_in_part(self, side: SideName, held: Held, agreed: Collection[str] = ()) -> None:
        """Take back what an item that was just created does not hold yet; `agreed`: it did."""
        for key in words.watched():
            if words.field_of(key) not in agreed and not self._agrees(side, held, key):
                self.edits[side, key] = frozenset()

    def is_filled(self, side: SideName, held: Held, before: Mapping[str, Value]) -> None:
        """Take over what a further request has carried into a new item."""
        for key in words.watched():
            shown = words.shown(side, held.values, key)
            if shown != words.shown(side, dict(before), key) and self._agrees(side, held, key):
                self.edits[side, key] = self.edits[side, key] | self.snapshots[side.other, key][1]
                self.crossed[side, key] = shown

    def _agrees(self, side: SideName, held: Held, key: str) -> bool:
        pair = (words.shown(side, held.values, key), self.snapshots[side.other, key][0])
        return words.agree(key, *(pair if side is SideName.TRACKER else reversed(pair)))

    def is_written(
        self,
        side: SideName,
        held: Held,
        values: Mapping[str, Value],
        changes: Mapping[str, Any],
        conflicts: Sequence[Conflict],
    ) -> None:
        """Judge a write before it changes an item; to one that moved on none matters."""
        if held.moved_to:
            return
        after = {**held.values, **values}
        for key in words.watched():
            present = words.shown(side, held.values, key)
            wanted = words.shown(side, after, key)
            if words.field_of(key) not in values:
                continue
            if present != wanted:
                self._judge(side, key, present, wanted, changes, conflicts)
            elif self._is_same(side, key, wanted, changes):  # both know it from now on
                self._crossed(side, key, wanted)

    def _judge(
        self,
        side: SideName,
        key: str,
        present: Value,
        wanted: Value,
        changes: Mapping[str, Any],
        conflicts: Sequence[Conflict],
    ) -> None:
        place, source = (side, key), (side.other, key)
        _, brought = self.snapshots[source]
        seen, _ = self.snapshots[place]
        here = self.edits.get(place, frozenset())
        name = words.field_of(key)
        lost = here - brought
        is_edited = self.newest.get(place, 0) != self.newest_read.get(place, 0)
        if present != seen or is_edited:  # between the read and the write: nobody can see that
            self.excused += 1
            if self._is_same(side, key, wanted, changes):
                self._crossed(side, key, wanted)
            return
        if name == TAGS and wanted and brought - here:
            lost = frozenset()  # of an element that one side adds and one removes, the addition
        if lost and (present or "") != (self.crossed.get(place) or ""):
            self._overruled(side, key, conflicts)
        if not (brought - here or self._recorded(side, name, conflicts) or self._may_echo(name)):
            raise Broken(f"an echo: {key} on the {side} from {present!r} to {wanted!r}")
        self._crossed(side, key, wanted)

    def _is_same(self, side: SideName, key: str, wanted: Value, changes: Mapping[str, Any]) -> bool:
        name, _, part = key.partition(":")
        if name == TAGS:
            change = changes[name]
            return words.tag(side, part) in change.add | change.remove
        value, _ = self.snapshots[side.other, key]
        pair = (wanted, value) if side is SideName.TRACKER else (value, wanted)
        return words.agree(key, *pair)

    def _crossed(self, side: SideName, key: str, wanted: Value) -> None:
        place, source = (side, key), (side.other, key)
        value, brought = self.snapshots[source]
        here = self.edits.get(place, frozenset())
        self.edits[place] = here | brought
        self.edits[source] = self.edits[source] | here
        self.crossed[place], self.crossed[source] = wanted, value

    def _overruled(self, side: SideName, key: str, conflicts: Sequence[Conflict]) -> None:
        name = words.field_of(key)
        held = self.raw[side].get(name)
        recorded = self._recorded(side, name, conflicts)
        if (side, name) in self.refused and self.refused[side, name] == held:
            self.excused += not recorded  # the story has told that it stays behind
            return
        if name in self.unsure:  # a lost answer may hide who knew what
            self.excused += not recorded
            return
        if not recorded:
            raise Broken(f"{key} on the {side} was overruled in silence: {held!r}")
        winners = [conflict.winner for conflict in recorded]
        if self._winner(side, name) not in (*winners, None):
            raise Broken(f"{key}: {winners} won against the policy {self.policy}")

    def _may_echo(self, name: str) -> bool:
        """Whether an answer was lost, and the sides do not tell what became of the write."""
        if name not in self.unsure:
            return False
        return name in (TAGS, DESCRIPTION) or not self.exact or not self.knows_edits

    def _recorded(self, side: SideName, name: str, conflicts: Sequence[Conflict]) -> list[Conflict]:
        """Return the conflicts that keep what the side holds now."""
        held = self.raw[side].get(name)
        return [
            conflict
            for conflict in conflicts
            if conflict.field == name and conflict.values.of(side).get(name) == held
        ]

    def _winner(self, side: SideName, name: str) -> SideName | None:
        """Return who wins by the policy, None where these sides do not tell."""
        match self.policy:
            case Policy.TRACKER | Policy.PORTAL:
                return SideName(self.policy.value)
            case Policy.ASK:
                return None
            case Policy.NEWEST if self.knows_edits and name != DESCRIPTION:  # our lines date it
                latest = {
                    end: max(
                        number
                        for (where, key), number in self.newest.items()
                        if where is end and words.field_of(key) == name
                    )
                    for end in SideName
                }
                if len(set(latest.values())) > 1:
                    return max(latest, key=lambda end: latest[end])
        return None

    def saved(self, link: LinkState) -> None:
        """Count as crossed what both sides say and the link has agreed on."""
        for key in words.watched():
            name = words.field_of(key)
            base = link.bases.get(name)
            if base is None or len(self.raw) < 2:
                continue
            if any(
                words.shown(side, dict(base.of(side)), key) != self.snapshots[side, key][0]
                for side in SideName
            ):
                continue
            (tracker, left), (portal, right) = (self.snapshots[side, key] for side in SideName)
            if words.agree(key, tracker, portal):
                for side, value in ((SideName.TRACKER, tracker), (SideName.PORTAL, portal)):
                    self.edits[side, key] = self.edits[side, key] | left | right
                    self.crossed[side, key] = value
