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
from sync.core.model.activity import Item, Push, Thing
from sync.core.model.common import (
    Commit,
    MergeRequest,
    MergeRequestKey,
    MergeRequestState,
    Pipeline,
    Project,
)
from sync.core.model.events import DeploymentHeard, MergeRequestHeard
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.engine.ingest import comments as ingest_comments
from sync.engine.ingest.apply import save_people
from sync.engine.ingest.merge_requests import relink
from sync.gitlab.history.merge_requests import Past
from sync.gitlab.history.project import Committed
from sync.store import activity as store_activity
from sync.store import commits, deployments, links, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.rows import ConnectionRecord

Known = Mapping[MergeRequestKey, MergeRequest]


@dataclass(frozen=True, slots=True)
class Taking:
    """One page's transaction."""

    conn: Connection
    connection: ConnectionRecord
    project: Project
    rules: ReferenceRules
    now: datetime


def save_items(to: Taking, told: Sequence[Item]) -> None:
    known = store_activity.get(to.conn, map(store_activity.id_of, told))
    folded = [
        backfill.fold(known.get(store_activity.id_of(one), (None, False))[0], one) for one in told
    ]
    new = [one for one in folded if one is not None]
    store_activity.save(to.conn, [one for one in new if _goes_on(one)], to.now)
    store_activity.save(to.conn, [one for one in new if not _goes_on(one)], to.now, silent=True)
    ingest_comments.remember(to.conn, to.connection.portal_id, new, to.rules)


def _goes_on(one: Item) -> bool:
    match one:
        case Push():
            return not one.deleted
        case Thing():
            return one.state == "opened"
    return False


def save_commits(to: Taking, told: Sequence[Committed]) -> None:
    commits.save(to.conn, [(to.project, one.branch, [one.commit]) for one in told], to.now)


def save_pipelines(to: Taking, told: Sequence[Pipeline]) -> None:
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
        to.conn, [_beside(one, known.get((*place, one.id)), found.get(one.sha)) for one in named]
    )


def _beside(one: Pipeline, known: Pipeline | None, commit: Commit | None) -> Pipeline:
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


def save_deployments(to: Taking, told: Sequence[DeploymentHeard]) -> None:
    """The tier stays as a hook told it: of environments that are gone nobody else does."""
    place = to.connection.id, to.project.id
    of = {(*place, one.deployment.environment, one.deployment.id): one.deployment for one in told}
    known = deployments.get(to.conn, of)
    new = [replace(o, tier=known[key].tier) if key in known else o for key, o in of.items()]
    deployments.save(to.conn, new, to.now, asked=True)
    carried = {(*place, one.deployment.id): one.carries for one in told if one.carries}
    deployments.save_carried(to.conn, carried)


def save_merge_requests(to: Taking, told: Sequence[Past]) -> None:
    conn, of = to.conn, {one.merge_request.key: one for one in told}
    before = store_merge_requests.get_merge_requests(conn, of)
    save_people(conn, [one.merge_request for one in told])
    known = store_merge_requests.save_read(conn, [one.merge_request for one in told if one.whole])
    listed = [one for one in told if not one.whole and _new(one, before)]
    known |= store_merge_requests.hear(conn, [_listed(one, before) for one in listed])
    changed = {key: one for key, one in known.items() if before.get(key) != one}
    silent = frozenset(_silent(to, {key: of[key] for key in changed}))
    loud = {key: one for key, one in changed.items() if key not in silent}
    quiet = {key: one for key, one in changed.items() if key in silent}
    portal_id, rules = to.connection.portal_id, to.rules
    relink(conn, portal_id, loud, rules, now=to.now)
    named = relink(conn, portal_id, quiet, rules, now=to.now, silent=silent, marks=False)
    _count(to, {task_id for found in named.values() for task_id in found})


_ACTIONS = {MergeRequestState.MERGED: "merge", MergeRequestState.CLOSED: "close"}


def _listed(one: Past, before: Known) -> MergeRequestHeard:
    """A list tells nothing of reviews: what hooks told of them stays."""
    request, known = one.merge_request, before.get(one.merge_request.key)
    states = {each.person.id: each.state for each in known.reviewers} if known else {}
    reviewers = tuple(
        replace(each, state=states.get(each.person.id, each.state)) for each in request.reviewers
    )
    action = _ACTIONS.get(request.state, "")
    return MergeRequestHeard(replace(request, reviewers=reviewers), action, request.actor)


def _new(one: Past, before: Known) -> bool:
    known = before.get(one.merge_request.key)
    return known is None or known.updated_at < one.merge_request.updated_at


def _silent(to: Taking, told: Mapping[MergeRequestKey, Past]) -> Iterable[MergeRequestKey]:
    """Those over, or unchanged, since before the connection. What was shown once stays shown."""
    shown = links.by_merge_requests(to.conn, told)
    for key, one in told.items():
        last = one.ended_at or one.merge_request.updated_at
        if last < to.connection.created_at and all(row.silent for row in shown.get(key, ())):
            yield key


def _count(to: Taking, task_ids: set[int]) -> None:
    """Tasks that only have silent work: their step is to be recorded, which moves nothing.

    The others are left alone until something happens: what else of the past is known by then
    would be told of them now.
    """
    rows = links.by_tasks(to.conn, to.connection.portal_id, task_ids)
    loud = {task_id for task_id, mine in rows.items() if any(r.live and not r.silent for r in mine)}
    marks = [(TASK, str(task_id), "history was read") for task_id in sorted(task_ids - loud)]
    subjects.mark_dirty_many(to.conn, to.connection.portal_id, marks, to.now)
