"""What closed issues cost a first import beside open ones: where they went on, and completion."""

from __future__ import annotations

import tempfile
from collections import Counter
from math import ceil
from pathlib import Path

from bench.figures import Part, at_most, must
from bench.issue_import import CALLS, COMMENTS, ENTRIES, ITEMS, Imported, import_town
from bench.issue_town import Town
from sync.core.issue_sync.model import SideName

SIZE = 300
OF, CLOSED = 5, 4  # of so many issues so many are closed
OPEN_TASK, COMPLETED = 2, 5  # statuses of the portal
STEPS = 2  # calls that complete a task: its column, and its status
HOW = (
    f"Two imports of {SIZE} issues with {COMMENTS} comments and an entry of time each: all of them "
    f"open, and {CLOSED} of {OF} closed, as in a project of some years. The fewest requests more: "
    "a closed issue is asked for where it went on, a hundred an answer; a completed task takes "
    "two calls, its column and its status, fifty a request."
)


def measure() -> Part:
    opened, statuses = _imported(0)
    mixed, completed = _imported(CLOSED)
    share = SIZE * CLOSED // OF
    more = {side: mixed.sent[side] - opened.sent[side] for side in SideName}
    fewest = {SideName.TRACKER: ceil(SIZE / ITEMS), SideName.PORTAL: ceil(share * STEPS / CALLS)}
    wanted = {COMPLETED: share, OPEN_TASK: SIZE - share}
    names = {SideName.TRACKER: "GitLab", SideName.PORTAL: "the portal"}
    figures = (
        must("tasks by status, all open", dict(statuses), {OPEN_TASK: SIZE}),
        must("tasks by status, most closed", dict(completed), wanted),
        *(
            at_most(
                f"requests more to {names[side]} ({more[side]}) ÷ the fewest ({fewest[side]})",
                more[side] / fewest[side],
                1.2,
            )
            for side in SideName
        ),
    )
    return Part("issue_closed", "Closed issues in a first import", HOW, figures)


def _imported(closed: int) -> tuple[Imported, Counter[int]]:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        town.fill(SIZE, COMMENTS, ENTRIES)
        for number, issue in town.shop.issues.items():
            if number % OF < closed:
                issue.state, issue.closed_at = "closed", issue.updated_at
        try:
            done = import_town(town)
            return done, Counter(task.status for task in town.b24.state.tasks.values())
        finally:
            town.close()
