"""Two portals of one GitLab in one database: neither sees or changes what is the other's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from b24app.services import alerts as services_alerts
from b24app.services import replay
from b24app.services.failures import list_failures
from b24app.services.task_overview import build_task_overview
from sync.engine import alert_actions
from sync.engine.upkeep.purge import purge_portal
from sync.store import alerts, logs, portals
from sync.store.db.database import read, write
from sync.store.rows import CallFilter
from sync.store.tables import api_call, connection, metadata, portal, smart_commit
from tests.engine.history import live, start
from tests.engine.notified_world import telling
from tests.engine.world import World

pytestmark = pytest.mark.dialect

TASKS = 3
FILLED = {
    "activity", "activity_task", "alert", "api_call", "backfill", "command",
    "commit", "commit_task", "connection", "decision", "delivery", "deployment",
    "deployment_merge_request", "host_user", "link", "merge_request", "message", "notified_state",
    "pipeline", "project", "smart_commit", "subject", "task",
}  # fmt: skip


def lived(world: World) -> World:
    """Everything that a project may tell, told; a history read, commands followed and refused."""
    telling(world)
    for number in range(1, TASKS + 1):
        world.task(number)
    live(world, TASKS)
    world.settle()
    said = ["B24-1 #time 1h #comment looked at it", "Closes B24-2", "B24-3 #time soon"]
    world.gitlab.push(world.shop, "main", said, "bob")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.settle()
    start(world)
    world.settle()
    return world


@pytest.fixture
def two(make_world: Callable[..., World]) -> tuple[World, World]:
    """The same GitLab address, project and task numbers; each lives while the other is there."""
    return lived(make_world()), make_world(member="f" * 32)


def kept(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row that is the portal's own."""
    with read(world.database) as conn:
        return {
            table.name: [dict(row) for row in conn.execute(_own(table, world)).mappings()]
            for table in metadata.sorted_tables
            if {"portal_id", "connection_id"} & set(table.c.keys()) or table in (portal, connection)
        }


def _own(table: Table, world: World) -> Any:
    if table is portal:
        mine = portal.c.id == world.portal_id
    elif "portal_id" in table.c:
        mine = table.c.portal_id == world.portal_id
    else:
        mine = table.c.connection_id == world.connection_id
    return select(table).where(mine).order_by(*table.primary_key.columns)


def seen(world: World) -> dict[str, object]:
    """What people of the portal see."""
    return {
        "chat": world.posted(),
        "told": world.told(),
        "tasks": {number: world._messages(number) for number in range(1, TASKS + 1)},
        "status": {number: world.status(number) for number in range(1, TASKS + 1)},
        "time": sorted((one.task_id, one.seconds) for one in world.b24.state.elapsed.values()),
    }


def test_the_life_of_one_portal_changes_nothing_of_another(two: tuple[World, World]) -> None:
    one, other = two
    before, shown = kept(one), seen(one)
    assert {name for name, rows in before.items() if rows} >= FILLED
    lived(other)
    assert (kept(one), seen(one)) == (before, shown)


def test_a_portal_beside_another_lives_as_if_it_were_alone(two: tuple[World, World]) -> None:
    one, other = two
    assert seen(lived(other)) == seen(one)
    ours, theirs = kept(one), kept(other)
    assert {name: len(ours[name]) for name in FILLED} == {n: len(theirs[n]) for n in FILLED}


def test_a_purge_deletes_nothing_of_another_portal(two: tuple[World, World]) -> None:
    one, other = two
    lived(other)
    before = kept(one)
    with read(other.database) as conn:
        record = portals.by_id(conn, other.portal_id)
    assert sum(purge_portal(other.deps(), record, other.clock.now() + timedelta(days=3650))) > 50
    assert kept(one) == before


def test_what_is_shown_of_a_task_is_the_portal_s_own(two: tuple[World, World]) -> None:
    one, other = two
    with read(one.database) as conn:
        args = 1, one.rules, one.clock.now()
        assert build_task_overview(conn, one.portal_id, *args)["merge_requests"] != []
        assert services_alerts.list_alerts(conn, one.portal_id, include_ended=True) != ()
        nothing = build_task_overview(conn, other.portal_id, *args)
        assert not any(
            nothing[name] for name in ("merge_requests", "pipelines", "environments", "reasons")
        )
        assert services_alerts.list_alerts(conn, other.portal_id, include_ended=True) == ()
        assert services_alerts.recoveries(conn, other.portal_id, other.clock.now()) == ()
        assert list_failures(conn, other.portal_id) == ()
        assert logs.find_calls(conn, CallFilter(other.portal_id)) == ()
        assert len(logs.find_calls(conn, CallFilter(one.portal_id, limit=10_000))) == len(
            conn.execute(select(api_call)).all()
        )


def test_nobody_of_another_portal_acts_on_an_alert_or_a_command(two: tuple[World, World]) -> None:
    one, other = two
    before, now = kept(one), one.clock.now()
    with write(one.database) as conn:
        (handle, *_) = [
            row.key.handle for row in alerts.list_of_portal(conn, one.portal_id, include_ended=True)
        ]
        assert alert_actions.acknowledge(conn, other.portal_id, handle, "Eve", now) is None
        assert alert_actions.assign(conn, other.portal_id, handle, 7, now) is None
        keys = [(str(row.connection_id), row) for row in conn.execute(select(smart_commit))]
        items = [
            ("smart-commit", f"{c}/{row.project_id}:{row.sha}:{row.number}") for c, row in keys
        ]
        assert items != []
        assert replay.replay(conn, other.portal_id, items, now) == 0
    assert kept(one) == before
