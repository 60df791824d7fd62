"""The two-way links of a portal in the database, as commands read and change them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from b24app.services.issue_links import LINK_CHANGED, Target
from sync.core.issue_sync import acts
from sync.core.issue_sync.link import Conflict, LinkState, StoryLine
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.pairs import ListedPair, listed_pairs
from sync.engine.issue_sync.trackers import tracker_of
from sync.errors import Later, SyncError
from sync.sentences import as_sentence, sentence
from sync.store import (
    issue_link_moves,
    issue_link_queue,
    issue_link_stories,
    issue_links,
    leases,
)
from sync.store.db.database import read, write
from sync.store.issue_link_rows import IssueLinkRow, by_ends, by_readable_numbers
from sync.store.portals import PortalRow
from sync.store.tables import project

_PATIENCE, _PAUSE = 60, 1.0  # attempts, and seconds between two
_TTL = timedelta(seconds=10)
_WITH_ANOTHER = "one of the two was linked with another item by a person"


@dataclass(frozen=True, slots=True)
class NamedPair:
    """A pair of the settings with its project's path and number; "" where GitLab is away."""

    listed: ListedPair
    path: str
    project_id: str


@dataclass(frozen=True)
class StoredBook:
    """The links of a portal in the database. `loaded`: as they were last given to somebody."""

    deps: Deps
    row: PortalRow
    loaded: dict[str, LinkState] = field(default_factory=dict)

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

    def as_it_is(self, pair: NamedPair) -> NamedPair:
        """Return a pair with the number of the project that has its path now.

        A project that was made anew has another one than hooks and lists told.
        """
        name, connection = pair.listed.pair.project, pair.listed.connection
        if name.isdigit():
            return pair
        try:
            number = self.deps.issue_sync.project_id_for(self.deps, connection, name)
        except SyncError:
            return pair
        return replace(pair, project_id=number)

    def at_home(self, target: Target) -> Target:
        """Return a target without its host. Raises LookupError where that is another system's."""
        if not target.host:
            return target
        if target.task_id:
            own = urlsplit(self.row.record.client_endpoint).netloc
            if target.host != own:
                raise LookupError(
                    sentence(
                        "The address is of another portal: {host}; this one is {own}",
                        host=target.host,
                        own=own,
                    )
                )
            return replace(target, host="")
        roots = {
            pair.listed.connection.id: urlsplit(pair.listed.connection.base_url)
            for pair in self.pairs
        }
        same = {key: root for key, root in roots.items() if root.netloc.lower() == target.host}
        if not same:
            raise LookupError(
                sentence(
                    "The address is of another system: {host}; the pairs of the settings are of "
                    "{own}",
                    host=target.host,
                    own=", ".join(sorted({root.netloc.lower() for root in roots.values()})) or "-",
                )
            )
        project = target.project
        for path in {root.path.strip("/") for root in same.values()} - {""}:
            project = project.removeprefix(f"{path}/")
        return replace(target, project=project, host="", connections=frozenset(same))

    def pairs_of(self, issue: Target) -> list[NamedPair]:
        """Return the pairs that may have an issue: where its number names it, its project first."""
        project = issue.project.casefold()
        pairs = [
            pair
            for pair in self.pairs
            if issue.may_be_of(pair.listed.connection.id)
            and tracker_of(pair.listed.connection).names_alone is not bool(project)
        ]
        if project:
            return [pair for pair in pairs if project in (pair.path.casefold(), pair.project_id)]
        name = issue.number.rpartition("-")[0].casefold()
        return sorted(pairs, key=lambda pair: pair.path.casefold() != name)

    def of_task(self, task_id: str, connection_id: int | None = None) -> Sequence[LinkState]:
        """Return the links of a task; with issues of that connection alone, if there is one."""
        with read(self.deps.database) as conn:
            portal_id = self.row.record.id
            rows = by_ends(conn, portal_id, task_ids=[task_id], connection_id=connection_id)
            return self._load(conn, rows)

    def of_issue(self, issue: Target) -> Sequence[LinkState]:
        """Return the links of an issue."""
        pairs = [(pair.listed.connection.id, pair.project_id) for pair in self.pairs_of(issue)]
        numbers: dict[int, set[str]] = {}
        for connection_id, project_id in pairs:
            numbers.setdefault(connection_id, set()).add(f"{project_id}/{issue.number}")
        rows: list[IssueLinkRow] = []
        with read(self.deps.database) as conn:
            for connection_id, of_projects in numbers.items():
                if issue.project:
                    portal_id = self.row.record.id
                    rows += by_ends(
                        conn, portal_id, tracker_numbers=of_projects, connection_id=connection_id
                    )
                else:
                    spelt = {issue.number, issue.number.upper()}
                    rows += by_readable_numbers(conn, connection_id, sorted(spelt))
            return self._load(conn, rows)

    def _load(self, conn: Connection, rows: Sequence[IssueLinkRow]) -> list[LinkState]:
        """Return the states of links in the order of their rows."""
        links = issue_links.load(conn, [row.key for row in rows])
        self.loaded.update(links)
        return [links[row.key] for row in rows if row.key in links]

    def links(self) -> Iterator[LinkState]:
        """Yield all links, the oldest first."""
        ids = dict.fromkeys(pair.listed.connection.id for pair in self.pairs)
        with read(self.deps.database) as conn:
            rows = [row for number in ids for row in issue_links.of_connection(conn, number)]
        for row in rows:
            with read(self.deps.database) as conn:
                yield from self._load(conn, [row])

    def story(self, key: str, limit: int) -> Sequence[StoryLine]:
        """Return the last lines of a link's story."""
        with read(self.deps.database) as conn:
            row = issue_links.by_key(conn, key)
            return issue_link_stories.story(conn, row.id, limit) if row else ()

    def name(self, link: LinkState) -> str:
        """Return how people name a link."""
        task, issue = link.addresses.get(SideName.PORTAL), link.addresses.get(SideName.TRACKER)
        shown: str = as_sentence("an issue that is yet to be created")
        if issue is not None and "-" in issue.number:
            shown = issue.number
        elif issue is not None:
            paths = [pair.path for pair in self.pairs if pair.project_id == issue.project]
            shown = f"{next(iter(paths), issue.project)}#{issue.number}"
        return sentence(
            "{task} ⇄ {issue}",
            task=task.id if task else as_sentence("a task that is yet to be created"),
            issue=shown,
        )

    def save(
        self, link: LinkState, story: Sequence[StoryLine], conflicts: Sequence[Conflict]
    ) -> None:
        """Save a link with what is added to its story, and have it worked on.

        Never in the middle of a worker's look at it, nor over what a worker or another person
        saved since it was loaded. Raises Later.
        """
        owner, name = f"command:{secrets.token_hex(8)}", f"links:{self.row.record.id}"
        for _ in range(_PATIENCE):
            with write(self.deps.database) as conn:
                now = self.deps.clock.now()
                if leases.acquire(conn, name, owner, now=now, ttl=_TTL):
                    self._save(conn, link, story, conflicts)
                    leases.release(conn, name, owner)
                    return
            self.deps.clock.sleep(_PAUSE)
        raise Later(
            "The links of this portal are being worked on, and the change was not made",
            change="Try again in a minute",
            code="links_busy",
        )

    def _save(
        self,
        conn: Connection,
        link: LinkState,
        story: Sequence[StoryLine],
        conflicts: Sequence[Conflict],
    ) -> None:
        row = issue_links.by_key(conn, link.key)
        stored = issue_links.load(conn, [link.key]).get(link.key)
        if stored != self.loaded.get(link.key, stored):
            raise Later(
                "The link was changed meanwhile, and the change was not made",
                cause="A worker, or another person, was quicker",
                change="Look at it again, then repeat the command",
                code=LINK_CHANGED,
            )
        issue_links.save(conn, link, stored)
        issue_link_stories.add_story(conn, link.key, story)
        issue_link_stories.add_conflicts(conn, link.key, conflicts)
        ids = [row.id] if row else []
        issue_link_queue.mark_dirty(conn, ids, "a person", self.deps.clock.now())
        self.loaded[link.key] = link

    def create(
        self, task: ItemAddress, issue: ItemAddress, line: StoryLine, connection_id: int
    ) -> LinkState:
        """Save a new link of two items; `connection_id`: whose issue it is.

        Raises LookupError where no pair has them. Items that were unlinked before go on with what
        was agreed then; what was linked with another item leaves that link, which stays for its
        story.
        """
        for pair in map(self.as_it_is, self.pairs):
            listed = pair.listed
            ends = (connection_id, task.project or "0", issue.project)
            if (listed.connection.id, str(listed.pair.group_id), pair.project_id) != ends:
                continue
            key = f"{listed.connection.id}-m{task.id}-{issue.id}"
            link = LinkState(key, {SideName.PORTAL: task, SideName.TRACKER: issue})
            with write(self.deps.database) as conn:
                if again := self._relinked(conn, listed, link, line):
                    return again
                if issue_links.by_key(conn, key):  # of a link that let go of an end
                    link = replace(link, key=f"{key}-{secrets.token_hex(4)}")
                link_id = issue_links.create(
                    conn, self.row.record.id, listed.connection.id, listed.pair.key, link, line.at
                )
                if link_id is None:
                    raise LookupError("One of the two is linked already")
                issue_link_stories.add_story(conn, link.key, [line])
            return link
        raise LookupError(
            "No pair of the settings has that task's workgroup and that issue's project: "
            "add it in the settings, under two-way sync, first"
        )

    def _relinked(
        self, conn: Connection, listed: ListedPair, link: LinkState, line: StoryLine
    ) -> LinkState | None:
        """Let the two items' link that ended go on, if there is one; other such links let go."""
        task, issue = (link.addresses[side].id for side in (SideName.PORTAL, SideName.TRACKER))
        portal_id, connection_id = self.row.record.id, listed.connection.id
        rows = [
            *by_ends(conn, portal_id, task_ids=[task], connection_id=connection_id),
            *by_ends(conn, portal_id, tracker_ids=[issue], connection_id=connection_id),
        ]
        ended = issue_links.load(conn, [row.key for row in rows if row.ended])
        for before in ended.values():
            if _ends_of(before) == _ends_of(link):
                after = replace(acts.relink(before), addresses=link.addresses)
                self._save(conn, after, [line], ())
                row = issue_links.by_key(conn, before.key)
                if row is not None and row.pair != listed.pair.key:
                    issue_link_moves.set_pair(conn, row.id, listed.pair.key)
                return after
        for before in ended.values():
            kept = {
                side: address
                for side, address in before.addresses.items()
                if address.id != link.addresses[side].id
            }
            issue_links.save(conn, replace(before, addresses=kept), before)
            issue_link_stories.add_story(conn, before.key, [replace(line, text=_WITH_ANOTHER)])
        return None


def _ends_of(link: LinkState) -> dict[SideName, str]:
    return {side: address.id for side, address in link.addresses.items()}
