"""Loads alerts with everything that their texts name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts.messages import AlertContext, NamedUser
from sync.core.alerts.model import AlertKey
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.notifications.keys import SubjectKey
from sync.engine.load import people as load_people
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.store import alerts, people
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow
from sync.store.pipelines import PipelineId


def load(
    conn: Connection, scope: Scope, wanted: Mapping[str, SubjectKey]
) -> dict[str, AlertContext]:
    """The alerts by the names that messages about them have; unknown ones are left out."""
    keys = {name: AlertKey.parse(name) for name in wanted}
    rows = alerts.get(conn, keys.values())
    found = load_contexts(conn, scope, rows)
    return {name: found[key] for name, key in keys.items() if key in found}


def load_contexts(
    conn: Connection, scope: Scope, rows: Mapping[AlertKey, AlertRow]
) -> dict[AlertKey, AlertContext]:
    """An alert whose pipeline is not in the mirror any more is left out: nothing is said of it."""
    known = store_pipelines.pipelines(
        conn, {one for row in rows.values() for one in _pipeline_ids(row)}
    )
    jobs = store_pipelines.failed_jobs(
        conn, {_pipeline_id(row, row.alert.last_failed_pipeline_id) for row in rows.values()}
    )
    fixers = _fixers(conn, scope, rows, known)
    names = _assignee_names(conn, scope.portal_id, rows)
    found = {}
    for key, row in rows.items():
        failed = known.get(_pipeline_id(row, row.alert.last_failed_pipeline_id))
        if failed is None:
            continue
        project = failed.project
        found[key] = AlertContext(
            project=project,
            key=key,
            alert=row.alert,
            zone=scope.rules.zone,
            failed_pipeline=failed,
            failed_jobs=current_jobs(jobs, failed),
            fixed_by=fixers.get(key),
            acknowledged_by=row.acknowledged_by,
            assignee=_assignee(row, names),
            task_link=_task_link(row, scope.url, scope.rules.group_of(project.path)),
        )
    return found


def current_jobs(
    known: Mapping[PipelineId, tuple[datetime, tuple[FailedJob, ...]]], one: Pipeline
) -> tuple[FailedJob, ...]:
    """What was read for an earlier state of the pipeline says nothing of this one."""
    pipeline_updated_at, jobs = known.get(
        (one.project.connection_id, one.project.id, one.id), (None, ())
    )
    return jobs if pipeline_updated_at == one.updated_at else ()


def _pipeline_ids(row: AlertRow) -> list[PipelineId]:
    return [
        _pipeline_id(row, number)
        for number in (row.alert.last_failed_pipeline_id, row.alert.fixed_by_pipeline_id)
        if number
    ]


def _pipeline_id(row: AlertRow, number: int) -> PipelineId:
    return row.key.ref_key.connection_id, row.key.ref_key.project_id, number


def _fixers(
    conn: Connection,
    scope: Scope,
    rows: Mapping[AlertKey, AlertRow],
    known: Mapping[PipelineId, Pipeline],
) -> dict[AlertKey, NamedUser]:
    """Whose commit passed again; where that is not told, who ran its pipeline."""
    passed = {
        key: known.get(_pipeline_id(row, row.alert.fixed_by_pipeline_id))
        for key, row in rows.items()
    }
    fixes = {key: one for key, one in passed.items() if one is not None}
    signed = {
        key: AuthoredCommit(one.project.connection_id, one.commit, one.actor)
        for key, one in fixes.items()
        if one.commit
    }
    users = load_people.portal_authors(conn, scope, signed)
    found = {}
    for key, one in fixes.items():
        actor = one.actor.display_name if one.actor else ""
        if name := (one.commit.author_name if one.commit else "") or actor:
            found[key] = NamedUser(name, users.get(key))
    return found


def _assignee_names(
    conn: Connection, portal_id: int, rows: Mapping[AlertKey, AlertRow]
) -> dict[int, str]:
    if not any(row.assigned_to for row in rows.values()):
        return {}
    return {user.id: user.name for user in people.portal_users(conn, portal_id).values()}


def _assignee(row: AlertRow, names: Mapping[int, str]) -> NamedUser | None:
    if not row.assigned_to:
        return None
    return NamedUser(names.get(row.assigned_to) or str(row.assigned_to), row.assigned_to)


def _task_link(row: AlertRow, base: str, group_id: int) -> tuple[int, str] | None:
    """Paths as in https://apidocs.bitrix24.com/api-reference/tasks/ (links to a task)."""
    if not row.task_id:
        return None
    place = f"workgroups/group/{group_id}" if group_id else "company/personal/user/0"
    return row.task_id, f"{base}/{place}/tasks/task/view/{row.task_id}/"
