"""Delete what portals and connections own that are removed, a few rows at a time.

A single statement would hold up every other writer for as long as it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from sqlalchemy import Connection, Engine, Table, delete, select, tuple_

from sync.store import portals
from sync.store.db.database import read, write
from sync.store.tables import connection, metadata, portal

Owner = Literal["portal_id", "connection_id"]

ROWS_PER_STEP = 500  # in one transaction: the receiver waits no longer for it than for any other
_OWNERS = {"portal_id": portal, "connection_id": connection}


def erase_portal(engine: Engine, portal_id: int) -> None:
    """Delete a portal at once, and everything that was ever stored for it.

    A worker goes on where this process ends in between: nothing of it is used any more.
    """
    with write(engine) as conn:
        portals.mark_erased(conn, portal_id)
    delete_owned(engine, "portal_id", portal_id)


def delete_owned(
    engine: Engine, owner: Owner, owner_id: int, *, most_steps: int | None = None
) -> tuple[int, bool]:
    """Delete a removed portal or connection with its rows; return how many, and whether all.

    One that is in use again meanwhile is left as it is then.
    """
    steps = list(islice(_delete_rows(engine, owner, owner_id), most_steps))
    if len(steps) == most_steps:
        return sum(steps), False
    table = _OWNERS[owner]
    of = (table.c.id == owner_id, table.c.state == "removed")
    with write(engine) as conn:
        return sum(steps) + conn.execute(delete(table).where(*of)).rowcount, True


def _delete_rows(engine: Engine, owner: Owner, owner_id: int) -> Iterator[int]:
    """Yield how many rows each transaction deleted."""
    owned: list[tuple[Owner, int]] = [(owner, owner_id)]
    if owner == "portal_id":
        with read(engine) as conn:
            of_portal = select(connection.c.id).where(connection.c.portal_id == owner_id)
            ids = conn.scalars(of_portal.order_by(connection.c.id)).all()
        owned = [*(("connection_id", id_) for id_ in ids), (owner, owner_id)]
    for column, number in owned:
        for table in tables_naming(column):
            count = ROWS_PER_STEP
            while count == ROWS_PER_STEP:
                with write(engine) as conn:
                    if not _is_removed(conn, owner, owner_id):
                        return
                    count = _delete_some(conn, table, column, number)
                if count:
                    yield count


def tables_naming(owner: Owner) -> tuple[Table, ...]:
    """Return the tables with a column such as `portal_id`, those first that nothing refers to."""
    return tuple(table for table in reversed(metadata.sorted_tables) if owner in table.c)


def _is_removed(conn: Connection, owner: Owner, owner_id: int) -> bool:
    table = _OWNERS[owner]
    return conn.scalar(select(table.c.state).where(table.c.id == owner_id)) == "removed"


def _delete_some(conn: Connection, table: Table, owner: Owner, owner_id: int) -> int:
    """Delete up to ROWS_PER_STEP rows of a table that name an owner; return how many."""
    keys = list(table.primary_key.columns)
    chosen_keys = select(*keys).where(table.c[owner] == owner_id).limit(ROWS_PER_STEP)
    chosen = keys[0].in_(chosen_keys) if len(keys) == 1 else tuple_(*keys).in_(chosen_keys)
    return conn.execute(delete(table).where(chosen)).rowcount
