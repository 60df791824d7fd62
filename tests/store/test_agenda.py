"""What waits for a portal, as one look finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from sync.store import agenda, deployments, inbox, leases, portals, subjects
from sync.store.agenda import Agenda
from sync.store.db.database import write
from sync.store.tables import command, deployment
from tests.store.factories import NOW, a_connection, a_delivery, a_portal, after

pytestmark = pytest.mark.dialect


def look(conn: Connection, portal_id: int, now: datetime = NOW) -> dict[str, bool]:
    """The kinds of work that are due."""
    found = agenda.read_agenda(conn, portal_id, now)
    assert found is not None
    kinds = ("deliveries", "subjects", "commands", "unsettled", "deployments")
    return {kind: True for kind in kinds if getattr(found, kind)}


def add_command(conn: Connection, portal_id: int, key: str, **values: object) -> None:
    conn.execute(
        command.insert().values(
            portal_id=portal_id, lane="bitrix24", subject_kind="task", subject_key=key,
            key=key, kind="notify", payload={}, reason="", created_at=NOW, **values,
        )
    )  # fmt: skip


def test_an_idle_portal_has_an_empty_agenda_with_its_own_row(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        found = agenda.read_agenda(conn, p, NOW)
        assert isinstance(found, Agenda)
        assert (found.is_empty, found.needs_portal) == (True, False)
        assert found.portal.record == portals.by_id(conn, p)
        assert agenda.read_agenda(conn, p + 1, NOW) is None
        assert agenda.portals_with_work(conn, NOW) == ()


def test_a_lane_that_another_worker_has_is_told(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)

        def is_busy(lane: str, now: datetime = NOW) -> bool:
            found = agenda.read_agenda(conn, p, now, lane=lane, owner="me")
            assert found is not None
            return found.is_busy

        assert not is_busy("lane:1")
        leases.acquire(conn, "lane:1", "me", now=NOW, ttl=timedelta(seconds=30))
        leases.acquire(conn, "lane:2", "another", now=NOW, ttl=timedelta(seconds=30))
        assert [is_busy("lane:1"), is_busy("lane:2")] == [False, True]
        assert not is_busy("lane:2", after(seconds=30))
        assert not look(conn, p)


def test_only_to_send_means_nothing_else_waits_and_the_portal_takes_it(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        row = agenda.read_agenda(conn, p, NOW)
        assert row is not None
        assert not row.is_only_to_send
        active = replace(row.portal, record=replace(row.portal.record, state="active"))
        sending = replace(row, commands=True, portal=active)
        assert sending.is_only_to_send
        for other in ("deliveries", "subjects", "unsettled", "deployments"):
            assert not replace(sending, **{other: True}).is_only_to_send
        closed = replace(row.portal, record=replace(row.portal.record, state="disconnected"))
        assert not replace(sending, portal=closed).is_only_to_send


def test_each_kind_of_work_is_on_the_agenda_when_it_is_due(engine: Engine) -> None:
    with write(engine) as conn:
        p, other = a_portal(conn), a_portal(conn, "member-2")
        (new,) = inbox.insert_many(conn, [a_delivery(p, "a")])
        assert look(conn, p) == {"deliveries": True}
        inbox.mark_failed(conn, new or 0, "boom", after(minutes=1))
        assert look(conn, p) == {}
        assert look(conn, p, after(minutes=1)) == {"deliveries": True}
        inbox.mark_done(conn, {new or 0: "done"})
        subjects.mark_dirty_many(conn, p, [("task", "1", "changed")], NOW)
        assert look(conn, p) == {"subjects": True}
        subjects.fail(conn, p, "task", "1", error="boom", next_at=after(minutes=1))
        add_command(conn, p, "1", next_at=after(minutes=1))
        assert look(conn, p) == {}
        assert look(conn, p, after(minutes=1)) == {"subjects": True, "commands": True}
        add_command(conn, p, "2", state="sending")
        add_command(conn, p, "3", state="done")
        assert look(conn, p) == {"unsettled": True}
        assert look(conn, other) == {}
        assert agenda.portals_with_work(conn, NOW) == (p,)


def test_what_just_came_in_is_left_to_who_was_woken(engine: Engine) -> None:
    """A moment of a clock ahead of time would be left for as long."""
    waiting = timedelta(seconds=2)
    with write(engine) as conn:
        p, other, ahead = a_portal(conn), a_portal(conn, "member-2"), a_portal(conn, "member-3")
        inbox.insert_many(conn, [a_delivery(p, "a")])
        subjects.mark_dirty_many(conn, other, [("task", "1", "changed")], NOW)
        add_command(conn, ahead, "1")
        assert agenda.portals_with_work(conn, NOW) == (p, other, ahead)
        assert agenda.portals_with_work(conn, after(seconds=1), waiting) == ()
        assert agenda.portals_with_work(conn, after(seconds=2), waiting) == (p, other, ahead)
        assert agenda.portals_with_work(conn, NOW - timedelta(days=1), waiting) == (p, other, ahead)


def test_a_subject_with_a_command_in_flight_is_not_taken(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        marks = [("task", key, "changed") for key in "12"]
        subjects.mark_dirty_many(conn, p, marks, NOW)
        add_command(conn, p, "1", state="sending")
        add_command(conn, p, "2")
        rows, more = agenda.next_subjects(conn, p, 10, NOW)
        assert ([row.key for row in rows], more) == (["2"], False)
        inbox.insert_many(conn, [a_delivery(p, "a")])
        rows, more = agenda.next_subjects(conn, p, 10, NOW)
        assert ([row.key for row in rows], more) == (["2"], True)


def test_deployments_whose_contents_are_to_be_read_are_on_it(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        conn.execute(
            deployment.insert().values(
                connection_id=c, project_id=1, environment="production", deployment_id=5,
                updated_at=NOW, status="success", fetch_at=after(minutes=1), body={},
            )
        )  # fmt: skip
        assert look(conn, p) == {}
        assert look(conn, p, after(minutes=1)) == {"deployments": True}
        assert deployments.portals_to_fetch(conn, after(minutes=1)) == (p,)
        conn.execute(update(deployment).values(fetch_at=None))
        assert look(conn, p, after(minutes=1)) == {}
