"""What `status` says of deliveries that failed while we were away."""

from __future__ import annotations

from datetime import UTC, datetime

from b24app.cli.status import gap_lines
from sync.engine.upkeep.gap import NO_LOG
from sync.store.hook_logs import HookLogRow

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_what_was_missed_and_made_up_for_is_one_line() -> None:
    row = HookLogRow(1, "project acme/shop", AT, gap_at=AT, failed=14, made_up=13)
    assert gap_lines([row]) == [
        "missed   14 deliveries failed while we were away, 13 made up for: project acme/shop, "
        "2026-03-02 09:30 UTC"
    ]


def test_where_nothing_failed_nothing_is_said() -> None:
    assert gap_lines([HookLogRow(1, "project acme/shop", AT)]) == []


def test_a_log_that_cannot_be_read_is_named() -> None:
    assert gap_lines([HookLogRow(1, "group acme", AT, problem=NO_LOG)]) == [
        "missed   group acme: this GitLab keeps no list of deliveries (17.3 and later do)"
    ]
