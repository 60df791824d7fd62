"""Reads what changed on both sides of a pair: what no hook told, and what hooks lost.

Lists are read from a watermark with an overlap; the interval shrinks where they tell what nobody
had heard of, and grows where they do not. What was there before a pair was named waits for the
import, which a person begins: it links and creates whatever the settings let through, a page at a
time, and goes on where it stopped. Nothing is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from sync.core.issue_sync.link import LinkState, StoryLine
from sync.core.issue_sync.looks import has_agreed_fields, is_at_rest
from sync.core.issue_sync.model import Item, SideName
from sync.core.issue_sync.writes import CREATION
from sync.engine.deps import Deps
from sync.engine.issue_sync import census
from sync.engine.issue_sync.echoes import SETTLED, due_at
from sync.engine.issue_sync.following import wake_stuck
from sync.engine.issue_sync.pairs import ListedPair, listed_pairs
from sync.engine.issue_sync.setting import PairSetting, open_pair
from sync.engine.issue_sync.watermarks import (
    OVERLAP,
    SHORTEST,
    is_fresh,
    next_since,
    rested,
    shown,
)
from sync.engine.lanes import Lane, LaneLost, hold, lane_transaction
from sync.errors import SyncError
from sync.sentences import sentence
from sync.store import (
    issue_link_counts,
    issue_link_queue,
    issue_link_rows,
    issue_link_stories,
    issue_links,
    issue_lists,
)
from sync.store.db.database import select_only
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.issue_lists import ListRow

log = structlog.get_logger()

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def read_lists(deps: Deps, portal_id: int, *, after_start: bool = False) -> int:
    """Read the lists of a portal's pairs that are due, and return how many changes there were.

    `after_start`: all are due, for nobody heard what happened while no worker ran.
    """
    now, count = deps.clock.now(), 0
    with select_only(deps.database) as conn:
        pairs = listed_pairs(deps, conn, portal_id)
        lists = {
            (listed.connection.id, listed.pair.key): issue_lists.of_connection(
                conn, listed.connection.id
            )
            for listed in pairs
        }
    for listed in pairs:
        rows = lists[listed.connection.id, listed.pair.key]
        own = {side: rows.get((listed.pair.key, side)) for side in SideName}
        due = [side for side in SideName if _is_due(own[side], now, after_start)]
        uncounted = [
            side
            for side in SideName
            if census.is_due(own[side], partial(_count, deps, listed), now)
        ]
        if due or uncounted:
            count += _read_pair(deps, listed, due, uncounted)
    return count


def _count(deps: Deps, listed: ListedPair) -> int:
    with select_only(deps.database) as conn:
        return issue_link_counts.count_of_pair(conn, listed.connection.id, listed.pair.key)


def _is_due(row: ListRow | None, now: datetime, after_start: bool) -> bool:
    if row is None:
        return True
    return not row.halted and (after_start or row.next_at is None or row.next_at <= now)


def _read_pair(
    deps: Deps, listed: ListedPair, due: Sequence[SideName], uncounted: Sequence[SideName]
) -> int:
    name = f"issue-lists:{listed.connection.id}:{listed.pair.key}"
    with hold(deps, name) as lane:
        if lane is None:
            return 0
        try:
            setting = open_pair(deps, listed.row, listed.connection, listed.pair)
            if (listed.connection.id, listed.pair.key) in deps.issue_sync.renewed:
                with lane_transaction(deps, lane) as conn:
                    wake_stuck(conn, deps, listed.connection.id, listed.pair.key)
            count = sum(read_list(deps, lane, listed, setting, side, whole=False) for side in due)
            for side in uncounted:
                count += census.take_census(deps, lane, setting, listed.pair.key, side)
                _note_census(deps, lane, listed, side)
            return count
        except LaneLost:
            raise
        except SyncError as error:
            log.warning("list_not_read", pair=listed.pair.key, error=str(error))
            _delay(deps, lane, listed, (*due, *uncounted))
            return 0


def _note_census(deps: Deps, lane: Lane, listed: ListedPair, side: SideName) -> None:
    with lane_transaction(deps, lane) as conn:
        row = issue_lists.of_connection(conn, listed.connection.id)[listed.pair.key, side]
        issue_lists.save(conn, replace(row, counted_at=deps.clock.now()))


def read_list(
    deps: Deps,
    lane: Lane,
    listed: ListedPair,
    setting: PairSetting,
    side: SideName,
    *,
    whole: bool = True,
    pages: int | None = None,
) -> int:
    """Read a list to its end, a page and a transaction at a time; return what was news.

    `whole`: a list that was not imported yet is read from its beginning; without it only if that
    has begun already, else from now on. `pages`: at most so many, another call goes on. What
    changes while an import goes on is listed after it.
    """
    count, began_at = 0, deps.clock.now()
    with select_only(deps.database) as conn:
        rows = issue_lists.of_connection(conn, listed.connection.id)
    row = rows.get((listed.pair.key, side)) or ListRow(listed.connection.id, listed.pair.key, side)
    is_import = not row.imported and (whole or row.cursor is not None)
    since = BEGINNING if is_import else (row.since or began_at) - OVERLAP
    began_at = row.since if is_import and row.cursor and row.since else began_at
    is_over, left = False, pages
    latest = BEGINNING if is_import else row.since or began_at
    while not is_over and left != 0:
        left = left - 1 if left else None
        page = setting.sides[side].changed(setting.projects[side], since, row.cursor)
        is_over = page.cursor is None
        latest = max([latest, *(item.updated_at for item in page.items)])
        with lane_transaction(deps, lane) as conn:
            fresh = [item for item in page.items if is_fresh(row, item)]
            count += _take_in(conn, deps, listed, setting, side, fresh)
            row = replace(row, cursor=page.cursor, read=row.read + len(page.items))
            row = replace(row, since=began_at if is_import else row.since)
            edge = began_at if is_import else next_since(latest, began_at)
            row = replace(row, change_moments=shown(row, page.items, began_at, edge))
            if is_over:
                row = rested(row, count, began_at, next_since(latest, began_at))
                row = replace(row, imported=row.imported or is_import)
            issue_lists.save(conn, row)
    return count


def _delay(deps: Deps, lane: Lane, listed: ListedPair, due: Iterable[SideName]) -> None:
    with lane_transaction(deps, lane) as conn:
        rows = issue_lists.of_connection(conn, listed.connection.id)
        for side in due:
            key = (listed.pair.key, side)
            row = rows.get(key) or ListRow(listed.connection.id, listed.pair.key, side)
            now = deps.clock.now()
            next_at = now + timedelta(seconds=SHORTEST)
            issue_lists.save(conn, replace(row, next_at=next_at, counted_at=now))


def _take_in(
    conn: Connection,
    deps: Deps,
    listed: ListedPair,
    setting: PairSetting,
    side: SideName,
    items: Sequence[Item],
) -> int:
    """Link what is new, mark links whose items changed, and return how many nobody had heard of.

    An item that shows what was agreed, or was read since, is left out: an echo of our own writes.
    """
    now = deps.clock.now()
    ids = [item.address.id for item in items]
    rows = issue_link_rows.by_ends(
        conn,
        listed.row.record.id,
        task_ids=ids if side is SideName.PORTAL else (),
        tracker_ids=ids if side is SideName.TRACKER else (),
        connection_id=listed.connection.id,
    )
    linked = {row.task_id if side is SideName.PORTAL else row.tracker_id: row for row in rows}
    states = issue_links.load(conn, [row.key for row in rows if not row.ended])
    marked: dict[datetime, list[int]] = {}
    count = 0
    for item in items:
        row = linked.get(item.address.id)
        if row is None:
            is_ours = bool(item.key) and not _is_copy(conn, side, item)
            if not is_ours and setting.pair.creates_on(side.other, item):
                key = link_item(conn, deps, listed, side, item)
                deps.issue_sync.listed.keep(key, 1, side, item)
                count += 1
        elif not row.ended and not _is_seen(row, side, item):
            link, rules = states[row.key], setting.rules_for(states[row.key])
            if not is_at_rest(link, side, item, rules, now):
                marked.setdefault(due_at(row, now), []).append(row.id)
                count += _is_news(row, item, now) and not (
                    _is_of_our_write(row, item) and has_agreed_fields(link, side, item, rules, now)
                )
    for moment, link_ids in marked.items():
        issue_link_queue.mark_dirty(conn, link_ids, side, now, moment)
    return count


def _is_copy(conn: Connection, side: SideName, item: Item) -> bool:
    """Whether an item has the key of another one: people clone items, and copy their texts."""
    row = issue_links.by_key(conn, item.key.partition(CREATION)[0])
    created = (row.tracker_id if side is SideName.TRACKER else row.task_id) if row else ""
    return bool(created) and created != item.address.id


def _is_news(row: IssueLinkRow, item: Item, now: datetime) -> bool:
    """Whether nobody heard of a change; a hook of this very moment may be on its way."""
    return not row.is_dirty and _changed_at(item) + SETTLED <= now


def _is_of_our_write(row: IssueLinkRow, item: Item) -> bool:
    """Whether nothing happened to the item since we last wrote to the link."""
    return row.written_at is not None and _changed_at(item) <= row.written_at + SETTLED


def _changed_at(item: Item) -> datetime:
    return max(item.updated_at, item.active_at or item.updated_at)


def _is_seen(row: IssueLinkRow, side: SideName, item: Item) -> bool:
    """Whether the item was read whole since it was last changed."""
    last_read = row.tracker_seen if side is SideName.TRACKER else row.portal_seen
    return side is SideName.PORTAL and bool(last_read) and last_read == item.version


def link_item(conn: Connection, deps: Deps, listed: ListedPair, side: SideName, item: Item) -> str:
    """Store a link of an item whose other end is yet to be created, and return its key.

    Where it is an end of a link already, nothing is stored.
    """
    now = deps.clock.now()
    key = f"{listed.connection.id}-{side[0]}{item.address.id}-{listed.pair.group_id}"
    link = LinkState(key, {side: item.address})
    link_id = issue_links.create(
        conn, listed.row.record.id, listed.connection.id, listed.pair.key, link, now
    )
    if link_id is not None:
        text = sentence("the {side}'s item {id} gets its other end", side=side, id=item.address.id)
        line = StoryLine(now, "linked", text)
        issue_link_stories.add_story(conn, key, [line])
    return key
