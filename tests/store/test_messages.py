"""Messages that the application wrote, by place."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from sync.core.model.commands import Place
from sync.core.model.task_view import SentMessage
from sync.store import messages
from sync.store.db.database import write
from tests.store.factories import a_portal

AT = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_task_tells_which_of_its_messages_are_ours(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id, other = a_portal(conn, "1"), a_portal(conn, "2")
        sent = {
            (Place(31), "merge_request:1/2"): SentMessage(1007, "card", AT),
            (Place(31), "pipeline:1/2"): SentMessage(1009, "failed", AT),
            (Place(32), "merge_request:1/2"): SentMessage(1010, "card", AT),
        }
        messages.save(conn, portal_id, sent)
        messages.save(conn, other, {(Place(31), "x"): SentMessage(1011, "x", AT)})
        assert messages.ids_in_task(conn, portal_id, 31) == frozenset({1007, 1009})
        assert messages.ids_in_task(conn, portal_id, 99) == frozenset()
