"""Delete the rows of a portal or a connection, a few at a time."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, select, tuple_

from sync.store.tables import metadata

ROWS_PER_STEP = 500  # in one transaction: the receiver waits no longer for it than for any other


def tables_naming(owner: str) -> tuple[Table, ...]:
    """Return the tables with a column such as `portal_id`, those first that nothing refers to."""
    return tuple(table for table in reversed(metadata.sorted_tables) if owner in table.c)


def delete_some(conn: Connection, table: Table, owner: str, owner_id: int) -> int:
    """Delete up to ROWS_PER_STEP rows of a table that name an owner; return how many."""
    keys = list(table.primary_key.columns)
    chosen_keys = select(*keys).where(table.c[owner] == owner_id).limit(ROWS_PER_STEP)
    chosen = keys[0].in_(chosen_keys) if len(keys) == 1 else tuple_(*keys).in_(chosen_keys)
    return conn.execute(delete(table).where(chosen)).rowcount
