"""What `status` says of deliveries that failed while we were away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from b24app.cli.missed_lines import gap_lines
from sync.store.hook_logs import NO_HOOK, NO_LOG, SWITCHED_OFF, TOO_LONG, HookLogRow

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_what_was_missed_and_made_up_for_is_one_line() -> None:
    row = HookLogRow(1, "project acme/shop", AT, gap_at=AT, failed=3, made_up=2)
    assert gap_lines([row]) == [
        "missed   3 deliveries failed while we were away, 2 made up for: project acme/shop, "
        "2026-03-02 09:30 UTC"
    ]


@pytest.mark.parametrize(
    "gap",
    [
        {"gap_at": AT, "failed": 4, "made_up": 4},
        *({"problem": problem} for problem in (NO_LOG, SWITCHED_OFF, TOO_LONG)),
        {"problem": NO_HOOK, "good_at": AT},
    ],
)
def test_what_no_log_and_no_list_tells_is_said_not_to_be_made_up_for(gap: dict[str, Any]) -> None:
    *_, last = gap_lines([HookLogRow(1, "project acme/shop", AT, **gap)])
    assert last == (
        "missed   project acme/shop: not made up for is what GitLab did not try to send and lists "
        "nowhere: wiki pages, feature flags, emoji, members, tokens, vulnerabilities, jobs"
    )


def test_where_nothing_failed_nothing_is_said() -> None:
    assert gap_lines([HookLogRow(1, "project acme/shop", AT)]) == []
    assert len(gap_lines([HookLogRow(1, "project acme/shop", AT, problem=NO_HOOK)])) == 1


def test_a_log_that_cannot_be_read_is_named() -> None:
    assert gap_lines([HookLogRow(1, "group acme", AT, problem=NO_LOG)])[0] == (
        "missed   group acme: this GitLab keeps no list of deliveries (17.3 and later do)"
    )
