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
    conn: Connection, scope: Scope, subject_keys: Mapping[str, SubjectKey]
) -> dict[str, AlertContext]:
    """Load the alerts by subject key; unknown ones are left out."""
    keys = {name: AlertKey.parse(name) for name in subject_keys}
    rows = alerts.get(conn, keys.values())
    by_key = load_contexts(conn, scope, rows)
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


def load_contexts(
    conn: Connection, scope: Scope, rows: Mapping[AlertKey, AlertRow]
) -> dict[AlertKey, AlertContext]:
    """Load what texts name of alerts; one whose pipeline is gone is left out, nothing is said."""
    stored = store_pipelines.pipelines(
        conn, {pipeline_id for row in rows.values() for pipeline_id in _pipeline_ids(row)}
    )
    jobs = store_pipelines.failed_jobs(
        conn, {_pipeline_id(row, row.alert.last_failed_pipeline_id) for row in rows.values()}
    )
    fixers = _fixers(conn, scope, rows, stored)
    names = _assignee_names(conn, scope.portal_id, rows)
    by_key = {}
    for key, row in rows.items():
        failed = stored.get(_pipeline_id(row, row.alert.last_failed_pipeline_id))
        if failed is None:
            continue
        project = failed.project
        by_key[key] = AlertContext(
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
    return by_key


def current_jobs(
    stored: Mapping[PipelineId, tuple[datetime, tuple[FailedJob, ...]]], pipeline: Pipeline
) -> tuple[FailedJob, ...]:
    """Return a pipeline's failed jobs, unless they were read for an earlier state of it."""
    pipeline_updated_at, jobs = stored.get(
        (pipeline.project.connection_id, pipeline.project.id, pipeline.id), (None, ())
    )
    return jobs if pipeline_updated_at == pipeline.updated_at else ()


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
    stored: Mapping[PipelineId, Pipeline],
) -> dict[AlertKey, NamedUser]:
    """Whose commit passed again; where that is not told, who ran its pipeline."""
    passed = {
        key: stored.get(_pipeline_id(row, row.alert.fixed_by_pipeline_id))
        for key, row in rows.items()
    }
    fixes = {key: entry for key, entry in passed.items() if entry is not None}
    signed = {
        key: AuthoredCommit(pipeline.project.connection_id, pipeline.commit, pipeline.actor)
        for key, pipeline in fixes.items()
        if pipeline.commit
    }
    users = load_people.portal_authors(conn, scope, signed)
    by_key = {}
    for key, pipeline in fixes.items():
        actor = pipeline.actor.display_name if pipeline.actor else ""
        if name := (pipeline.commit.author_name if pipeline.commit else "") or actor:
            by_key[key] = NamedUser(name, users.get(key))
    return by_key


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
