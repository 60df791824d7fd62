"""A project that had a life before anybody listened, played by the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from sync.engine.upkeep import backfill
from sync.gitlab.api import client, pagination
from sync.store import connections
from sync.store.backfill import PartRow
from sync.store.db.database import read, write
from sync.store.tables import (
    activity,
    commit,
    connection,
    deployment,
    deployment_merge_request,
    merge_request,
    pipeline,
    project,
)
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

# All that a project's history fills.
TABLES = (project, merge_request, pipeline, commit, deployment, deployment_merge_request, activity)
HEARD_AT = ("received_at", "told_at")
MINUTE = 60.0
Rows = list[dict[str, Any]]


def live(world: World, tasks: int = 3) -> None:
    """Merge requests of tasks 1 to `tasks`, merged, closed and open in turn, and what is around."""
    gitlab, shop = world.gitlab, world.shop
    for n in range(1, tasks + 1):
        branch = f"feature/B24-{n}-work"
        gitlab.push(shop, branch, [f"B24-{n} one"], "ann")
        world.tick(MINUTE)
        mr = gitlab.open_mr(shop, branch, f"Work {n}", "ann", reviewers=["bob"])
        world.tick(MINUTE)
        run = gitlab.run_pipeline(mr)
        world.tick(MINUTE)
        run.set_status("failed" if n % 3 == 2 else "success")
        world.tick(MINUTE)
        gitlab.comment(mr, f"See B24-{n}", "bob", line=("src/app.py", 3) if n % 2 else None)
        world.tick(MINUTE)
        _end(world, n, mr)
        world.tick(MINUTE)
    _ship(world)
    _plan(world)


def _end(world: World, n: int, mr: MergeRequest) -> None:
    match n % 3:
        case 1:
            world.gitlab.approve(mr, "bob")
            world.tick(MINUTE)
            world.gitlab.merge(mr, "bob")
        case 2:
            world.gitlab.approve(mr, "bob")
            world.tick(MINUTE)
            world.gitlab.unapprove(mr, "bob")
            world.tick(MINUTE)
            world.gitlab.close(mr, "bob")
        case _:
            world.gitlab.approve(mr, "bob")
            world.tick(MINUTE)
            world.gitlab.update_mr(mr, "ann", labels=["ready"])


def _ship(world: World) -> None:
    gitlab, shop = world.gitlab, world.shop
    run = gitlab.run_pipeline(shop, ref="main")
    world.tick(MINUTE)
    run.set_status("success")
    gitlab.deploy(run, "staging", url="https://stage.acme.example")
    world.tick(MINUTE)
    gitlab.deploy(run, "kitchen", tier="production")
    gitlab.tag(shop, "v1", "ann", message="First")
    gitlab.tag(shop, "v2", "ann")
    gitlab.shipping.publish(shop, "v1", "ann", name="One", description="All **new**")
    world.tick(MINUTE)


def _plan(world: World) -> None:
    gitlab, shop = world.gitlab, world.shop
    first = gitlab.tracking.open_issue(shop, "Too slow", "bob", description="B24-1", labels=["x"])
    world.tick(MINUTE)
    gitlab.comment(first, "It is", "ann")
    world.tick(MINUTE)
    gitlab.tracking.close_issue(first, "ann")
    _discuss(world)
    gitlab.tracking.open_issue(shop, "Dark", "bob", kind="Task", confidential=True)
    world.tick(MINUTE)


def _discuss(world: World) -> None:
    """Comments on a commit, on a line of another, and on a snippet."""
    gitlab, shop = world.gitlab, world.shop
    named = {one.title: one for one in shop.commits.values()}
    gitlab.comment(named["B24-1 one"], "Why, B24-1?", "bob")
    world.tick(MINUTE)
    gitlab.comment(named["B24-3 one"], "And this?", "bob", line=("src/app.py", 7))
    world.tick(MINUTE)
    snippet = gitlab.talking.add_snippet(shop, "How to", "ann", description="As in B24-2")
    gitlab.comment(snippet, "Thanks", "bob")
    world.tick(MINUTE)


def hears_everything(world: World) -> World:
    hook = world.gitlab.state.hooks[1]
    hook.events = dict.fromkeys(hook.events, True)
    return world


def connected_now(world: World) -> None:
    """As if the portal had been connected at this moment."""
    with write(world.database) as conn:
        conn.execute(update(connection).values(created_at=world.clock.now()))


def start(world: World, **options: Any) -> dict[str, PartRow] | None:
    deps = replace(world.deps("backfill"), **options.pop("deps", {}))
    with read(world.database) as conn:
        record = connections.by_id(conn, world.connection_id)
    since = options.pop("since", world.clock.now() - timedelta(days=90))
    return backfill.run_backfill(deps, record, "acme/shop", since, **options)


def rows(world: World, *tables: Any) -> dict[str, Rows]:
    """The mirror, without when things were heard."""
    with read(world.database) as conn:
        return {
            table.name: [
                {name: value for name, value in row._mapping.items() if name not in HEARD_AT}
                for row in conn.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables or TABLES
        }


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def dying_after(most: int) -> Iterator[None]:
    """Ends whoever stores more pages than that, in the middle of the next one's transaction."""
    usual, stored = backfill.backfill.save, [0]

    def save(conn: Any, row: PartRow) -> None:
        if stored[0] >= most:
            raise Killed
        stored[0] += 1
        usual(conn, row)

    backfill.backfill.save = save
    try:
        yield
    finally:
        backfill.backfill.save = usual


def small_pages(world: World, size: int) -> None:
    """So that a small project has many pages."""
    for module in (client, pagination):
        world.patch(module, "PER_PAGE", size)
