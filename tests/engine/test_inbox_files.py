"""The inbox over an SQLite file that is locked, full, write protected, deleted or replaced."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, make_url, select

from sync.engine.inbox import Inbox
from sync.errors import Later
from sync.store.db.database import open_database, read, write
from sync.store.tables import delivery
from tests.store.factories import a_delivery, a_portal

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def file(database_url: str) -> Path:
    return Path(str(make_url(database_url).database))


@pytest.fixture
def own(database_url: str, file: Path) -> Iterator[Engine]:
    """An engine of this test alone: what happens to its connections is no other test's matter."""
    made = open_database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def portal_id(own: Engine) -> int:
    with write(own) as conn:
        return a_portal(conn)


@pytest.fixture
def inbox(own: Engine, portal_id: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """With a connection that is open already."""
    monkeypatch.setattr("sync.engine.inbox.PATIENCE_SECONDS", 0.3)
    made = Inbox(own, lambda portal_id: None)
    made.start()
    made.accept(a_delivery(portal_id, "before"))
    yield made
    made.stop()


def stored(file: Path) -> list[str]:
    """What the file at that path has, whoever holds another one open."""
    with closing(sqlite3.connect(file)) as conn:
        return [key for (key,) in conn.execute("SELECT dedupe_key FROM delivery ORDER BY id")]


def test_a_file_that_another_program_locks_is_waited_for(
    inbox: Inbox, file: Path, portal_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.store.db.database._LOCK_SECONDS", 0.01)
    monkeypatch.setattr("sync.store.db.database._PRAGMAS", ("PRAGMA busy_timeout = 10",))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Later):
            inbox.accept(a_delivery(portal_id, "a"))
        other.execute("ROLLBACK")
    inbox.accept(a_delivery(portal_id, "a"))
    assert stored(file) == ["before", "a"]


def test_a_full_disk_acknowledges_nothing_and_is_waited_for(
    inbox: Inbox, own: Engine, file: Path, portal_id: int
) -> None:
    """A file that may not grow answers as a full disk does."""
    inbox.stop()
    limits = [1]

    def limit(connection: sqlite3.Connection, record: object, proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limits[-1]}").close()

    event.listen(own, "checkout", limit)
    full = Inbox(own, lambda portal_id: None)
    full.start()
    large = replace(a_delivery(portal_id, "a"), body=b"x" * 100_000)
    with pytest.raises(Later):
        full.accept(large)
    assert stored(file) == ["before"]
    limits.append(1_000_000)
    full.accept(large)
    full.stop()
    assert stored(file) == ["before", "a"]


def test_a_write_protected_file_acknowledges_nothing_and_is_waited_for(
    inbox: Inbox, own: Engine, file: Path, portal_id: int
) -> None:
    inbox.stop()
    protected = [1]

    def protect(connection: sqlite3.Connection, record: object, proxy: object) -> None:
        connection.execute(f"PRAGMA query_only = {protected[-1]}").close()

    event.listen(own, "checkout", protect)
    reading = Inbox(own, lambda portal_id: None)
    reading.start()
    with pytest.raises(Later):
        reading.accept(a_delivery(portal_id, "a"))
    protected.append(0)
    reading.accept(a_delivery(portal_id, "a"))
    reading.stop()
    assert stored(file) == ["before", "a"]


def test_a_file_that_was_deleted_acknowledges_nothing(
    inbox: Inbox, file: Path, portal_id: int
) -> None:
    """What is written to it would be gone with the process."""
    for each in file.parent.glob(f"{file.name}*"):
        each.rename(each.with_name(f"away-{each.name}"))
    with pytest.raises(Later):
        inbox.accept(a_delivery(portal_id, "a"))
    assert not file.exists()
    for each in file.parent.glob(f"away-{file.name}*"):
        each.rename(each.with_name(each.name.removeprefix("away-")))
    inbox.accept(a_delivery(portal_id, "a"))
    assert stored(file) == ["before", "a"]


def test_a_file_that_was_put_in_its_place_is_written_to(
    inbox: Inbox, own: Engine, file: Path, portal_id: int, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / "c")) as copy:
        source.backup(copy)
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    shutil.copy(tmp_path / "c", file)
    inbox.accept(a_delivery(portal_id, "a"))
    assert stored(file) == ["before", "a"]
    with read(own) as conn:
        assert conn.scalar(select(func.count()).select_from(delivery)) == 2
