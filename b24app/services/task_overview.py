"""Everything about one task: merge requests, pipelines, environments, and the reasons."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from b24app.services.alerts import list_alerts
from b24app.services.merge_request_summaries import summarize_merge_requests
from b24app.services.task_reasons import list_reasons
from sync.core.model.common import SHORT_SHA
from sync.core.model.deployments import EnvironmentStatus
from sync.core.model.task_view import TaskView
from sync.core.rules.portal import Rules
from sync.engine.load import tasks as load_tasks
from sync.engine.load.scope import Scope
from sync.store import links, logs, tasks

MAX_REASONS = 20


def build_task_overview(
    conn: Connection, portal_id: int, task_id: int, rules: Rules, now: datetime
) -> dict[str, Any]:
    """Return what the tab inside a task shows, from the mirror: no other system is asked."""
    task_links = links.by_tasks(conn, portal_id, [task_id]).get(task_id, ())
    keys = [link.merge_request for link in task_links if link.live]
    summaries = sorted(
        summarize_merge_requests(conn, portal_id, keys, task_links), key=lambda row: row.updated_at
    )[::-1]
    task = tasks.get(conn, portal_id, [task_id]).get(task_id)
    decided = logs.decisions(conn, portal_id, "task", str(task_id), limit=MAX_REASONS)
    view = load_tasks.load(conn, Scope(portal_id, rules, now), [task_id]).views[task_id]
    return {
        "task": {
            "id": task_id,
            "title": task.body.title if task and task.body else "",
            "step": task.step.value if task and task.step else None,
            "unknown": task is not None and task.missing,
        },
        "merge_requests": [asdict(row) for row in summaries],
        "pipelines": _pipelines(view),
        "environments": _environments(view),
        "alerts": [
            asdict(alert)
            for alert in list_alerts(conn, portal_id, include_ended=False)
            if alert.task_id == task_id
        ],
        "reasons": [asdict(reason) for reason in list_reasons(decided)],
    }


def _pipelines(view: TaskView) -> list[dict[str, Any]]:
    """Return the newest pipeline of each branch."""
    return [
        {
            "id": run.pipeline.id,
            "branch": run.branch,
            "project": run.pipeline.project.path,
            "status": run.pipeline.status.value,
            "url": run.pipeline.url,
            "updated_at": run.pipeline.updated_at,
        }
        for run in sorted(
            view.branch_pipelines, key=lambda run: run.pipeline.updated_at, reverse=True
        )
    ]


def _deployed(place: EnvironmentStatus) -> dict[str, Any]:
    """Return what became of the deployment that says most: one that runs, then one that took the
    work off again (`reverted`), then the last one that ended; "" where there was none.
    """
    newest = place.in_progress or place.reverted_by or place.last_deployment
    if newest is None:
        return {"state": "", "url": "", "version": "", "at": None}
    state = "reverted" if newest is place.reverted_by else newest.status.value
    version = newest.sha[:SHORT_SHA]
    return {"state": state, "url": newest.url, "version": version, "at": newest.updated_at}


def _environments(view: TaskView) -> list[dict[str, Any]]:
    """Return the environments in the order of promotion; `inside`: the work is there."""
    return [
        {
            "name": place.environment,
            "project": place.project.path,
            "tier": place.tier.value,
            "inside": place.includes_work,
            **_deployed(place),
        }
        for place in view.environments
    ]
