"""A portal and a YouTrack for two-way sync, both emulated without sockets, with one clock."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import requests

from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import SideName
from sync.engine.deps import Deps
from sync.engine.issue_sync.process import IssueSync
from sync.store import portals
from sync.store.db.database import read
from sync.store.db.migrate import migrate
from sync.store.portals import PortalRow
from sync.youtrack.api.client import YouTrack
from tests.databases import opened
from tests.emulators.youtrack.records import Issue
from tests.emulators.youtrack.server import CONTEXT
from tests.engine.youtrack_world import HOST, YouTrackWorld


class YouTrackTown(YouTrackWorld):
    """One pair: issues make tasks. Requests are counted by side."""

    def __init__(self, folder: Path) -> None:
        self.sent: Counter[SideName] = Counter()
        url = f"sqlite:///{folder / 'town.sqlite3'}"
        migrate(opened(url))
        super().__init__(url)
        self.pair = replace(self.pair, creates=frozenset([SideName.PORTAL]))
        pair = self.pair
        self.process_sync = lambda: IssueSync(lambda conn, row: SyncMapping((pair,)))

    def new_process(self, owner: str) -> Deps:
        """Return what a process that has just begun works with."""
        return replace(self.deps(owner), issue_sync=self.process_sync())

    @property
    def row(self) -> PortalRow:
        with read(self.database) as conn:
            row = portals.row_by_id(conn, self.portal_id)
        assert row is not None
        return row

    def portal_answer(self, request: requests.PreparedRequest) -> requests.Response:
        self.sent[SideName.PORTAL] += 1
        return super().portal_answer(request)

    def youtrack_answer(self, request: requests.PreparedRequest) -> requests.Response:
        self.sent[SideName.TRACKER] += 1
        return super().youtrack_answer(request)

    def new_client(self) -> YouTrack:
        """Return a client of the connection's account."""
        return YouTrack(HOST + CONTEXT, "perm-bridge", session=self.session())

    def fill(self, size: int, comments: int, entries: int) -> list[Issue]:
        """Give the project issues a month old, with comments and logged work, and no hints."""
        state, boris = self.youtrack.state, self.youtrack.state.user("boris")
        self.hints, issues = False, []
        past = int((self.clock.now() - timedelta(days=30)).timestamp() * 1000)
        for number in range(1, size + 1):
            issue = state.create_issue(self.project, boris, f"Issue {number}", "Some words. " * 20)
            for place in range(comments):
                state.add_comment(issue, boris, f"Comment {place}")
            for _ in range(entries):
                state.log_work(issue, boris, boris, 60, past - past % 86_400_000, "Work")
            issue.created = issue.updated = past + number * 1000
            issues.append(issue)
        state.activities.clear()  # what happened long ago
        self.hints = True
        return issues


@contextmanager
def youtrack_town() -> Iterator[YouTrackTown]:
    """Yield a town for a while."""
    with tempfile.TemporaryDirectory() as folder:
        town = YouTrackTown(Path(folder))
        try:
            yield town
        finally:
            town.close()
