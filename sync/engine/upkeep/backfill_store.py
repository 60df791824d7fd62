"""Takes what was read of a project's past into the mirror, without a word to anybody.

The same types are folded in the same way as those of hooks. What was over before the connection is
silent for good; of what still goes on (open issues, branches) only later hooks tell people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from sync.core.activity import backfill
from sync.core.model.activity import ActivityItem, Push, Resource
from sync.core.model.common import Commit, Project
from sync.core.model.events import DeploymentEvent, MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.core.model.moments import merge_request_until, pipeline_until
from sync.core.model.pipelines import Pipeline
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import comments as ingest_comments
from sync.engine.ingest.merge_requests import update_links
from sync.engine.ingest.people import save_people
from sync.gitlab.history.merge_requests import PastMergeRequest
from sync.gitlab.history.project import BranchCommit
from sync.store import activity as store_activity
from sync.store import commits, deployments, links, subjects
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.merge_request_commits import version_of
from sync.store.rows import ConnectionRecord

MergeRequestsByKey = Mapping[MergeRequestKey, MergeRequest]


@dataclass(frozen=True, slots=True)
class PageContext:
    """One page's transaction."""

    conn: Connection
    connection: ConnectionRecord
    project: Project
    rules: ReferenceRules
    now: datetime


def save_activity(to: PageContext, activity_items: Sequence[ActivityItem]) -> None:
    """Store what hooks did not tell better, silent unless it still goes on, and its tasks."""
    stored = store_activity.get(to.conn, map(store_activity.activity_id, activity_items))
    folded = [
        backfill.fold_fetched(
            stored.get(store_activity.activity_id(activity_item), (None, False))[0], activity_item
        )
        for activity_item in activity_items
    ]
    new = [entry for entry in folded if entry is not None]
    store_activity.save(
        to.conn, [activity_item for activity_item in new if _is_current(activity_item)], to.now
    )
    store_activity.save(
        to.conn,
        [activity_item for activity_item in new if not _is_current(activity_item)],
        to.now,
        silent=True,
    )
    ingest_comments.save_tasks(to.conn, to.connection.portal_id, new, to.rules)


def _is_current(activity_item: ActivityItem) -> bool:
    match activity_item:
        case Push():
            return not activity_item.deleted
        case Resource():
            return activity_item.state == "opened"
    return False


def save_commits(to: PageContext, branch_commits: Sequence[BranchCommit]) -> None:
    """Store commits as pushed to their branches."""
    commits.save(
        to.conn,
        [
            (to.project, branch_commit.branch, [branch_commit.commit])
            for branch_commit in branch_commits
        ],
        to.now,
    )


def save_pipelines(to: PageContext, pipelines: Sequence[Pipeline]) -> None:
    """Store pipelines with the branches and commits that lists do not tell.

    What is known of the merge request and of its branch, or of the default branch, does.
    """
    place = to.connection.id, to.project.id
    stored_by_key = store_pipelines.pipelines(
        to.conn, [(*place, pipeline.id) for pipeline in pipelines]
    )
    iids = {iid for pipeline in pipelines if (iid := pipeline.merge_request_iid) is not None}
    requests = store_merge_requests.get_merge_requests(
        to.conn, [MergeRequestKey(*place, iid) for iid in iids]
    )
    sources: dict[int | None, str] = {
        key.iid: request.source_branch for key, request in requests.items()
    }
    pairs = [
        replace(
            pipeline_until(pipeline, to.now),
            ref=sources.get(pipeline.merge_request_iid, pipeline.ref),
        )
        for pipeline in pipelines
    ]
    stored = commits.by_sha(
        to.conn,
        {
            (*place, ref, pipeline.sha)
            for pipeline in pairs
            for ref in (pipeline.ref, to.project.default_branch)
        },
    )
    by_key = {sha: commit for (*_, sha), commit in stored.items()}
    store_pipelines.save_pipelines(
        to.conn,
        [
            _keep_known(
                pipeline, stored_by_key.get((*place, pipeline.id)), by_key.get(pipeline.sha)
            )
            for pipeline in pairs
        ],
    )


def _keep_known(pipeline: Pipeline, existing: Pipeline | None, commit: Commit | None) -> Pipeline:
    """With what was known before, so that nothing of that is lost."""
    if (
        existing is None or existing.commit is not None
    ):  # then what is known is kept when it is stored
        return pipeline if existing else replace(pipeline, commit=commit)
    same = existing.status is pipeline.status
    return replace(
        pipeline,
        ref=pipeline.ref if existing.ref.startswith("refs/") else existing.ref,
        commit=commit,
        actor=existing.actor,
        duration_seconds=existing.duration_seconds if same else None,
    )


