"""From when on a list is read, and which of its items were taken in already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.issue_sync.model import Item
from sync.engine.issue_sync.echoes import SETTLED
from sync.store.issue_lists import ListRow

OVERLAP = timedelta(minutes=2)  # clocks differ, and a list is not read in one instant
SKEW = timedelta(hours=1)  # so far a side's clock may be behind ours
SHORTEST, LONGEST = 60, 600  # seconds between two reads of a list


def next_since(latest: datetime, began_at: datetime) -> datetime:
    """Return from when on the next list is read: where this one ended by the side's own clock.

    `latest`: the latest change that it showed. By our clock alone, what happens on a side whose
    clock is behind would be in no list.
    """
    return max(min(latest, began_at), began_at - SKEW)


def is_fresh(row: ListRow, item: Item) -> bool:
    """Whether an item was not taken in yet as it is."""
    return row.change_moments.get(item.address.id) != item.updated_at.isoformat()


def shown(
    row: ListRow, items: Iterable[Item], began_at: datetime, since: datetime
) -> Mapping[str, str]:
    """Return when those items were changed that the next list, read from `since`, shows again.

    One that may change again in the same second, as the side tells it, is to be taken in again.
    """
    moments, edge = dict(row.change_moments), (since - 2 * OVERLAP).isoformat()
    for item in items:
        moments.pop(item.address.id, None)
        if item.updated_at.microsecond or item.updated_at + SETTLED <= began_at:
            moments[item.address.id] = item.updated_at.isoformat()
    return {item_id: moment for item_id, moment in moments.items() if moment >= edge}


def rested(row: ListRow, count: int, began_at: datetime, since: datetime) -> ListRow:
    """Return the row after a list that was read to its end, with the moment of the next."""
    interval = SHORTEST if count else min(LONGEST, row.interval * 2)
    next_at = began_at + timedelta(seconds=interval)
    return replace(row, since=since, interval=interval, next_at=next_at)
