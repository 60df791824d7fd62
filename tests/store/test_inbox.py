"""The inbox's table."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from sync.store import inbox
from sync.store.db.database import write
from tests.store.factories import NOW, a_connection, a_delivery, a_portal, after


def test_a_delivery_is_stored_once(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        first = inbox.insert_many(conn, [a_delivery(p, key) for key in ("a", "b", "a")])
        second = inbox.insert_many(conn, [a_delivery(p, key) for key in ("b", "c")])
        assert [new is None for new in first + second] == [False, False, True, True, False]
        stored = inbox.next_batch(conn, p, 10, NOW)
        assert [row.id for row in stored] == [first[0], first[1], second[1]]
        assert (stored[0].body, stored[0].event) == (b"\x00\xff data", "ONTASKUPDATE")
        assert inbox.insert_many(conn, []) == []


def test_one_key_from_two_origins_is_two_deliveries(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        hook = a_delivery(p, "a", origin=f"gitlab:{c}", connection_id=c)
        assert None not in inbox.insert_many(conn, [a_delivery(p, "a"), hook])


def test_a_key_of_any_length_is_told_apart(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        keys = ["k" * 8000 + end for end in "aba"]
        new = inbox.insert_many(conn, [a_delivery(p, key) for key in keys])
        assert [key is None for key in new] == [False, False, True]


def test_a_group_larger_than_one_statement_is_stored_in_order(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        new = inbox.insert_many(conn, [a_delivery(p, str(n)) for n in range(2500)])
        assert None not in new
        taken = inbox.next_batch(conn, p, 5000, NOW)
        assert sorted(row.id for row in taken) == sorted(filter(None, new))
        assert inbox.pending_count(conn, p) == 2500


def test_what_failed_waits_for_its_time_and_what_died_for_a_replay(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        new = inbox.insert_many(conn, [a_delivery(p, key) for key in "abc"])
        done, failed, dead = (key for key in new if key is not None)
        inbox.mark_done(conn, {done: "moved 2103"})
        inbox.mark_failed(conn, failed, "boom", after(minutes=1))
        inbox.mark_dead(conn, dead, "boom for ever")
        assert inbox.next_batch(conn, p, 10, NOW) == ()
        assert inbox.portals_with_work(conn, NOW) == ()
        assert inbox.portals_with_work(conn, after(minutes=1)) == (p,)
        (again,) = inbox.next_batch(conn, p, 10, after(minutes=1))
        assert (again.id, again.state, again.attempts, again.outcome) == (
            failed,
            "failed",
            1,
            "boom",
        )
        assert [row.id for row in inbox.dead_deliveries(conn, p)] == [dead]
        assert inbox.replay(conn, [done, dead]) == 2
        assert [row.id for row in inbox.next_batch(conn, p, 10, NOW)] == [done, dead]


def test_what_waits_is_counted_and_timed(engine: Engine) -> None:
    with write(engine) as conn:
        one, two = a_portal(conn, "1"), a_portal(conn, "2")
        assert (inbox.pending_count(conn), inbox.oldest_waiting_at(conn)) == (0, None)
        late = a_delivery(one, "a", received_at=after(minutes=5))
        inbox.insert_many(conn, [late, a_delivery(two, "b")])
        assert inbox.pending_count(conn) == 2
        assert inbox.pending_count(conn, one) == 1
        assert inbox.oldest_waiting_at(conn) == NOW
        assert inbox.oldest_waiting_at(conn, one) == after(minutes=5)
        assert inbox.portals_with_work(conn, NOW) == (one, two)


@pytest.mark.dialect
def test_a_delivery_that_is_done_already_is_not_ended_twice(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        first, second = (
            key for key in inbox.insert_many(conn, [a_delivery(p, key) for key in "ab"]) if key
        )
        assert inbox.mark_done(conn, {first: "done"}) == 1
        assert inbox.mark_done(conn, {first: "again", second: "done"}) == 1
        assert inbox.mark_done(conn, {}) == 0
        inbox.mark_failed(conn, first, "late", after(minutes=1))
        inbox.mark_dead(conn, second, "late")
        assert inbox.pending_count(conn, p) == 0
