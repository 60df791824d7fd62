"""Which tasks a merge request names: links kept up to date, their tasks marked dirty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.core.model.tasks import LinkKind, Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.store import commits, links, subjects
from sync.store.merge_requests import BranchKey
from sync.store.rows import LinkRow


def update_links(
    conn: Connection,
    portal_id: int,
    known: Mapping[MergeRequestKey, MergeRequest],
    rules: ReferenceRules,
    *,
    now: datetime,
    also_changed: Mapping[MergeRequestKey, MergeRequest] | None = None,
    silent_keys: frozenset[MergeRequestKey] = frozenset(),
    mark_tasks: bool = True,
) -> dict[MergeRequestKey, tuple[int, ...]]:
    """Brings the links of `known` up to date and marks their tasks, old and new, dirty.

    `also`: merge requests that changed without naming anything new; their tasks are dirty too.
    `silent`: those whose links show nothing; of the others they do from now on. Without `marks`
    no task is marked. Returns the tasks each names now.
    """
    also_changed = also_changed or {}
    before = links.by_merge_requests(conn, {*known, *also_changed})
    pushed = commits.by_branches(
        conn, {_source_branch(mr) for mr in known.values() if _owns_branch(mr)}
    )
    changed: list[LinkRow] = []
    for key, merge_request in known.items():
        messages = [commit.message for commit in pushed.get(_source_branch(merge_request), ())]
        had = {row.task_id: row for row in before.get(key, ())}
        silence = key in silent_keys
        rows = [
            *_desired_links(portal_id, merge_request, messages, rules, existing=had, silent=silence)
        ]
        changed += [row for row in rows if had.get(row.task_id) != row]
        before[key] = tuple({**had, **{row.task_id: row for row in rows}}.values())
    links.save(conn, changed)
    if mark_tasks:
        _mark_dirty(conn, portal_id, {**also_changed, **known}, before, now)
    return {key: tuple(sorted(r.task_id for r in rows if r.live)) for key, rows in before.items()}


def _desired_links(
    portal_id: int,
    merge_request: MergeRequest,
    messages: Sequence[str],
    rules: ReferenceRules,
    *,
    existing: Mapping[int, LinkRow],
    silent: bool,
) -> Iterator[LinkRow]:
    """The links as they are to be: named ones live, others removed (never deleted)."""
    live = {
        row.task_id: TaskMention(row.kind, row.found_in) for row in existing.values() if row.live
    }
    named = find_named_tasks(merge_request, messages, rules, live)
    for task_id, name in named.items():
        row = existing.get(task_id) or LinkRow(
            portal_id, merge_request.key, task_id, name.kind, silent=silent
        )
        yield replace(row, kind=name.kind, live=True, found_in=name.found_in, silent=silent)
    for task_id, row in existing.items():
        if task_id not in named:
            yield replace(row, live=False, found_in=())


def _mark_dirty(
    conn: Connection,
    portal_id: int,
    touched: Mapping[MergeRequestKey, MergeRequest],
    rows: Mapping[MergeRequestKey, Iterable[LinkRow]],
    now: datetime,
) -> None:
    marks = [
        (TASK, str(row.task_id), f"merge request !{key.iid} changed")
        for key in touched
        for row in rows.get(key, ())
    ]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _owns_branch(merge_request: MergeRequest) -> bool:
    """Whether its branch's commits are its own: those of the default branch are everybody's."""
    default = merge_request.project.default_branch
    return is_open(merge_request) and merge_request.source_branch != default


def _source_branch(merge_request: MergeRequest) -> BranchKey:
    key = merge_request.key
    return key.connection_id, key.project_id, merge_request.source_branch


COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class TaskMention:
    """How a merge request names one task: the strongest mention, and every place of one."""

    kind: LinkKind
    found_in: tuple[str, ...]


def find_named_tasks(
    merge_request: MergeRequest,
    messages: Iterable[str],
    rules: ReferenceRules,
    before: Mapping[int, TaskMention],
) -> dict[int, TaskMention]:
    """The tasks named in branch, title, description and, while it is open, commit messages.

    Once it is not open its branch may get other work: what its commits named then stays.
    """
    found = list(references_find.find_references(merge_request.source_branch, "branch", rules))
    found += references_find.find_references(merge_request.title, "title", rules)
    found += references_find.find_references(merge_request.description, "description", rules)
    if is_open(merge_request):
        for message in messages:
            found += references_find.find_references(message, COMMIT, rules)
    else:
        found += [
            Reference(task_id, link.kind, COMMIT)
            for task_id, link in before.items()
            if COMMIT in link.found_in
        ]
    return _group_by_task(found)


def _group_by_task(found: list[Reference]) -> dict[int, TaskMention]:
    places: dict[int, set[str]] = {}
    for reference in found:
        places.setdefault(reference.task_id, set()).add(reference.source)
    strongest = references_find.strongest_references(found)
    return {
        task_id: TaskMention(reference.kind, tuple(sorted(places[task_id])))
        for task_id, reference in strongest.items()
    }
