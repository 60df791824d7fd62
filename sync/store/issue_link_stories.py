"""Store what happened to two-way links: their stories, and their conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import Connection, select, update

from sync.core.issue_sync.codec import decode_part, encode_part
from sync.core.issue_sync.link import Conflict, StoryLine, ValuePair
from sync.core.issue_sync.model import SideName
from sync.store.issue_links import id_of
from sync.store.tables import issue_link, issue_link_conflict, issue_link_story

TRIED = ("refused", "dropped", "resumed")  # kinds of lines of an attempt that came to nothing
_LAST = 20  # lines among which an attempt may stand already
_MOST = 2  # lines that say the same of attempts: the first one, and the last


def add_story(conn: Connection, key: str, lines: Sequence[StoryLine]) -> None:
    """Append to a link's story; an attempt that ended as the two before it moves the last one.

    What is refused is tried again each day: a story of the same lines would hide all else.
    """
    if lines:
        query = select(issue_link.c.id, issue_link.c.portal_id).where(issue_link.c.key == key)
        link_id, portal_id = conn.execute(query).one()
        if any(line.kind in TRIED for line in lines):
            lines = _without_repeats(conn, link_id, lines)
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
        if rows:
            conn.execute(issue_link_story.insert(), rows)


def _without_repeats(
    conn: Connection, link_id: int, lines: Sequence[StoryLine]
) -> Sequence[StoryLine]:
    """Return the lines to add; those that stand often enough since anything else get its time."""
    query = (
        select(issue_link_story)
        .where(issue_link_story.c.link_id == link_id)
        .order_by(issue_link_story.c.id.desc())
        .limit(_LAST)
    )
    attempts = takewhile(lambda row: row.kind in TRIED, conn.execute(query).all())
    ids: dict[tuple[str, str, str, str], list[int]] = {}
    for row in attempts:
        ids.setdefault((row.kind, row.field, row.side, row.text), []).append(row.id)
    new: list[StoryLine] = []
    for line in lines:
        same = ids.get((line.kind, line.field, line.side or "", line.text), [])
        if line.kind in TRIED and len(same) >= _MOST:
            last = update(issue_link_story).where(issue_link_story.c.id == same[0])
            conn.execute(last.values(at=line.at))
        else:
            new.append(line)
    return new


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
