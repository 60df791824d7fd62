"""A first import through the engine: requests to both sides, the portal's limit, and a kill."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, Part, at_least, at_most, must
from bench.issue_town import Killed, Town
from sync.core.issue_sync.model import SideName

SIZE = 5_000
COMMENTS, ENTRIES = 4, 1
CALLS, ITEMS = 50, 100  # in a request to the portal, in an answer of GitLab
BURST, RATE = 50, 2.0  # requests that the portal takes at once, and each second
LEASE = 200.0  # seconds after which another process may go on
HOW = (
    f"An import of {SIZE} issues with {COMMENTS} comments and an entry "
    "of time each makes as many tasks, by the command, in simulated time. The fewest requests "
    "to the portal: every write is a call, and so is what says what was "
    "stored (the fields of fifty tasks; the messages of a chat; the time of a task), fifty "
    "calls a request. The fewest to GitLab: a hundred issues an "
    "answer, whole. The limit: what the portal takes in that time, fifty at once and two a second."
)


@dataclass(frozen=True, slots=True)
class Imported:
    """`made`: tasks, messages and entries of time; `seconds`: simulated."""

    sent: Counter[SideName]
    seconds: float
    made: tuple[int, int, int]


def measure() -> Part:
    return Part("issue_import", "First import of issues", HOW, [*figures()])


def figures() -> Iterator[Figure]:
    """Measure an import, and one whose process is killed in the middle."""
    with _town() as town:
        whole = import_town(town)
    tracker, portal = whole.sent[SideName.TRACKER], whole.sent[SideName.PORTAL]
    calls = SIZE * (1 + COMMENTS + ENTRIES) + ceil(SIZE / CALLS) + 2 * SIZE
    fewest = {SideName.PORTAL: ceil(calls / CALLS), SideName.TRACKER: ceil(SIZE / ITEMS)}
    yield must("imported whole", whole.made, (SIZE, SIZE * COMMENTS, SIZE * ENTRIES))
    yield at_most(
        f"requests to the portal ({portal}) ÷ the fewest ({fewest[SideName.PORTAL]})",
        portal / fewest[SideName.PORTAL],
        1.2,
    )
    yield at_most(
        f"requests to GitLab ({tracker}) ÷ the fewest ({fewest[SideName.TRACKER]})",
        tracker / fewest[SideName.TRACKER],
        1.2,
    )
    yield at_least("share of the portal's limit used", portal / (BURST + RATE * whole.seconds), 0.9)
    with _town() as town:
        town.die_at = whole.sent.total() // 2
        with suppress(Killed):
            import_town(town)
        town.clock.sleep(LEASE)
        again = import_town(town)
    yield must("made once in spite of a kill", again.made, whole.made)
    more = again.sent.total() - whole.sent.total()
    yield at_most("requests more because of the kill", more, 20, "{:.0f}")


@contextmanager
def _town() -> Iterator[Town]:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        town.fill(SIZE, COMMENTS, ENTRIES)
        try:
            yield town
        finally:
            town.close()


def import_town(town: Town) -> Imported:
    """Import the pair of a town by the command, to its end."""
    began = town.clock.now()
    owner = f"after {town.sent.total()}"
    for _ in PortalDesk(town.new_process(owner), town.row).import_pair(town.pair):
        pass
    state = town.b24.state
    said = [message for message in state.messages.values() if "Comment" in message.text]
    made = (len(state.tasks), len(said), len(state.elapsed))
    seconds = (town.clock.now() - began).total_seconds()
    return Imported(Counter(town.sent), seconds, made)
