"""An emulated YouTrack with a project, its people, and a client of its issues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import ItemAddress
from sync.net import guarded_session
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues
from sync.youtrack.issues.options import IssueOptions
from tests.emulators.youtrack import records
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.emulators.youtrack.state import DEFAULT


class Site:
    """An emulator with the project SHOP of Ann, Bob and our account."""

    def __init__(self, emulator: YouTrackEmulator, clock: ManualClock) -> None:
        self.emulator, self.state, self.clock = emulator, emulator.state, clock
        self.people = [self.state.add_user(name) for name in ("ann", "bob", "bridge")]
        self.ann, self.bob, self.bridge = self.people
        self.shop = self.state.add_project("SHOP", self.people, {**DEFAULT, "Due Date": "date"})

    def connect(self, **options) -> YouTrackIssues:
        """Return a client that has learned nothing yet."""
        self.client = YouTrack(
            self.emulator.url, "perm-bridge", session=guarded_session(["127.0.0.0/8"])
        )
        return YouTrackIssues(self.client, IssueOptions(**options), clock=self.clock)

    def issue(self, summary: str = "Pump") -> ItemAddress:
        """Let Bob create an issue."""
        made = self.state.create_issue(self.shop, self.bob, summary)
        return ItemAddress(made.id, self.shop.id, made.readable)

    def stored(self, address: ItemAddress) -> records.Issue:
        """Return an issue as it is stored."""
        return self.state.issues[address.id]

    def field(self, name: str) -> records.ProjectField:
        """Return a field of the project."""
        of_project = self.shop.field_named(name)
        assert of_project is not None
        return of_project


@pytest.fixture
def site() -> Iterator[Site]:
    clock = ManualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))
    with YouTrackEmulator(clock) as emulator:
        yield Site(emulator, clock)
