"""One link's cycle: settle, read both sides, plan, announce, write, confirm.

Each step is saved before the next one begins, so a worker that dies anywhere loses nothing: the
next cycle finds what was announced, and looks whether it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.core.clock import Clock
from sync.core.issue_sync.confirm import confirm
from sync.core.issue_sync.journal import announce
from sync.core.issue_sync.link import Conflict, LinkState, PlannedWrite, StoryLine
from sync.core.issue_sync.model import File, SideName
from sync.core.issue_sync.plan import LinkPlan, Read, plan
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.side import SideClient
from sync.core.issue_sync.writes import AddFile, NotDone, Outcome, Unknown, UpdateItem, Write
from sync.errors import Denied, Later, Refused

MOST_ROUNDS = 8  # exchanges of one cycle; a long history takes more cycles


class LinkStore(Protocol):
    """Where a link's state is kept."""

    def load(self, key: str) -> LinkState:
        """Return the state as last saved."""

    def save(
        self, link: LinkState, story: Sequence[StoryLine], conflicts: Sequence[Conflict]
    ) -> None:
        """Save the state and what is added to its story, in one transaction."""


@dataclass(frozen=True)
class Workbench:
    """What a cycle works with. `rules_for`: the rules of a link as it stands now.

    `approve` looks at a plan before it is announced; a plan that it rejects is only noted.
    """

    links: LinkStore
    sides: Mapping[SideName, SideClient]
    rules_for: Callable[[LinkState], LinkRules]
    clock: Clock
    approve: Callable[[LinkPlan], bool] = lambda planned: True


@dataclass(frozen=True, slots=True)
class CycleResult:
    """How a cycle ended. `again`: it has more to do, at once or (`error`) later.

    `look_at`: when the link needs a look although nothing is heard of it.
    """

    link: LinkState
    writes: int = 0
    again: bool = False
    error: Exception | None = None
    look_at: datetime | None = None


def run_cycle(bench: Workbench, key: str) -> CycleResult:
    """Work on a link until it rests.

    Raises Later and Denied where a side cannot be asked at all; what was announced stays noted.
    """
    count = 0
    for _ in range(MOST_ROUNDS):
        link = _settle(bench, bench.links.load(key))
        planned = _plan(bench, link)
        if planned.unsettled:
            bench.links.save(planned.link, planned.story, planned.conflicts)
            unknown = Later("it is not known yet whether the last write happened")
            return CycleResult(planned.link, count, again=True, error=unknown)
        if planned.writes and not bench.approve(planned):
            return CycleResult(link, count)
        now = bench.clock.now()
        link = announce(planned.link, planned.writes, now)
        bench.links.save(link, planned.story, planned.conflicts)
        link, error = _write(bench, link, planned.writes)
        count += len(planned.writes)
        if error is not None:
            return CycleResult(link, count, again=True, error=error)
        if not (planned.more or planned.read_again):
            return CycleResult(link, count, look_at=planned.look_at)
    return CycleResult(bench.links.load(key), count, again=True)


def read_both(bench: Workbench, link: LinkState) -> dict[SideName, Read]:
    """Read both ends fresh, whole; None for an end that has yet to be created."""
    reads: dict[SideName, Read] = dict.fromkeys(SideName)
    for side, address in link.addresses.items():
        reads[side] = bench.sides[side].read([address])[address.id]
    return reads


def _plan(bench: Workbench, link: LinkState) -> LinkPlan:
    reads = read_both(bench, link)
    now = bench.clock.now()
    return plan(link, reads[SideName.TRACKER], reads[SideName.PORTAL], bench.rules_for(link), now)


def _settle(bench: Workbench, link: LinkState) -> LinkState:
    """Ask the sides about writes without an answer; updates are settled by the next read."""
    for side in SideName:
        pending = [
            planned.write
            for planned in link.pending
            if planned.side is side and not isinstance(planned.write, UpdateItem)
        ]
        if pending:
            outcomes = bench.sides[side].settle(pending)
            link = _confirmed(bench, link, side, pending, outcomes, answered=False)
    return link


def _write(
    bench: Workbench, link: LinkState, writes: Sequence[PlannedWrite]
) -> tuple[LinkState, Exception | None]:
    """Carry out announced writes, side by side, and save how each ended."""
    error: Exception | None = None
    for side in SideName:
        batch = [planned.write for planned in writes if planned.side is side]
        if batch:
            outcomes = _apply(bench, side, batch)
            link = _confirmed(bench, link, side, batch, outcomes)
            error = error or _retriable(outcomes)
    return link, error


def _apply(bench: Workbench, side: SideName, batch: Sequence[Write]) -> Sequence[Outcome]:
    try:
        return bench.sides[side].apply(batch, _fetcher(bench, side.other, batch))
    except Later as error:
        return [Unknown(error) if error.sent else NotDone(error) for _ in batch]
    except (Denied, Refused) as error:
        return [NotDone(error) for _ in batch]


def _fetcher(bench: Workbench, side: SideName, batch: Sequence[Write]) -> Callable[[File], bytes]:
    addresses = {
        write.source.id: write.source_address for write in batch if isinstance(write, AddFile)
    }
    return lambda file: bench.sides[side].download(addresses[file.id], file)


def _confirmed(
    bench: Workbench,
    link: LinkState,
    side: SideName,
    batch: Sequence[Write],
    outcomes: Sequence[Outcome],
    *,
    answered: bool = True,
) -> LinkState:
    now, story = bench.clock.now(), []
    for write, outcome in zip(batch, outcomes, strict=True):
        link, line = confirm(link, side, write, outcome, now, answered=answered)
        story.append(line)
    bench.links.save(link, story, ())
    return link


def _retriable(outcomes: Sequence[Outcome]) -> Exception | None:
    """Return the error for which the link is looked at again later."""
    for outcome in outcomes:
        match outcome:
            case Unknown(error=error):
                return error
            case NotDone(error=error) if not isinstance(error, Refused):
                return error
    return None
