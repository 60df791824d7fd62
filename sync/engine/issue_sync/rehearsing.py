"""Rehearse a changed mapping over what really happened: nothing is written anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import Capabilities, SideName
from sync.core.issue_sync.rehearse import LinkHistory, Rehearsal, rehearse
from sync.engine.issue_sync.setting import open_pair
from sync.store import issue_link_history, issue_links
from sync.store.db.database import select_only
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord

if TYPE_CHECKING:
    from sync.engine.deps import Deps


@dataclass(frozen=True, slots=True)
class RehearsedPair:
    """A rehearsal of a pair. `alive`: links it has; `problems`: settings that name nothing."""

    pair: ProjectPair
    rehearsal: Rehearsal
    alive: int
    problems: tuple[str, ...]
    capabilities: dict[SideName, Capabilities]


def rehearse_pair(
    deps: Deps,
    row: PortalRow,
    connection: ConnectionRecord,
    pair: ProjectPair,
    since: datetime,
) -> RehearsedPair:
    """Return what a pair's changed settings would have done since a moment. Raises SyncError.

    What both sides can hold is asked as the changed settings need it; links and their changes are
    those of the pair of this workgroup and project.
    """
    alone = replace(deps, issue_sync=replace(deps.issue_sync, asked={}))
    setting = open_pair(alone, row, connection, pair)
    with select_only(deps.database) as conn:
        rows = issue_links.of_pair(conn, connection.id, pair.key)
        changes = issue_link_history.changes_since(conn, [link.id for link in rows], since)
    histories = []
    for link in rows:
        if link.id in changes:
            ends = {SideName.TRACKER: link.tracker_id, SideName.PORTAL: link.task_id}
            items = {side: number for side, number in ends.items() if number}
            rules = setting.rules_for(LinkState(link.key))  # files in texts play no part in it
            histories.append((LinkHistory(items, changes[link.id]), rules))
    (facts,) = alone.issue_sync.asked.values()
    able = dict(facts.capabilities)
    return RehearsedPair(pair, rehearse(histories), len(rows), setting.problems, able)
