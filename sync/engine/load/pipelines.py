"""The pipelines of tasks' work: the newest of each branch, who shares it, and its failed jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.model import FINISHED_STATUSES
from sync.core.model.merge_requests import MergeRequestState, is_open
from sync.core.model.pipelines import FailedJob, Pipeline, PipelineStatus
from sync.core.model.task_view import BranchPipeline, LinkView
from sync.core.model.tasks import Task
from sync.core.pipelines.plan import recency
from sync.engine.ingest.pushes import speaking_for_branch
from sync.engine.load import people
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.store import commit_tasks as store_commit_tasks
from sync.store import links, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.merge_requests import BranchKey

_PASSED = PipelineStatus.SUCCESS
_FAILED = PipelineStatus.FAILED
_PipelinesByBranch = dict[BranchKey, Pipeline]
FailedJobsByPipeline = Mapping[store_pipelines.PipelineId, tuple[datetime, tuple[FailedJob, ...]]]
_Run = tuple[BranchKey, Pipeline]


@dataclass(frozen=True, slots=True)
class LoadedPipelines:
    """The pipelines of each task, the tasks that share each, and those of them that exist."""

    by_task: Mapping[int, tuple[BranchPipeline, ...]]
    sharing: Mapping[_Run, frozenset[int]]
    present: frozenset[int]


def load(
    conn: Connection, scope: Scope, versions: Mapping[int, tuple[LinkView, ...]]
) -> LoadedPipelines:
    """Load the pipelines of each task, by its links and by the pushed commits that name it."""
    pushed = store_pipelines.pipelines_of_tasks(conn, scope.portal_id, versions)
    newest = {
        task_id: _newest_of_work(link_views, pushed.get(task_id, ()))
        for task_id, link_views in versions.items()
    }
    keys = {(branch, pipeline) for value in newest.values() for branch, pipeline in value.items()}
    sharing = _sharing_tasks(conn, keys)
    present = _present_tasks(conn, scope.portal_id, set().union(*sharing.values()))
    authors = _commit_authors(conn, scope, {pipeline for _, pipeline in keys})
    speaking = _speaking_pipelines(conn, {pipeline for _, pipeline in keys})
    stored = store_pipelines.failed_jobs(
        conn, {store_pipelines.pipeline_id(pipeline) for pipeline in speaking.values()}
    )
    gone = {
        task_id: {
            (run.branch, store_pipelines.pipeline_id(run.pipeline))
            for run in pushed.get(task_id, ())
            if run.gone
        }
        for task_id in newest
    }
    by_task = {
        task_id: tuple(
            BranchPipeline(
                subject_key=f"ci:{branch[0]}/{branch[1]}:{branch[2]}",
                branch=branch[2],
                pipeline=speaking[pipeline],
                failed_jobs=_current_jobs(stored, speaking[pipeline]),
                author_id=authors.get(pipeline),
                notifies=_notifying_task(sharing[branch, pipeline], present) == task_id,
                merged=_merged_into(branch, versions[task_id]),
                gone=(branch[2], store_pipelines.pipeline_id(pipeline)) in gone[task_id],
            )
            for branch, pipeline in own.items()
        )
        for task_id, own in newest.items()
    }
    return LoadedPipelines(by_task, sharing, present)


def with_answers(
    loaded: LoadedPipelines, answers: Mapping[int, Task | None], jobs: FailedJobsByPipeline
) -> LoadedPipelines:
    """Return the same with tasks and jobs asked for since; None: there is no such task."""
    missing = {task_id for task_id, task in answers.items() if task is None}
    present = (loaded.present | answers.keys()) - missing

    def renew(task_id: int, branch_pipeline: BranchPipeline) -> BranchPipeline:
        pipeline = branch_pipeline.pipeline
        fetched = jobs.get(store_pipelines.pipeline_id(pipeline))
        branch = pipeline.project.connection_id, pipeline.project.id, branch_pipeline.branch
        sharing = loaded.sharing.get((branch, pipeline), frozenset())
        return replace(
            branch_pipeline,
            failed_jobs=branch_pipeline.failed_jobs if fetched is None else fetched[1],
            notifies=_notifying_task(sharing, present) == task_id,
        )

    by_task = {
        task_id: tuple(renew(task_id, branch_pipeline) for branch_pipeline in pipelines)
        for task_id, pipelines in loaded.by_task.items()
    }
    return LoadedPipelines(by_task, loaded.sharing, frozenset(present))


def _speaking_pipelines(
    conn: Connection, pipelines: Iterable[Pipeline]
) -> dict[Pipeline, Pipeline]:
    """Return which pipeline speaks for each: of a shared branch the first that passes after it.

    Such a branch only grows, so every later one has the commit, too. Until one passes the newest
    that failed counts, else the newest that came to an end: one that was skipped, or canceled for
    a newer one, mends nothing.
    """
    speaking = {pipeline: pipeline for pipeline in pipelines}
    open_ones = speaking_for_branch(conn, [e for e in speaking if e.status != _PASSED])
    later = store_pipelines.later_pipelines(conn, open_ones)
    for pipeline in open_ones:
        ended = [
            entry
            for entry in later[store_pipelines.pipeline_id(pipeline)]
            if entry.status.value in FINISHED_STATUSES
        ]
        passed = next((entry for entry in ended if entry.status == _PASSED), None)
        failed = [entry for entry in (pipeline, *ended) if entry.status == _FAILED]
        speaking[pipeline] = passed or (failed or ended or [pipeline])[-1]
    return speaking


def _newest_of_work(
    link_views: Iterable[LinkView], pushed: Iterable[store_pipelines.PushedPipeline]
) -> _PipelinesByBranch:
    """By branch. A merge request's pipeline counts for its source branch.

    While one is open its own commit is the branch's newest, whatever the dates say: who takes a
    commit back by force leaves its pipelines behind.
    """
    counting = [link.merge_request for link in link_views if link.is_shown_work]
    theirs = [(mr.branch_key, mr.pipeline) for mr in counting if mr.pipeline]
    heads = [(mr.branch_key, mr.pipeline) for mr in counting if mr.pipeline and is_open(mr)]
    own = [
        ((pipeline.project.connection_id, pipeline.project.id, branch), pipeline)
        for branch, pipeline, _ in pushed
    ]
    return {**_by_branch((*theirs, *own)), **_by_branch(heads)}


def _merged_into(branch: BranchKey, link_views: Iterable[LinkView]) -> tuple[tuple[str, str], ...]:
    """Return name and address of the merge requests that brought the task's work to a branch."""
    counting = [link.merge_request for link in link_views if link.is_shown_work]
    return tuple(
        (f"!{mr.iid}", mr.url)
        for mr in sorted(counting, key=lambda mr: mr.iid)
        if mr.state is MergeRequestState.MERGED
        and (mr.project.connection_id, mr.project.id, mr.target_branch) == branch
    )


