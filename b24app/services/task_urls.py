"""Addresses at which a portal shows tasks to people.

https://apidocs.bitrix24.com/api-reference/tasks/
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import Connection

from sync.store import portals, tasks


def task_urls(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> dict[int, str]:
    """Return addresses by task id, without tasks that the portal is known not to show.

    The workgroup of a task that was never read is unknown: its address is that of a person's list,
    which opens the task for everyone who may see it.
    """
    portal = portals.by_id(conn, portal_id)
    if portal is None:
        return {}
    read = tasks.get(conn, portal_id, task_ids)
    missing = {task_id for task_id, row in read.items() if row.missing}
    groups = {task_id: row.body.group_id for task_id, row in read.items() if row.body}
    parts = urlsplit(portal.client_endpoint)
    base, person = f"{parts.scheme}://{parts.netloc}", portal.token_user_id or 0
    return {
        id_: f"{base}/{_task_url(groups.get(id_, 0), person)}/tasks/task/view/{id_}/"
        for id_ in task_ids
        if id_ not in missing
    }


def _task_url(group_id: int, person: int) -> str:
    return f"workgroups/group/{group_id}" if group_id else f"company/personal/user/{person}"
