"""Which tasks a merge request names: links kept up to date, their tasks marked dirty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.common import Commit
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.core.model.tasks import LinkKind, Reference
from sync.core.references import find as references_find
from sync.core.references.undone import undone_within
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import earlier_work, own_commits
from sync.store import commit_tasks as store_commit_tasks
from sync.store import links, subjects, tasks
from sync.store import merge_request_commits as store_commits
from sync.store.merge_request_commits import CommitState
from sync.store.rows import LinkRow
from sync.store.subjects import Mark


@dataclass(frozen=True, slots=True)
class LinkUpdate:
    """The links as they are now: the tasks that each merge request names.

    `marks`: all tasks that are named, or were. `is_commit_due`: the code host is to be asked for
    commits of some of the merge requests.
    """

    tasks_by_key: Mapping[MergeRequestKey, tuple[int, ...]]
    marks: Sequence[Mark]
    is_commit_due: bool = False


def update_links(
    conn: Connection,
    portal_id: int,
    stored: Mapping[MergeRequestKey, MergeRequest],
    rules: ReferenceRules,
    *,
    now: datetime,
    silent_keys: frozenset[MergeRequestKey] = frozenset(),
    mark_tasks: bool = True,
    wait_for_commits: bool = False,
) -> Mapping[MergeRequestKey, tuple[int, ...]]:
    """Bring the links of merge requests up to date and mark their tasks, old and new, dirty.

    `silent_keys`: those whose links show nothing; of the others they do from now on. Without
    `mark_tasks` no task is marked. With `wait_for_commits` those of merge requests whose commits
    are to be asked for are left to the answer. Returns the tasks each names now.
    """
    links_now = save_links(
        conn,
        portal_id,
        stored,
        rules,
        now=now,
        silent_keys=silent_keys,
        wait_for_commits=wait_for_commits,
    )
    if mark_tasks:
        subjects.mark_dirty_many(conn, portal_id, links_now.marks, now)
    return links_now.tasks_by_key


def save_links(
    conn: Connection,
    portal_id: int,
    stored: Mapping[MergeRequestKey, MergeRequest],
    rules: ReferenceRules,
    *,
    now: datetime,
    silent_keys: frozenset[MergeRequestKey] = frozenset(),
    also_changed: Mapping[MergeRequestKey, MergeRequest] | None = None,
    states: Mapping[MergeRequestKey, CommitState] | None = None,
    wait_for_commits: bool = False,
) -> LinkUpdate:
    """Bring the links of merge requests up to date without marking their tasks.

    `silent_keys`: those whose links show nothing; of the others they do from now on.
    `also_changed`: merge requests that changed without naming anything new; their tasks may have
    to be looked at, too. `states`: of which commits are stored, where it is known already. With
    `wait_for_commits` tasks of those whose commits are not stored are not among the marks.
    """
    also_changed = also_changed or {}
    own_commits.save_landed(conn, stored)
    sharing = own_commits.sharing(conn, stored)  # what was merged is their own work no more
    current = {**sharing, **stored}
    before = links.by_merge_requests(conn, {*current, *also_changed})
    states = {**(states or {})}
    states |= store_commits.states(conn, current.keys() - states.keys())
    versions = {key: version for key, (version, _) in states.items()}
    were_silent = frozenset(key for key, (_, is_silent) in states.items() if is_silent)
    silent = silent_keys | (were_silent & sharing.keys())
    store_commits.set_silent(conn, silent - were_silent, silent=True)
    store_commits.set_silent(conn, were_silent - silent, silent=False)
    own = own_commits.load(conn, current, versions, now)
    changed: list[LinkRow] = []
    shown: list[LinkRow] = []  # that were silent
    for key, merge_request in current.items():
        listed = own.commits.get(key)
        messages = None if listed is None else _lasting_messages(listed)
        had = {row.task_id: row for row in before.get(key, ())}
        rows = [
            *_desired_links(
                portal_id, merge_request, messages, rules, existing=had, silent=key in silent
            )
        ]
        changed += [row for row in rows if had.get(row.task_id) != row]
        shown += [row for row in rows if row.task_id in had and had[row.task_id].silent]
        before[key] = tuple({**had, **{row.task_id: row for row in rows}}.values())
    forget_silent_steps(conn, portal_id, shown)
    links.save(conn, changed)
    store_commit_tasks.save_commit_tasks(conn, portal_id, _find_merged_tasks(stored, before))
    due_keys = frozenset(current.keys() - own.commits.keys() if wait_for_commits else ())
    return LinkUpdate(
        {key: tuple(sorted(r.task_id for r in rows if r.live)) for key, rows in before.items()},
        _find_marks([k for k in {**also_changed, **current} if k not in due_keys], before),
        own.is_due,
    )


def forget_silent_steps(conn: Connection, portal_id: int, shown: Sequence[LinkRow]) -> None:
    """Forget the steps that tasks were given in silence and that are shown from now on.

    `shown`: links that were silent; to be called before they are saved. The first act then brings
    the task to its step, also to the one that it was read at; one with shown work keeps what it
    was brought to.
    """
    task_ids = {row.task_id for row in shown if row.is_shown_work}
    stored = links.by_tasks(conn, portal_id, task_ids) if task_ids else {}
    silent = {
        task_id
        for task_id, rows in stored.items()
        if any(row.silent for row in rows) and not any(row.is_shown_work for row in rows)
    }
    tasks.set_steps(conn, portal_id, dict.fromkeys(silent))


def _find_merged_tasks(
    stored: Mapping[MergeRequestKey, MergeRequest],
    rows: Mapping[MergeRequestKey, Iterable[LinkRow]],
) -> Iterator[tuple[store_commit_tasks.CommitKey, int]]:
    """Yield the tasks by the commit with which their merge request came to its target.

    The message of a squash names the title alone; the target's pipeline concerns them all.
    """
    for key, item in stored.items():
        if item.state is MergeRequestState.MERGED and item.merge_sha:
            place = (*earlier_work.key_of_project(item), item.target_branch, item.merge_sha)
            for row in rows.get(key, ()):
                if row.is_shown_work:
                    yield place, row.task_id


def _desired_links(
    portal_id: int,
    merge_request: MergeRequest,
    messages: Sequence[str] | None,
    rules: ReferenceRules,
    *,
    existing: Mapping[int, LinkRow],
    silent: bool,
) -> Iterator[LinkRow]:
    """Yield the links as they are to be: named ones live, others removed (never deleted)."""
    live = {
        row.task_id: TaskMention(row.kind, row.found_in) for row in existing.values() if row.live
    }
    tasks_by_key = find_named_tasks(merge_request, messages, rules, live)
    for task_id, name in tasks_by_key.items():
        row = existing.get(task_id) or LinkRow(
            portal_id, merge_request.key, task_id, name.kind, silent=silent
        )
        yield replace(row, kind=name.kind, live=True, found_in=name.found_in, silent=silent)
    for task_id, row in existing.items():
        if task_id not in tasks_by_key:
            yield replace(row, live=False, found_in=())


def _find_marks(
    touched: Iterable[MergeRequestKey], rows: Mapping[MergeRequestKey, Iterable[LinkRow]]
) -> list[Mark]:
    return [
        (TASK, str(row.task_id), f"merge request !{key.iid} changed")
        for key in touched
        for row in rows.get(key, ())
    ]


COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class TaskMention:
    """How a merge request names one task: the strongest mention, and every place of one."""

    kind: LinkKind
    found_in: tuple[str, ...]


def _lasting_messages(commits: Sequence[Commit]) -> list[str]:
    """Return the messages of the commits, without those that later ones of them revert."""
    messages = [commit.message for commit in commits]
    undone = undone_within(messages)
    return [message for place, message in enumerate(messages) if place not in undone]


def find_named_tasks(
    merge_request: MergeRequest,
    messages: Iterable[str] | None,
    rules: ReferenceRules,
    before: Mapping[int, TaskMention],
) -> dict[int, TaskMention]:
    """Return the tasks named in branch, title, description and the messages of its own commits.

    `messages`: None where they are not known yet: what its commits named before stays until then.
    """
    references = list(references_find.find_references(merge_request.source_branch, "branch", rules))
    title = merge_request.title
    references += references_find.find_references(title, "title", rules)
    references += references_find.find_references(
        merge_request.description, "description", rules, title
    )
    if messages is None:
        references += [
            Reference(task_id, link.kind, COMMIT)
            for task_id, link in before.items()
            if COMMIT in link.found_in
        ]
    for message in messages or ():
        references += references_find.find_references(message, COMMIT, rules)
    return _group_by_task(references)


def _group_by_task(references: list[Reference]) -> dict[int, TaskMention]:
    places: dict[int, set[str]] = {}
    for reference in references:
        places.setdefault(reference.task_id, set()).add(reference.source)
    strongest = references_find.strongest_references(references)
    return {
        task_id: TaskMention(reference.kind, tuple(sorted(places[task_id])))
        for task_id, reference in strongest.items()
    }
