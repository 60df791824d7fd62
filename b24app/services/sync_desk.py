"""Two-way sync of a portal as commands see it: its stored links, a forecast, an import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from b24app.services.issue_links import Step, Target, pair_name
from b24app.services.rehearsal import parse_mapping, rehearse_mapping
from b24app.services.stored_book import StoredBook
from sync.core.clock import Clock
from sync.core.issue_sync.forecast import Cost, Forecast, foresee
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import Item, ItemAddress, SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.lists import BEGINNING, read_list
from sync.engine.issue_sync.pairs import ListedPair
from sync.engine.issue_sync.rehearsing import RehearsedPair
from sync.engine.issue_sync.setting import PairSetting, open_pair, open_rooms
from sync.engine.issue_sync.trackers import tracker_of
from sync.engine.issue_sync.work import BATCH, work_on_links
from sync.engine.lanes import hold
from sync.engine.reconcile.portal_users import read_if_missing
from sync.errors import Refused
from sync.gitlab.api.rate_limit import REQUESTS_PER_MINUTE
from sync.sentences import sentence
from sync.store import issue_link_counts, issue_link_queue, issue_links, issue_lists
from sync.store.db.database import read, write
from sync.store.portals import PortalRow

NOT_FOUND = "404"
_PAUSE = 1.0  # seconds until it is looked whether another worker has gone on
_AT_ONCE = 50  # items read whole for a forecast


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
        self._read_people()
        setting = open_pair(self.deps, self.row, listed.connection, pair)
        with read(self.deps.database) as conn:
            rows = issue_links.of_pair(conn, listed.connection.id, pair.key)
        ends = [(row.tracker_id, row.task_id) for row in rows if row.tracker_id and row.task_id]
        linked = {
            SideName.TRACKER: frozenset(tracker_id for tracker_id, _ in ends),
            SideName.PORTAL: frozenset(task_id for _, task_id in ends),
        }
        items = {side: self._items(setting, side, linked[side]) for side in SideName}
        imported = [side for side in SideName if self._is_read(listed, side)]
        forecast = foresee(pair, setting.rules_for(LinkState("")), items, linked, imported)
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
                answers = client.read(fresh[at : at + _AT_ONCE]).values()
                yield from (item for item in answers if isinstance(item, Item))
            cursor = page.cursor
            if cursor is None:
                return

    def _costs(self, listed: ListedPair) -> Mapping[SideName, Cost]:
        options = listed.connection.options
        a_minute = float(options.get("requests_per_minute") or REQUESTS_PER_MINUTE)
        return {
            SideName.TRACKER: Cost(1, a_minute / 60, system=tracker_of(listed.connection).name),
            SideName.PORTAL: Cost(49, 2.0, page=500, reads=3, system="Bitrix24"),
        }

    def import_pair(self, pair: ProjectPair) -> Iterator[Step]:
        """Read both lists of a pair, and bring its links in step; goes on where it stopped.

        The portal's list comes first: it has none of our tasks yet. Links are made as soon as a
        batch of them is listed, of the items as they were listed. Another worker may do the same
        at the same time: then its steps are shown.
        """
        listed = self._listed(pair)
        self._read_people()
        unread, shown = [SideName.PORTAL, SideName.TRACKER], None
        while True:
            step, waiting = self._step(listed)
            if step != shown:
                yield step
            shown = step
            if waiting < BATCH and unread:
                if self._is_read(listed, unread[0]):
                    unread = unread[1:]
                else:
                    self._read_page(listed, unread[0])
            elif not waiting:
                return
            elif not work_on_links(self.deps, self.row):
                self.clock.sleep(_PAUSE)

    def _read_people(self) -> None:
        """Read who is who where no worker did since the installation: all would be strangers."""
        read_if_missing(self.deps, self.row.record.id, self.deps.portal_for(self.row))

    def _read_page(self, listed: ListedPair, side: SideName) -> None:
        name = f"issue-lists:{listed.connection.id}:{listed.pair.key}"
        with hold(self.deps, name) as lane:
            if lane is not None:
                setting = open_pair(self.deps, self.row, listed.connection, listed.pair)
                read_list(self.deps, lane, listed, setting, side, pages=1)
                return
        self.clock.sleep(_PAUSE)

    def _is_read(self, listed: ListedPair, side: SideName) -> bool:
        with read(self.deps.database) as conn:
            lists = issue_lists.of_connection(conn, listed.connection.id)
        row = lists.get((listed.pair.key, side))
        return row is not None and row.imported

    def _step(self, listed: ListedPair) -> tuple[Step, int]:
        """Return how far a pair is, and how many of its links can be worked on now."""
        with read(self.deps.database) as conn:
            counts = issue_link_counts.progress(
                conn, listed.connection.id, listed.pair.key, self.clock.now()
            )
        name = pair_name(listed.pair)
        linked, failed, held = counts.linked, counts.failed, counts.held
        return Step(name, counts.done, counts.total, linked, failed, held), counts.waiting

    def release_pair(self, pair: ProjectPair) -> int | None:
        """Let a halted pair go on; return how many links try again, None where it was not."""
        connection_id, now = self._listed(pair).connection.id, self.clock.now()
        with write(self.deps.database) as conn:
            lists = issue_lists.of_connection(conn, connection_id)
            if not any(row.halted for (key, _), row in lists.items() if key == pair.key):
                return None
            issue_lists.release(conn, connection_id, pair.key, now)
            rows = issue_links.of_pair(conn, connection_id, pair.key)
            return issue_link_queue.mark_dirty(
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
            raise LookupError(sentence("Task {task_id}: {text}", task_id=task_id, text=item.text))
        raise LookupError("The settings name no pair for two-way sync")

    def find_issue(self, issue: Target) -> tuple[int, ItemAddress]:
        """Return the id of the connection that an issue is of, and where it is.

        Raises LookupError where it is not shown, and SyncError.
        """
        missing: Refused | None = None
        for each in self.book.pairs_of(issue):
            pair = self.book.as_it_is(each) if issue.project else each
            connection = pair.listed.connection
            find = tracker_of(connection).find_issue
            try:
                address = find(self.deps, connection, pair.project_id, issue.number)
            except Refused as refused:  # the next connection may have it
                missing = missing or refused
            else:
                return connection.id, address
        if missing is not None and missing.code == NOT_FOUND:
            raise LookupError(
                sentence(
                    "The {target} was not found: it does not exist, or our account may not see it. "
                    "Check its number, and that our account is a member of its project",
                    target=issue,
                )
            ) from missing
        if missing is not None:
            raise missing
        project = issue.project or issue.number.rpartition("-")[0]
        if issue.project.casefold() in {pair.path.casefold() for pair in self.book.pairs}:
            name = f"{issue.project}-{issue.number}"
            raise LookupError(sentence("In that tracker the issue is called {name}", name=name))
        raise LookupError(
            sentence("The settings name no pair of the project {project}", project=project)
        )
