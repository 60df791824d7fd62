"""The commands of commits: heard in pushes, loaded for decisions, ended with what came of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.commands import PlannedCommand
from sync.core.model.common import SHORT_SHA, Commit
from sync.core.model.smart_commits import (
    CommandKey,
    PendingSmartCommit,
    SmartCommit,
    SmartCommitState,
    find_repeated,
)
from sync.core.rules.portal import ReferenceRules, Rules
from sync.core.smart_commits import parse as smart_commits_parse
from sync.core.smart_commits.parse import Verb
from sync.core.smart_commits.plan import SmartCommitResult, build_refusal, notify_missing_task
from sync.engine.deliver.keys import smart_commit_key
from sync.engine.deps import TASK
from sync.engine.load import people as load_people
from sync.engine.load.people import AuthoredCommit
from sync.store import logs, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import smart_commits as store_smart_commits
from sync.store.rows import CommandRow, DecisionRow

REPETITION_WINDOW = timedelta(days=30)  # so long the same words of another commit are a repetition
_SHA = re.compile(r"[0-9a-fA-F]{4,64}")

SmartCommitsByKey = Mapping[
    CommandKey, tuple[SmartCommit, str]
]  # and the whole message of its commit


def ingest(
    conn: Connection,
    portal_id: int,
    pushes: Iterable[Push],
    rules: ReferenceRules,
    now: datetime,
) -> None:
    """Keeps what commits say for the first time and marks dirty the tasks that they tell it.

    Those are read anew: a command acts once, so what it acts on must be known.
    """
    told = _find_smart_commits(conn, list(pushes), rules)
    before = store_smart_commits.existing_keys(conn, told)
    new = _mark_repetitions(
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


def _find_smart_commits(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> dict[CommandKey, tuple[SmartCommit, str]]:
    places = {(one.project.connection_id, one.project.id) for one in pushes}
    branches = store_merge_requests.default_branches(conn, places)
    found: dict[CommandKey, tuple[SmartCommit, str]] = {}
    for push in pushes:
        place = push.project.connection_id, push.project.id
        default = push.project.default_branch or branches.get(place, "")
        on_default = push.branch == default
        if push.deleted or (push.created and on_default):
            continue  # nothing, or the history of a project that came from elsewhere
        for commit in push.commits:
            for number, command in _numbered_commands(commit, rules):
                if on_default or command.verb is not Verb.CLOSE:
                    key = CommandKey(*place, commit.sha, number)
                    speech = _build_smart_commit(push, commit, command, len(found))
                    found.setdefault(key, (speech, commit.message))
    return found


def _numbered_commands(
    commit: Commit, rules: ReferenceRules
) -> Iterator[tuple[int, smart_commits_parse.SmartCommitCommand]]:
    """A commit's commands with their numbers, which are the same on every branch."""
    if _SHA.fullmatch(commit.sha):
        yield from enumerate(smart_commits_parse.parse_commands(commit.message, rules))


def _build_smart_commit(
    push: Push, commit: Commit, command: smart_commits_parse.SmartCommitCommand, place: int
) -> SmartCommit:
    short = replace(commit, message=smart_commits_parse.commit_title(commit.message))
    return SmartCommit(command, push.project, push.branch, short, push.actor, place)


def _mark_repetitions(
    conn: Connection, portal_id: int, new: SmartCommitsByKey, now: datetime
) -> dict[CommandKey, SmartCommit]:
    """What only repeats another commit is known as such. What was refused was not said."""
    named = {speech.command.task_id for speech, _ in new.values()}
    earlier: dict[int, list[tuple[str, SmartCommit]]] = {task_id: [] for task_id in named}
    for row in store_smart_commits.of_tasks_since(conn, portal_id, named, now - REPETITION_WINDOW):
        if row.state is not SmartCommitState.REFUSED or row.smart_commit.repeats:
            earlier[row.smart_commit.command.task_id].append((row.key.sha, row.smart_commit))
    found = {}
    for key, (speech, message) in new.items():
        known = earlier[speech.command.task_id]
        found[key] = replace(speech, repeats=find_repeated(message, speech, key.sha, known))
        known.append((key.sha, speech))
    return found


