"""YouTrack: a first import through the engine, and what a day without the bridge costs."""

from __future__ import annotations

import gc
import os
import tracemalloc
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import requests

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, Part, at_most, must
from bench.youtrack_town import YouTrackTown, youtrack_town
from sync.core.issue_sync.model import SideName
from sync.youtrack.issues.client import YouTrackIssues
from tests.emulators.youtrack.records import Issue

SIZE, SMALL = int(os.environ.get("BENCH_YOUTRACK_ISSUES", "5000")), 500
ACTIVITIES = 2 * SIZE  # in a day's outage
COMMENTS, ENTRIES = 4, 1
CALLS, ITEMS, LINES = 50, 100, 500  # in a request to the portal, in answers of YouTrack
FACTS = 4  # the project, its fields, its people, our account
HOW = (
    f"An import of {SIZE} issues with {COMMENTS} comments and an entry of time each makes as many "
    "tasks, by the command, in simulated time. The fewest requests to YouTrack: a hundred issues "
    "an answer with comments and fields (a full answer does not say that it is the last), their "
    "work by the hundred, and once the project, its fields, its people and our account; to the "
    "portal as for GitLab. Then a day without the bridge: "
    f"{ACTIVITIES} acts (a comment, or work) on as many issues as there are. The fewest: project, "
    "account and the list of updated issues once, history and list of work, five hundred lines an "
    "answer, and each issue and its work, by the hundred. "
    f"Memory: the room alone, reading {SIZE} issues and {SMALL}."
)


@dataclass(frozen=True, slots=True)
class Imported:
    """`made`: tasks, messages and entries of time; `seconds`: simulated."""

    sent: Counter[SideName]
    seconds: float
    made: tuple[int, int, int]


def measure() -> Part:
    return Part(
        "youtrack_import", "First import from YouTrack, and a day's outage", HOW, [*figures()]
    )


def figures() -> Iterator[Figure]:
    """Measure an import, a reading of a day's history, and memory."""
    with youtrack_town() as town:
        issues = town.fill(SIZE, COMMENTS, ENTRIES)
        whole = _import(town)
        yield must("imported whole", whole.made, (SIZE, SIZE * COMMENTS, SIZE * ENTRIES))
        calls = SIZE * (1 + COMMENTS + ENTRIES) + ceil(SIZE / CALLS) + 2 * SIZE
        yield _ratio("the portal", whole.sent[SideName.PORTAL], ceil(calls / CALLS))
        fewest = SIZE // ITEMS + 1 + ceil(SIZE / ITEMS) + FACTS
        yield _ratio("YouTrack", whole.sent[SideName.TRACKER], fewest)
        yield Figure("minutes of the import, by the portal's limit", f"{whole.seconds / 60:.0f}")
        yield from _outage(town, issues)
    small, large = _peak(SMALL), _peak(SIZE)
    yield at_most(
        f"peak of memory at {SIZE} ({large / 1e6:.1f} MB) ÷ at {SMALL}", large / small, 1.2
    )


def _ratio(name: str, sent: int, fewest: int) -> Figure:
    return at_most(f"requests to {name} ({sent}) ÷ the fewest ({fewest})", sent / fewest, 1.2)


def _import(town: YouTrackTown) -> Imported:
    began, before = town.clock.now(), town.sent.copy()
    for _ in PortalDesk(town.new_process("import"), town.row).import_pair(town.pair):
        pass
    state = town.b24.state
    said = [message for message in state.messages.values() if "Comment" in message.text]
    made = (len(state.tasks), len(said), len(state.elapsed))
    return Imported(town.sent - before, (town.clock.now() - began).total_seconds(), made)


def _outage(town: YouTrackTown, issues: Sequence[Issue]) -> Iterator[Figure]:
    """Let a day pass in which people act and nobody hears; read the lists as a worker does."""
    state, boris = town.youtrack.state, town.youtrack.state.user("boris")
    town.hints = False
    town.clock.sleep(3600)
    since = town.clock.now()
    for number in range(ACTIVITIES):
        issue = issues[number % len(issues)]
        town.clock.sleep(86_000 / ACTIVITIES)
        if number % 2:
            state.add_comment(issue, boris, f"Meanwhile {number}")
        else:
            state.log_work(issue, boris, boris, 30, state.now() - state.now() % 86_400_000, "More")
    client = YouTrackIssues(town.new_client(), clock=town.clock)
    client.capabilities(town.project.id)
    before, ids, cursor = town.sent[SideName.TRACKER], set[str](), None
    while True:
        page = client.changed(town.project.id, since - timedelta(minutes=1), cursor)
        ids |= {item.address.id for item in page.items}
        cursor = page.cursor
        if cursor is None:
            break
    yield must("issues that are found after the outage", len(ids), len(issues))
    lines = ceil(ACTIVITIES / LINES) + ceil(ACTIVITIES / 2 / LINES)
    fewest = 3 + lines + 2 * ceil(len(issues) / ITEMS)
    yield _ratio("YouTrack after the outage", town.sent[SideName.TRACKER] - before, fewest)


def _peak(size: int) -> int:
    """Return the most bytes in use while a list of issues is read page by page.

    What the emulated YouTrack needs for an answer is left out, and so are the last 128 addresses
    that Python remembers as it splits them.
    """
    with youtrack_town() as town:
        town.fill(size, COMMENTS, ENTRIES)
        peaks, answer = [0], town.youtrack_answer

        def answered(request: requests.PreparedRequest) -> requests.Response:
            peaks.append(tracemalloc.get_traced_memory()[1])
            try:
                return answer(request)
            finally:
                gc.collect()  # what the emulated YouTrack left behind
                urllib.parse.clear_cache()
                tracemalloc.reset_peak()

        town.youtrack_answer = answered  # type: ignore[method-assign]
        client = YouTrackIssues(town.new_client(), clock=town.clock)
        client.capabilities(town.project.id)
        gc.collect()
        gc.freeze()
        tracemalloc.start()
        cursor = None
        while True:
            page = client.changed(town.project.id, town.clock.now() - timedelta(days=60), cursor)
            cursor = page.cursor
            del page
            if cursor is None:
                break
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        gc.unfreeze()
        return max(peaks)
