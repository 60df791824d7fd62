"""A database that is full at any earlier revision keeps its rows on the way to the newest one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, inspect

from sync.store.db.database import open_database, read, write
from sync.store.db.migrate import _config, is_current, migrate
from sync.store.tables import metadata
from tests.databases import Databases
from tests.depth import sample
from tests.store.db import fill_tables, renamed

REVISIONS = sorted(
    script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()
)

# What a revision changes on purpose in the rows of a table, as a function of the row (None: it
# goes): 0007 keeps only what it can name the ref of.
CHANGES: dict[str, dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]]] = {
    "0007": {"told": lambda row: row if row["about"].startswith("ci:") else None},
}


@pytest.fixture(scope="module")
def newest(databases: Databases) -> dict[str, Table]:
    """The tables of a migrated database: every revision leads to the same ones."""
    with databases(True) as url:
        engine = open_database(url)
        with read(engine) as conn:
            reflected = fill_tables.tables(conn)
        engine.dispose()
    return reflected


# A new migration is tried with all that its predecessor fills, and with what older builds left.
@pytest.mark.parametrize("revision", [*sample(REVISIONS[:-1]), REVISIONS[-1]])
def test_a_full_database_keeps_every_row(
    empty_database_url: str, newest: dict[str, Table], revision: str
) -> None:
    engine = open_database(empty_database_url)
    migrate(engine, revision)
    with write(engine) as conn:
        reflected = fill_tables.fill(conn)
    with read(engine) as conn:
        before = fill_tables.contents(conn, reflected)
    assert all(len(rows) == fill_tables.ROWS for rows in before.values())
    migrate(engine)
    assert is_current(engine)
    with read(engine) as conn:
        assert {*inspect(conn).get_table_names()} - {fill_tables.REVISIONS_OWN} == {*newest}
        after = fill_tables.contents(conn, newest)
        assert not _broken(engine)
    expected = _changed(before, revision)
    assert {name: len(after[name]) for name in expected} == {
        name: len(rows) for name, rows in expected.items()
    }
    for name, of_table in expected.items():
        left = list(after[name])
        for row in of_table:
            left.remove(_find(left, row))
        assert left == []
    engine.dispose()


def test_the_filling_leaves_no_table_and_no_column_empty(empty_database_url: str) -> None:
    engine = open_database(empty_database_url)
    migrate(engine)
    with write(engine) as conn:
        fill_tables.fill(conn)
    with read(engine) as conn:
        rows = fill_tables.contents(conn)
    assert rows.keys() == metadata.tables.keys()
    empty = [
        f"{name}.{column}"
        for name, of_table in rows.items()
        for column in of_table[0]
        if all(row[column] is None for row in of_table)
    ]
    assert empty == []
    engine.dispose()


def test_migrated_tables_have_the_keys_and_indexes_of_new_ones(
    engine: Engine, empty_database_url: str
) -> None:
    made = open_database(empty_database_url)
    with write(made) as conn:
        metadata.create_all(conn)
    assert _structure(engine) == _structure(made)
    made.dispose()


def _changed(before: fill_tables.Rows, revision: str) -> fill_tables.Rows:
    rows = dict(before)
    for later, by_table in CHANGES.items():
        if revision < later:
            for name in by_table.keys() & rows.keys():
                rows[name] = [new for row in rows[name] if (new := by_table[name](row))]
    if revision >= "0008":
        return rows
    expected: fill_tables.Rows = {}
    for name, of_table in rows.items():
        for row in of_table:
            for present_name, present in renamed.rows(name, row):
                expected.setdefault(present_name, []).append(present)
    return expected


def _find(rows: list[dict[str, Any]], expected: dict[str, Any]) -> dict[str, Any]:
    """Find the row with the values it had: what was added since is the migration's own."""
    return next(row for row in rows if all(row[name] == value for name, value in expected.items()))


def _broken(engine: Engine) -> list[object]:
    """SQLite's own check; PostgreSQL never lets a reference break."""
    if engine.dialect.name != "sqlite":
        return []
    with read(engine) as conn:
        return list(conn.exec_driver_sql("PRAGMA foreign_key_check"))


def _structure(engine: Engine) -> dict[str, Any]:
    """Types, keys, references with what they do on deletion, and indexes with their conditions."""
    with read(engine) as conn:
        looking = inspect(conn)
        names = sorted(set(looking.get_table_names()) - {fill_tables.REVISIONS_OWN})
        return {
            name: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"], c["default"])
                    for c in sorted(looking.get_columns(name), key=lambda c: c["name"])
                ],
                "key": looking.get_pk_constraint(name),
                "references": sorted(map(repr, looking.get_foreign_keys(name))),
                "unique": sorted(map(repr, looking.get_unique_constraints(name))),
                "indexes": sorted(map(_index, looking.get_indexes(name))),
            }
            for name in names
        }


def _index(index: dict[str, Any]) -> str:
    where = {key: str(value) for key, value in index["dialect_options"].items() if "where" in key}
    return repr((index["name"], index["column_names"], index["unique"], where))
