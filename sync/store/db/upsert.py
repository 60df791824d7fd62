"""Many rows in one statement, for both databases: INSERT … ON CONFLICT and IN lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, bindparam
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]
Guard = Callable[[Any], ColumnElement[bool]]

CHUNK = 500  # keys in one IN list: far below what either database accepts


def insert(conn: Connection, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    return insert_for_dialect(conn.dialect.name, table)


def insert_for_dialect(dialect: str, table: Table) -> Any:
    """The same by the dialect's name, for a statement that is built once."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    keys: Sequence[str],
    update: Sequence[str] | Callable[[Any], Mapping[str, Any]] = (),
    where: Guard | None = None,
) -> None:
    """Inserts the rows; a row whose `keys` exist already has `update` columns overwritten.

    `update` may be a function of the row that was to be inserted (`excluded`). An empty `update`
    leaves what exists as it is. `where` is a function of `excluded` too: where it is false,
    nothing changes.
    """
    if rows:
        update = update if callable(update) else tuple(update)
        statement = _upsert(conn.dialect.name, table, tuple(keys), update, where)
        conn.execute(statement, list(rows))


@lru_cache(maxsize=128)
def _upsert(
    dialect: str,
    table: Table,
    keys: tuple[str, ...],
    update: tuple[str, ...] | Callable[[Any], Mapping[str, Any]],
    where: Guard | None,
) -> Any:
    """The statement, which takes longer to build than to run. Functions are told apart by identity:
    those of a module are found again, one made for the call is not."""
    statement = insert_for_dialect(dialect, table)
    new = statement.excluded
    values = update(new) if callable(update) else {name: new[name] for name in update}
    if values:
        guard = where(new) if where else None
        return statement.on_conflict_do_update(index_elements=keys, set_=values, where=guard)
    return statement.on_conflict_do_nothing(index_elements=keys)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`items` in pieces of at most `size`."""
    source = iter(items)
    while piece := list(islice(source, size)):
        yield piece


def in_keys(columns: Sequence[Column[Any]], keys: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Conditions that together select the rows whose `columns` equal one of `keys`.

    One condition for each beginning the keys share: SQLite searches no index for a list of
    tuples, but it does for `a = 1 AND b = 2 AND c IN (3, 4)`.
    """
    *first, last = columns
    for beginning, ends in _group_by_prefix(keys):
        same = [column == value for column, value in zip(first, beginning, strict=True)]
        yield and_(*same, last.in_(ends))


def in_key_parameters(*columns: Column[Any]) -> ColumnElement[bool]:
    """The condition of `among` with parameters for values, for a statement that is built once."""
    *first, last = columns
    same = [column == bindparam(f"key_{number}") for number, column in enumerate(first)]
    return and_(*same, last.in_(bindparam("keys", expanding=True)))


def key_parameters(keys: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The parameters of `matching` that together select the rows of the keys."""
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
