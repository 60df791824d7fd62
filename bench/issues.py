"""Tasks and issues in step: a first import, memory while it reads, and a steady state."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import issue_import, issue_steady
from bench.figures import Part, at_most, must
from sync.core.clock import ManualClock
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.client import GitLabIssues
from sync.net import guarded_session
from tests.emulators.gitlab.entities import DEVELOPER, MAINTAINER, Note, Project
from tests.emulators.gitlab.issues.records import Timelog
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.gitlab.tracked import Issue

SIZES = (500, 5_000)
COMMENTS, ENTRIES = 4, 1  # an issue
PER_ANSWER = 100  # issues in an answer at most: https://docs.gitlab.com/api/graphql/#limits
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Import:
    """`peak`: bytes at most while it was read, in the process that also plays GitLab."""

    issues: int
    comments: int
    entries: int
    requests: int
    peak: int


def measure() -> Part:
    small, large = (_import(size) for size in SIZES)
    fewest = large.issues / PER_ANSWER
    name = f"{large.issues} issues, {large.comments} comments, {large.entries} entries of time"
    figures = (
        must(
            "read whole",
            (large.issues, large.comments, large.entries),
            (SIZES[1], SIZES[1] * COMMENTS, SIZES[1] * ENTRIES),
        ),
        at_most(
            f"{name}: requests ({large.requests}) ÷ the fewest ({fewest:.0f})",
            large.requests / fewest,
            1.2,
        ),
        at_most(
            f"peak of memory at {large.issues} ({large.peak / 1e6:.1f} MB) ÷ at {small.issues}",
            large.peak / small.peak,
            1.2,
        ),
        *issue_import.figures(),
        *issue_steady.figures(),
    )
    how = (
        "A client that knows nothing asks what the project's issues can hold and reads them all "
        "with comments and time. The fewest requests: GitLab answers at most a hundred work items "
        "at once, with what they hold; three more learn of project, tier and labels. "
        f"{issue_import.HOW} {issue_steady.HOW}"
    )
    return Part("issues", "Tasks and issues in step", how, figures)


def _import(size: int) -> Import:
    with GitLabEmulator(ManualClock(START)) as gitlab:
        shop = _fill(gitlab, size)
        session = guarded_session(["127.0.0.0/8"])
        client = GitLab(gitlab.url, gitlab.state.add_token("bridge").value, session=session)
        gc.collect()
        tracemalloc.start()
        issues, comments, entries = _read(GitLabIssues(client), str(shop.id))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return Import(issues, comments, entries, client.requests_sent, peak)


def _fill(gitlab: GitLabEmulator, size: int) -> Project:
    state = gitlab.state
    for name in ("ann", "bridge"):
        state.add_user(name)
    shop = state.add_project("acme/shop", members={"ann": MAINTAINER, "bridge": DEVELOPER})
    for number in range(1, size + 1):
        at = START + timedelta(seconds=number)
        issue = Issue(number, number, shop.id, f"Issue {number}", "Some words. " * 20, 1, at, at)
        issue.notes = [
            Note(state.next_id("note"), "A comment. " * 10, 1, at, state.next_sha())
            for _ in range(COMMENTS)
        ]
        issue.timelogs = [
            Timelog(state.next_id("timelog"), 1, 3600, at, at, "Work") for _ in range(ENTRIES)
        ]
        shop.issues[number] = issue
    return shop


def _read(issues: GitLabIssues, project: str) -> tuple[int, int, int]:
    issues.capabilities(project)
    counts, cursor = [0, 0, 0], None
    while True:
        page = issues.changed(project, EVER, cursor)
        for item in page.items:
            counts[0] += 1
            counts[1] += len(item.comments or ())
            counts[2] += len(item.time or ())
        cursor = page.cursor
        if cursor is None:
            return counts[0], counts[1], counts[2]
