"""What a process keeps of two-way sync: where its settings come from, and what it has learned.

What works on pairs is imported when there is one: most servers have none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sync.core.issue_sync.model import Capabilities, SideName
from sync.core.model.common import Person
from sync.engine.issue_sync.echoes import ListedItems
from sync.store import portals
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord

if TYPE_CHECKING:
    from sync.core.issue_sync.mapping import ProjectPair, SyncMapping
    from sync.core.issue_sync.side import SideClient
    from sync.engine.deps import Deps
    from sync.youtrack.api.users import User

    Sides = Mapping[SideName, SideClient]


def _no_mapping(conn: Connection, row: PortalRow) -> SyncMapping:
    from sync.core.issue_sync.mapping import SyncMapping

    return SyncMapping()


def _open_rooms(
    deps: Deps, row: PortalRow, connection: ConnectionRecord, pair: ProjectPair
) -> Sides:
    from sync.engine.issue_sync.setting import open_rooms

    return open_rooms(deps, row, connection, pair)


def _read_project_id(deps: Deps, connection: ConnectionRecord, project: str) -> str:
    from sync.engine.issue_sync.setting import read_project_id

    return read_project_id(deps, connection, project)


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What was asked about a pair. `members`: of its project, as asked at `members_at`."""

    at: datetime
    project_id: str
    capabilities: Mapping[SideName, Capabilities]
    users: tuple[User, ...] = ()  # of a tracker whose people no webhook stores
    members: tuple[Person, ...] = ()
    members_at: datetime | None = None


@dataclass
class IssueSync:
    """What a process knows of two-way sync: where its settings and rooms come from.

    `portals_with_pairs`: the portals whose settings may name a pair, by default all. `asked`: what
    pairs can hold, and the numbers of their projects, with the moment of asking.
    `memories`: what rooms learned of an instance, by connection and address (of a portal: by its
    number). `renewed`: pairs of
    which another answer came than before, until somebody takes note of it. `listed`: items that
    lists have just shown.
    """

    mapping_for: Callable[[Connection, PortalRow], SyncMapping] = _no_mapping
    rooms_for: Callable[[Deps, PortalRow, ConnectionRecord, ProjectPair], Sides] = _open_rooms
    project_id_for: Callable[[Deps, ConnectionRecord, str], str] = _read_project_id
    portals_with_pairs: Callable[[Connection], Collection[int]] = portals.active_ids
    asked: dict[tuple[int, str], PairFacts] = field(default_factory=dict)
    memories: dict[tuple[int, str], object] = field(default_factory=dict)
    listed: ListedItems = field(default_factory=ListedItems)
    renewed: set[tuple[int, str]] = field(default_factory=set)