def load(
    conn: Connection, portal_id: int, task_ids: Iterable[int], rules: Rules
) -> dict[int, tuple[PendingSmartCommit, ...]]:
    """What is to be done yet, by task, with the authors as users of the portal."""
    waiting = store_smart_commits.waiting(conn, portal_id, task_ids)
    said = {row.key: row.smart_commit for rows in waiting.values() for row in rows}
    signed = {
        key: AuthoredCommit(key.connection_id, speech.commit, speech.actor)
        for key, speech in said.items()
    }
    users = load_people.portal_authors(conn, portal_id, signed, rules)
    return {
        task_id: tuple(
            PendingSmartCommit(row.key, row.smart_commit, users.get(row.key)) for row in rows
        )
        for task_id, rows in waiting.items()
    }


tasks_waiting = store_smart_commits.tasks_waiting  # those of the tasks that are told something yet


def record_results(conn: Connection, ended: Mapping[CommandKey, SmartCommitResult]) -> None:
    """Notes what became of commands that nothing is written for."""
    store_smart_commits.set_states(
        conn, {key: (one.state, one.reason) for key, one in ended.items()}
    )
    known = store_smart_commits.get(conn, [key for key, one in ended.items() if one.retryable])
    store_smart_commits.save_changed(
        conn, {key: replace(row.smart_commit, retryable=True) for key, row in known.items()}
    )


def refuse_for_missing_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int], rules: Rules, now: datetime
) -> dict[int, list[PlannedCommand]]:
    """Refuses what tasks were told that the portal does not show; what their authors are told."""
    answers: dict[int, list[PlannedCommand]] = {}
    for task_id, heard in load(conn, portal_id, task_ids, rules).items():
        ended = {
            one.key: build_refusal(one, rules.language, "missing", retryable=True, task=task_id)
            for one in heard
        }
        record_results(conn, ended)
        why = "; ".join(one.reason for one in ended.values())
        logs.save_decisions(conn, [DecisionRow(portal_id, TASK, str(task_id), now, why)])
        answers[task_id] = [
            due for one in heard if (due := notify_missing_task(one, rules.language))
        ]
    return answers


def record_done(conn: Connection, done: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that carried them out, each with a note or "".

    Who was notified was told why it is not followed.
    """
    _set_states(
        conn,
        {
            row.key: (
                SmartCommitState.REFUSED if row.kind == "notify" else SmartCommitState.DONE,
                f"{row.reason}; {note}" if note else row.reason,
            )
            for row, note in done
        },
    )


def record_refused(conn: Connection, refusals: Iterable[tuple[CommandRow, str]]) -> None:
    """Ends commands with the writes that were refused, and why."""
    _set_states(conn, {row.key: (SmartCommitState.REFUSED, why) for row, why in refusals})


def _set_states(conn: Connection, states: Mapping[str, tuple[SmartCommitState, str]]) -> None:
    store_smart_commits.set_states(
        conn, {key: state for name, state in states.items() if (key := smart_commit_key(name))}
    )


def log_as_app(conn: Connection, rows: Iterable[CommandRow]) -> None:
    """Time that was refused as the author's own is not asked for as such again."""
    known = store_smart_commits.get(
        conn, [key for row in rows if (key := smart_commit_key(row.key))]
    )
    store_smart_commits.save_changed(
        conn, {key: replace(row.smart_commit, as_app=True) for key, row in known.items()}
    )


def replay(conn: Connection, portal_id: int, keys: Iterable[CommandKey], now: datetime) -> int:
    """Has refused commands decided anew, as far as they are this portal's; how many."""
    found = {
        key: row
        for key, row in store_smart_commits.get(conn, keys).items()
        if row.state is SmartCommitState.REFUSED
    }
    own = store_smart_commits.keys_of_portal(conn, portal_id, found)
    store_smart_commits.set_states(conn, dict.fromkeys(own, (SmartCommitState.NEW, "")))
    store_smart_commits.save_changed(
        conn, {key: replace(found[key].smart_commit, retryable=False) for key in own}
    )
    marks = [(TASK, str(found[key].smart_commit.command.task_id), "replayed") for key in own]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return len(own)
