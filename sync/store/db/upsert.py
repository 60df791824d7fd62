"""Write and select many rows in one statement: INSERT … ON CONFLICT and IN lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, bindparam

from sync.store.db.bulk import execute_many

T = TypeVar("T")
Row = Mapping[str, Any]
Guard = Callable[[Any], ColumnElement[bool]]

CHUNK = 500  # keys in one IN list: far below what either database accepts


def insert(conn: Connection, table: Table) -> Any:
    """Build the dialect's INSERT, which supports ON CONFLICT."""
    return insert_for_dialect(conn.dialect.name, table)


def insert_for_dialect(dialect: str, table: Table) -> Any:
    """Build the INSERT of a dialect by its name, for a statement built only once.

    PostgreSQL's dialect takes 2.6 MB, which a process that works with SQLite does without.
    """
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    keys: Sequence[str],
    update: Sequence[str] | Callable[[Any], Mapping[str, Any]] = (),
    where: Guard | None = None,
) -> None:
    """Insert rows; overwrite the `update` columns of a row whose `keys` exist already.

    `update` may be a function of the row that was to be inserted (`excluded`). An empty `update`
    leaves existing rows as they are. `where` is a function of `excluded` too: where it is false,
    nothing changes.
    """
    if rows:
        update = update if callable(update) else tuple(update)
        statement = _upsert(conn.dialect.name, table, tuple(keys), update, where)
        execute_many(conn, statement, rows)


@lru_cache(maxsize=128)
def _upsert(
    dialect: str,
    table: Table,
    keys: tuple[str, ...],
    update: tuple[str, ...] | Callable[[Any], Mapping[str, Any]],
    where: Guard | None,
) -> Any:
    """Build the statement; cached, because that takes longer than running it.

    Functions are compared by identity: those of a module hit the cache, a lambda made for the call
    does not.
    """
    statement = insert_for_dialect(dialect, table)
    new = statement.excluded
    values = update(new) if callable(update) else {name: new[name] for name in update}
    if values:
        guard = where(new) if where else None
        return statement.on_conflict_do_update(index_elements=keys, set_=values, where=guard)
    return statement.on_conflict_do_nothing(index_elements=keys)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield `items` in lists of at most `size`."""
    source = iter(items)
    while piece := list(islice(source, size)):
        yield piece


def in_keys(columns: Sequence[Column[Any]], keys: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Yield conditions that together select the rows whose `columns` equal one of `keys`.

    There is one condition for each prefix that keys share: SQLite searches no index for a list of
    tuples, but it does for `a = 1 AND b = 2 AND c IN (3, 4)`.
    """
    *first, last = columns
    for beginning, ends in _group_by_prefix(keys):
        # As one parameter: of a list SQLAlchemy looks at each value, and again at the next query.
        is_end = last.in_(bindparam(None, ends, last.type, expanding=True))
        yield and_(_equal(tuple(first), beginning), is_end) if first else is_end


@lru_cache(maxsize=256, typed=True)
def _equal(columns: tuple[Column[Any], ...], values: tuple[Any, ...]) -> ColumnElement[bool]:
    """Build the condition that columns have the values; cached, as it is of few projects."""
    return and_(*(column == value for column, value in zip(columns, values, strict=True)))


def in_key_parameters(*columns: Column[Any]) -> ColumnElement[bool]:
    """Build the condition of `in_keys` with parameters, for a statement built only once."""
    *first, last = columns
    same = [column == bindparam(f"key_{number}") for number, column in enumerate(first)]
    return and_(*same, last.in_(bindparam("keys", expanding=True)))


def key_parameters(keys: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield parameters for `in_key_parameters` that together select the rows of the keys."""
    for beginning, ends in _group_by_prefix(keys):
        same = {f"key_{number}": value for number, value in enumerate(beginning)}
        yield same | {"keys": ends}


def _group_by_prefix(keys: Iterable[Sequence[Any]]) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    groups: dict[tuple[Any, ...], set[Any]] = {}
    for *beginning, end in keys:
        groups.setdefault(tuple(beginning), set()).add(end)
    for start, ends in groups.items():
        for piece in chunks(ends):
            yield start, piece
