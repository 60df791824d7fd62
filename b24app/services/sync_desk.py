"""Two-way sync of a portal as commands see it: its stored links, a forecast, an import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from b24app.services.issue_links import Step, pair_name
from b24app.services.rehearsal import parse_mapping, rehearse_mapping
from sync.core.clock import Clock
from sync.core.issue_sync.forecast import Cost, Forecast, foresee
from sync.core.issue_sync.link import Conflict, LinkState, StoryLine
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import Item, ItemAddress, SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.lists import BEGINNING, ListedPair, listed_pairs, read_list
from sync.engine.issue_sync.rehearsing import RehearsedPair
from sync.engine.issue_sync.setting import PairSetting, open_pair, open_rooms
from sync.engine.issue_sync.work import work_on_links
from sync.engine.lanes import hold
from sync.errors import SyncError
from sync.gitlab.api.client import encode_segment
from sync.gitlab.api.rate_limit import REQUESTS_PER_MINUTE
from sync.store import issue_links, issue_lists
from sync.store.db.database import read, write
from sync.store.issue_links import IssueLinkRow
from sync.store.portals import PortalRow
from sync.store.tables import project

_TOGETHER = {SideName.TRACKER: 1, SideName.PORTAL: 49}  # writes in a request
_PAUSE = 1.0  # seconds until it is looked whether another worker has gone on
_AT_ONCE = 50  # items read whole for a forecast


@dataclass(frozen=True, slots=True)
class NamedPair:
    """A pair of the settings with its project's path and number; "" where GitLab is away."""

    listed: ListedPair
    path: str
    project_id: str


@dataclass(frozen=True)
class StoredBook:
    """The links of a portal in the database."""

    deps: Deps
    row: PortalRow

    @cached_property
    def pairs(self) -> tuple[NamedPair, ...]:
        """The pairs of the settings, each with its project's path and number."""
        with read(self.deps.database) as conn:
            listed = listed_pairs(self.deps, conn, self.row.record.id)
            query = select(project.c.connection_id, project.c.project_id, project.c.path)
            mirrored = [tuple(row) for row in conn.execute(query)]
        return tuple(self._named(each, mirrored) for each in listed)

    def _named(self, listed: ListedPair, mirrored: Iterable[tuple[Any, ...]]) -> NamedPair:
        name, connection = listed.pair.project, listed.connection
        for connection_id, number, path in mirrored:
            if connection_id == connection.id and name.casefold() in (str(number), path.casefold()):
                return NamedPair(listed, path, str(number))
        number = name if name.isdigit() else ""
        with suppress(SyncError):  # the path says it as well
            number = number or self.deps.issue_sync.project_id_for(self.deps, connection, name)
        return NamedPair(listed, name, number)

    def of_task(self, task_id: str) -> Sequence[LinkState]:
        """Return the links of a task."""
        with read(self.deps.database) as conn:
            rows = issue_links.by_ends(conn, self.row.record.id, task_ids=[task_id])
            return list(issue_links.load(conn, [row.key for row in rows]).values())

    def of_issue(self, project: str, number: str) -> Sequence[LinkState]:
        """Return the links of an issue, by the path (or number) of its project and its own."""
        ids = {
            pair.project_id
            for pair in self.pairs
            if project.casefold() in (pair.path.casefold(), pair.project_id)
        }
        numbers = [f"{project_id}/{number}" for project_id in ids]
        with read(self.deps.database) as conn:
            rows = issue_links.by_ends(conn, self.row.record.id, tracker_numbers=numbers)
            return list(issue_links.load(conn, [row.key for row in rows]).values())

    def links(self) -> Iterator[LinkState]:
        """Yield all links, the oldest first."""
        ids = dict.fromkeys(pair.listed.connection.id for pair in self.pairs)
        with read(self.deps.database) as conn:
            rows = [row for number in ids for row in issue_links.of_connection(conn, number)]
        for row in rows:
            with read(self.deps.database) as conn:
                yield from issue_links.load(conn, [row.key]).values()

    def story(self, key: str, limit: int) -> Sequence[StoryLine]:
        """Return the last lines of a link's story."""
        with read(self.deps.database) as conn:
            row = issue_links.by_key(conn, key)
            return issue_links.story(conn, row.id, limit) if row else ()

    def name(self, link: LinkState) -> str:
        """Return how people name a link."""
        task, issue = link.addresses.get(SideName.PORTAL), link.addresses.get(SideName.TRACKER)
        shown = "an issue that is yet to be created"
        if issue is not None:
            paths = [pair.path for pair in self.pairs if pair.project_id == issue.project]
            shown = f"{next(iter(paths), issue.project)}#{issue.number}"
        return f"{task.id if task else 'a task that is yet to be created'} ⇄ {shown}"

    def save(
        self, link: LinkState, story: Sequence[StoryLine], conflicts: Sequence[Conflict]
    ) -> None:
        """Save a link with what is added to its story, and have it worked on."""
        with write(self.deps.database) as conn:
            row = issue_links.by_key(conn, link.key)
            issue_links.save(conn, link, issue_links.load(conn, [link.key]).get(link.key))
            issue_links.add_story(conn, link.key, story)
            issue_links.add_conflicts(conn, link.key, conflicts)
            ids = [row.id] if row else []
            issue_links.mark_dirty(conn, ids, "a person", self.deps.clock.now())

    def create(self, task: ItemAddress, issue: ItemAddress, line: StoryLine) -> LinkState:
        """Save a new link of two items. Raises LookupError where no pair has them."""
        for pair in self.pairs:
            listed = pair.listed
            if (str(listed.pair.group_id), pair.project_id) != (task.project or "0", issue.project):
                continue
            key = f"{listed.connection.id}-m{task.id}-{issue.id}"
            link = LinkState(key, {SideName.PORTAL: task, SideName.TRACKER: issue})
            with write(self.deps.database) as conn:
                made = issue_links.create(
                    conn, self.row.record.id, listed.connection.id, listed.pair.key, link, line.at
                )
                if made is None:
                    raise LookupError("One of the two is linked already")
                issue_links.add_story(conn, key, [line])
            return link
        raise LookupError(
            "No pair of the settings has that task's workgroup and that issue's project: "
            "add it under `issue_sync` first"
        )


