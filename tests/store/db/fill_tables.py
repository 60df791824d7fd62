"""Fills every table of a database with rows, whatever its tables are at that revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    select,
)

ROWS = 6  # in each table
REVISIONS_OWN = "alembic_version"

Rows = dict[str, list[dict[str, Any]]]

# Columns whose text some migration reads.
_TEXTS: Mapping[tuple[str, str], Callable[[int], str]] = {
    ("told", "about"): lambda number: (
        "nobody knows what" if number == 1 else f"ci:{number}/7:feature/B24-{number}"
    ),
}
_EPOCH = datetime(2026, 3, 2, 9, 30, 15, 250_000)


def tables(conn: Connection) -> dict[str, Table]:
    """Reflect the database's own tables, parents first."""
    schema = MetaData()
    schema.reflect(conn)
    return {table.name: table for table in schema.sorted_tables if table.name != REVISIONS_OWN}


def fill(conn: Connection) -> dict[str, Table]:
    """Write ROWS rows into each table, and return the tables.

    Every reference is to an existing row.
    """
    reflected = tables(conn)
    for table in reflected.values():
        conn.execute(table.insert(), [_row(table, number) for number in range(1, ROWS + 1)])
    return reflected


def contents(conn: Connection, reflected: Mapping[str, Table] | None = None) -> Rows:
    """Read every row of every table, in an order that does not depend on the database.

    `reflected`: what was reflected of a database at this revision, which takes longer than to read.
    """
    return {
        name: sorted((dict(row) for row in conn.execute(select(table)).mappings()), key=repr)
        for name, table in (reflected or tables(conn)).items()
    }


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(table, column, number) for column in table.columns}


def _value(table: Table, column: Column[Any], number: int) -> Any:
    """Make a value of the column's type; NULL in every second row where it may be."""
    if column.nullable and number % 2 == 0:
        return None
    if column.foreign_keys:
        return number  # each table's own keys count from 1
    if make := _TEXTS.get((table.name, column.name)):
        return make(number)
    match column.type:
        case Boolean():
            return number % 3 == 0
        case Integer():
            return number
        case Float():
            return number + 0.5
        case DateTime(timezone=zoned):
            moment = _EPOCH + timedelta(days=number)
            return moment.replace(tzinfo=UTC) if zoned else moment
        case JSON():
            return {"text": f"«{column.name}» {number}", "list": [number, None, True, {"a": 0.5}]}
        case LargeBinary():
            return bytes([0, 255, number])
        case Text():
            return f"{column.name} № {number} 'quoted' \N{PARTY POPPER}\n"
    raise TypeError(f"no value for {table.name}.{column.name}: {column.type!r}")
