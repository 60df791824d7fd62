"""Transactions and files of the database."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, insert, make_url, select, text, update
from sqlalchemy.exc import IntegrityError

from sync.store.db import silence
from sync.store.db.database import AWAY, database_url, open_database, read, select_only, write
from sync.store.db.silence import give_up_frozen, give_up_silent
from sync.store.tables import lease
from tests.store.factories import NOW

ROW = {"name": "a", "owner": "one", "until": NOW}


def _owner(engine: Engine) -> str | None:
    with read(engine) as conn:
        return conn.scalar(select(lease.c.owner))


def test_a_block_that_ends_is_committed(engine: Engine) -> None:
    with write(engine) as conn:
        conn.execute(insert(lease), [ROW])
    assert _owner(engine) == "one"


def test_a_block_that_raises_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), write(engine) as conn:
        conn.execute(insert(lease), [ROW])
        raise ZeroDivisionError
    assert _owner(engine) is None


def test_what_is_done_while_reading_is_not_kept(engine: Engine) -> None:
    with read(engine) as conn:
        conn.execute(insert(lease), [ROW])
    assert _owner(engine) is None


def test_writers_that_read_first_do_not_lose_each_other(engine: Engine) -> None:
    """Reading and then writing in one transaction is where SQLite's deferred ones fail."""
    with write(engine) as conn:
        conn.execute(insert(lease), [ROW | {"owner": "0"}])
    errors: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(20):
                with write(engine) as conn:
                    seen = conn.scalar(select(lease.c.owner).with_for_update())
                    conn.execute(update(lease).values(owner=str(int(seen or 0) + 1)))
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _owner(engine) == "80"


def test_sqlite_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new' / 'data.sqlite3'}")
    with write(engine) as conn:
        conn.execute(text("CREATE TABLE t (x)"))
        files = sorted((tmp_path / "new").iterdir())
        assert [file.name for file in files] == [
            "data.sqlite3", "data.sqlite3-shm", "data.sqlite3-wal"
        ]  # fmt: skip
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    engine.dispose()


def test_sqlite_waits_for_the_disk_at_every_commit(tmp_path: Path) -> None:
    engine = open_database(str(tmp_path / "data.sqlite3"))
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with read(engine) as conn:
        told = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}
    full = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
    assert told == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 15000
    }  # fmt: skip
    engine.dispose()


@pytest.mark.parametrize(
    ("told", "driver", "database"),
    [
        ("postgres://u:p@h/db", "postgresql+psycopg", "db"),
        ("postgresql://u:p@h/db", "postgresql+psycopg", "db"),
        ("postgresql+psycopg://u:p@h/db", "postgresql+psycopg", "db"),
        ("sqlite:////var/data.sqlite3", "sqlite", "/var/data.sqlite3"),
        ("var/data.sqlite3", "sqlite", "var/data.sqlite3"),
    ],
)
def test_an_address_names_its_driver(told: str, driver: str, database: str) -> None:
    url = database_url(told)
    assert (url.drivername, url.database) == (driver, database)


@pytest.mark.parametrize("told", ["mysql://h/db", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_serve_is_named_at_once(told: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite|SQLite"):
        open_database(told)


def test_an_error_shows_no_value(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, write(engine) as conn:
        conn.execute(insert(lease), [ROW | {"owner": "secret"}] * 2)
    assert "secret" not in str(caught.value)


@pytest.mark.only_on("postgresql")
def test_a_cluster_made_without_a_locale_serves_too(empty_database_url):
    """initdb without a locale chooses SQL_ASCII, for which psycopg gives bytes."""
    target = make_url(empty_database_url)
    with psycopg.connect(empty_database_url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute(
            "CREATE DATABASE bare TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C'"
            " LC_CTYPE 'C'"
        )
        try:
            bare = open_database(target.set(database="bare").render_as_string(False))
            with read(bare) as opened_connection:
                assert opened_connection.scalar(text("SELECT 'Ёлка'")) == "Ёлка"
            bare.dispose()
        finally:
            conn.execute("DROP DATABASE bare")


@pytest.mark.only_on("postgresql")
def test_who_freezes_in_a_transaction_gives_up_its_locks(database_url: str) -> None:
    """As a worker that is stopped between two statements: it sends nothing, and no reset."""
    frozen, living = open_database(database_url), open_database(database_url)
    give_up_frozen(frozen, 0.2)
    with write(living) as conn:
        conn.execute(insert(lease), [ROW])
    with frozen.connect() as held:
        held.execute(update(lease).values(owner="frozen"))
        with write(living) as conn:  # waits for the row
            conn.execute(update(lease).values(owner="living"))
        with pytest.raises(AWAY):  # it thaws
            held.commit()
    assert _owner(living) == "living"
    with write(frozen) as conn:  # and begins anew
        conn.execute(update(lease).values(owner="thawed"))
    assert _owner(living) == "thawed"
    frozen.dispose()
    living.dispose()


@pytest.mark.only_on("postgresql")
def test_selects_that_stand_alone_hold_no_transaction_open(engine: Engine) -> None:
    with select_only(engine) as conn:
        pid = conn.scalar(text("SELECT pg_backend_pid()"))
        state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
        with read(engine) as beside:
            assert beside.scalar(state, {"pid": pid}) == "idle"
    with write(engine) as conn:  # the same connection, with transactions again
        conn.execute(insert(lease), [ROW])
        conn.rollback()
    assert _owner(engine) is None


@pytest.mark.only_on("postgresql")
def test_only_a_connection_that_rested_is_tried_before_it_is_lent(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, other = open_database(database_url), open_database(database_url)
    give_up_silent(engine)

    def lose() -> None:
        with read(engine) as conn:
            pid = conn.scalar(text("SELECT pg_backend_pid()"))
        with read(other) as conn:
            conn.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    lose()
    with pytest.raises(AWAY):
        _owner(engine)
    assert _owner(engine) is None  # the next has a new connection
    monkeypatch.setattr(silence, "FRESH_SECONDS", 0.0)
    lose()
    assert _owner(engine) is None
    engine.dispose()
    other.dispose()
