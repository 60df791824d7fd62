"""A client that nobody here wrote, youtrack-cli of PyPI, works with the emulated YouTrack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.emulators.youtrack.server import YouTrackEmulator


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def youtrack() -> Iterator[YouTrackEmulator]:
    with YouTrackEmulator(_Clock()) as emulator:
        state = emulator.state
        bob = state.add_user("bob", admin=True)
        state.add_project("SHOP", [bob])
        yield emulator


@pytest.fixture
def yt(youtrack: YouTrackEmulator, tmp_path: Path):
    """Run the command with Bob's token, and give what it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "YOUTRACK_BASE_URL": youtrack.url,
        "YOUTRACK_TOKEN": "perm-bob",
        "YOUTRACK_USERNAME": "bob",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "COLUMNS": "200",
    }

    def run(*words: str) -> str:
        command = [str(Path(sys.executable).parent / "yt"), *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_command_line_client_lives_a_day_of_work(youtrack: YouTrackEmulator, yt) -> None:
    assert "SHOP" in yt("projects", "list")
    assert "SHOP-1" in yt("issues", "create", "SHOP", "Broken pump", "--description", "It *leaks*")
    listed = yt("issues", "list", "--project-id", "SHOP")
    assert "Broken pump" in listed
    assert "Submitted" in listed
    assert "Normal" in listed
    yt("issues", "comments", "add", "SHOP-1", "Seen it")
    assert "Seen it" in yt("issues", "comments", "list", "SHOP-1")
    yt("time", "log", "SHOP-1", "1h 30m", "--description", "Looked")
    assert "bob@example.com" in yt("users", "list")
    (issue,) = youtrack.state.issues.values()
    assert (issue.summary, issue.description) == ("Broken pump", "It *leaks*")
    assert [comment.text for comment in issue.comments] == ["Seen it"]
    assert [(item.minutes, item.creator.login) for item in issue.work_items] == [(90, "bob")]
