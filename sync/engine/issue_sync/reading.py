"""Reads the ends of links, as few as can be: of an echo the end that it came from alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sync.core.clock import Clock
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.looks import can_create, is_at_rest
from sync.core.issue_sync.model import Hint, SideName
from sync.core.issue_sync.plan import Read
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.side import SideClient

Links = Mapping[str, LinkState]
Reads = dict[str, dict[SideName, Read]]


@dataclass
class Looked:
    """What was read: of links that rest one end alone, of the others both. None: yet to create."""

    reads: Reads
    resting: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class LinkReader:
    """What links are read with. `rules_for`: the rules of a link as it stands now."""

    sides: Mapping[SideName, SideClient]
    rules_for: Callable[[LinkState], LinkRules]
    clock: Clock

    def look(self, links: Links, held: Reads, hints: Mapping[str, Hint]) -> Looked:
        """Read the ends of links; those that are held are not read again.

        Of a link with a hint the end that it names is read first, or taken as a list has just shown
        it. Where that is not at rest, both are read fresh. All that are asked of a side at the same
        step share its requests, so what is likely an echo costs nothing beside a real change.
        """
        looked = Looked({key: held[key] for key in links if key in held})
        unread = {key: link for key, link in links.items() if key not in held}
        hinted = {key: hints[key].side for key in unread if key in hints}
        for key in [key for key in hinted if hints[key].listed is not None]:
            self._take_listed(looked, unread[key], key, hints[key])
        both = {key for key in unread if key not in hinted and key not in looked.reads}
        both |= {key for key in hinted if hints[key].listed and key not in looked.reads}
        waiting = {
            key: hinted[key] for key in hinted if key not in looked.reads and key not in both
        }
        parts: Reads = {key: {} for key in (*both, *waiting)}
        for side in SideName:
            here = {key for key in waiting if waiting[key] is side}
            missing = [key for key in unread if key in both | here and side not in parts[key]]
            self._read(side, missing, links, parts)
            for key in here:
                if self._rests(links[key], side, parts[key][side]):
                    looked.resting.add(key)
                else:
                    both.add(key)
        for side in SideName:
            missing = [key for key in unread if key in both and side not in parts[key]]
            self._read(side, missing, links, parts)
        looked.reads |= parts
        return looked

    def _take_listed(self, looked: Looked, link: LinkState, key: str, hint: Hint) -> None:
        """Let a listed item do where nothing is to be written over: at rest, or at a creation."""
        item, side = hint.listed, hint.side
        if item is None:
            return
        if can_create(link, side, item, self.rules_for(link)):
            looked.reads[key] = {side: item, side.other: None}
        elif self._rests(link, side, item):
            looked.reads[key] = {side: item}
            looked.resting.add(key)

    def _rests(self, link: LinkState, side: SideName, item: Read) -> bool:
        return is_at_rest(link, side, item, self.rules_for(link), self.clock.now())

    def _read(self, side: SideName, keys: Iterable[str], links: Links, parts: Reads) -> None:
        """Read an end of links; None for one that has yet to be created."""
        addresses = {key: links[key].addresses.get(side) for key in keys}
        wanted = [address for address in addresses.values() if address is not None]
        items = self.sides[side].read(wanted) if wanted else {}
        for key, address in addresses.items():
            parts[key][side] = items[address.id] if address is not None else None
