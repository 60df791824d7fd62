"""Finds the smart commits of pushes, and which of them only repeat others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.common import SHORT_SHA, Commit
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.smart_commits import (
    DEFAULT_BRANCH_VERBS,
    CommandKey,
    SmartCommit,
    SmartCommitCommand,
    SmartCommitState,
    Verb,
    find_repeated,
    find_squashed,
    is_copy,
    is_of_same_author,
)
from sync.core.references.undone import undone_within
from sync.core.rules.portal import ReferenceRules
from sync.core.smart_commits import parse as smart_commits_parse
from sync.engine.deps import TASK
from sync.engine.ingest.handler import Batch
from sync.engine.ingest.own_commits import is_merge_message
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import projects as store_projects
from sync.store import smart_commits as store_smart_commits
from sync.store import tasks
from sync.store.subjects import Mark

REPETITION_WINDOW = timedelta(days=30)  # so long the same words of another commit are a repetition
# https://docs.gitlab.com/user/project/merge_requests/commit_templates/
_REQUEST = re.compile(r"^See merge request \S*!(\d{1,9})\s*$", re.MULTILINE)
_SHA = re.compile(r"[0-9a-fA-F]{4,64}")

ShaKey = tuple[int, int, str]  # connection, project, commit
SmartCommitsByKey = Mapping[
    CommandKey, tuple[SmartCommit, str]
]  # and the whole message of its commit


def save_new(batch: Batch, pushes: Sequence[Push]) -> list[Mark]:
    """Store the smart commits that are new, and mark the tasks that they name.

    Those are read anew: a command acts once, so what it acts on must be known.
    """
    conn, portal_id, now = batch.conn, batch.portal_id, batch.now
    by_key = _find_smart_commits(conn, pushes, batch.rules.references)
    by_key |= _said_by_requests(conn, by_key, batch.rules.references)
    before = store_smart_commits.existing_keys(conn, by_key)
    unheard = {k: v for k, v in by_key.items() if k not in before}
    new = _mark_repetitions(conn, portal_id, unheard, _pushed_together(pushes), now)
    store_smart_commits.save_new(conn, portal_id, new, now)
    tasks.mark_stale(conn, portal_id, {item.command.task_id for item in new.values()}, now)
    return [
        (TASK, str(item.command.task_id), f"commit {key.sha[:SHORT_SHA]} says something")
        for key, item in new.items()
    ]


def mark_doubtful(conn: Connection, pushes: Sequence[Push], now: datetime) -> bool:
    """Have the code host asked about the commits of merge requests that seem to repeat others."""
    timed = {
        (push.project.connection_id, push.project.id, commit.sha)
        for push in pushes
        for commit in push.commits
        if "#" in commit.message and not is_copy(commit.message)
    }
    doubtful = store_smart_commits.repeated(conn, timed) if timed else {}
    owners = store_commits.by_shas(conn, doubtful) if doubtful else {}
    store_commits.mark_due(conn, {key for keys in owners.values() for key in keys}, now)
    return bool(owners)


def find_doubtful(
    conn: Connection, item: MergeRequest, place: tuple[int, int], commits: Sequence[Commit]
) -> dict[str, str]:
    """Return the commits of a merge request that seem to repeat one of another, and that one.

    `place`: the project to which they were pushed. What was amended or rebased away is of no other
    merge request.
    """
    own = {commit.sha for commit in commits}
    shas = [
        (*place, commit.sha)
        for commit in commits
        if "#" in commit.message and not is_copy(commit.message)
    ]
    repeats = store_smart_commits.repeated(conn, shas) if shas else {}
    others = {(*key[:2], old) for key, old in repeats.items() if old not in own}
    owners = store_commits.by_shas(conn, others) if others else {}
    return {
        key[2]: old
        for key, old in repeats.items()
        if owners.get((*key[:2], old), frozenset()) - {item.key}
    }


def count_again(
    conn: Connection, portal_id: int, commits: Iterable[ShaKey], now: datetime
) -> list[Mark]:
    """Count the commands of commits that repeat nothing; return the marks of their tasks."""
    rows = store_smart_commits.of_commits(conn, commits)
    counted = {
        row.key: replace(row.smart_commit, repeats="") for row in rows if row.smart_commit.repeats
    }
    return _count(conn, portal_id, counted, now)


def count_own(
    conn: Connection,
    portal_id: int,
    commits_by_project: Mapping[tuple[int, int], Sequence[Commit]],
    rules: ReferenceRules,
    now: datetime,
) -> list[Mark]:
    """Count what looked like a repetition and is work of its own; return the marks of its tasks.

    `commits_by_project`: what one merge request has now, by the projects that its pushes may have
    told of. A commit that was rebased or amended is no longer beside the one that it repeats.
    """
    titles = {
        (*place, commit.sha): (commit.message.strip(), commit.at)
        for place, commits in commits_by_project.items()
        for commit in commits
        if not is_copy(commit.message)
    }
    keys = {
        CommandKey(*place, commit.sha, number)
        for place, commits in commits_by_project.items()
        for commit in commits
        if len(commits) > 1
        for number, _ in _numbered_commands(commit, rules)
    }
    counted = {}
    for key, row in (store_smart_commits.get(conn, keys) if keys else {}).items():
        repeated = (key.connection_id, key.project_id, row.smart_commit.repeats)
        message, at = titles.get((key.connection_id, key.project_id, key.sha), ("", None))
        words, earlier = titles.get(repeated, ("", at))
        if row.smart_commit.repeats and words == message and earlier != at:
            counted[key] = replace(row.smart_commit, repeats="")
    return _count(conn, portal_id, counted, now)


def _count(
    conn: Connection, portal_id: int, counted: Mapping[CommandKey, SmartCommit], now: datetime
) -> list[Mark]:
    store_smart_commits.save_changed(conn, counted)
    store_smart_commits.set_states(conn, dict.fromkeys(counted, (SmartCommitState.NEW, "")))
    tasks.mark_stale(conn, portal_id, {item.command.task_id for item in counted.values()}, now)
    return [
        (TASK, str(item.command.task_id), f"commit {key.sha[:SHORT_SHA]} is work of its own")
        for key, item in counted.items()
    ]


def _pushed_together(pushes: Iterable[Push]) -> dict[ShaKey, frozenset[str]]:
    """Map each commit to those of the first push that has it."""
    together: dict[ShaKey, frozenset[str]] = {}
    for push in pushes:
        shas = frozenset(commit.sha for commit in push.commits)
        for sha in shas:
            together.setdefault((push.project.connection_id, push.project.id, sha), shas)
    return together


def _find_smart_commits(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> dict[CommandKey, tuple[SmartCommit, str]]:
    places = {(entry.project.connection_id, entry.project.id) for entry in pushes}
    branches = store_projects.default_branches(conn, places)
    by_key: dict[CommandKey, tuple[SmartCommit, str]] = {}
    for push in pushes:
        place = push.project.connection_id, push.project.id
        default = push.project.default_branch or branches.get(place, "")
        on_default = push.branch == default
        if push.deleted or (push.created and on_default):
            continue  # nothing, or the history of a project that came from elsewhere
        undone = undone_within([commit.message for commit in push.commits])
        for place_in_push, commit in enumerate(push.commits):
            for number, command in _numbered_commands(commit, rules):
                decides = on_default and place_in_push not in undone
                if decides or command.verb not in DEFAULT_BRANCH_VERBS:
                    key = CommandKey(*place, commit.sha, number)
                    speech = _build_smart_commit(push, commit, command, len(by_key))
                    by_key.setdefault(key, (speech, commit.message))
    return by_key


def _said_by_requests(
    conn: Connection, by_key: SmartCommitsByKey, rules: ReferenceRules
) -> dict[CommandKey, tuple[SmartCommit, str]]:
    """Return the time and comments that a merge commit repeats from its merge request.

    They are said by the author of the merge request, not by whoever merges it.
    """
    merged = {
        key: MergeRequestKey(key.connection_id, key.project_id, int(request[1]))
        for key, (speech, message) in by_key.items()
        if speech.command.verb in (Verb.TIME, Verb.COMMENT)
        and is_merge_message(message)
        and (request := _REQUEST.search(message))
    }
    items = store_merge_requests.without_pipelines(conn, merged.values()) if merged else {}
    renamed: dict[CommandKey, tuple[SmartCommit, str]] = {}
    for key, request_key in merged.items():
        speech, message = by_key[key]
        item = items.get(request_key)
        if item is None or item.author is None:
            continue
        own = smart_commits_parse.parse_commands(f"{item.title}\n\n{item.description}", rules)
        if speech.command in own:
            commit = replace(speech.commit, author_name=item.author.name, author_email="")
            renamed[key] = replace(speech, commit=commit, actor=item.author), message
    return renamed


def _numbered_commands(
    commit: Commit, rules: ReferenceRules
) -> Iterator[tuple[int, SmartCommitCommand]]:
    """Yield a commit's commands with their numbers, which are the same on every branch."""
    if _SHA.fullmatch(commit.sha):
        yield from enumerate(smart_commits_parse.parse_commands(commit.message, rules))