def save_deployments(to: PageContext, deployment_events: Sequence[DeploymentEvent]) -> None:
    """Store deployments; the tier stays as a hook told it: nobody else does of what is gone."""
    place = to.connection.id, to.project.id
    of = {
        (
            *place,
            deployment_event.deployment.environment,
            deployment_event.deployment.id,
        ): deployment_event.deployment
        for deployment_event in deployment_events
    }
    stored = deployments.get(to.conn, of)
    new = [replace(o, tier=stored[key].tier) if key in stored else o for key, o in of.items()]
    deployments.save(to.conn, new, to.now, contents_known=True)
    included = {
        (*place, deployment_event.deployment.id): deployment_event.merge_request_iids
        for deployment_event in deployment_events
        if deployment_event.merge_request_iids
    }
    deployments.save_contents(to.conn, included)


def save_merge_requests(to: PageContext, past_merge_requests: Sequence[PastMergeRequest]) -> None:
    """Store merge requests with their commits and links; those over before are silent."""
    conn, of = (
        to.conn,
        {
            past_merge_request.merge_request.key: past_merge_request
            for past_merge_request in past_merge_requests
        },
    )
    before = store_merge_requests.get_merge_requests(conn, of)
    save_people(
        conn, [past_merge_request.merge_request for past_merge_request in past_merge_requests]
    )
    stored = store_merge_requests.fold_snapshots(
        conn,
        [
            merge_request_until(past_merge_request.merge_request, to.now)
            for past_merge_request in past_merge_requests
            if past_merge_request.complete
        ],
    )
    listed = [
        past_merge_request
        for past_merge_request in past_merge_requests
        if not past_merge_request.complete and _is_new(past_merge_request, before)
    ]
    stored |= store_merge_requests.fold_events(
        conn, [_listed_event(past_merge_request, before) for past_merge_request in listed]
    )
    store_commits.save(
        conn,
        {
            (key, version_of(item)): commits.commits
            for key, item in stored.items()
            if (commits := of[key].commits) and commits.head_sha == item.head_sha
        },
    )
    changed = {
        key: merge_request
        for key, merge_request in stored.items()
        if before.get(key) != merge_request
    }
    silent = frozenset(_silent_keys(to, {key: of[key] for key in changed}))
    loud = {key: merge_request for key, merge_request in changed.items() if key not in silent}
    quiet = {key: merge_request for key, merge_request in changed.items() if key in silent}
    portal_id, rules = to.connection.portal_id, to.rules
    update_links(conn, portal_id, loud, rules, now=to.now)
    tasks_by_key = update_links(
        conn, portal_id, quiet, rules, now=to.now, silent_keys=silent, mark_tasks=False
    )
    _mark_silent_tasks(to, {task_id for value in tasks_by_key.values() for task_id in value})


_ACTIONS = {MergeRequestState.MERGED: "merge", MergeRequestState.CLOSED: "close"}


def _listed_event(
    past_merge_request: PastMergeRequest, before: MergeRequestsByKey
) -> MergeRequestEvent:
    """Build the event of a listed merge request; what hooks told of reviews stays."""
    request, merge_request = (
        past_merge_request.merge_request,
        before.get(past_merge_request.merge_request.key),
    )
    states = (
        {each.person.id: each.state for each in merge_request.reviewers} if merge_request else {}
    )
    reviewers = tuple(
        replace(each, state=states.get(each.person.id, each.state)) for each in request.reviewers
    )
    action = _ACTIONS.get(request.state, "")
    return MergeRequestEvent(replace(request, reviewers=reviewers), action, request.actor)


def _is_new(past_merge_request: PastMergeRequest, before: MergeRequestsByKey) -> bool:
    merge_request = before.get(past_merge_request.merge_request.key)
    return (
        merge_request is None
        or merge_request.updated_at < past_merge_request.merge_request.updated_at
    )


def _silent_keys(
    to: PageContext, by_key: Mapping[MergeRequestKey, PastMergeRequest]
) -> Iterable[MergeRequestKey]:
    """Those over, or unchanged, since before the connection. What was shown once stays shown."""
    links_by_key = links.by_merge_requests(to.conn, by_key)
    for key, past_merge_request in by_key.items():
        last = past_merge_request.ended_at or past_merge_request.merge_request.updated_at
        if last < to.connection.created_at and all(row.silent for row in links_by_key.get(key, ())):
            yield key


def _mark_silent_tasks(to: PageContext, task_ids: set[int]) -> None:
    """Tasks that only have silent work: their step is to be recorded, which moves nothing.

    The others are left alone until something happens: what else of the past is known by then
    would be told of them now.
    """
    rows = links.by_tasks(to.conn, to.connection.portal_id, task_ids)
    loud = {
        task_id
        for task_id, link_rows in rows.items()
        if any(r.live and not r.silent for r in link_rows)
    }
    marks = [(TASK, str(task_id), "history was read") for task_id in sorted(task_ids - loud)]
    subjects.mark_dirty_many(to.conn, to.connection.portal_id, marks, to.now)
