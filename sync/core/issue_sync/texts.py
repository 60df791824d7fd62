"""A long text that both sides hold in their own dialect, carried block by block. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.core.issue_sync.fields import Carried
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import SideName
from sync.text.patch import Patched

Patch = Callable[[SideName, str, str, str], Patched]  # to, before, after, what `to` holds now
Same = Callable[[SideName, str, str], bool]  # side, two of its texts


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `same` compares normalised trees: what an editor rewrites alone is no edit."""

    name: str
    patch: Patch
    same: Same

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the field that holds it on a side."""
        return (self.name,)

    def is_whole(self) -> bool:
        """Say that it is one value."""
        return True

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether the text says something else than the base; one that was not read does not."""
        return self.name in now and not self._same(side, self._text(base), self._text(now))

    def agree(self, now: ValuePair) -> bool:
        """Whether one text, written in the other's dialect, is the other."""
        return any(
            self._same(to, self._converted(to, now), self._text(now.of(to))) for to in SideName
        )

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base: what both changed alike is told when it is merged."""
        return base

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Whether both changed the same blocks."""
        return any(
            self.patch(to, *self._change(to.other, base, now), self._text(now.of(to))).overlaps
            for to in SideName
        ) or (not self._text(base.tracker) and not self._text(base.portal))

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Write the changed blocks into the target's text; where they are not there, all of it."""
        held = self._text(target)
        if self.patch(to, self._text(before), self._text(after), held).overlaps:
            other_way = self.patch(to.other, "", held, "").text
            return self._carried(to, other_way, after, target)
        return self._carried(to, self._text(before), after, target)

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Write the winner's change first; the next look carries the rest of the other's.

        Where blocks clash the whole text of the winner is written.
        """
        to = winner.other
        if self.clash(base, now):
            other_way = self._converted(winner, now)
            return {to: self._carried(to, other_way, now.of(winner), now.of(to))}
        carried = self.carry(to, base.of(winner), now.of(winner), now.of(to))
        change = self._change(winner, base, now)
        rebased = {self.name: self.patch(to, *change, self._text(base.of(to))).text}
        return {to: Carried(carried.changes, carried.source, carried.problems, rebased)}

    def _carried(self, to: SideName, before: str, after: Values, target: Values) -> Carried:
        held = self._text(target)
        text = self.patch(to, before, self._text(after), held).text
        return Carried({} if text == held else {self.name: text}, {self.name: self._text(after)})

    def _change(self, side: SideName, base: ValuePair, now: ValuePair) -> tuple[str, str]:
        return self._text(base.of(side)), self._text(now.of(side))

    def _converted(self, to: SideName, now: ValuePair) -> str:
        """Return the other side's text in the dialect of `to`."""
        return self.patch(to, "", self._text(now.of(to.other)), "").text

    def _same(self, side: SideName, before: str, after: str) -> bool:
        return before == after or self.same(side, before, after)

    def _text(self, values: Values) -> str:
        value = values.get(self.name)
        return value if isinstance(value, str) else ""
