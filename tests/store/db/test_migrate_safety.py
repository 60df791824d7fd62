"""A migration that makes a table anew on SQLite takes nothing away, or is undone as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from sync.store.db import migrate as migrations
from sync.store.db.database import open_database, read, write
from sync.store.db.migrate import BrokenReferences, migrate
from tests.store.db import fill_tables

_REVISION = '''\
"""A revision of the test."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{newest}"


def upgrade() -> None:
{body}
'''
REBUILT = """\
    with op.batch_alter_table("portal", recreate="always") as table:
        table.alter_column("language", server_default="ru")
"""
ORPHANING = (
    REBUILT
    + """\
    op.execute("DELETE FROM portal WHERE id = 2")
"""
)
FAILING = (
    REBUILT
    + """\
    raise RuntimeError("the power went")
"""
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A full SQLite database at the newest revision: PostgreSQL makes no table anew."""
    made = open_database(f"sqlite:///{tmp_path / 'full.sqlite3'}")
    migrate(made)
    with write(made) as conn:
        fill_tables.fill(conn)
    yield made
    made.dispose()


def test_a_table_made_anew_keeps_what_refers_to_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_revision(REBUILT, engine, tmp_path, monkeypatch)
    before = _contents(engine)
    migrate(engine)
    assert _revision(engine) == "9999"
    assert _contents(engine) == before
    assert _cascades(engine)


def test_a_table_made_anew_with_foreign_keys_on_empties_others(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger is real: where this fails, SQLite or Alembic has changed."""
    _add_revision(REBUILT, engine, tmp_path, monkeypatch)
    with write(engine) as conn:
        command.upgrade(migrations._config(conn), "head")
    emptied = {name for name, rows in _contents(engine).items() if not rows}
    assert {"connection", "command", "delivery", "merge_request", "task"} <= emptied


def test_a_migration_that_breaks_references_is_undone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_revision(ORPHANING, engine, tmp_path, monkeypatch)
    before, revision = _contents(engine), _revision(engine)
    with pytest.raises(BrokenReferences, match="1 of task → portal"):
        migrate(engine)
    assert (_contents(engine), _revision(engine)) == (before, revision)
    assert _cascades(engine)


def test_a_migration_that_fails_is_undone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_revision(FAILING, engine, tmp_path, monkeypatch)
    before, revision = _contents(engine), _revision(engine)
    with pytest.raises(RuntimeError):
        migrate(engine)
    assert (_contents(engine), _revision(engine)) == (before, revision)
    assert _cascades(engine)


def test_a_current_database_is_not_searched_for_broken_references(engine: Engine) -> None:
    """It takes as long as the database is large, and every command would wait for it."""
    asked: list[str] = []
    with engine.connect() as conn:
        conn.connection.dbapi_connection.set_trace_callback(asked.append)
    migrate(engine)
    assert any("BEGIN IMMEDIATE" in statement for statement in asked)
    assert not any("foreign_key_check" in statement for statement in asked)


def _add_revision(body: str, engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a revision after the newest one, in a folder of its own."""
    text = _REVISION.format(newest=_revision(engine), body=body)
    (folder / "9999_of_the_test.py").write_text(text)
    usual = migrations._config

    def config(conn: object = None) -> Config:
        made = usual(conn)
        ours = Path(made.get_main_option("script_location") or "") / "versions"
        made.set_main_option("version_locations", os.pathsep.join(map(str, (ours, folder))))
        return made

    monkeypatch.setattr(migrations, "_config", config)


def _contents(engine: Engine) -> fill_tables.Rows:
    with read(engine) as conn:
        return fill_tables.contents(conn)


def _revision(engine: Engine) -> str | None:
    with read(engine) as conn:
        return migrations._revision(conn)


def _cascades(engine: Engine) -> bool:
    """Whether the connections that are used again have foreign keys on."""
    with engine.connect() as conn:
        return bool(conn.exec_driver_sql("PRAGMA foreign_keys").scalar())
