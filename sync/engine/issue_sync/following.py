"""Links after their cycles: items that moved to where another pair rules, and who waited for them.

A moved item keeps its link. Where the settings pair the place it went to, that pair's rules hold
from then on; where they pair it with nothing, the old rules stay, and the story says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from sync.core.issue_sync import acts
from sync.core.issue_sync.link import EntryState, LinkState, StoryLine
from sync.core.issue_sync.model import SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.cycle import CycleResult
from sync.engine.issue_sync.setting import PairSetting
from sync.engine.lanes import Lane, lane_transaction
from sync.errors import SyncError
from sync.sentences import as_sentence, join_sentences
from sync.store import (
    connections,
    issue_link_moves,
    issue_link_queue,
    issue_link_stories,
    issue_links,
)
from sync.store.db.database import select_only
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord

_MOVED = {
    SideName.PORTAL: as_sentence("the task is in another workgroup now"),
    SideName.TRACKER: as_sentence("the issue is in another project now"),
}
_RENAMED = as_sentence("the settings name the project by another path now")
_GOES_ON = as_sentence("another pair of the settings goes on with it")
_STAYS = as_sentence("no pair of the settings has both: the old pair's rules stay")
_LINKED = "an item that it names is linked now"
_OFFERED = "a side offers other choices now"
RETRIED = "what was refused is tried again"
RETRY = timedelta(days=1)  # after a refusal; what caused it may be mended by then
_TOLD = 20  # lines of a story among which a move may stand already

Results = Mapping[str, CycleResult]


@dataclass(frozen=True, slots=True)
class Move:
    """A link whose items left its pair; `pair`: the key of the one that goes on, or None."""

    side: SideName
    pair: str | None


def find_moves(
    deps: Deps, row: PortalRow, setting: PairSetting, results: Results
) -> Mapping[str, Move]:
    """Return what becomes of links whose items are not where their pair has them, by key."""
    places: dict[tuple[str, str], str] | None = None
    moves: dict[str, Move] = {}
    for key, result in results.items():
        side = _left(result.link, setting)
        if side is None or side in result.link.waiting:  # it is not shown: perhaps it never moved
            continue
        if places is None:
            places = _pairs_by_place(deps, row, setting.connection)
        place = tuple(_project(result.link, each) for each in SideName)
        moves[key] = Move(side, places.get((place[0], place[1])))
    return moves


def _left(link: LinkState, setting: PairSetting) -> SideName | None:
    """Return the side whose item is elsewhere; None where both are at home, or one is yet made."""
    if link.ended or len(link.addresses) < len(SideName):
        return None
    moved = [side for side in SideName if _project(link, side) not in ("", setting.projects[side])]
    return moved[0] if moved else None


def _project(link: LinkState, side: SideName) -> str:
    project = link.addresses[side].project
    return project or ("0" if side is SideName.PORTAL else "")


def _pairs_by_place(
    deps: Deps, row: PortalRow, connection: ConnectionRecord
) -> dict[tuple[str, str], str]:
    """Return the pairs of the connection by their project's id and their workgroup."""
    with select_only(deps.database) as conn:
        mapping = deps.issue_sync.mapping_for(conn, row)
    places = {}
    for pair in mapping.pairs:
        if pair.connection != connection.name:
            continue
        try:
            number = deps.issue_sync.project_id_for(deps, connection, pair.project)
        except SyncError:
            continue  # a pair whose project is out of reach takes nothing over
        places[number, str(pair.group_id)] = pair.key
    return places


def take_over(
    deps: Deps, lane: Lane, row: PortalRow, pair_key: str, links: Sequence[IssueLinkRow]
) -> Sequence[IssueLinkRow]:
    """Give links to the pair that names their project by another path; return those that stay.

    The settings do not name the links' pair any more: its project was renamed, for example.
    """
    with select_only(deps.database) as conn:
        mapping = deps.issue_sync.mapping_for(conn, row)
        connection = connections.by_id(conn, links[0].connection_id)
    is_named = any(pair.key == pair_key for pair in mapping.pairs)
    if is_named or mapping.paused or connection is None or connection.state != "active":
        return links
    places, now = _pairs_by_place(deps, row, connection), deps.clock.now()
    group_id, staying = pair_key.rpartition("/")[2], []
    with lane_transaction(deps, lane) as conn:
        for link in links:
            pair = places.get((link.tracker_number.partition("/")[0], group_id))
            if pair is None or not issue_link_moves.set_pair(conn, link.id, pair):
                staying.append(link)
                continue
            issue_link_queue.mark_dirty(conn, [link.id], _GOES_ON, now)
            line = StoryLine(
                now, "moved", join_sentences("; ", [_RENAMED, _GOES_ON]), side=SideName.TRACKER
            )
            issue_link_stories.add_story(conn, link.key, [line])
    return staying


