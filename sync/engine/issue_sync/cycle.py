"""Cycles of links: settle, read both sides, plan, announce, write, confirm.

Each step is saved before the next one begins, so a worker that dies anywhere loses nothing: the
next cycle finds what was announced, and looks whether it happened. Many links are worked on at
once, in as few requests as their sides need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from sync.core.clock import Clock
from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.fields import Scalar
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import Conflict, LinkState, PlannedWrite, StoryLine
from sync.core.issue_sync.model import File, Hint, Item, ItemAddress, SideName
from sync.core.issue_sync.plan import LinkPlan, Read, plan
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.side import SideClient
from sync.core.issue_sync.writes import (
    AddFile,
    CreateItem,
    Done,
    NotDone,
    Outcome,
    Unknown,
    UpdateItem,
    Write,
)
from sync.engine.issue_sync.reading import LinkReader, Links, Reads
from sync.errors import Denied, Later, Refused

MOST_ROUNDS = 8  # exchanges of one cycle; a long history takes more cycles


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What is saved of a link: its state, and what is added to its story and conflicts."""

    link: LinkState
    story: Sequence[StoryLine] = ()
    conflicts: Sequence[Conflict] = ()


class LinkStore(Protocol):
    """Where the states of links are kept."""

    def load(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
        """Return the states as last saved, by key; links that are gone are left out."""

    def save(self, changes: Sequence[LinkChange]) -> None:
        """Save all of it in one transaction."""


Plans = Mapping[str, LinkPlan]


@dataclass(frozen=True)
class Workbench:
    """What a cycle works with. `rules_for`: the rules of a link as it stands now.

    `refuse` looks at plans before they are announced and returns the keys of those that must not
    be carried out now. `rules_anew`: the rules by what both sides offer this very moment, for a
    change that a deleted label makes, too: a field that is empty, a status that is none.
    """

    links: LinkStore
    sides: Mapping[SideName, SideClient]
    rules_for: Callable[[LinkState], LinkRules]
    clock: Clock
    refuse: Callable[[Plans], frozenset[str]] = lambda plans: frozenset()
    rules_anew: Callable[[], Callable[[LinkState], LinkRules]] | None = None


@dataclass(frozen=True, slots=True)
class CycleResult:
    """How a cycle of a link ended. `again`: it has more to do, at once or (`error`) later.

    `look_at`: when the link needs a look although nothing is heard of it. `ends`: as they
    were last read; `answered`: as the last write to them was answered.
    """

    link: LinkState
    writes: int = 0
    again: bool = False
    error: Exception | None = None
    look_at: datetime | None = None
    ends: Mapping[SideName, Item] = field(default_factory=dict)
    answered: Mapping[SideName, Item] = field(default_factory=dict)


def run_cycle(bench: Workbench, key: str, hint: Hint | None = None) -> CycleResult:
    """Work on one link until it rests; see `run_cycles`."""
    return run_cycles(bench, [key], {key: hint} if hint else {})[key]


def run_cycles(
    bench: Workbench, keys: Sequence[str], hints: Mapping[str, Hint] | None = None
) -> Mapping[str, CycleResult]:
    """Work on links until they rest, and return how each ended; those that are gone are left out.

    `hints`: links of which one end alone may have changed. Where that end shows nothing new, the
    other one is not read; before anything is written where something was agreed, both are.
    Raises Later and Denied where a side cannot be asked at all; what was announced stays noted.
    """
    results: dict[str, CycleResult] = {}
    active, held = list(keys), Reads()
    for turn in range(MOST_ROUNDS):
        if not active:
            break
        active, held = _round(bench, active, results, held, (not turn and hints) or {})
    return results


def _round(
    bench: Workbench,
    keys: Sequence[str],
    results: dict[str, CycleResult],
    held: Reads,
    hints: Mapping[str, Hint],
) -> tuple[list[str], Reads]:
    """Look at the links once, and return the keys of those that need another look at once.

    `held`: both ends of links that the round before has created one end of. They are returned for
    the next round: the end is as its creation answered, and the other one as it was read for it.
    """
    links = _settle(bench, bench.links.load(keys))
    reader = LinkReader(bench.sides, bench.rules_for, bench.clock)
    looked = reader.look(links, held, hints)
    results |= {
        key: CycleResult(links[key], ends=_items(looked.reads[key])) for key in looked.resting
    }
    links = {key: link for key, link in links.items() if key not in looked.resting}
    reads = looked.reads
    if bench.rules_anew and any(_is_doubtful(bench, links[key], reads[key]) for key in links):
        bench = replace(bench, rules_for=bench.rules_anew())
    plans = _plan(bench, links, reads)
    refused = bench.refuse(plans)
    now = bench.clock.now()
    going = {key: planned for key, planned in plans.items() if key not in refused}
    announced = {
        key: planned.link if planned.unsettled else announce(planned.link, planned.writes, now)
        for key, planned in going.items()
    }
    bench.links.save(
        [LinkChange(announced[key], going[key].story, going[key].conflicts) for key in going]
    )
    writes = [(key, planned) for key in going for planned in going[key].writes]
    written = _write(bench, announced, writes)
    after, errors, created = written.links, written.errors, written.created
    for key, planned in plans.items():
        before = results.get(key, CycleResult(links[key]))
        result = _result(planned, after.get(key, links[key]), before.writes, errors.get(key))
        results[key] = replace(
            result,
            ends={**before.ends, **_items(reads[key])},
            answered={**before.answered, **written.answered.get(key, {})},
        )
    active = [
        key
        for key in going
        if (going[key].more or going[key].read_again) and results[key].error is None
    ]
    return active, {key: {**reads[key], **created[key]} for key in active if key in created}


def _result(
    planned: LinkPlan, link: LinkState, before: int, error: Exception | None
) -> CycleResult:
    if planned.unsettled:
        error = Later("it is not known yet whether the last write happened")
    return CycleResult(
        link,
        before + len(planned.writes),
        again=error is not None or planned.more or planned.read_again,
        error=error,
        look_at=planned.look_at,
    )


def _items(reads: Mapping[SideName, Read]) -> dict[SideName, Item]:
    return {side: item for side, item in reads.items() if isinstance(item, Item)}


def _is_doubtful(bench: Workbench, link: LinkState, reads: Mapping[SideName, Read]) -> bool:
    """Tell whether the tracker's item shows what may have been done to all items at once."""
    item = reads[SideName.TRACKER]
    if not isinstance(item, Item):
        return False
    changed = {
        name: base.tracker
        for name, base in link.bases.items()
        if any(item.values.get(field, value) != value for field, value in base.tracker.items())
    }
    translations = bench.rules_for(link).translations if changed else {}
    ways = ((translations.get(name), before) for name, before in changed.items())
    return any(isinstance(way, Scalar) and way.doubted(before, item.values) for way, before in ways)


def _plan(bench: Workbench, links: Links, reads: Reads) -> dict[str, LinkPlan]:
    now = bench.clock.now()
    return {
        key: plan(
            link,
            reads[key][SideName.TRACKER],
            reads[key][SideName.PORTAL],
            bench.rules_for(link),
            now,
        )
        for key, link in links.items()
    }


def _settle(bench: Workbench, links: Links) -> Links:
    """Ask the sides about writes without an answer; updates are settled by the next read."""
    for side in SideName:
        pending = [
            (key, planned)
            for key, link in links.items()
            for planned in link.pending
            if planned.side is side and not isinstance(planned.write, UpdateItem)
        ]
        if pending:
            outcomes = bench.sides[side].settle([planned.write for _, planned in pending])
            links, _ = _confirmed(bench, links, side, pending, outcomes, answered=False)
    return links


@dataclass
class _Written:
    """How writes ended. `created`: items that their creation's answer shows whole."""

    links: Links
    errors: dict[str, Exception] = field(default_factory=dict)
    created: Reads = field(default_factory=dict)
    answered: dict[str, dict[SideName, Item]] = field(default_factory=dict)


def _write(bench: Workbench, links: Links, writes: Sequence[tuple[str, PlannedWrite]]) -> _Written:
    """Carry out announced writes, side by side, and save how each ended."""
    written = _Written(links)
    for side in SideName:
        batch = [(key, planned) for key, planned in writes if planned.side is side]
        if batch:
            outcomes = _apply(bench, side, [planned.write for _, planned in batch])
            written.links, failed = _confirmed(bench, written.links, side, batch, outcomes)
            written.errors = {**failed, **written.errors}
            for (key, planned), outcome in zip(batch, outcomes, strict=True):
                if isinstance(planned.write, CreateItem) and (item := _whole(outcome)):
                    written.created[key] = {side: item}
                if isinstance(outcome, Done) and outcome.item is not None:
                    written.answered.setdefault(key, {})[side] = outcome.item
    return written


def _whole(outcome: Outcome) -> Item | None:
    """Return the item of an outcome that has its comments, time and files as well."""
    item = outcome.item if isinstance(outcome, Done) else None
    if item is None or None in (item.comments, item.time, item.files):
        return None
    return item


def _apply(bench: Workbench, side: SideName, batch: Sequence[Write]) -> Sequence[Outcome]:
    try:
        return bench.sides[side].apply(batch, _fetcher(bench, side.other, batch))
    except Later as error:
        return [Unknown(error) if error.sent else NotDone(error) for _ in batch]
    except (Denied, Refused) as error:
        return [NotDone(error) for _ in batch]


def _fetcher(bench: Workbench, side: SideName, batch: Sequence[Write]) -> Callable[[File], bytes]:
    addresses: dict[File, ItemAddress] = {
        write.source: write.source_address for write in batch if isinstance(write, AddFile)
    }
    return lambda file: bench.sides[side].download(addresses[file], file)


def _confirmed(
    bench: Workbench,
    links: Links,
    side: SideName,
    batch: Sequence[tuple[str, PlannedWrite]],
    outcomes: Sequence[Outcome],
    *,
    answered: bool = True,
) -> tuple[Links, Mapping[str, Exception]]:
    """Save how writes ended; also return the errors for which links are looked at again."""
    now, after, errors = bench.clock.now(), dict(links), dict[str, Exception]()
    changes: dict[str, LinkChange] = {}
    for (key, planned), outcome in zip(batch, outcomes, strict=True):
        link, line = confirm(after[key], side, planned.write, outcome, now, answered=answered)
        after[key] = link
        earlier = changes.get(key, LinkChange(link))
        changes[key] = replace(earlier, link=link, story=(*earlier.story, line))
        error = _retriable(outcome)
        if error is not None:
            errors.setdefault(key, error)
    bench.links.save(list(changes.values()))
    return after, errors


def _retriable(outcome: Outcome) -> Exception | None:
    """Return the error for which the link is looked at again later."""
    match outcome:
        case Done(deferred=deferred):
            return next(iter(deferred.values()), None)
        case Unknown(error=error):
            return error
        case NotDone(error=error) if not isinstance(error, Refused):
            return error
    return None
