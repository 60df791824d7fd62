"""Store what became of the fields of links, and read it for a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from sync.core.issue_sync.codec import decode_part, encode_part
from sync.core.issue_sync.history import FieldChange
from sync.store.db.upsert import chunks
from sync.store.tables import issue_link, issue_link_change


def add_changes(conn: Connection, key: str, changes: Sequence[FieldChange]) -> None:
    """Keep changes of a link's fields."""
    if not changes:
        return
    query = select(issue_link.c.id, issue_link.c.portal_id).where(issue_link.c.key == key)
    link_id, portal_id = conn.execute(query).one()
    rows = [
        {"portal_id": portal_id, "link_id": link_id, "at": each.at, "body": encode_part(each)}
        for each in changes
    ]
    conn.execute(issue_link_change.insert(), rows)


def changes_since(
    conn: Connection, link_ids: Iterable[int], since: datetime
) -> dict[int, list[FieldChange]]:
    """Return the changes of links since a moment, the oldest first, by the links' ids."""
    changes: dict[int, list[FieldChange]] = {}
    for piece in chunks(link_ids):
        query = (
            select(issue_link_change.c.link_id, issue_link_change.c.body)
            .where(issue_link_change.c.link_id.in_(piece), issue_link_change.c.at >= since)
            .order_by(issue_link_change.c.id)
        )
        for row in conn.execute(query):
            changes.setdefault(row.link_id, []).append(decode_part(FieldChange, row.body))
    return changes
