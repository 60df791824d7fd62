"""The room of a pair is that of its connection's kind, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.mapping import ProjectPair
from sync.engine.issue_sync.process import IssueSync
from sync.engine.issue_sync.setting import _matched
from sync.engine.issue_sync.trackers import TRACKERS, tracker_of
from sync.errors import Refused
from sync.net import guarded_session
from sync.settings.model import Connection
from sync.store.rows import ConnectionRecord
from sync.youtrack.api.client import YouTrack
from sync.youtrack.api.users import User
from sync.youtrack.issues.client import YouTrackIssues
from tests.emulators.youtrack.server import YouTrackEmulator

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RECORD = ConnectionRecord(
    1, 1, "youtrack", "yt", "https://a.example", {}, {}, "active", "", None, NOW
)


class Opened:
    """What opens clients; GitLab's would be the wrong one."""

    def __init__(self, url: str) -> None:
        self.url, self.issue_sync, self.clock = url, IssueSync(), ManualClock(NOW)

    def youtrack_for(self, record: ConnectionRecord) -> YouTrack:
        return YouTrack(self.url, "perm-bridge", session=guarded_session(["127.0.0.0/8"]))


@pytest.fixture
def opened() -> Iterator[Any]:
    with YouTrackEmulator(ManualClock(NOW)) as emulator:
        emulator.state.add_project("SHOP", [emulator.state.add_user("bridge")])
        yield Opened(emulator.url)


def test_every_kind_of_the_settings_has_a_room() -> None:
    kinds = Connection.model_fields["kind"].annotation
    assert set(kinds.__args__) == set(TRACKERS)


def test_youtrack_opens_its_own_room(opened: Any) -> None:
    tracker = tracker_of(RECORD)
    assert isinstance(tracker.open_issues(opened, RECORD, ProjectPair(3, "SHOP")), YouTrackIssues)
    assert tracker.project_id_for(opened, RECORD, "SHOP") == "0-1"


def test_people_are_matched_as_the_settings_say_else_by_e_mail(opened: Any) -> None:
    (bridge,) = tracker_of(RECORD).users_of(opened, RECORD)
    assert (bridge.login, bridge.email) == ("bridge", "bridge@example.com")
    accounts = (bridge, User("1-2", "Ann", "Ann"), User("1-3", "carl", "Carl"))
    matched = _matched(accounts, {"ann": 7}, {"bridge@example.com": 8})
    assert matched == {bridge.id: "8", "1-2": "7"}
    assert tracker_of(replace(RECORD, kind="gitlab")).users_of(opened, RECORD) == ()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Refused):
        tracker_of(replace(RECORD, kind="jira"))
