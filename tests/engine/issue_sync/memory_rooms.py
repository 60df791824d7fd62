"""A pair of a workgroup and a project whose two sides are in memory, over a real database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sync.core.issue_sync.mapping import ProjectPair, SyncMapping
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Capabilities,
    Choice,
    Comment,
    SideName,
    Value,
)
from sync.core.issue_sync.rules import FieldRule, Policy
from sync.engine.deps import Deps
from sync.engine.issue_sync.lists import read_list, read_lists
from sync.engine.issue_sync.pairs import listed_pairs
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.setting import open_pair
from sync.engine.issue_sync.work import work_on_links
from sync.engine.lanes import hold
from sync.store import connections, issue_links, portals
from sync.store.db.database import read
from tests.engine.world import World
from tests.simulation.issue_sync.memory_side import Held, MemorySide

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
GROUP = 10
PROJECTS = {TRACKER: "7", PORTAL: str(GROUP)}
FIELDS = (TITLE, DESCRIPTION, STATUS, TAGS)


class Room(MemorySide):
    """A side in memory that tells its statuses, and keeps its items in one project."""

    def capabilities(self, project: str) -> Capabilities:
        names = {"todo": False, "done": True} if self.side is TRACKER else {"2": False, "5": True}
        choices = tuple(Choice(name, name, closed) for name, closed in names.items())
        return Capabilities(frozenset(FIELDS), {STATUS: choices})


@dataclass
class Quiet:
    """Nobody acts while the engine works, and the worker lives; `die` at a point by its number."""

    points: int = 0
    die_at: int | None = None
    error: type[BaseException] = SystemExit

    def point(self, name: str) -> None:
        self.points += 1
        if self.points == self.die_at:
            raise self.error(name)

    def __getattr__(self, name: str) -> Any:
        return lambda *args: None


@dataclass
class Pair:
    """Both rooms of the world's first portal and connection, and what the worker does there."""

    world: World
    policy: Policy = Policy.NEWEST
    creates: frozenset[SideName] = frozenset(SideName)
    watcher: Quiet = field(default_factory=Quiet)
    imports: bool = True  # until the import is done, work begins with it

    def __post_init__(self) -> None:
        self.rooms = {
            side: Room(side, self.world.clock, Random(1), self.watcher, project=PROJECTS[side])
            for side in SideName
        }
        with read(self.world.database) as conn:
            connection = connections.by_id(conn, self.world.connection_id)
        assert connection is not None
        self.connection = connection
        fields = dict.fromkeys(FIELDS, FieldRule(policy=self.policy))
        self.pair = ProjectPair(GROUP, "7", self.connection.name, fields, creates=self.creates)
        self.mapping = SyncMapping((self.pair,))
        self.sync = IssueSync(
            lambda conn, row: self.mapping, lambda *args: self.rooms, lambda *args: "7"
        )

    @property
    def deps(self) -> Deps:
        return replace(self.world.deps(), issue_sync=self.sync)

    def create(self, side: SideName, **values: Value) -> Held:
        held = self.rooms[side].create(values)
        self.rooms[side].touch(held)
        return held

    def edit(self, held: Held, name: str, value: Value) -> None:
        self.world.clock.sleep(1)
        room = next(room for room in self.rooms.values() if held in room.items.values())
        room.edit(held, name, value)

    def comment(self, side: SideName, held: Held, text: str) -> None:
        room = self.rooms[side]
        held.comments.append(
            Comment(room.new_id(), Author("ann", "Ann"), text, self.world.clock.now())
        )
        room.touch(held)

    def import_all(self) -> None:
        """Read both lists from their beginning."""
        deps = self.deps
        with read(deps.database) as conn:
            (listed,) = listed_pairs(deps, conn, self.world.portal_id)
        setting = open_pair(deps, listed.row, listed.connection, listed.pair)
        with hold(deps, "import") as lane:
            assert lane is not None
            for side in SideName:
                read_list(deps, lane, listed, setting, side)
        self.imports = False

    def work(self, *, sweep: bool = True) -> int:
        """Let some minutes pass, read the lists, and work on what waits."""
        deps, count = self.deps, 0
        if sweep:
            self.world.clock.sleep(700)
            if self.imports:
                self.import_all()
            read_lists(deps, self.world.portal_id)
        with read(deps.database) as conn:
            row = portals.row_by_id(conn, self.world.portal_id)
        assert row is not None
        for _ in range(10):
            done = work_on_links(deps, row)
            count += done
            if not done:
                return count
        raise AssertionError("it never rests")

    def links(self) -> tuple[issue_links.IssueLinkRow, ...]:
        with read(self.deps.database) as conn:
            return issue_links.of_connection(conn, self.connection.id)

    def only(self, side: SideName) -> Held:
        (held,) = self.rooms[side].items.values()
        return held
