"""The commands of commits: heard in pushes, loaded for decisions, ended with what came of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.commands import Due
from sync.core.model.common import SHORT_SHA, Commit
from sync.core.model.smart_commits import Heard, Speech, SpeechKey, State, said_before
from sync.core.rules.portal import ReferenceRules, Rules
from sync.core.smart_commits import parse as smart_commits_parse
from sync.core.smart_commits.parse import Verb
from sync.core.smart_commits.plan import Ended, missing, refused
from sync.engine.deliver.keys import spoken_by
from sync.engine.deps import TASK
from sync.engine.load import people as load_people
from sync.engine.load.people import Signed
from sync.store import logs, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import smart_commits as store_smart_commits
from sync.store.rows import CommandRow, DecisionRow

REMEMBERED = timedelta(days=30)  # so long the same words of another commit are a repetition
_SHA = re.compile(r"[0-9a-fA-F]{4,64}")

Told = Mapping[SpeechKey, tuple[Speech, str]]  # and the whole message of its commit


def take_in(
    conn: Connection,
    portal_id: int,
    pushes: Iterable[Push],
    rules: ReferenceRules,
    now: datetime,
) -> None:
    """Keeps what commits say for the first time and marks dirty the tasks that they tell it.

    Those are read anew: a command acts once, so what it acts on must be known.
    """
    told = _told(conn, list(pushes), rules)
    before = store_smart_commits.known(conn, told)
    new = _with_repetitions(
        conn, portal_id, {k: v for k, v in told.items() if k not in before}, now
    )
    store_smart_commits.save_new(conn, portal_id, new, now)
    named = {speech.command.task_id for speech in new.values()}
    tasks.mark_stale(conn, portal_id, named, now)
    marks = [
        (TASK, str(speech.command.task_id), f"commit {key.sha[:SHORT_SHA]} says something")
        for key, speech in new.items()
    ]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _told(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> dict[SpeechKey, tuple[Speech, str]]:
    places = {(one.project.connection_id, one.project.id) for one in pushes}
    branches = store_merge_requests.default_branches(conn, places)
    found: dict[SpeechKey, tuple[Speech, str]] = {}
    for push in pushes:
        place = push.project.connection_id, push.project.id
        default = push.project.default_branch or branches.get(place, "")
        on_default = push.branch == default
        if push.deleted or (push.created and on_default):
            continue  # nothing, or the history of a project that came from elsewhere
        for commit in push.commits:
            for number, command in _commands(commit, rules):
                if on_default or command.verb is not Verb.CLOSE:
                    key = SpeechKey(*place, commit.sha, number)
                    speech = _speech(push, commit, command, len(found))
                    found.setdefault(key, (speech, commit.message))
    return found


def _commands(
    commit: Commit, rules: ReferenceRules
) -> Iterator[tuple[int, smart_commits_parse.Command]]:
    """A commit's commands with their numbers, which are the same on every branch."""
    if _SHA.fullmatch(commit.sha):
        yield from enumerate(smart_commits_parse.read(commit.message, rules))


def _speech(push: Push, commit: Commit, command: smart_commits_parse.Command, place: int) -> Speech:
    short = replace(commit, message=smart_commits_parse.title_of(commit.message))
    return Speech(command, push.project, push.branch, short, push.actor, place)


def _with_repetitions(
    conn: Connection, portal_id: int, new: Told, now: datetime
) -> dict[SpeechKey, Speech]:
    """What only repeats another commit is known as such. What was refused was not said."""
    named = {speech.command.task_id for speech, _ in new.values()}
    earlier: dict[int, list[tuple[str, Speech]]] = {task_id: [] for task_id in named}
    for row in store_smart_commits.since(conn, portal_id, named, now - REMEMBERED):
        if row.state is not State.REFUSED or row.speech.again:
            earlier[row.speech.command.task_id].append((row.key.sha, row.speech))
    found = {}
    for key, (speech, message) in new.items():
        known = earlier[speech.command.task_id]
        found[key] = replace(speech, again=said_before(message, speech, key.sha, known))
        known.append((key.sha, speech))
    return found