def _build_smart_commit(
    push: Push, commit: Commit, command: SmartCommitCommand, place: int
) -> SmartCommit:
    short = replace(commit, message=smart_commits_parse.commit_title(commit.message))
    return SmartCommit(command, push.project, push.branch, short, push.actor, place)


def _mark_repetitions(
    conn: Connection,
    portal_id: int,
    new: SmartCommitsByKey,
    together: Mapping[ShaKey, frozenset[str]],
    now: datetime,
) -> dict[CommandKey, SmartCommit]:
    """Mark what only repeats another commit.

    Two commits of one person that were first heard of in one push, with the same words, are two.

    What was refused to a person may be said again by that person; a copy of it in the name of
    another does not become the other's.
    """
    task_ids = {speech.command.task_id for speech, _ in new.values()}
    earlier: dict[int, list[tuple[str, SmartCommit]]] = {task_id: [] for task_id in task_ids}
    recent: dict[int, list[tuple[str, SmartCommit]]] = {task_id: [] for task_id in task_ids}
    refused: dict[int, list[tuple[str, SmartCommit]]] = {task_id: [] for task_id in task_ids}
    for row in store_smart_commits.of_tasks(conn, portal_id, task_ids):
        followed = row.state is not SmartCommitState.REFUSED or row.smart_commit.repeats
        task_id = row.smart_commit.command.task_id
        (earlier if followed else refused)[task_id].append((row.key.sha, row.smart_commit))
        if followed and row.received_at >= now - REPETITION_WINDOW:
            recent[task_id].append((row.key.sha, row.smart_commit))
    squashed = _squashed_commits(conn, [key for key in new if any(earlier.values())])
    spoken = {key.sha: pair for key, pair in new.items()}
    by_key = {}
    for key, (speech, message) in new.items():
        task_id = speech.command.task_id
        existing = (earlier if is_copy(message) else recent)[task_id]
        of_others = [
            (sha, old) for sha, old in refused[task_id] if not is_of_same_author(old, speech)
        ]
        beside = together.get((key.connection_id, key.project_id, key.sha), frozenset())
        candidates = [*existing, *of_others]
        repeats = find_repeated(message, speech, key.sha, candidates)
        twin, words = spoken.get(repeats, (speech, ""))
        is_twin = words == message and not is_copy(message) and is_of_same_author(twin, speech)
        if repeats != key.sha and repeats in beside and is_twin:
            repeats = find_repeated(
                message, speech, key.sha, [each for each in candidates if each[0] not in beside]
            )
        own = squashed.get(key.sha, frozenset()) - {key.sha}
        repeats = repeats or find_squashed(speech, [e for e in earlier[task_id] if e[0] in own])
        by_key[key] = replace(speech, repeats=repeats)
        earlier[task_id].append((key.sha, speech))
        recent[task_id].append((key.sha, speech))
    return by_key


def _squashed_commits(conn: Connection, keys: Iterable[CommandKey]) -> dict[str, frozenset[str]]:
    """Return the commits of the merge requests that each commit is the squash of."""
    shas = {(key.connection_id, key.project_id, key.sha) for key in keys}
    owners = store_commits.landed_as(conn, shas) if shas else {}
    owned = store_commits.by_merge_requests(conn, {key for keys in owners.values() for key in keys})
    return {
        sha_key[2]: frozenset(commit.sha for key in keys for commit in owned.get(key, ()))
        for sha_key, keys in owners.items()
    }
