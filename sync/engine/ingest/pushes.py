"""Which tasks a pushed branch and its commits name, and whom its pipelines therefore touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.model import FINISHED_STATUSES, alert_ref
from sync.core.model.activity import Push
from sync.core.model.pipelines import Pipeline
from sync.core.model.tasks import Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import own_commits
from sync.engine.ingest.outcome import branch_key
from sync.store import commits, protected_branches, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines


def ingest(
    conn: Connection,
    portal_id: int,
    pushes: Sequence[Push],
    pipelines: Sequence[Pipeline],
    rules: ReferenceRules,
    now: datetime,
) -> Mapping[store_pipelines.CommitKey, Sequence[int]]:
    """Remembers what the pushes name and marks dirty the tasks whose commits have news.

    Returns the tasks that commits of the batch name. A pipeline runs for the last commit of a
    push, so it is that commit which speaks for all of them.
    """
    own_commits.save_landed(conn, {}, [push for push in pushes if push.before])
    alive = [push for push in pushes if push.after and not push.deleted]
    places = [commit_key(pipeline) for pipeline in pipelines]
    store_pipelines.save_commit_tasks(conn, portal_id, _named_tasks(conn, alive, rules))
    by_key = store_pipelines.tasks_of(
        conn, {*places, *((*branch_key(push), push.after) for push in alive)}
    )
    marks = [
        (TASK, str(task_id), f"pipeline of {place[2]} changed")
        for place in places
        for task_id in by_key.get(place, ())
    ]
    marks += [
        (TASK, str(task_id), f"pipeline of {pipeline.ref} speaks for earlier work")
        for pipeline in speaking_for_branch(conn, pipelines)
        for task_id in store_pipelines.unresolved_tasks(conn, portal_id, pipeline)
    ]
    marks += [
        (TASK, str(task_id), f"push to {push.branch}")
        for push in alive
        for task_id in by_key.get((*branch_key(push), push.after), ())
    ]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return by_key


def speaking_for_branch(conn: Connection, pipelines: Iterable[Pipeline]) -> list[Pipeline]:
    """Return those that ended on branches that only grow: the default and protected ones."""
    ended = [
        pipeline
        for pipeline in pipelines
        if alert_ref(pipeline) == pipeline.ref and pipeline.status.value in FINISHED_STATUSES
    ]
    others = [
        (pipeline.project.connection_id, pipeline.project.id)
        for pipeline in ended
        if pipeline.ref != pipeline.project.default_branch
    ]
    protected = protected_branches.protected_branches(conn, others) if others else {}
    return [
        pipeline
        for pipeline in ended
        if pipeline.ref == pipeline.project.default_branch
        or pipeline.ref in protected.get((pipeline.project.connection_id, pipeline.project.id), ())
    ]


def commit_key(pipeline: Pipeline) -> store_pipelines.CommitKey:
    project = pipeline.project
    return project.connection_id, project.id, pipeline.ref, pipeline.sha


def _named_tasks(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> Iterator[tuple[store_pipelines.CommitKey, int]]:
    """Yield the tasks by the last commit of each push.

    Of a branch all commits count that were its own first, of a shared one only those of the push
    itself. Where a merge request is open, its own commits count instead.
    """
    own = [push for push in pushes if not _is_shared(push)]
    first = commits.first_on_branches(conn, map(branch_key, own))
    reviewed = store_merge_requests.open_branches(conn, map(branch_key, own))
    for push in pushes:
        branch = branch_key(push)
        shared = _is_shared(push)
        listed = push.commits if shared else first.get(branch, ())
        if not push.before:  # a job told what is its own
            listed = push.commits
        is_asked = branch in reviewed and push.before
        messages = [
            commit.message
            for commit in (() if is_asked else listed)
            # the merge of a branch into a shared one brings its work there
            if shared or not own_commits.is_merge_message(commit.message)
        ]
        name = "" if push.branch == push.project.default_branch else push.branch
        for task_id in _tasks_named(name, messages, rules):
            yield (*branch, push.after), task_id


def _tasks_named(branch: str, messages: Iterable[str], rules: ReferenceRules) -> list[int]:
    references: list[Reference] = []
    references += references_find.find_references(branch, "branch", rules)
    for message in messages:
        references += references_find.find_references(message, "commit", rules)
    strongest = references_find.strongest_references(references)
    return [task_id for task_id, reference in strongest.items() if reference.kind.is_work]


def _is_shared(push: Push) -> bool:
    """The default branch and protected ones hold everybody's work, and do so for years."""
    return push.branch == push.project.default_branch or push.protected is True
