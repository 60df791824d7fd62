"""Store the parts of a two-way link: the ledger of its entries, the journal of its writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, select

from sync.core.issue_sync.codec import decode_part, encode_part
from sync.core.issue_sync.link import Entry, PlannedWrite
from sync.store.db.upsert import chunks, upsert

T = TypeVar("T")


def read_parts(
    conn: Connection, table: Table, kind: type[T], link_ids: Sequence[int]
) -> dict[int, list[T]]:
    """Return the parts of links by their numbers, in their order."""
    query = select(table.c.link_id, table.c.body).where(table.c.link_id.in_(link_ids))
    bodies: dict[int, list[T]] = {}
    for row in conn.execute(query.order_by(table.c.link_id, table.c.position)):
        bodies.setdefault(row.link_id, []).append(decode_part(kind, row.body))
    return bodies


def save_parts(
    conn: Connection, table: Table, link_id: int, before: Sequence[Any], parts: Sequence[Any]
) -> None:
    """Write the parts that changed, and delete those that are gone."""
    old = {_key(part): (position, part) for position, part in enumerate(before)}
    new = {_key(part): (position, part) for position, part in enumerate(parts)}
    gone = [key for key in old if key not in new]
    for piece in chunks(gone):
        conn.execute(delete(table).where(table.c.link_id == link_id, table.c.key.in_(piece)))
    rows = [
        {"link_id": link_id, "key": key, "position": position, "body": encode_part(part)}
        for key, (position, part) in new.items()
        if old.get(key) != (position, part)
    ]
    upsert(conn, table, rows, keys=("link_id", "key"), update=("position", "body"))


def _key(part: Entry | PlannedWrite) -> str:
    return part.key if isinstance(part, Entry) else f"{part.side}:{part.write.key}"
