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
from sync.core.model.pipelines import Pipeline
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import comments as ingest_comments
from sync.engine.ingest.apply import save_people
from sync.engine.ingest.merge_requests import update_links
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


def save_activity(to: PageContext, told: Sequence[ActivityItem]) -> None:
    known = store_activity.get(to.conn, map(store_activity.activity_id, told))
    folded = [
        backfill.fold_fetched(known.get(store_activity.activity_id(one), (None, False))[0], one)
        for one in told
    ]
    new = [one for one in folded if one is not None]
    store_activity.save(to.conn, [one for one in new if _is_current(one)], to.now)
    store_activity.save(to.conn, [one for one in new if not _is_current(one)], to.now, silent=True)
    ingest_comments.save_tasks(to.conn, to.connection.portal_id, new, to.rules)


def _is_current(one: ActivityItem) -> bool:
    match one:
        case Push():
            return not one.deleted
        case Resource():
            return one.state == "opened"
    return False


def save_commits(to: PageContext, told: Sequence[BranchCommit]) -> None:
    commits.save(to.conn, [(to.project, one.branch, [one.commit]) for one in told], to.now)


def save_pipelines(to: PageContext, told: Sequence[Pipeline]) -> None:
    """Lists tell neither the branch of a merge request's pipeline nor the commit: what is known of
    the merge request and of its branch, or of the default branch, does."""
    place = to.connection.id, to.project.id
    known = store_pipelines.pipelines(to.conn, [(*place, one.id) for one in told])
    iids = {one.merge_request_iid for one in told} - {None}
    requests = store_merge_requests.get_merge_requests(
        to.conn, [MergeRequestKey(*place, iid) for iid in iids]
    )
    sources = {key.iid: request.source_branch for key, request in requests.items()}
    named = [replace(one, ref=sources.get(one.merge_request_iid, one.ref)) for one in told]
    stored = commits.by_sha(
        to.conn,
        {(*place, ref, one.sha) for one in named for ref in (one.ref, to.project.default_branch)},
    )
    found = {sha: one for (*_, sha), one in stored.items()}
    store_pipelines.save_pipelines(
        to.conn,
        [_keep_known(one, known.get((*place, one.id)), found.get(one.sha)) for one in named],
    )


def _keep_known(one: Pipeline, known: Pipeline | None, commit: Commit | None) -> Pipeline:
    """With what was known before, so that nothing of that is lost."""
    if known is None or known.commit is not None:  # then what is known is kept when it is stored
        return one if known else replace(one, commit=commit)
    same = known.status is one.status
    return replace(
        one,
        ref=one.ref if known.ref.startswith("refs/") else known.ref,
        commit=commit,
        actor=known.actor,
        duration_seconds=known.duration_seconds if same else None,
    )


def save_deployments(to: PageContext, told: Sequence[DeploymentEvent]) -> None:
    """The tier stays as a hook told it: of environments that are gone nobody else does."""
    place = to.connection.id, to.project.id
    of = {(*place, one.deployment.environment, one.deployment.id): one.deployment for one in told}
    known = deployments.get(to.conn, of)
    new = [replace(o, tier=known[key].tier) if key in known else o for key, o in of.items()]
    deployments.save(to.conn, new, to.now, contents_known=True)
    carried = {
        (*place, one.deployment.id): one.merge_request_iids
        for one in told
        if one.merge_request_iids
    }
    deployments.save_contents(to.conn, carried)


def save_merge_requests(to: PageContext, told: Sequence[PastMergeRequest]) -> None:
    conn, of = to.conn, {one.merge_request.key: one for one in told}
    before = store_merge_requests.get_merge_requests(conn, of)
    save_people(conn, [one.merge_request for one in told])
    known = store_merge_requests.fold_snapshots(
        conn, [one.merge_request for one in told if one.complete]
    )
    listed = [one for one in told if not one.complete and _is_new(one, before)]
    known |= store_merge_requests.fold_events(conn, [_listed_event(one, before) for one in listed])
    store_commits.save(
        conn,
        {
            (key, version_of(item)): commits.commits
            for key, item in known.items()
            if (commits := of[key].commits) and commits.head_sha == item.head_sha
        },
    )
    changed = {key: one for key, one in known.items() if before.get(key) != one}
    silent = frozenset(_silent_keys(to, {key: of[key] for key in changed}))
    loud = {key: one for key, one in changed.items() if key not in silent}
    quiet = {key: one for key, one in changed.items() if key in silent}
    portal_id, rules = to.connection.portal_id, to.rules
    update_links(conn, portal_id, loud, rules, now=to.now)
    named = update_links(
        conn, portal_id, quiet, rules, now=to.now, silent_keys=silent, mark_tasks=False
    )
    _mark_silent_tasks(to, {task_id for found in named.values() for task_id in found})


_ACTIONS = {MergeRequestState.MERGED: "merge", MergeRequestState.CLOSED: "close"}


def _listed_event(one: PastMergeRequest, before: MergeRequestsByKey) -> MergeRequestEvent:
    """A list tells nothing of reviews: what hooks told of them stays."""
    request, known = one.merge_request, before.get(one.merge_request.key)
    states = {each.person.id: each.state for each in known.reviewers} if known else {}
    reviewers = tuple(
        replace(each, state=states.get(each.person.id, each.state)) for each in request.reviewers
    )
    action = _ACTIONS.get(request.state, "")
    return MergeRequestEvent(replace(request, reviewers=reviewers), action, request.actor)


def _is_new(one: PastMergeRequest, before: MergeRequestsByKey) -> bool:
    known = before.get(one.merge_request.key)
    return known is None or known.updated_at < one.merge_request.updated_at


def _silent_keys(
    to: PageContext, told: Mapping[MergeRequestKey, PastMergeRequest]
) -> Iterable[MergeRequestKey]:
    """Those over, or unchanged, since before the connection. What was shown once stays shown."""
    shown = links.by_merge_requests(to.conn, told)
    for key, one in told.items():
        last = one.ended_at or one.merge_request.updated_at
        if last < to.connection.created_at and all(row.silent for row in shown.get(key, ())):
            yield key


def _mark_silent_tasks(to: PageContext, task_ids: set[int]) -> None:
    """Tasks that only have silent work: their step is to be recorded, which moves nothing.

    The others are left alone until something happens: what else of the past is known by then
    would be told of them now.
    """
    rows = links.by_tasks(to.conn, to.connection.portal_id, task_ids)
    loud = {task_id for task_id, mine in rows.items() if any(r.live and not r.silent for r in mine)}
    marks = [(TASK, str(task_id), "history was read") for task_id in sorted(task_ids - loud)]
    subjects.mark_dirty_many(to.conn, to.connection.portal_id, marks, to.now)