def load(
    conn: Connection, portal_id: int, task_ids: Iterable[int], rules: Rules
) -> dict[int, tuple[Heard, ...]]:
    """What is to be done yet, by task, with the authors as users of the portal."""
    waiting = store_smart_commits.waiting(conn, portal_id, task_ids)
    said = {row.key: row.speech for rows in waiting.values() for row in rows}
    signed = {
        key: Signed(key.connection_id, speech.commit, speech.actor) for key, speech in said.items()
    }
    users = load_people.authors(conn, portal_id, signed, rules)
    return {
        task_id: tuple(Heard(row.key, row.speech, users.get(row.key)) for row in rows)
        for task_id, rows in waiting.items()
    }


tasks_of = store_smart_commits.tasks_of  # those of the tasks that are told something yet


def end(conn: Connection, ended: Mapping[SpeechKey, Ended]) -> None:
    """Notes what became of commands that nothing is written for."""
    store_smart_commits.end(conn, {key: (one.state, one.reason) for key, one in ended.items()})
    known = store_smart_commits.get(conn, [key for key, one in ended.items() if one.mendable])
    store_smart_commits.save(
        conn, {key: replace(row.speech, mendable=True) for key, row in known.items()}
    )


def end_missing(
    conn: Connection, portal_id: int, task_ids: Iterable[int], rules: Rules, now: datetime
) -> dict[int, list[Due]]:
    """Refuses what tasks were told that the portal does not show; what their authors are told."""
    answers: dict[int, list[Due]] = {}
    for task_id, heard in load(conn, portal_id, task_ids, rules).items():
        ended = {
            one.key: refused(one, rules.language, "missing", mendable=True, task=task_id)
            for one in heard
        }
        end(conn, ended)
        why = "; ".join(one.reason for one in ended.values())
        logs.save_decisions(conn, [DecisionRow(portal_id, TASK, str(task_id), now, why)])
        answers[task_id] = [due for one in heard if (due := missing(one, rules.language))]
    return answers


def follow(conn: Connection, done: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that carried them out, each with a note or "".

    Who was notified was told why it is not followed.
    """
    _end(
        conn,
        {
            row.key: (
                State.REFUSED if row.kind == "notify" else State.DONE,
                f"{row.reason}; {note}" if note else row.reason,
            )
            for row, note in done
        },
    )


def refuse(conn: Connection, refusals: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that were refused, and why."""
    _end(conn, {row.key: (State.REFUSED, why) for row, why in refusals})


def _end(conn: Connection, states: Mapping[str, tuple[State, str]]) -> None:
    store_smart_commits.end(
        conn, {key: state for name, state in states.items() if (key := spoken_by(name))}
    )


def in_our_name(conn: Connection, rows: Iterable[CommandRow]) -> None:
    """Time that was refused as the author's own is not asked for as such again."""
    known = store_smart_commits.get(conn, [key for row in rows if (key := spoken_by(row.key))])
    store_smart_commits.save(
        conn, {key: replace(row.speech, in_our_name=True) for key, row in known.items()}
    )


def again(conn: Connection, portal_id: int, keys: Iterable[SpeechKey], now: datetime) -> int:
    """Has refused commands decided anew, as far as they are this portal's; how many."""
    found = {
        key: row
        for key, row in store_smart_commits.get(conn, keys).items()
        if row.state is State.REFUSED
    }
    own = store_smart_commits.of_portal(conn, portal_id, found)
    store_smart_commits.end(conn, dict.fromkeys(own, (State.NEW, "")))
    store_smart_commits.save(conn, {key: replace(found[key].speech, mendable=False) for key in own})
    marks = [(TASK, str(found[key].speech.command.task_id), "replayed") for key in own]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return len(own)
