"""Work on a portal's links that wait: pair by pair, many at once, under a lane of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from sync.core.issue_sync.breaker import Halt, tripped
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.looks import next_look
from sync.core.issue_sync.model import Hint, SideName
from sync.core.issue_sync.rules import LinkRules
from sync.engine import backoff
from sync.engine.deps import Deps
from sync.engine.issue_sync.cycle import CycleResult, Plans, Workbench, run_cycles
from sync.engine.issue_sync.echoes import ECHO, SETTLED
from sync.engine.issue_sync.following import (
    RETRIED,
    find_moves,
    follow,
    take_over,
    wake_awaiting,
    wake_refused,
)
from sync.engine.issue_sync.setting import KEEP, PairSetting, open_pair
from sync.engine.issue_sync.stored_links import StoredLinks
from sync.engine.lanes import Lane, LaneLost, hold, lane_transaction
from sync.errors import Denied, Later, Refused, SyncError
from sync.store import connections, issue_link_counts, issue_link_queue, issue_lists
from sync.store.db.database import select_only
from sync.store.issue_link_rows import IssueLinkRow
from sync.store.portals import PortalRow

log = structlog.get_logger()

BATCH = 48  # links of one look: so many tasks a portal makes, and reads back, in a request
UNMAPPED = timedelta(hours=1)  # a link whose pair the settings do not name is looked at again
DENIED = timedelta(minutes=10)
HALTED = timedelta(minutes=10)  # a halted pair is looked at again: somebody may have agreed
JUST_NOW = timedelta(seconds=1)
AGREED = timedelta(hours=1)  # as long an administrator's word lets very many links change


def work_on_links(deps: Deps, row: PortalRow) -> int:
    """Work on the links that wait longest, and return how many those were."""
    with hold(deps, f"links:{row.record.id}") as lane:
        if lane is None:
            return 0
        with select_only(deps.database) as conn:
            waiting = issue_link_queue.due(conn, row.record.id, deps.clock.now(), BATCH)
        by_pair: dict[tuple[int, str], list[IssueLinkRow]] = {}
        for link in waiting:
            by_pair.setdefault((link.connection_id, link.pair), []).append(link)
        for (connection_id, pair), links in by_pair.items():
            try:
                batch = _with_echoes(deps, links)
                _work_on_pair(deps, lane, row, connection_id, pair, batch)
            except LaneLost:
                raise
            except SyncError as error:
                _postpone(deps, lane, links, error)
            except Exception as error:
                log.exception("links_failed", pair=pair)
                _postpone(deps, lane, links, error)
        return len(waiting)


def _with_echoes(deps: Deps, links: Sequence[IssueLinkRow]) -> Sequence[IssueLinkRow]:
    """Return links with those of their pair that can wait and share the requests of these.

    What is heard soon after a write of ours is likely its echo, and costs nothing beside a change.
    """
    if not any(link.is_dirty for link in links):
        return links
    now, room = deps.clock.now(), BATCH - len(links)
    with select_only(deps.database) as conn:
        more = issue_link_queue.soon(conn, links[0].connection_id, links[0].pair, now, room)
    return [*links, *more]


def _work_on_pair(
    deps: Deps,
    lane: Lane,
    row: PortalRow,
    connection_id: int,
    pair_key: str,
    links: Sequence[IssueLinkRow],
) -> None:
    with select_only(deps.database) as conn:
        connection = connections.by_id(conn, connection_id)
    if connection is not None and connection.state == "paused" and connection.state_reason:
        _wait(deps, lane, links, deps.clock.now() + DENIED, connection.state_reason)
        return
    setting = find_pair(deps, row, connection_id, pair_key)
    if setting is None:
        text = (
            "the settings do not name its workgroup and project any more, or sync is paused. "
            "Name the pair under `issue_sync`, or end the link"
        )
        staying = take_over(deps, lane, row, pair_key, links)
        _wait(deps, lane, staying, deps.clock.now() + UNMAPPED, text)
        return
    with select_only(deps.database) as conn:
        breaker = _read_breaker(conn, connection_id, pair_key, deps.clock.now())
    breaker.retried = frozenset(link.key for link in links if link.cause == RETRIED)
    if breaker.halted:
        _wait(deps, lane, links, deps.clock.now() + HALTED, breaker.halted)
        return

    def rules_anew() -> Callable[[LinkState], LinkRules]:
        return (find_pair(deps, row, connection_id, pair_key, JUST_NOW) or setting).rules_for

    bench = open_bench(deps, lane, setting)
    bench = replace(bench, refuse=breaker.refuse, rules_anew=rules_anew)
    hints = {link.key: hint for link in links if (hint := _hint(deps, link))}
    results = run_cycles(bench, [link.key for link in links], hints)
    moves = find_moves(deps, row, setting, results)
    with lane_transaction(deps, lane) as conn:
        if breaker.halt is not None:
            log.warning("pair_halted", pair=pair_key, why=breaker.halt.text)
            issue_lists.halt(conn, connection_id, pair_key, breaker.halt.text)
        for link in links:
            if breaker.halt is not None and link.key in breaker.halt.links:
                until = deps.clock.now() + HALTED
                issue_link_queue.postpone(conn, link, until, breaker.halt.text)
            else:
                _finish(deps, conn, link, results.get(link.key), breaker.total)
        follow(conn, deps, links, moves)
        wake_awaiting(conn, deps, links, results)
        wake_refused(conn, deps, links, results)


def _hint(deps: Deps, link: IssueLinkRow) -> Hint | None:
    """Return which end alone may have changed; None where both have to be read."""
    listed = deps.issue_sync.listed.take(link.key, link.version)
    if listed is not None:
        return listed
    is_one_sided = link.is_dirty and link.cause in list(SideName)
    return Hint(SideName(link.cause)) if is_one_sided else None


@dataclass
class _Breaker:
    """Whether a pair may go on. `total`: its links; `is_off`: an administrator has agreed.

    `retried`: links that try again what was refused: people wanted it, one by one, before.
    """

    halted: str
    total: int
    is_off: bool
    halt: Halt | None = None
    retried: frozenset[str] = frozenset()

    def refuse(self, plans: Plans) -> frozenset[str]:
        """Return the links that must not be written to without an administrator."""
        if self.is_off:
            return frozenset()
        counted = [each for key, each in plans.items() if key not in self.retried]
        halt = tripped(((each.link, each.writes) for each in counted), self.total)
        self.halt = halt or self.halt
        return frozenset(halt.links) if halt else frozenset()


def _read_breaker(conn: Connection, connection_id: int, pair_key: str, now: datetime) -> _Breaker:
    lists = issue_lists.of_connection(conn, connection_id)
    rows = [row for (pair, _), row in lists.items() if pair == pair_key]
    halted = next((row.halted for row in rows if row.halted), "")
    is_off = any(row.agreed_at is not None and now - row.agreed_at < AGREED for row in rows)
    return _Breaker(halted, issue_link_counts.count_alive(conn, connection_id), is_off)


def find_pair(
    deps: Deps, row: PortalRow, connection_id: int, pair_key: str, keep: timedelta = KEEP
) -> PairSetting | None:
    """Open the pair of that key as the settings name it now; None where they do not.

    `keep`: as of open_pair.
    """
    with select_only(deps.database) as conn:
        mapping = deps.issue_sync.mapping_for(conn, row)
        connection = connections.by_id(conn, connection_id)
    pair = next((pair for pair in mapping.pairs if pair.key == pair_key), None)
    if pair is None or connection is None or mapping.paused or connection.state != "active":
        return None
    return open_pair(deps, row, connection, pair, keep)


def open_bench(deps: Deps, lane: Lane, setting: PairSetting) -> Workbench:
    """Return what cycles of a pair's links work with."""
    links = StoredLinks(deps.database, lambda: lane_transaction(deps, lane), deps.clock)
    return Workbench(links, setting.sides, setting.rules_for, deps.clock)


