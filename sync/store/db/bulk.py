"""Write many rows with one statement, compiled once; their values go straight to the driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]
_Converter = Callable[[Any], Any]

_MOST_KEPT = 1000  # statements; there are about a hundred
_prepared: dict[tuple[str, object, tuple[str, ...]], _Prepared] = {}


def execute_many(conn: Connection, statement: Executable, rows: Sequence[Row]) -> int:
    """Run the statement for each row and return how many rows changed; 0 for no rows.

    All rows have the same keys. The statement is compiled when it is first run and kept: it is to
    be one that a module or a cache holds, not one made for the call. What SQLAlchemy does for each
    row of an `execute` takes as long as the database needs.
    """
    if not rows:
        return 0
    key = conn.dialect.name, statement, tuple(rows[0])
    prepared = _prepared.get(key)
    if prepared is None:
        if len(_prepared) >= _MOST_KEPT:
            _prepared.clear()
        prepared = _prepared.setdefault(key, _prepare(conn.dialect, statement, key[2]))
    parameters = prepared.parameters(rows)
    result = conn.exec_driver_sql(
        prepared.sql, parameters if len(parameters) > 1 else parameters[0]
    )
    return result.rowcount


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A compiled statement.

    `columns`: of each parameter, in the driver's order, its name, the key in a row (None for a
    value that is the same for all, `fixed`), and what converts the value for the driver.
    """

    sql: str
    is_positional: bool
    columns: tuple[tuple[str, str | None, _Converter | None], ...]
    fixed: Mapping[str, Any]

    def parameters(self, rows: Sequence[Row]) -> list[Any]:
        """Return what the driver takes for each row: tuples, or dicts by name."""
        values_of = [self._values(row) for row in rows]
        if self.is_positional:
            return [tuple(values) for values in values_of]
        names = [name for name, _, _ in self.columns]
        return [dict(zip(names, values, strict=True)) for values in values_of]

    def _values(self, row: Row) -> list[Any]:
        return [
            self.fixed[name] if key is None else convert(row[key]) if convert else row[key]
            for name, key, convert in self.columns
        ]


def _prepare(dialect: Dialect, statement: Any, keys: tuple[str, ...]) -> _Prepared:
    """Compile a statement. Raises ValueError for one that has lists of values in it."""
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=sorted(keys))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError(
            "a list of values differs in length: such a statement is not compiled once"
        )
    columns, fixed = [], {}
    for name in compiled.positiontup or list(compiled.binds):
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        key = bind.key if bind.key in keys else None
        columns.append((compiled.bind_names[bind], key, convert))
        if key is None:
            value = bind.effective_value
            fixed[compiled.bind_names[bind]] = convert(value) if convert else value
    return _Prepared(str(compiled), bool(compiled.positional), tuple(columns), fixed)