def follow(
    conn: Connection, deps: Deps, links: Sequence[IssueLinkRow], moves: Mapping[str, Move]
) -> None:
    """Give links that moved to the pairs that go on with them, and note it in their stories."""
    now = deps.clock.now()
    for link in links:
        move = moves.get(link.key)
        if move is None:
            continue
        goes_on = move.pair is not None and issue_link_moves.set_pair(conn, link.id, move.pair)
        text = join_sentences("; ", [_MOVED[move.side], _GOES_ON if goes_on else _STAYS])
        if goes_on:
            issue_link_queue.mark_dirty(conn, [link.id], text, now)
        elif any(line.text == text for line in issue_link_stories.story(conn, link.id, _TOLD)):
            continue
        issue_link_stories.add_story(
            conn, link.key, [StoryLine(now, "moved", text, side=move.side)]
        )


def wake_stuck(conn: Connection, deps: Deps, connection_id: int, pair_key: str) -> None:
    """Look again at links with what could not cross, where a side offers something else now.

    A sprint, a status or a field that was missing may be there since, and taken.
    """
    deps.issue_sync.renewed.discard((connection_id, pair_key))
    ids, now = set(issue_link_moves.with_problems(conn, connection_id, pair_key)), deps.clock.now()
    for row in issue_links.of_pair(conn, connection_id, pair_key):
        if row.id in ids and _retried(conn, row):
            ids.discard(row.id)
            issue_link_queue.mark_dirty(conn, [row.id], RETRIED, now)
    issue_link_queue.mark_dirty(conn, sorted(ids), _OFFERED, now)


def wake_awaiting(
    conn: Connection, deps: Deps, links: Sequence[IssueLinkRow], results: Results
) -> None:
    """Look again at links that name items which are linked since these cycles."""
    items: dict[int, set[str]] = {}
    for link in links:
        result = results.get(link.key)
        if result is None or link.done_version or len(result.link.addresses) < len(SideName):
            continue
        named = {f"{side}/{address.id}" for side, address in result.link.addresses.items()}
        items.setdefault(link.connection_id, set()).update(named)
    for connection_id, named in items.items():
        ids = issue_link_moves.awaiting(conn, connection_id, named)
        issue_link_queue.mark_dirty(conn, ids, _LINKED, deps.clock.now())


def wake_refused(
    conn: Connection, deps: Deps, links: Sequence[IssueLinkRow], results: Results
) -> None:
    """Let links at rest try again what was refused a day ago: nothing tells that it was mended."""
    now = deps.clock.now()
    for row in links:
        result = results.get(row.key)
        if row.is_dirty or result is None or result.error or not _has_refusals(result.link):
            continue
        lines = issue_link_stories.story(conn, row.id, _TOLD)
        if any(line.kind in issue_link_stories.TRIED and now - line.at < RETRY for line in lines):
            continue
        if _retried(conn, row):
            issue_link_queue.mark_dirty(conn, [row.id], RETRIED, now)
            issue_link_stories.add_story(conn, row.key, [StoryLine(now, "resumed", RETRIED)])


def _retried(conn: Connection, row: IssueLinkRow) -> bool:
    """Let a link forget its refusals; whether it had any."""
    link = issue_links.load(conn, [row.key])[row.key]
    if not _has_refusals(link):
        return False
    issue_links.save(conn, acts.replay(link), link)
    return True


def _has_refusals(link: LinkState) -> bool:
    is_refused = any(entry.state is EntryState.REFUSED for entry in link.entries)
    return (bool(link.refused) or is_refused) and not (link.pause or link.ended)
