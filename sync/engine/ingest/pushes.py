"""Which tasks a pushed branch and its commits name, and whom its pipelines therefore touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.pipelines import Pipeline
from sync.core.model.tasks import Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest.outcome import branch_key
from sync.store import commits, subjects
from sync.store import pipelines as store_pipelines


def ingest(
    conn: Connection,
    portal_id: int,
    pushes: Iterable[Push],
    pipelines: Iterable[Pipeline],
    rules: ReferenceRules,
    now: datetime,
) -> Mapping[store_pipelines.CommitKey, Sequence[int]]:
    """Remembers what the pushes name and marks dirty the tasks whose commits have news.

    Returns the tasks that commits of the batch name. A pipeline runs for the last commit of a
    push, so it is that commit which speaks for all of them.
    """
    alive = [push for push in pushes if push.after and not push.deleted]
    places = [commit_key(pipeline) for pipeline in pipelines]
    store_pipelines.save_commit_tasks(conn, portal_id, _named_tasks(conn, alive, rules))
    found = store_pipelines.tasks_of(
        conn, {*places, *((*branch_key(push), push.after) for push in alive)}
    )
    marks = [
        (TASK, str(task_id), f"pipeline of {place[2]} changed")
        for place in places
        for task_id in found.get(place, ())
    ]
    marks += [
        (TASK, str(task_id), f"push to {push.branch}")
        for push in alive
        for task_id in found.get((*branch_key(push), push.after), ())
    ]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    return found


def commit_key(pipeline: Pipeline) -> store_pipelines.CommitKey:
    project = pipeline.project
    return project.connection_id, project.id, pipeline.ref, pipeline.sha


def _named_tasks(
    conn: Connection, pushes: Sequence[Push], rules: ReferenceRules
) -> Iterator[tuple[store_pipelines.CommitKey, int]]:
    """Of a branch all commits count, of a shared one only those of the push itself."""
    branches = {branch_key(p) for p in pushes if not _is_shared(p)}
    earlier = commits.by_branches(conn, branches)
    for push in pushes:
        found: list[Reference] = []
        if push.branch != push.project.default_branch:
            found += references_find.find_references(push.branch, "branch", rules)
        for commit in (*push.commits, *earlier.get(branch_key(push), ())):
            found += references_find.find_references(commit.message, "commit", rules)
        for task_id, reference in references_find.strongest_references(found).items():
            if reference.kind.is_work:
                yield (*branch_key(push), push.after), task_id


def _is_shared(push: Push) -> bool:
    """The default branch and protected ones hold everybody's work, and do so for years."""
    return push.branch == push.project.default_branch or push.protected is True