def _finish(
    deps: Deps, conn: Connection, link: IssueLinkRow, result: CycleResult | None, total: int
) -> None:
    now = deps.clock.now()
    if result is not None and result.error is not None:
        seconds = _seconds(deps, link, result.error)
        issue_link_queue.postpone(conn, link, now + timedelta(seconds=seconds), str(result.error))
    elif result is not None and result.again:
        issue_link_queue.postpone(conn, link, now, "")
    elif result is None or result.link.ended:
        issue_link_queue.finish(conn, link, None)
    else:
        columns = dict(_columns(result, now))
        written_at = columns.get("written_at", link.written_at)
        look_at = next_look(now, written_at or link.created_at, total, deps.jitter())
        look_at = min(look_at, result.look_at or look_at)
        issue_link_queue.finish(conn, link, look_at, columns, now + ECHO if result.writes else None)


def _columns(result: CycleResult, now: datetime) -> Iterator[tuple[str, Any]]:
    """Yield what is stored of what a cycle read and wrote.

    A version that may yet stand for another change, as the side tells seconds, is not kept.
    """
    for side, item in result.ends.items():
        is_settled = max(item.updated_at, item.active_at or item.updated_at) + SETTLED <= now
        is_known = is_settled and side not in result.answered
        yield f"{side}_seen", item.version if is_known else ""
    if result.writes:
        yield "written_at", now
    if SideName.TRACKER in result.answered:
        yield "answered", result.answered[SideName.TRACKER].version


def _postpone(deps: Deps, lane: Lane, links: Sequence[IssueLinkRow], error: Exception) -> None:
    """Let the links of a pair wait that could not be worked on at all."""
    text = str(error) if isinstance(error, SyncError) else backoff.format_traceback(error)
    if isinstance(error, Denied | Refused):
        log.warning("pair_denied", pair=links[0].pair, error=str(error))
    seconds = max(_seconds(deps, link, error) for link in links)
    _wait(deps, lane, links, deps.clock.now() + timedelta(seconds=seconds), text)


def _wait(
    deps: Deps, lane: Lane, links: Sequence[IssueLinkRow], until: datetime, text: str
) -> None:
    with lane_transaction(deps, lane) as conn:
        for link in links:
            issue_link_queue.postpone(conn, link, until, text)


def _seconds(deps: Deps, link: IssueLinkRow, error: Exception) -> float:
    if isinstance(error, Denied | Refused):
        return DENIED.total_seconds()
    usual = backoff.delay(link.attempts + 1, deps.jitter())
    after = error.after if isinstance(error, Later) else None
    return usual if after is None else max(usual, after)
