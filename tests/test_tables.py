"""A rule over a long table is one test that lists all offenders: a case costs more than a check."""

from __future__ import annotations

from collections import Counter

import pytest

MOST_CASES = 100  # of one test function


def test_no_test_is_repeated_for_each_row_of_a_long_table(request: pytest.FixtureRequest) -> None:
    """Each process of a run collects all tests, so this one sees them."""
    cases = Counter(item.nodeid.partition("[")[0] for item in request.session.items)
    assert {name: count for name, count in cases.items() if count > MOST_CASES} == {}
