"""Store what happened to two-way links: their stories, and their conflicts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from sync.core.issue_sync.codec import decode_part, encode_part
from sync.core.issue_sync.link import Conflict, StoryLine, ValuePair
from sync.core.issue_sync.model import SideName
from sync.store.issue_links import id_of
from sync.store.tables import issue_link, issue_link_conflict, issue_link_story


def add_story(conn: Connection, key: str, lines: Sequence[StoryLine]) -> None:
    """Append to a link's story."""
    if lines:
        query = select(issue_link.c.id, issue_link.c.portal_id).where(issue_link.c.key == key)
        link_id, portal_id = conn.execute(query).one()
        rows = [
            {
                "portal_id": portal_id,
                "link_id": link_id,
                "at": line.at,
                "kind": line.kind,
                "field": line.field,
                "side": line.side or "",
                "text": line.text,
            }
            for line in lines
        ]
        conn.execute(issue_link_story.insert(), rows)


def add_conflicts(conn: Connection, key: str, conflicts: Sequence[Conflict]) -> None:
    """Keep conflicts with both values."""
    if conflicts:
        link_id = id_of(conn, key)
        rows = [
            {
                "link_id": link_id,
                "field": conflict.field,
                "body": encode_part(conflict.values),
                "winner": conflict.winner or "",
                "at": conflict.at,
            }
            for conflict in conflicts
        ]
        conn.execute(issue_link_conflict.insert(), rows)


def story(conn: Connection, link_id: int, limit: int = 200) -> tuple[StoryLine, ...]:
    """Return the last lines of a link's story, the oldest first."""
    query = (
        select(issue_link_story)
        .where(issue_link_story.c.link_id == link_id)
        .order_by(issue_link_story.c.id.desc())
        .limit(limit)
    )
    return tuple(
        StoryLine(row.at, row.kind, row.text, row.field, SideName(row.side) if row.side else None)
        for row in reversed(conn.execute(query).all())
    )


def conflicts(conn: Connection, link_id: int) -> tuple[Conflict, ...]:
    """Return the conflicts of a link, the oldest first."""
    query = (
        select(issue_link_conflict)
        .where(issue_link_conflict.c.link_id == link_id)
        .order_by(issue_link_conflict.c.id)
    )
    return tuple(
        Conflict(
            row.field,
            decode_part(ValuePair, row.body),
            SideName(row.winner) if row.winner else None,
            row.at,
        )
        for row in conn.execute(query)
    )