@dataclass(frozen=True)
class PortalDesk:
    """What the commands of two-way sync work with."""

    deps: Deps
    row: PortalRow

    @cached_property
    def book(self) -> StoredBook:
        """The links of the portal."""
        return StoredBook(self.deps, self.row)

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.deps.clock

    def pairs(self, workgroup: int | None, project: str | None) -> Iterable[ProjectPair]:
        """Return the pairs that are meant; all of them where nothing is named."""
        return [
            named.listed.pair
            for named in self.book.pairs
            if workgroup in (None, named.listed.pair.group_id)
            and (project is None or project.casefold() in (named.path.casefold(), named.project_id))
        ]

    def foresee(self, pair: ProjectPair) -> tuple[Forecast, Mapping[SideName, Cost]]:
        """Read both sides of a pair and return what an import would do. Raises SyncError."""
        listed = self._listed(pair)
        setting = open_pair(self.deps, self.row, listed.connection, pair)
        with read(self.deps.database) as conn:
            rows = issue_links.of_pair(conn, listed.connection.id, pair.key)
        linked = {
            SideName.TRACKER: frozenset(row.tracker_id for row in rows if row.tracker_id),
            SideName.PORTAL: frozenset(row.task_id for row in rows if row.task_id),
        }
        items = {side: self._items(setting, side, linked[side]) for side in SideName}
        forecast = foresee(pair, setting.rules_for(LinkState("")), items, linked)
        forecast.problems.update(dict.fromkeys(setting.problems, 1))
        return replace(forecast, statuses=setting.statuses), self._costs(listed)

    def rehearse(
        self, text: str, since: datetime, workgroup: int | None, project: str | None
    ) -> Iterator[RehearsedPair]:
        """Yield what the pairs of a settings document would have done since a moment."""
        mapping = parse_mapping(self.deps, self.row, text, os.environ)
        yield from rehearse_mapping(
            self.deps, self.row, mapping, since, workgroup=workgroup, project=project
        )

    def _items(
        self, setting: PairSetting, side: SideName, linked: frozenset[str]
    ) -> Iterator[Item]:
        """Yield the items of a side whole, a page at a time; linked ones are not read again."""
        client, cursor = setting.sides[side], None
        while True:
            page = client.changed(setting.projects[side], BEGINNING, cursor)
            fresh = [item.address for item in page.items if item.address.id not in linked]
            for at in range(0, len(fresh), _AT_ONCE):
                found = client.read(fresh[at : at + _AT_ONCE]).values()
                yield from (item for item in found if isinstance(item, Item))
            cursor = page.cursor
            if cursor is None:
                return

    def _costs(self, listed: ListedPair) -> Mapping[SideName, Cost]:
        options = listed.connection.options
        a_minute = float(options.get("requests_per_minute") or REQUESTS_PER_MINUTE)
        rates = {SideName.TRACKER: a_minute / 60, SideName.PORTAL: 2.0}
        return {side: Cost(_TOGETHER[side], rates[side]) for side in SideName}

    def import_pair(self, pair: ProjectPair) -> Iterator[Step]:
        """Read both lists of a pair, then bring its links in step; goes on where it stopped.

        Another worker may do the same at the same time: then its steps are shown.
        """
        listed = self._listed(pair)
        self._read_lists(listed)
        shown = None
        while True:
            count = work_on_links(self.deps, self.row)
            step, waiting = self._step(listed)
            if step != shown:
                yield step
            shown = step
            if not waiting:
                return
            if not count:
                self.clock.sleep(_PAUSE)

    def _read_lists(self, listed: ListedPair) -> None:
        name = f"issue-lists:{listed.connection.id}:{listed.pair.key}"
        for side in SideName:
            while not self._is_read(listed, side):
                with hold(self.deps, name) as lane:
                    if lane is not None:
                        setting = open_pair(self.deps, self.row, listed.connection, listed.pair)
                        read_list(self.deps, lane, listed, setting, side)
                        break
                self.clock.sleep(_PAUSE)

    def _is_read(self, listed: ListedPair, side: SideName) -> bool:
        with read(self.deps.database) as conn:
            lists = issue_lists.of_connection(conn, listed.connection.id)
        row = lists.get((listed.pair.key, side))
        return row is not None and row.imported

    def _step(self, listed: ListedPair) -> tuple[Step, bool]:
        """Return how far a pair is, and whether some of its links can be worked on now."""
        now = self.clock.now()
        with read(self.deps.database) as conn:
            rows = issue_links.of_pair(conn, listed.connection.id, listed.pair.key)
        failed = [row for row in rows if row.error]
        done = [row for row in rows if not row.error and row.done_version == row.version]
        waiting = any(row.due_at and row.due_at <= now for row in rows if row not in done)
        created = sum(_is_whole(row) for row in done)
        step = Step(pair_name(listed.pair), len(done), len(rows), created, len(failed))
        return step, waiting

    def release_pair(self, pair: ProjectPair) -> int | None:
        """Let a halted pair go on; return how many links try again, None where it was not."""
        connection_id, now = self._listed(pair).connection.id, self.clock.now()
        with write(self.deps.database) as conn:
            lists = issue_lists.of_connection(conn, connection_id)
            if not any(row.halted for (key, _), row in lists.items() if key == pair.key):
                return None
            issue_lists.release(conn, connection_id, pair.key, now)
            rows = issue_links.of_pair(conn, connection_id, pair.key)
            return issue_links.mark_dirty(
                conn, [row.id for row in rows if row.error], "a person", now
            )

    def _listed(self, pair: ProjectPair) -> ListedPair:
        return next(each.listed for each in self.book.pairs if each.listed.pair == pair)

    def find_task(self, task_id: str) -> ItemAddress:
        """Return where a task is. Raises LookupError."""
        for named in self.book.pairs:
            listed = named.listed
            sides = open_rooms(self.deps, self.row, listed.connection, listed.pair)
            item = sides[SideName.PORTAL].read([ItemAddress(task_id)])[task_id]
            if isinstance(item, Item):
                return item.address
            raise LookupError(f"Task {task_id}: {item.text}")
        raise LookupError("The settings name no pair under `issue_sync`")

    def find_issue(self, project: str, number: str) -> ItemAddress:
        """Return where an issue is. Raises LookupError."""
        for named in self.book.pairs:
            if project.casefold() in (named.path.casefold(), named.project_id):
                client = self.deps.code_host_for(named.listed.connection)
                path = f"/projects/{encode_segment(named.project_id)}/issues/{number}"
                issue = client.get(path)
                return ItemAddress(str(issue["id"]), str(issue["project_id"]), number)
        raise LookupError(f"The settings name no pair of the project {project}")


def _is_whole(row: IssueLinkRow) -> bool:
    return bool(row.tracker_id and row.task_id)
