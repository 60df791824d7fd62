"""A portal and a GitLab for two-way sync, both emulated without sockets, with one clock for all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import requests

from sync.core.issue_sync.mapping import ProjectPair, SyncMapping
from sync.core.issue_sync.model import SideName
from sync.core.model.common import Person, PortalUser
from sync.engine.deps import Deps
from sync.engine.issue_sync.process import IssueSync
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.rate_limit import RateLimiter
from sync.store import people, portals
from sync.store.db.database import read, write
from sync.store.db.migrate import migrate
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord
from tests.databases import opened
from tests.emulators.gitlab.entities import Note
from tests.emulators.gitlab.issues.records import Timelog
from tests.emulators.gitlab.tracked import Issue
from tests.engine.world import HOST, World

GROUP, RITA = 3, 7
FRACTION = 0.137  # of a second: an instance tells the moment of a change to the millisecond
EVENTS = ("issues_events", "confidential_issues_events", "note_events")


class Killed(BaseException):
    """The process ends between two requests."""


class Town(World):
    """One pair: issues make tasks. Requests are counted; at `die_at` the process is killed."""

    def __init__(self, folder: Path) -> None:
        self.sent: Counter[SideName] = Counter()
        self.die_at = 0
        url = f"sqlite:///{folder / 'town.sqlite3'}"
        migrate(opened(url))
        super().__init__(url)
        self.clock.sleep(FRACTION)
        state = self.gitlab.state
        self.gitlab.issues.obstacles.notes_per_minute = None
        bridge = state.add_user("bridge", public=False)
        self.shop.members[bridge.id] = 40
        self.token = state.add_token("bridge")
        self.limiter = RateLimiter(clock=self.clock)
        self.gitlab.add_hook(self.shop, "http://bridge.test/hook", *EVENTS)
        pair = ProjectPair(GROUP, str(self.shop.id), "gitlab", creates=frozenset([SideName.PORTAL]))
        self.pair = pair
        self.ann = state.user("ann")
        person = Person(self.ann.id, "ann", "Ann", "rita@acme.example")
        with write(self.database) as conn:
            users = [PortalUser(RITA, "Rita", "rita@acme.example")]
            people.save_portal_users(conn, self.portal_id, users)
            people.save_host_people(conn, self.connection_id, [person])

    def new_process(self, owner: str) -> Deps:
        """Return what a process that has just begun works with."""
        sync = IssueSync(lambda conn, row: SyncMapping((self.pair,)))
        return replace(self.deps(owner), issue_sync=sync)

    @property
    def row(self) -> PortalRow:
        with read(self.database) as conn:
            row = portals.row_by_id(conn, self.portal_id)
        assert row is not None
        return row

    def _code_host(self, connection: ConnectionRecord) -> GitLab:
        return GitLab(
            HOST,
            self.token.value,
            connection_id=connection.id,
            session=self.session(),
            rate_limiter=self.limiter,
        )

    def portal_answer(self, request: requests.PreparedRequest) -> requests.Response:
        self._count(SideName.PORTAL)
        return super().portal_answer(request)

    def host_answer(self, request: requests.PreparedRequest) -> requests.Response:
        self._count(SideName.TRACKER)
        return super().host_answer(request)

    def _count(self, side: SideName) -> None:
        self.sent[side] += 1
        if self.sent.total() == self.die_at:
            raise Killed

    def fill(self, size: int, comments: int, entries: int) -> None:
        """Give the project issues as old as can be, with comments and logged work."""
        state, shop = self.gitlab.state, self.shop
        for number in range(1, size + 1):
            at = self.clock.now() - timedelta(days=30) + timedelta(seconds=number)
            text = "Some words. " * 20
            issue = Issue(number, number, shop.id, f"Issue {number}", text, self.ann.id, at, at)
            issue.notes = [
                Note(state.next_id("note"), f"Comment {place}", self.ann.id, at, state.next_sha())
                for place in range(comments)
            ]
            issue.timelogs = [
                Timelog(state.next_id("timelog"), self.ann.id, 3600, at, at, "Work")
                for _ in range(entries)
            ]
            shop.issues[number] = issue
