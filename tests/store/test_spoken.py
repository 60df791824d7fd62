"""Commands of commits: each is kept once, waits in order, and ends."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from sync.core.model import Commit
from sync.core.spoken import Speech, SpeechKey, State
from sync.core.spoken_words import Command, Flaw, Verb
from sync.store import spoken
from sync.store.database import write
from tests.store.makers import BOB, NOW, a_connection, a_portal, a_project, after


def a_speech(connection_id: int, task_id: int = 5, place: int = 0) -> Speech:
    command = Command(task_id, Verb.TIME, 3600, "pay", Flaw.LONG)
    commit = Commit("c0ffee", "Payment", "Bob", None, "", NOW)
    return Speech(command, a_project(connection_id), "main", commit, BOB, place, "abc")


def test_a_command_is_kept_once_as_it_was_heard_first(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        key, speech = SpeechKey(c, 3, "c0ffee", 0), a_speech(c)
        assert spoken.known(conn, [key]) == frozenset()
        spoken.save_new(conn, p, {key: speech}, NOW)
        spoken.save_new(conn, p, {key: replace(speech, branch="other")}, after(minutes=1))
        assert spoken.known(conn, [key, replace(key, number=1)]) == {key}
        ((row,),) = spoken.waiting(conn, p, [5, 6]).values()
        assert row == spoken.SpokenRow(key, speech, State.NEW, "", NOW)


def test_what_waits_is_in_the_order_it_was_heard(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        keys = [SpeechKey(c, 3, sha, 0) for sha in ("f00d", "beef", "abba")]
        spoken.save_new(conn, p, {keys[2]: a_speech(c)}, after(minutes=1))
        spoken.save_new(conn, p, {keys[1]: a_speech(c, place=1), keys[0]: a_speech(c)}, NOW)
        assert [row.key for row in spoken.waiting(conn, p, [5])[5]] == keys
        assert [row.key for row in spoken.since(conn, p, [5], after(seconds=1))] == keys[2:]


def test_what_ended_waits_no_more(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        c = a_connection(conn, p)
        done, refused, new = (SpeechKey(c, 3, "c0ffee", number) for number in range(3))
        told = {one: a_speech(c, task_id) for task_id, one in enumerate((done, refused, new))}
        spoken.save_new(conn, p, told, NOW)
        spoken.end(conn, {done: (State.DONE, "why"), refused: (State.REFUSED, "why not")})
        spoken.save(conn, {refused: replace(told[refused], mendable=True)})
        assert spoken.tasks_of(conn, p, [0, 1, 2, 3]) == {2}
        assert list(spoken.waiting(conn, p, [0, 1, 2])) == [2]
        (row,) = spoken.refused(conn, p)
        assert (row.key, row.reason, row.speech.mendable) == (refused, "why not", True)
        assert spoken.get(conn, [done])[done].state is State.DONE


def test_a_command_belongs_to_one_portal(engine: Engine) -> None:
    with write(engine) as conn:
        p, other = a_portal(conn), a_portal(conn, "member-2")
        c = a_connection(conn, p)
        key = SpeechKey(c, 3, "c0ffee", 0)
        spoken.save_new(conn, p, {key: a_speech(c)}, NOW)
        assert spoken.of_portal(conn, p, [key, replace(key, number=4)]) == [key]
        assert spoken.of_portal(conn, other, [key]) == []
        assert spoken.waiting(conn, other, [5]) == {}
