"""Mirror projects and merge requests as the code hosts last reported them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from sync.core.merge_requests import fold
from sync.core.merge_requests.fold import FoldedMergeRequest, Memory
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.pipelines import Pipeline
from sync.store import pipelines as store_pipelines
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import chunks, in_key_parameters, in_keys, key_parameters, upsert
from sync.store.merge_request_commits import CommitState
from sync.store.tables import in_literals, merge_request, pipeline

BranchKey = tuple[int, int, str]  # connection, project, branch

_KEYS = ("connection_id", "project_id", "iid")
_NEW: CommitState = ("", False)
_UPDATED_COLUMNS = (
    "state", "source_project_id", "source_branch", "head_sha", "merge_sha", "updated_at",
    "memory", "body",
)  # fmt: skip
_KEY_COLUMNS = [merge_request.c[name] for name in _KEYS]
_BODIES = select(merge_request.c.body).where(in_key_parameters(*_KEY_COLUMNS))
_ROWS = select(merge_request).where(in_key_parameters(*_KEY_COLUMNS))


_PIPELINES = select(pipeline.c.sha, pipeline.c.merge_request_iid, pipeline.c.body).where(
    pipeline.c.connection_id == bindparam("of_connection"),
    pipeline.c.project_id == bindparam("of_project"),
    or_(
        pipeline.c.sha.in_(bindparam("shas", expanding=True)),
        pipeline.c.merge_request_iid.in_(bindparam("iids", expanding=True)),
    ),
)


@dataclass(frozen=True, slots=True)
class FoldedEvents:
    """Merge requests without pipelines, and of which commits were stored before."""

    merge_requests: Mapping[MergeRequestKey, MergeRequest]
    commit_states: Mapping[MergeRequestKey, CommitState]


def fold_hooks(conn: Connection, events: Iterable[MergeRequestEvent]) -> FoldedEvents:
    """Fold what hooks reported into the mirror."""
    events = list(events)
    keys = {event.merge_request.key for event in events}
    rows = _load_rows(conn, keys)
    stored = {key: _record(row) for key, row in rows.items()}
    for event in events:
        key = event.merge_request.key
        stored[key] = fold.fold_event(stored.get(key), event)
    states = {
        key: (rows[key].commits_of, rows[key].silent) if key in rows else _NEW for key in keys
    }
    pipelines = [event.merge_request.pipeline for event in events]
    return FoldedEvents(_save(conn, stored, pipelines), states)


def fold_events(
    conn: Connection, events: Iterable[MergeRequestEvent]
) -> dict[MergeRequestKey, MergeRequest]:
    """Fold what hooks reported into the mirror; return the merge requests without pipelines."""
    return {**fold_hooks(conn, events).merge_requests}


def without_pipelines(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[MergeRequestKey, MergeRequest]:
    """Return the known merge requests without their pipelines, which is quicker."""
    by_key = {}
    for _key_parameter in _key_parameters(keys):
        for body in conn.scalars(_BODIES, _key_parameter):
            item = from_json(MergeRequest, body)
            by_key[item.key] = item
    return by_key


def fold_snapshots(
    conn: Connection, merge_requests: Iterable[MergeRequest]
) -> dict[MergeRequestKey, MergeRequest]:
    """Fold the host's own answers into the mirror; return the merge requests."""
    answers = list(merge_requests)
    rows = _load_rows(conn, {answer.key for answer in answers})
    stored = {key: _record(row) for key, row in rows.items()}
    for answer in answers:
        stored[answer.key] = fold.fold_snapshot(stored.get(answer.key), answer)
    saved = _save(conn, stored, [answer.pipeline for answer in answers])
    return _with_pipelines(conn, saved)


