"""Subjects and their versions."""

from __future__ import annotations

from sqlalchemy import Engine

from sync.store import subjects
from sync.store.db.database import write
from tests.store.factories import NOW, a_portal, after


def test_marks_of_one_subject_become_one_row(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        marks = [("task", "1", "opened"), ("task", "2", "pushed"), ("task", "1", "approved")]
        subjects.mark_dirty_many(conn, p, [*marks, marks[0]], NOW)
        first, second = subjects.next_dirty(conn, p, 10, NOW)
        assert (first.key, first.version, first.cause) == ("1", 1, "opened; approved")
        assert (second.key, second.version, second.cause) == ("2", 1, "pushed")
        assert subjects.counts(conn, p) == {"dirty": 2}


def test_a_mark_while_it_is_looked_at_is_not_lost(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        subjects.mark_dirty_many(conn, p, [("task", "1", "opened")], NOW)
        (subject,) = subjects.next_dirty(conn, p, 10, NOW)
        subjects.mark_dirty_many(conn, p, [("task", "1", "merged")], after(seconds=1))
        assert not subjects.clean(conn, p, "task", "1", subject.version)
        (again,) = subjects.next_dirty(conn, p, 10, after(seconds=1))
        assert (again.version, again.cause, again.dirty_at) == (2, "merged", NOW)
        assert subjects.clean(conn, p, "task", "1", again.version)
        assert subjects.next_dirty(conn, p, 10, after(seconds=1)) == ()


def test_many_are_cleaned_but_those_marked_again(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        subjects.mark_dirty_many(conn, p, [("task", str(n), "x") for n in range(5)], NOW)
        keys = [(s.kind, s.key, s.version) for s in subjects.next_dirty(conn, p, 10, NOW)]
        subjects.mark_dirty_many(conn, p, [("task", "3", "again")], after(seconds=1))
        subjects.clean_many(conn, p, keys)
        assert [s.key for s in subjects.next_dirty(conn, p, 10, NOW)] == ["3"]


def test_who_waits_longest_comes_first(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        subjects.mark_dirty_many(conn, p, [("task", "b", "x")], NOW)
        subjects.mark_dirty_many(conn, p, [("task", "a", "x"), ("task", "b", "y")], after(hours=1))
        assert [s.key for s in subjects.next_dirty(conn, p, 1, after(hours=1))] == ["b"]


def test_what_failed_waits_and_news_ends_the_wait(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        subjects.mark_dirty_many(conn, p, [("task", "1", "x")], NOW)
        subjects.fail(conn, p, "task", "1", error="boom", next_at=after(minutes=5))
        assert subjects.next_dirty(conn, p, 10, NOW) == ()
        assert subjects.portals_with_work(conn, NOW) == ()
        assert subjects.portals_with_work(conn, after(minutes=5)) == (p,)
        (due,) = subjects.next_dirty(conn, p, 10, after(minutes=5))
        assert (due.attempts, due.error) == (1, "boom")
        subjects.mark_dirty_many(conn, p, [("task", "1", "news")], after(minutes=1))
        (fresh,) = subjects.next_dirty(conn, p, 10, after(minutes=1))
        assert (fresh.attempts, fresh.error, fresh.version) == (0, "", 2)


def test_the_dead_wait_for_a_replay_or_for_news(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        marks = [("task", key, "x") for key in "123"]
        subjects.mark_dirty_many(conn, p, marks, NOW)
        for kind, key, _ in marks[:2]:
            subjects.mark_dead(conn, p, kind, key, error="bug")
        assert [(s.key, s.error) for s in subjects.dead(conn, p)] == [("1", "bug"), ("2", "bug")]
        assert subjects.counts(conn, p) == {"dead": 2, "dirty": 1}
        assert subjects.replay(conn, p, after(hours=1), "task", "1") == 1
        subjects.mark_dirty_many(conn, p, [("task", "2", "news")], after(hours=2))
        found = {
            s.key: (s.cause, s.dirty_at) for s in subjects.next_dirty(conn, p, 9, after(days=1))
        }
        assert found == {
            "1": ("replayed", after(hours=1)),
            "2": ("news", after(hours=2)),
            "3": ("x", after(microseconds=2)),  # the third that was marked at once
        }
        assert subjects.replay(conn, p, NOW) == 3


def test_portals_do_not_meet(engine: Engine) -> None:
    with write(engine) as conn:
        one, two = a_portal(conn, "1"), a_portal(conn, "2")
        for portal_id in (one, two):
            subjects.mark_dirty_many(conn, portal_id, [("task", "1", "x")], NOW)
        assert subjects.clean(conn, one, "task", "1", 1)
        assert subjects.next_dirty(conn, one, 10, NOW) == ()
        assert len(subjects.next_dirty(conn, two, 10, NOW)) == 1
        found = subjects.get(conn, one, "task", "1")
        assert found is not None
        assert found.state == "clean"
        assert subjects.get(conn, one, "task", "2") is None


def test_what_is_put_off_is_held_and_does_not_wait_for_us(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        subjects.mark_dirty_many(conn, p, [("news", "1", "x"), ("news", "2", "x")], NOW)
        subjects.postpone(conn, p, "news", "1", 1, after(seconds=60))
        subjects.fail(conn, p, "news", "2", error="E", next_at=after(seconds=60))
        assert subjects.counts(conn, p) == {"dirty": 1, "held": 1}
        subjects.mark_dirty_many(conn, p, [("news", "1", "y")], after(seconds=1))
        assert subjects.counts(conn, p) == {"dirty": 2}
