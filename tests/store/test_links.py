"""Links between merge requests and tasks."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.tasks import LinkKind
from sync.store import links
from sync.store.db.database import write
from sync.store.rows import LinkRow
from tests.store.factories import a_connection, a_portal


def test_links_are_found_from_both_ends(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        one, two = MergeRequestKey(c, 3, 1), MergeRequestKey(c, 3, 2)
        rows = [
            LinkRow(p, one, 10, LinkKind.MOVE, found_in=("branch", "title")),
            LinkRow(p, one, 11, LinkKind.MENTION, silent=True),
            LinkRow(p, two, 10, LinkKind.CLOSE, live=False),
        ]
        links.save(conn, rows)
        assert links.by_tasks(conn, p, [10, 11, 12]) == {10: (rows[0], rows[2]), 11: (rows[1],)}
        assert links.by_merge_requests(conn, [one, two, MergeRequestKey(c, 3, 3)]) == {
            one: (rows[0], rows[1]),
            two: (rows[2],),
        }
        assert links.by_tasks(conn, p + 1, [10]) == {}


def test_a_link_named_again_keeps_what_people_were_told(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        row = LinkRow(p, MergeRequestKey(a_connection(conn, p), 3, 1), 10, LinkKind.MOVE)
        links.save(conn, [row])
        links.set_review_events(conn, [(row.merge_request, 10, ReviewEvent.OPENED)])
        links.save(conn, [replace(row, kind=LinkKind.CLOSE, live=False)])
        links.save(conn, [replace(row, kind=LinkKind.CLOSE)])
        assert links.by_tasks(conn, p, [10]) == {
            10: (
                replace(
                    row,
                    kind=LinkKind.CLOSE,
                    review_event=ReviewEvent.OPENED,
                ),
            )
        }
