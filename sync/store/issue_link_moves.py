"""Which links wait for another item to be linked, and links that go to another pair."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Text, cast, select, update

from sync.core.issue_sync.codec import decode
from sync.store.tables import issue_link


def awaiting(conn: Connection, connection_id: int, items: Collection[str]) -> list[int]:
    """Return the links that name one of these items (`side/id`), which were not linked then.

    What is empty is left out of a stored state, so that the word itself names the candidates.
    """
    same = (issue_link.c.connection_id == connection_id) & ~issue_link.c.ended
    query = select(issue_link.c.id, issue_link.c.state).where(
        same, cast(issue_link.c.state, Text).like('%"awaits":%')
    )
    wanted = frozenset(items)
    return [row.id for row in conn.execute(query) if decode(row.state).awaits & wanted]


def with_problems(conn: Connection, connection_id: int, pair: str) -> list[int]:
    """Return the links of a pair of which something cannot cross."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    query = select(issue_link.c.id).where(
        same, ~issue_link.c.ended, cast(issue_link.c.state, Text).like('%"problems":%')
    )
    return list(conn.scalars(query))


def set_pair(conn: Connection, link_id: int, pair: str) -> bool:
    """Give a link to another pair; False where its task has a link there already."""
    row = conn.execute(select(issue_link).where(issue_link.c.id == link_id)).one()
    taken = select(issue_link.c.id).where(
        issue_link.c.connection_id == row.connection_id,
        issue_link.c.task_id == row.task_id,
        issue_link.c.pair == pair,
    )
    if conn.execute(taken).first() is not None:
        return False
    conn.execute(update(issue_link).where(issue_link.c.id == link_id).values(pair=pair))
    return True
