"""Lists lose no change: on a side whose clock is behind, and in one second with another change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import TITLE, Author, Item, ItemAddress
from sync.engine.issue_sync.watermarks import is_fresh, shown
from sync.store.issue_lists import ListRow
from tests.engine.issue_sync.memory_rooms import PORTAL, TRACKER, Pair
from tests.engine.world import START, World


@pytest.mark.deep
@pytest.mark.parametrize("minutes", [-40, -10, 10])
def test_items_of_a_side_with_another_clock_are_listed(
    make_world: Callable[..., World], minutes: int
) -> None:
    pair = Pair(make_world())
    for number in range(4):
        now = pair.world.clock.now() + timedelta(minutes=minutes)
        pair.rooms[TRACKER].clock = ManualClock(now)
        pair.create(TRACKER, title=f"New {number}")
        pair.work()
    titles = {item.values[TITLE] for item in pair.rooms[PORTAL].items.values()}
    assert titles == {"New 0", "New 1", "New 2", "New 3"}


def test_of_a_change_just_made_another_in_the_same_second_is_taken_in() -> None:
    row = ListRow(1, "p", PORTAL)
    item = Item(ItemAddress("1"), {}, Author(""), START, START)
    for seconds, again in ((2, True), (5, False)):
        began_at = START + timedelta(seconds=seconds)
        after = replace(row, change_moments=shown(row, [item], began_at, began_at))
        assert is_fresh(after, item) is again
    exact = replace(item, updated_at=START + timedelta(milliseconds=5))
    after = replace(row, change_moments=shown(row, [exact], START + timedelta(seconds=1), START))
    assert not is_fresh(after, exact)
