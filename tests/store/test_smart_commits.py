"""Commands of commits: each is kept once, waits in order, and ends."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from sync.core.model.common import Commit
from sync.core.model.smart_commits import (
    CommandKey,
    Flaw,
    SmartCommit,
    SmartCommitCommand,
    SmartCommitState,
    Verb,
)
from sync.store import smart_commits as store_smart_commits
from sync.store.db.database import write
from tests.store.factories import BOB, NOW, a_connection, a_portal, a_project, after


def a_speech(connection_id: int, task_id: int = 5, place: int = 0) -> SmartCommit:
    command = SmartCommitCommand(task_id, Verb.TIME, 3600, "pay", Flaw.LONG)
    commit = Commit("c0ffee", "Payment", "Bob", None, "", NOW)
    return SmartCommit(command, a_project(connection_id), "main", commit, BOB, place, "abc")


def test_a_command_is_kept_once_as_it_was_heard_first(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        key, speech = CommandKey(c, 3, "c0ffee", 0), a_speech(c)
        assert store_smart_commits.existing_keys(conn, [key]) == frozenset()
        store_smart_commits.save_new(conn, p, {key: speech}, NOW)
        store_smart_commits.save_new(
            conn, p, {key: replace(speech, branch="other")}, after(minutes=1)
        )
        assert store_smart_commits.existing_keys(conn, [key, replace(key, number=1)]) == {key}
        ((row,),) = store_smart_commits.waiting(conn, p, [5, 6]).values()
        assert row == store_smart_commits.SmartCommitRow(key, speech, SmartCommitState.NEW, "", NOW)


def test_what_waits_is_in_the_order_it_was_heard(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        keys = [CommandKey(c, 3, sha, 0) for sha in ("f00d", "beef", "abba")]
        store_smart_commits.save_new(conn, p, {keys[2]: a_speech(c)}, after(minutes=1))
        store_smart_commits.save_new(
            conn, p, {keys[1]: a_speech(c, place=1), keys[0]: a_speech(c)}, NOW
        )
        assert [row.key for row in store_smart_commits.waiting(conn, p, [5])[5]] == keys
        assert [row.key for row in store_smart_commits.of_tasks(conn, p, [5])] == keys


def test_what_ended_waits_no_more(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        done, refused, new = (CommandKey(c, 3, "c0ffee", number) for number in range(3))
        told = {one: a_speech(c, task_id) for task_id, one in enumerate((done, refused, new))}
        store_smart_commits.save_new(conn, p, told, NOW)
        store_smart_commits.set_states(
            conn,
            {done: (SmartCommitState.DONE, "why"), refused: (SmartCommitState.REFUSED, "why not")},
        )
        store_smart_commits.save_changed(conn, {refused: replace(told[refused], retryable=True)})
        assert store_smart_commits.tasks_waiting(conn, p, [0, 1, 2, 3]) == {2}
        assert list(store_smart_commits.waiting(conn, p, [0, 1, 2])) == [2]
        (row,) = store_smart_commits.refused(conn, p)
        assert (row.key, row.reason, row.smart_commit.retryable) == (refused, "why not", True)
        assert store_smart_commits.get(conn, [done])[done].state is SmartCommitState.DONE


def test_a_command_belongs_to_one_portal(engine: Engine) -> None:
    with write(engine) as conn:
        p, other = a_portal(conn), a_portal(conn, "member-2")
        c = a_connection(conn, p)
        key = CommandKey(c, 3, "c0ffee", 0)
        store_smart_commits.save_new(conn, p, {key: a_speech(c)}, NOW)
        assert store_smart_commits.keys_of_portal(conn, p, [key, replace(key, number=4)]) == [key]
        assert store_smart_commits.keys_of_portal(conn, other, [key]) == []
        assert store_smart_commits.waiting(conn, other, [5]) == {}
