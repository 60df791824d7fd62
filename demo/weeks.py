"""Weeks of work before the demo began: what the pages of metrics have something to show of."""

from __future__ import annotations

from datetime import UTC, datetime

from demo.stage import Stage
from sync.config import Config
from sync.core.model.common import Project
from sync.store import connections, portals
from sync.store.db.database import open_database, write
from tests.b24app.history import shipped_for_weeks


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
    finally:
        engine.dispose()
