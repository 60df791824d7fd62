"""`b24bridge youtrack test` says whose token it is, and what projects cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from b24app.services.youtrack_connections import describe, missing_fields
from sync.core.clock import ManualClock
from sync.net import guarded_session
from sync.store.rows import ConnectionRecord
from sync.youtrack.api.account import read_account
from sync.youtrack.api.client import YouTrack
from tests.emulators.youtrack.server import YouTrackEmulator

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def client() -> Iterator[YouTrack]:
    with YouTrackEmulator(ManualClock(NOW)) as emulator:
        emulator.state.add_project("SHOP", [emulator.state.add_user("bridge")])
        session = guarded_session(["127.0.0.0/8"])
        yield YouTrack(emulator.url, "perm-bridge", session=session)


def record(*projects: str) -> ConnectionRecord:
    options = {"projects": list(projects)}
    return ConnectionRecord(
        1, 1, "youtrack", "yt", "https://a.example", options, {}, "active", "", None, NOW
    )


def test_the_account_is_described(client: YouTrack) -> None:
    assert describe(read_account(client)) == "bridge at YouTrack 2026.1.13757, time zone UTC"


def test_missing_fields_are_named_for_each_project(client: YouTrack) -> None:
    lines = list(missing_fields(client, record("SHOP", "GONE")))
    assert [line.partition(":")[0] for line in lines] == ["SHOP", "SHOP", "GONE"]
    assert "Due Date" in lines[0]
    assert "Estimation" in lines[1]
    assert "Read Project" in lines[2]
