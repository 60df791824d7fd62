"""Work that was taken back by entries below zero, where the other side takes none. Pure.

Some sides correct logged work by an entry below zero; others log a second at least. There the
copies of what was logged before are shortened, and both sums stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sync.core.issue_sync.ledger import Records, rule_of
from sync.core.issue_sync.link import Entry, EntryKind, EntryState, LinkState
from sync.core.issue_sync.model import SideName, TimeEntry
from sync.core.issue_sync.rules import LinkRules

SHORTENED = "taken off what was logged before"
_COUNTED = (EntryState.LIVE, EntryState.REFUSED)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """`seconds`: what of an entry's work is left, by its key; `rest`: what an entry takes back

    beyond all that was logged on its side. `covered`: entries whose originals were deleted, and
    whose copies were taken back whole where they are: deleted too, they would count twice.
    """

    seconds: Mapping[str, int] = field(default_factory=dict)
    rest: Mapping[str, int] = field(default_factory=dict)
    covered: frozenset[str] = frozenset()

    def left(self, entry: Entry, record: TimeEntry) -> TimeEntry:
        """Return logged work with the seconds that are left of it."""
        seconds = self.seconds.get(entry.key, record.seconds)
        return record if seconds == record.seconds else replace(record, seconds=seconds)


def take_back(link: LinkState, records: Records, rules: LinkRules) -> TakenBack:
    """Take the work of entries below zero off other entries of their side, the newest first."""
    seconds: dict[str, int] = {}
    rest: dict[str, int] = {}
    covered: set[str] = set()
    rule = rule_of(rules, EntryKind.TIME)
    for side, by_id in records.items():
        if side.other in rule.negative or not rule.direction.allows(side.other):
            continue
        logged = [
            (entry, record)
            for entry in link.entries
            if entry.kind is EntryKind.TIME
            and entry.origin is side
            and entry.state in _COUNTED
            and isinstance(record := by_id.get(entry.ids.get(side, "")), TimeEntry)
        ]
        logged.sort(key=lambda pair: _age(pair[1]))
        seconds |= {entry.key: record.seconds for entry, record in logged if record.seconds > 0}
        copies = _left_alone(link, side, records)
        for place, (entry, record) in enumerate(logged):
            if record.seconds < 0:
                before, behind = logged[:place][::-1], logged[place + 1 :]
                order = [each.key for each, _ in (*before, *behind) if each.key in seconds]
                left = _taken(-record.seconds, order, seconds)
                for key, copied in copies.items():
                    if key not in covered and copied <= left:
                        left -= copied
                        covered.add(key)
                rest[entry.key] = left
    return TakenBack(seconds, rest, frozenset(covered))


def _left_alone(link: LinkState, side: SideName, records: Records) -> dict[str, int]:
    """Return the seconds of copies on a side whose originals are gone, by the entry's key."""
    originals = records.get(side.other)
    if originals is None:
        return {}
    return {
        entry.key: record.seconds
        for entry in link.entries
        if entry.kind is EntryKind.TIME
        and entry.origin is side.other
        and entry.ids.get(side.other) not in originals
        and isinstance(record := records[side].get(entry.ids.get(side, "")), TimeEntry)
        and record.seconds > 0
    }


def _taken(wanted: int, order: list[str], seconds: dict[str, int]) -> int:
    """Take seconds off entries in that order, and return how many there were too few."""
    for key in order:
        taken = min(wanted, seconds[key])
        seconds[key] -= taken
        wanted -= taken
    return wanted


def _age(record: TimeEntry) -> tuple[date, int, str]:
    return record.on, int(record.id) if record.id.isdigit() else 0, record.id


def noted(entry: Entry, text: str, rest: int) -> tuple[Entry, str]:
    """Return an entry below zero as it is kept, and a remark for the story where it is new.

    `text`: what it says. What nothing was logged for on its side, is said and stays there: the
    other side's own work belongs to those who logged it.
    """
    to, reason = entry.origin.other, SHORTENED
    if rest:
        reason = (
            f"{rest} seconds more are taken back than were logged on the {entry.origin}, and the "
            f"{to} takes no work below zero: correct on the {to} what was logged there"
        )
    state = EntryState.REFUSED if rest else EntryState.LIVE
    after = replace(entry, content=text, state=state, reason=reason)
    is_new = (after.content, after.reason) != (entry.content, entry.reason)
    return after, f"work below zero: {reason}" if is_new else ""
