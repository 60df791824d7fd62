"""What `status` says of workers: those that live, else the last that did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from b24app.cli.worker_lines import worker_lines
from b24app.services.health import check_clock_of
from sync.store.rows import WorkerRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def seen(name: str, seconds: float, offset: int | None = None) -> WorkerRow:
    return WorkerRow(name, NOW, NOW - timedelta(seconds=seconds), offset)


@pytest.mark.parametrize(
    ("workers", "lines"),
    [
        ([seen("a", 2), seen("b", 780)], ["worker   a  seen 2 s ago"]),
        ([seen("ahead", -7200), seen("a", 2)], ["worker   a  seen 2 s ago"]),
        (
            [seen("b", 780), seen("c", 9000)],
            [
                "worker   b  seen 13 min ago",
                "next     no worker runs: start the service, or `b24bridge serve`",
            ],
        ),
    ],
    ids=["one died", "one died before the clock was put back", "all died"],
)
def test_a_worker_that_died_is_not_listed_beside_living_ones(workers, lines):
    assert worker_lines(workers, NOW) == lines


def test_the_clock_of_a_worker_that_died_counts_no_more():
    (check,) = check_clock_of([seen("a", 2, 1), seen("b", 780, 9999)], NOW)
    assert check.ok
