"""The arithmetic of the benchmarks, and that a table finds its place in the document."""

from __future__ import annotations

import pytest

from bench.figures import Figure, Part, at_least, at_most, markdown, must, percentile, replaced
from bench.load import content_length, encoded


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 51), (0.95, 96), (0.99, 100), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing to rank"):
        percentile([], 0.5)


def test_a_missed_target_is_a_failure_only_where_it_must_hold() -> None:
    slow = Part("a", "A", "", [at_most("ms", 3.0, 2.0), at_least("rate", 1, 800)])
    lossy = Part("b", "B", "", [must("lost", 1, 0)])
    assert [slow.violated, lossy.violated] == [False, True]


def test_a_part_is_a_table_with_what_was_done() -> None:
    part = Part("a", "A part", "Done so.", [at_most("ms", 1.234, 2), Figure("kills", "3")])
    assert markdown(part).splitlines() == [
        "### A part", "", "Done so.", "", "| | measured | target | |", "|---|---|---|---|",
        "| ms | 1.23 | ≤ 2.00 | ✓ |", "| kills | 3 |  |  |",
    ]  # fmt: skip


def test_a_table_replaces_what_stood_between_its_markers_and_nothing_else() -> None:
    document = "before\n<!-- a -->\nold\n\nold\n<!-- /a -->\nafter\n<!-- b -->\n<!-- /b -->\n"
    once = replaced(document, "a", "new \\1")
    assert once == "before\n<!-- a -->\nnew \\1\n<!-- /a -->\nafter\n<!-- b -->\n<!-- /b -->\n"
    assert replaced(once, "a", "new \\1") == once
    with pytest.raises(ValueError, match="no place for c"):
        replaced(document, "c", "")


def test_a_shot_is_one_whole_request() -> None:
    shot = encoded("http://127.0.0.1:8000", "/hooks", {"X-Gitlab-Event": "Push Hook"}, b"{}")
    assert shot == (
        b"POST /hooks HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 2\r\n"
        b"X-Gitlab-Event: Push Hook\r\n\r\n{}"
    )
    assert content_length(shot.partition(b"\r\n\r\n")[0]) == 2
