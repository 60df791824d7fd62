"""Parents of items and links between them: they cross where both items are linked. Pure.

A link has two ends and shows at both. What only one of the two systems can say stays there, and so
does a link to an item that is not kept in step; it crosses once that one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sync.core.issue_sync.fields import Carried, Scalar, Untranslatable, converted
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.model import LINKS, PARENT, SideName, Value
from sync.core.issue_sync.sets import Elements, as_set

Counterpart = Callable[[SideName, str], str | None]
"""To a side, from an item's id on the other: the id of the item that it is linked with."""


def parent_translation(counterpart: Counterpart) -> Scalar:
    """Return the two ways of an item's parent."""

    def translated(to: SideName) -> Callable[[Value], Value | Untranslatable]:
        def translate(value: Value) -> Value | Untranslatable:
            if not value:
                return None
            parent = str(value)
            unlinked = Untranslatable(f"its parent {parent} is not kept in step", (parent,))
            return counterpart(to, parent) or unlinked

        return translate

    return converted(PARENT, translated(SideName.TRACKER), translated(SideName.PORTAL))


def links_translation(counterpart: Counterpart, kinds: frozenset[str]) -> ItemLinks:
    """Return the two ways of links; `kinds`: those that both sides can say."""

    def element(to: SideName) -> Callable[[str], str | None]:
        def translate(link: str) -> str | None:
            kind, _, item = link.partition(":")
            other = counterpart(to, item)
            return f"{kind}:{other}" if other else None

        return translate

    inner = Elements(LINKS, element(SideName.TRACKER), element(SideName.PORTAL), "link")
    return ItemLinks(inner, kinds)


@dataclass(frozen=True, slots=True)
class ItemLinks:
    """Links to other items: each crosses by itself, of the kinds that both sides have."""

    inner: Elements
    kinds: frozenset[str]

    def fields(self, side: SideName) -> tuple[str, ...]:
        """Return the field that holds them on a side."""
        return self.inner.fields(side)

    def is_whole(self) -> bool:
        """Say that links come and go by themselves."""
        return False

    def moved(self, side: SideName, base: Values, now: Values) -> bool:
        """Whether a link of a common kind came or went."""
        return self.inner.moved(side, self._common(base), self._common(now))

    def agree(self, now: ValuePair) -> bool:
        """Whether both sides have the same links."""
        return self.inner.agree(self._common_pair(now))

    def adopted(self, base: ValuePair, now: ValuePair) -> ValuePair:
        """Return the base with the links that came or went on both sides.

        What was agreed of a kind that a side cannot say now stays so, for when it can again.
        """
        shared = self.inner.adopted(self._common_pair(base), self._common_pair(now))
        return ValuePair(
            {LINKS: as_set(shared.tracker.get(LINKS)) | self._resting(base.tracker)},
            {LINKS: as_set(shared.portal.get(LINKS)) | self._resting(base.portal)},
        )

    def _resting(self, values: Values) -> frozenset[str]:
        return as_set(values.get(LINKS)) - as_set(self._common(values).get(LINKS))

    def clash(self, base: ValuePair, now: ValuePair) -> bool:
        """Let changes of different links stand side by side."""
        return False

    def carry(self, to: SideName, before: Values, after: Values, target: Values) -> Carried:
        """Add and remove what the source added and removed."""
        common = self._common
        return self._waiting(
            to, after, self.inner.carry(to, common(before), common(after), common(target))
        )

    def merge(
        self, base: ValuePair, now: ValuePair, winner: SideName
    ) -> Mapping[SideName, Carried]:
        """Carry both changes; of a link that one side adds and one removes, the addition."""
        merged = self.inner.merge(self._common_pair(base), self._common_pair(now), winner)
        return {to: self._waiting(to, now.of(to.other), carried) for to, carried in merged.items()}

    def _waiting(self, to: SideName, after: Values, carried: Carried) -> Carried:
        """Name the items that have to be linked first, instead of calling them a problem."""
        crossing = as_set(carried.source.get(LINKS))
        left = as_set(self._common(after).get(LINKS)) - crossing
        items = tuple(sorted(link.partition(":")[2] for link in left))
        return replace(carried, problems=(), awaits=items)

    def _common(self, values: Values) -> Values:
        links = as_set(values.get(LINKS))
        return {LINKS: frozenset(link for link in links if link.partition(":")[0] in self.kinds)}

    def _common_pair(self, pair: ValuePair) -> ValuePair:
        return ValuePair(self._common(pair.tracker), self._common(pair.portal))
