"""The pipelines of tasks' work: the newest of each branch, who shares it, and its failed jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.merge_requests import is_open
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.model.task_view import BranchPipeline, LinkView
from sync.core.pipelines.plan import recency
from sync.core.rules.portal import Rules
from sync.engine.load import people
from sync.engine.load.people import AuthoredCommit
from sync.store import links, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.merge_requests import BranchKey

_PipelinesByBranch = dict[BranchKey, Pipeline]


def load(
    conn: Connection,
    portal_id: int,
    seen: Mapping[int, tuple[LinkView, ...]],
    rules: Rules,
) -> dict[int, tuple[BranchPipeline, ...]]:
    """The runs of each task, by its links and by the pushed commits that name it."""
    pushed = store_pipelines.pipelines_of_tasks(conn, portal_id, seen)
    newest = {
        task_id: _newest_of_work(shown, pushed.get(task_id, ())) for task_id, shown in seen.items()
    }
    found = {(branch, one) for mine in newest.values() for branch, one in mine.items()}
    speakers = _notifying_tasks(conn, portal_id, found)
    authors = _commit_authors(conn, portal_id, {one for _, one in found}, rules)
    known = store_pipelines.failed_jobs(
        conn, {store_pipelines.pipeline_id(one) for _, one in found}
    )
    return {
        task_id: tuple(
            BranchPipeline(
                subject_key=f"ci:{branch[0]}/{branch[1]}:{branch[2]}",
                branch=branch[2],
                pipeline=one,
                failed_jobs=_current_jobs(known, one),
                author_id=authors.get(one),
                notifies=speakers.get((branch, one)) == task_id,
            )
            for branch, one in mine.items()
        )
        for task_id, mine in newest.items()
    }


def _newest_of_work(
    shown: Iterable[LinkView], pushed: Iterable[tuple[str, Pipeline]]
) -> _PipelinesByBranch:
    """By branch. A merge request's pipeline counts for its source branch.

    While one is open its own commit is the branch's newest, whatever the dates say: who takes a
    commit back by force leaves its pipelines behind.
    """
    counting = [link.merge_request for link in shown if link.is_shown_work]
    theirs = [(mr.source_branch, mr.pipeline) for mr in counting if mr.pipeline]
    heads = [(mr.source_branch, mr.pipeline) for mr in counting if mr.pipeline and is_open(mr)]
    return {**_by_branch((*theirs, *pushed)), **_by_branch(heads)}


def _by_branch(pipelines: Iterable[tuple[str, Pipeline]]) -> _PipelinesByBranch:
    newest: _PipelinesByBranch = {}
    for branch, one in pipelines:
        place = one.project.connection_id, one.project.id, branch
        if place not in newest or recency(one) > recency(newest[place]):
            newest[place] = one
    return newest


def _current_jobs(
    known: Mapping[store_pipelines.PipelineId, tuple[datetime, tuple[FailedJob, ...]]],
    one: Pipeline,
) -> tuple[FailedJob, ...] | None:
    """What was read for an earlier state of the pipeline says nothing of this one."""
    pipeline_updated_at, jobs = known.get(store_pipelines.pipeline_id(one), (None, ()))
    return jobs if pipeline_updated_at == one.updated_at else None


def _notifying_tasks(
    conn: Connection, portal_id: int, found: Iterable[tuple[BranchKey, Pipeline]]
) -> dict[tuple[BranchKey, Pipeline], int]:
    """The task that tells people of a pipeline that several tasks share: one that is there."""
    found = list(found)
    of_branch = store_merge_requests.by_branches(conn, {branch for branch, _ in found})
    linked = links.by_merge_requests(conn, {key for keys in of_branch.values() for key in keys})
    named = store_pipelines.tasks_of(conn, {(*branch, one.sha) for branch, one in found})
    sharing: dict[tuple[BranchKey, Pipeline], set[int]] = {}
    for branch, one in found:
        rows = [row for key in of_branch.get(branch, ()) for row in linked.get(key, ())]
        counting = {row.task_id for row in rows if row.is_shown_work}
        sharing[branch, one] = counting | set(named.get((*branch, one.sha), ()))
    known = tasks.get(conn, portal_id, {one for mine in sharing.values() for one in mine})
    there = {task_id for task_id, row in known.items() if row.body and not row.missing}
    return {
        run: min(mine, key=lambda task_id: (task_id not in there, task_id))
        for run, mine in sharing.items()
        if mine
    }


def _commit_authors(
    conn: Connection, portal_id: int, pipelines: Iterable[Pipeline], rules: Rules
) -> dict[Pipeline, int]:
    """The authors of the pipelines' commits as portal users."""
    signed = {
        one: AuthoredCommit(one.project.connection_id, one.commit, one.actor)
        for one in pipelines
        if one.commit
    }
    return people.portal_authors(conn, portal_id, signed, rules)
