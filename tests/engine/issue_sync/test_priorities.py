"""Which priority of a tracker is which of the portal's."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import Choice
from sync.engine.issue_sync.priorities import priority_table


@pytest.mark.parametrize(
    ("names", "table"),
    [
        ("P0 P1 P2", {"P0": "2", "P1": "1", "P2": "0"}),
        ("P0 P1 P2 P3", {"P1": "2", "P0": "2", "P2": "1", "P3": "0"}),
        ("P1 P2 P3 P4 P5", {"P2": "2", "P1": "2", "P3": "1", "P4": "0", "P5": "0"}),
        ("Приоритет-1 Приоритет-2 Приоритет-3",
         {"Приоритет-1": "2", "Приоритет-2": "1", "Приоритет-3": "0"}),
        ("P1 P2", {}),  # which of them is the usual one?
        ("P0 P1 P2 Later", {}),
        ("1 2 3", {}),  # of bare numbers, the highest may be the most urgent
        ("Critical Major Normal Minor P9",
         {"Major": "2", "Critical": "2", "Normal": "1", "Minor": "0"}),
    ],
)  # fmt: skip
def test_names_then_numbers_say_which_priority_is_which(names: str, table: dict[str, str]) -> None:
    proposed = priority_table({}, [Choice(name, name) for name in names.split()])
    assert list(proposed.items()) == list(table.items())  # the first of several is written
    assert priority_table({"P0": "0"}, [Choice("P0", "P0")]) == {"P0": "0"}
