"""Weeks of work before the demo began: what metrics and rehearsals have something to show of."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from demo.stage import BORIS, MARIA, Stage
from sync.config import Config
from sync.core.model.common import Project
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.model.tasks import LinkKind, Task, TaskStatus
from sync.store import connections, links, portals, tasks
from sync.store.db.database import open_database, write
from sync.store.rows import LinkRow
from tests.b24app.history import FIRST, WORK, shipped_for_weeks

GROUP, COMPLETED = 10, 5  # the status as the portal counts it


def save(stage: Stage) -> None:
    """Put merge requests of the last month, reviewed and deployed, into the project's mirror."""
    engine = open_database(Config.from_env(stage.service.environ).database_url)
    try:
        with write(engine) as conn:
            (portal,) = portals.all_active(conn)
            record = connections.by_name(conn, portal.id, "gitlab")
            assert record is not None
            shop = Project(
                record.id, stage.shop.id, stage.shop.path, f"{stage.gitlab.url}/{stage.shop.path}"
            )
            shipped_for_weeks(conn, portal.id, datetime.now(UTC), name="gitlab", project=shop)
            _save_tasks(conn, stage, portal.id, shop)
    finally:
        engine.dispose()


def _save_tasks(conn: Connection, stage: Stage, portal_id: int, shop: Project) -> None:
    """Put a completed task beside each of them, which it moved."""
    now = datetime.now(UTC)
    for number, (title, *_) in enumerate(WORK):
        id_ = stage.b24.state.create_task(
            title, group_id=GROUP, created_by=MARIA, responsible_id=BORIS, status=COMPLETED
        ).id
        task = Task(id_, title, TaskStatus.COMPLETED, GROUP, responsible_id=BORIS, creator_id=MARIA)
        key = MergeRequestKey(shop.connection_id, shop.id, FIRST + number)
        tasks.save_read(conn, portal_id, {id_: task}, now)
        links.save(conn, [LinkRow(portal_id, key, id_, LinkKind.MOVE)])
