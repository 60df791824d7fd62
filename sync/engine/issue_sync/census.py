"""Counts all items of a side, for what neither hooks nor lists tell: what is gone, or back again.

An item that was deleted, moved away or hidden is in no list of changes. A changed version shows
logged work, and changes with a moment in the past. What is odd is read before anything is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import ceil

from sync.core.issue_sync.model import SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.setting import PairSetting
from sync.engine.lanes import Lane, lane_transaction
from sync.store import issue_link_counts, issue_link_queue, issue_links
from sync.store.db.database import select_only
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.issue_lists import ListRow

SHORTEST = timedelta(minutes=10)
A_REQUEST = timedelta(minutes=5)  # as long for each request of a census: twelve an hour
_PAGE = {SideName.TRACKER: 100, SideName.PORTAL: 2_450}  # items that a request tells
_MOST_PAGES = 1_000


def is_due(row: ListRow | None, count_links: Callable[[], int], now: datetime) -> bool:
    """Whether a side is to be counted again: the rarer, the more requests it takes."""
    if row is None or row.halted:
        return False
    since = now - row.counted_at if row.counted_at else None
    if since is not None and since < SHORTEST:
        return False
    links = count_links()
    interval = max(SHORTEST, A_REQUEST * ceil(links / _PAGE[SideName(row.side)]))
    return links > 0 and (since is None or since >= interval)


def take_census(deps: Deps, lane: Lane, setting: PairSetting, pair_key: str, side: SideName) -> int:
    """Count the items of a side, mark links that look odd, and return how many. Raises SyncError.

    Links that are there when it begins are compared: what is created meanwhile may be missing.
    """
    with select_only(deps.database) as conn:
        rows = issue_links.of_pair(conn, setting.connection.id, pair_key)
        waiting = {
            link.key
            for link in issue_link_counts.waiting(conn, setting.connection.id, pair_key)
            if side in link.waiting
        }
    versions: dict[str, str] = {}
    cursor = None
    for _ in range(_MOST_PAGES):
        page = setting.sides[side].census(setting.projects[side], cursor)
        versions |= {item_id: page.versions.get(item_id, "") for item_id in page.changed_at}
        cursor = page.cursor
        if cursor is None:
            break
    else:
        return 0
    odd = [row.id for row in rows if _is_odd(row, side, versions, row.key in waiting)]
    with lane_transaction(deps, lane) as conn:
        return issue_link_queue.mark_dirty(conn, odd, side, deps.clock.now())


def _is_odd(row: IssueLinkRow, side: SideName, versions: Mapping[str, str], waits: bool) -> bool:
    """Whether an end is missing, came back, or has another version than was last read."""
    is_tracker = side is SideName.TRACKER
    item_id = row.tracker_id if is_tracker else row.task_id
    if not item_id or row.is_dirty:
        return False
    last_read, version = row.tracker_seen if is_tracker else row.portal_seen, versions.get(item_id)
    if version is None or waits:
        return (version is None) is not waits
    return bool(last_read and version) and last_read != version
