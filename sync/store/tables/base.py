"""What every table is made of. A column that ends in `_sealed` holds what the vault encrypted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    event,
    literal_column,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER only


def in_literals(column: Column[str], *states: str) -> ColumnElement[bool]:
    """`column IN ('a', 'b')` with the words in the SQL itself.

    A partial index is used only where the planner sees that a query asks for no more than the
    index holds, and of a bound parameter it sees nothing.
    """
    return column.in_([literal_column(f"'{state}'") for state in states])


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    """Add an index of the rows for which `where` holds, as migrations made it on both databases.

    Its condition is said to SQLite's dialect alone: an index that names PostgreSQL's loads it into
    every process, 2.5 MB. Where tables are made from here, PostgreSQL is told then.
    """
    Index(name, *columns, sqlite_where=where)


@event.listens_for(metadata, "before_create")
def _tell_conditions(target: MetaData, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "postgresql":
        for index in (index for table in target.tables.values() for index in table.indexes):
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


def portal_id_column(**kwargs: Any) -> Column[int]:
    """Build a column that refers to the portal with which its rows go."""
    return Column("portal_id", Id, ForeignKey("portal.id", ondelete="CASCADE"), **kwargs)


def connection_id_column(**kwargs: Any) -> Column[int]:
    """Build a column that refers to the connection with which its rows go."""
    return Column("connection_id", Id, ForeignKey("connection.id", ondelete="CASCADE"), **kwargs)