def _by_branch(pipelines: Iterable[tuple[BranchKey, Pipeline]]) -> _PipelinesByBranch:
    newest: _PipelinesByBranch = {}
    for branch, pipeline in pipelines:
        if branch not in newest or recency(pipeline) > recency(newest[branch]):
            newest[branch] = pipeline
    return newest


def _current_jobs(
    stored: Mapping[store_pipelines.PipelineId, tuple[datetime, tuple[FailedJob, ...]]],
    pipeline: Pipeline,
) -> tuple[FailedJob, ...] | None:
    """Return a pipeline's failed jobs, unless they were read for an earlier state of it."""
    pipeline_updated_at, jobs = stored.get(store_pipelines.pipeline_id(pipeline), (None, ()))
    return jobs if pipeline_updated_at == pipeline.updated_at else None


def _notifying_task(sharing: Collection[int], present: Collection[int]) -> int | None:
    """Return the task that notifies of a pipeline that several tasks share: one that exists."""
    return min(sharing, key=lambda task_id: (task_id not in present, task_id), default=None)


def _sharing_tasks(conn: Connection, answer: Collection[_Run]) -> dict[_Run, frozenset[int]]:
    """Return the tasks whose work each pipeline is, whichever of them are loaded."""
    of_branch = store_merge_requests.by_branches(conn, {branch for branch, _ in answer})
    linked = links.by_merge_requests(conn, {key for keys in of_branch.values() for key in keys})
    tasks_by_key = store_commit_tasks.tasks_of(
        conn, {(*branch, pipeline.sha) for branch, pipeline in answer}
    )
    sharing: dict[_Run, frozenset[int]] = {}
    for branch, pipeline in answer:
        rows = [row for key in of_branch.get(branch, ()) for row in linked.get(key, ())]
        counting = {row.task_id for row in rows if row.is_shown_work}
        sharing[branch, pipeline] = frozenset(
            {*counting, *tasks_by_key.get((*branch, pipeline.sha), ())}
        )
    return sharing


def _present_tasks(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> frozenset[int]:
    rows = tasks.get(conn, portal_id, task_ids).values()
    return frozenset(row.task_id for row in rows if row.body and not row.missing)


def _commit_authors(
    conn: Connection, scope: Scope, pipelines: Iterable[Pipeline]
) -> dict[Pipeline, int]:
    """Return the authors of the pipelines' commits as portal users."""
    signed = {
        pipeline: AuthoredCommit(pipeline.project.connection_id, pipeline.commit, pipeline.actor)
        for pipeline in pipelines
        if pipeline.commit
    }
    return people.portal_authors(conn, scope, signed)
