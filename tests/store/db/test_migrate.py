"""The migrations lead to exactly the tables in sync.store.tables."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from sync.store.db.database import open_database, read, write
from sync.store.db.migrate import ForeignDatabase, is_current, migrate
from sync.store.tables import metadata

_OPTIONS = {"compare_type": True, "compare_server_default": False, "target_metadata": metadata}


def test_the_migrated_database_is_what_the_tables_say(engine: Engine) -> None:
    with read(engine) as conn:
        context = MigrationContext.configure(conn, opts=_OPTIONS)
        assert compare_metadata(context, metadata) == []


def test_an_empty_database_is_not_current_until_it_is_migrated(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    migrate(engine)
    assert is_current(engine)
    engine.dispose()


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    program = (
        "import sys; from sync.store.db.database import open_database;"
        "from sync.store.db.migrate import migrate; migrate(open_database(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url], stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [(p.communicate()[1], p.returncode) for p in started] == [("", 0)] * 4
    engine = open_database(empty_database_url)
    assert is_current(engine)
    with read(engine) as conn:
        assert set(inspect(conn).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (("CREATE TABLE orders (id integer)", "CREATE TABLE carts (id integer)"), "carts, orders"),
        (
            (
                "CREATE TABLE alembic_version (version_num varchar(32))",
                "INSERT INTO alembic_version VALUES ('a1b2c3d4e5f6')",
            ),
            "its Alembic revision is a1b2c3d4e5f6",
        ),
    ],
    ids=["tables", "Alembic's own"],
)
def test_a_database_of_another_program_is_left_alone(
    empty_database_url: str, statements: tuple[str, ...], told: str
) -> None:
    engine = open_database(empty_database_url)
    with write(engine) as conn:
        for statement in statements:
            conn.execute(text(statement))
        before = inspect(conn).get_table_names()
    for use in (is_current, migrate):
        with pytest.raises(ForeignDatabase) as foreign:
            use(engine)
        assert told in str(foreign.value)
        assert "DATABASE_URL" in foreign.value.change
    with read(engine) as conn:
        assert inspect(conn).get_table_names() == before
    engine.dispose()


PORTAL = (
    "INSERT INTO portal (id, member_id, client_endpoint, server_endpoint, created_at, updated_at)"
    " VALUES (1, 'm', 'c', 's', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
)
TOLD = {
    "ci:1/7:feature/B24-1": ("5:failed", 1, 7, "feature/B24-1"),
    "alert:2/7:main:12:test:e2e>assigned": ("8", 2, 7, "main"),
}


def test_what_people_were_told_is_kept_with_the_ref_that_it_is_of(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    migrate(engine, "0006")
    with write(engine) as conn:
        conn.execute(text(PORTAL))
        rows = [{"about": about, "state": state} for about, (state, *_) in TOLD.items()]
        rows += [{"about": "nothing that was ever told", "state": "x"}]
        conn.execute(text("INSERT INTO told VALUES (1, :about, :state)"), rows)
    migrate(engine)
    query = "SELECT subject_key, state, connection_id, project_id, ref FROM notified_state"
    with read(engine) as conn:
        assert {about: tuple(rest) for about, *rest in conn.execute(text(query))} == TOLD
    engine.dispose()