def get_merge_requests(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[MergeRequestKey, MergeRequest]:
    """Return the known merge requests, each with the pipeline of its head."""
    return _with_pipelines(conn, without_pipelines(conn, keys))


def by_branches(
    conn: Connection, branches: Iterable[BranchKey]
) -> dict[BranchKey, tuple[MergeRequestKey, ...]]:
    """Return merge requests by their source branch; branches without any are left out."""
    columns = merge_request.c
    of = columns.connection_id, columns.source_project_id, columns.source_branch
    keys_by_branch: dict[BranchKey, tuple[MergeRequestKey, ...]] = {}
    for condition in in_keys(of, branches):
        for *key, project_id, branch in sorted(
            conn.execute(select(*_KEY_COLUMNS, *of[1:]).where(condition))
        ):
            branch_key = (key[0], project_id, branch)
            keys = keys_by_branch.get(branch_key, ())
            keys_by_branch[branch_key] = (*keys, MergeRequestKey(*key))
    return keys_by_branch


def open_branches(conn: Connection, branches: Iterable[BranchKey]) -> frozenset[BranchKey]:
    """Return those of the branches that an open merge request comes from."""
    columns = merge_request.c
    of = columns.connection_id, columns.source_project_id, columns.source_branch
    is_open = in_literals(columns.state, "opened", "locked")
    return frozenset(
        tuple(row)
        for condition in in_keys(of, branches)
        for row in conn.execute(select(*of).where(condition, is_open))
    )


def by_commits(
    conn: Connection, place: tuple[int, int], shas: Iterable[str]
) -> frozenset[MergeRequestKey]:
    """Return the project's merge requests whose head or merge commit is among `shas`."""
    columns, unknowns = merge_request.c, set()
    keys = {(*place, sha) for sha in shas}
    for column in (columns.head_sha, columns.merge_sha):
        for condition in in_keys((columns.connection_id, columns.project_id, column), keys):
            unknowns |= {
                MergeRequestKey(*row)
                for row in conn.execute(select(*_KEY_COLUMNS).where(condition))
            }
    return frozenset(unknowns)


def by_pipelines(
    conn: Connection, pipelines: Iterable[Pipeline]
) -> dict[MergeRequestKey, MergeRequest]:
    """Return the merge requests for which the pipelines run, without their pipelines."""
    return without_pipelines(conn, frozenset().union(*keys_by_pipelines(conn, pipelines).values()))


def keys_by_pipelines(
    conn: Connection, pipelines: Iterable[Pipeline]
) -> dict[tuple[int, int, int], frozenset[MergeRequestKey]]:
    """Map each pipeline to its merge requests: by its number, or all by its commit."""
    columns = merge_request.c
    of_head = columns.connection_id, columns.project_id, columns.head_sha
    of_branch = columns.connection_id, columns.source_project_id, columns.source_branch
    own_branch = columns.source_project_id == columns.project_id
    events = {
        (pipeline.project.connection_id, pipeline.project.id, pipeline.id): pipeline
        for pipeline in pipelines
    }
    heads: dict[tuple[int, int, str], set[MergeRequestKey]] = {
        (*key[:2], pipeline.sha): set() for key, pipeline in events.items()
    }
    refs = {(*key[:2], pipeline.ref) for key, pipeline in events.items()}
    conditions = [and_(condition, own_branch) for condition in in_keys(of_head, heads)]
    conditions += [and_(condition, ~own_branch) for condition in in_keys(of_branch, refs)]
    for piece in chunks(conditions):
        query = select(*_KEY_COLUMNS, columns.source_project_id, columns.head_sha)
        for *key, source_id, sha in conn.execute(query.where(or_(*piece))):
            if (key[0], source_id, sha) in heads:
                heads[key[0], source_id, sha].add(MergeRequestKey(*key))
    return {
        key: frozenset(heads[*key[:2], pipeline.sha])
        | (
            {MergeRequestKey(*key[:2], pipeline.merge_request_iid)}
            if pipeline.merge_request_iid
            else set()
        )
        for key, pipeline in events.items()
    }


def _load_rows(conn: Connection, keys: set[MergeRequestKey]) -> dict[MergeRequestKey, Row[Any]]:
    return {
        MergeRequestKey(row.connection_id, row.project_id, row.iid): row
        for key_parameter in _key_parameters(keys)
        for row in conn.execute(_ROWS, key_parameter)
    }


def _key_parameters(keys: Iterable[MergeRequestKey]) -> Iterable[dict[str, Any]]:
    return key_parameters((key.connection_id, key.project_id, key.iid) for key in keys)


def _save(
    conn: Connection,
    stored: Mapping[MergeRequestKey, FoldedMergeRequest],
    pipelines: Iterable[Pipeline | None],
) -> dict[MergeRequestKey, MergeRequest]:
    store_pipelines.save_pipelines(conn, [item for item in pipelines if item is not None])
    rows = [_row(stored[key]) for key in sorted(stored)]
    upsert(conn, merge_request, rows, keys=_KEYS, update=_UPDATED_COLUMNS)
    return {key: item.merge_request for key, item in stored.items()}


def _with_pipelines(
    conn: Connection, merge_requests: dict[MergeRequestKey, MergeRequest]
) -> dict[MergeRequestKey, MergeRequest]:
    """Give each merge request the pipeline of its head."""
    near: dict[tuple[Any, ...], list[Pipeline]] = {}  # by place and commit, by place and number
    by_project: dict[tuple[int, int], list[MergeRequestKey]] = {}
    for key, item in merge_requests.items():
        for project_id in {key.project_id, item.branch_key[1]}:  # a fork runs them itself
            by_project.setdefault((key.connection_id, project_id), []).append(key)
    for place, keys in by_project.items():
        for piece in chunks(keys):
            parameters = {
                "of_connection": place[0],
                "of_project": place[1],
                "shas": list({merge_requests[key].head_sha for key in piece}),
                "iids": [key.iid for key in piece],
            }
            for sha, iid, body in conn.execute(_PIPELINES, parameters):
                pipeline = from_json(Pipeline, body)
                near.setdefault((*place, sha), []).append(pipeline)
                near.setdefault((*place, iid), []).append(pipeline)
    by_key = {}
    for key, item in merge_requests.items():
        place, source = (key.connection_id, key.project_id), item.branch_key[:2]
        pipelines = [*near.get((*place, item.head_sha), ()), *near.get((*place, key.iid), ())]
        if source != place:
            pipelines += near.get((*source, item.head_sha), ())
        by_key[key] = replace(item, pipeline=fold.head_pipeline(item, pipelines))
    return by_key


def _row(folded_merge_request: FoldedMergeRequest) -> dict[str, Any]:
    item = folded_merge_request.merge_request
    return {
        "connection_id": item.key.connection_id,
        "project_id": item.key.project_id,
        "iid": item.key.iid,
        "state": item.state.value,
        "source_project_id": item.branch_key[1],
        "source_branch": item.source_branch,
        "head_sha": item.head_sha,
        "merge_sha": item.merge_sha,
        "updated_at": item.updated_at,
        "memory": encode(folded_merge_request.memory),
        "body": encode(item),
    }


def _record(row: Row[Any]) -> FoldedMergeRequest:
    return FoldedMergeRequest(from_json(MergeRequest, row.body), from_json(Memory, row.memory))
