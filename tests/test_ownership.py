"""What root writes beside the service's files belongs to the service's account."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sync import keyfile
from sync.engine.wake_ups import open_queue
from sync.store.db import copying, migrate
from sync.store.db.database import create_private, open_database


class Chowned:
    """The inodes that were given to somebody, with whom."""

    def __init__(self) -> None:
        self.owners: dict[int, tuple[int, int]] = {}

    def fchown(self, descriptor: int, user: int, group: int) -> None:
        self.owners[os.fstat(descriptor).st_ino] = user, group

    def owner(self, path: Path) -> tuple[int, int] | None:
        return self.owners.get(path.stat().st_ino)


@pytest.fixture
def chowned(monkeypatch: pytest.MonkeyPatch) -> Chowned:
    recorder = Chowned()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", recorder.fchown)
    return recorder


def migrated(file: Path) -> Engine:
    engine = open_database(f"sqlite:///{file}")
    migrate.migrate(engine)
    return engine


def test_root_gives_what_it_writes_to_the_owner_of_the_folder(
    tmp_path: Path, chowned: Chowned
) -> None:
    key, file, queue = (tmp_path / name for name in ("secret.key", "b.sqlite3", "queue.sqlite3"))
    keyfile.replace_keys(key, ["new", "old"])
    engine = migrated(file)
    open_queue(str(queue))
    copy = copying.copy_before_migration(engine, file, "0001", "2026-11-30")
    engine.dispose()
    restored = tmp_path / "restored.sqlite3"
    copying.replace_database(restored, copy, tmp_path / "before")
    owner = tmp_path.stat().st_uid, tmp_path.stat().st_gid
    written = {key, file, queue, copy, copy.parent, restored}
    assert {path.name: chowned.owner(path) for path in written} == {
        path.name: owner for path in written
    }


def test_nobody_else_gives_anything_away(
    tmp_path: Path, chowned: Chowned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    keyfile.read_or_create(tmp_path / "secret.key")
    open_database(f"sqlite:///{tmp_path / 'b.sqlite3'}").dispose()
    assert not chowned.owners


def test_a_link_in_the_place_of_a_new_file_is_not_followed(
    tmp_path: Path, chowned: Chowned
) -> None:
    (tmp_path / "b.sqlite3").symlink_to(tmp_path / "elsewhere")
    create_private(tmp_path / "b.sqlite3")
    assert not chowned.owners
    assert not (tmp_path / "elsewhere").exists()
