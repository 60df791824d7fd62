"""A client of issues over an emulated GitLab with a project, its people and our account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import ItemAddress
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.projects import IssueMemory
from sync.net import guarded_session
from tests.emulators.gitlab.entities import DEVELOPER, MAINTAINER, Note, Project
from tests.emulators.gitlab.issues.records import Timelog
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.gitlab.tracked import Issue


@dataclass
class Side:
    """`client.requests_sent` counts."""

    gitlab: GitLabEmulator
    shop: Project
    clock: ManualClock

    def connect(
        self, options: IssueOptions | None = None, memory: IssueMemory | None = None
    ) -> GitLabIssues:
        session = guarded_session(["127.0.0.0/8"])
        self.client = GitLab(self.gitlab.url, self.token, session=session)
        return GitLabIssues(self.client, options, self.clock, memory)

    def __post_init__(self) -> None:
        self.token = self.gitlab.state.add_token("bridge").value
        self.project = str(self.shop.id)

    def fill(self, count: int, comments: int = 0, entries: int = 0) -> list[ItemAddress]:
        """Issues as of long ago, without the API between."""
        state, at = self.gitlab.state, self.clock.now()
        made = []
        for _ in range(count):
            number = state.next_id("issue")
            issue = Issue(number, number, self.shop.id, f"Issue {number}", "Words", 1, at, at)
            issue.notes = [
                Note(state.next_id("note"), "A comment", 1, at, state.next_sha())
                for _ in range(comments)
            ]
            issue.timelogs = [
                Timelog(state.next_id("timelog"), 1, 60, at, at, "Work") for _ in range(entries)
            ]
            self.shop.issues[number] = issue
            made.append(ItemAddress(str(number), self.project, str(number)))
            self.clock.sleep(1)
            at = self.clock.now()
        return made

    def cost(self, act) -> int:
        """How many requests an act takes."""
        before = self.client.requests_sent
        act()
        return self.client.requests_sent - before


@pytest.fixture
def side() -> Iterator[Side]:
    clock = ManualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))
    with GitLabEmulator(clock) as gitlab:
        for name in ("ann", "bridge"):
            gitlab.state.add_user(name, name.title())
        shop = gitlab.state.add_project(
            "acme/shop", members={"ann": MAINTAINER, "bridge": DEVELOPER}
        )
        gitlab.issues.obstacles.notes_per_minute = None
        yield Side(gitlab, shop, clock)
