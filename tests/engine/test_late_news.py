"""News that GitLab sent before a change and that arrives after it; kinds 9 and 12."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.store.db.database import read
from sync.store.rows import Delivery
from sync.store.tables import project
from tests.engine.notified_world import plain, to_chat
from tests.engine.team_lives import EVERY_HOOK, Life, only_groups, play
from tests.engine.test_team_news import SECRET, leaked
from tests.engine.world import World


def held_back(life: Life, *acts: object) -> list[Delivery]:
    """Do the acts; what GitLab sends of them is still on its way."""
    world = life.world
    world.settle()
    before = len(world.inbox_order)
    world.hold_deliveries = True
    for act in acts:
        act()
    world.hold_deliveries = False
    world.tick(5)
    return world.inbox_order[before:]


def a_project_gets_another_name(life: Life) -> Iterator[None]:
    world, git, usual = life.world, life.world.gitlab, life.shop.path
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    late = held_back(
        life,
        lambda: life.push("pay", "More"),
        lambda: git.tag(life.shop, f"v{life.task}", "ann"),
        lambda: life.run(mr, "success"),
        lambda: git.comment(mr, "Late words", "bob"),
    )
    life.shop.path = f"{usual}-new"
    git.update_mr(mr, "ann", title="Renamed")
    world.settle()
    world.store(late)
    world.settle()
    with read(world.database) as conn:
        paths = [*conn.scalars(select(project.c.path).where(project.c.project_id == life.shop.id))]
    life.shop.path = usual
    assert paths == [f"{usual}-new"]
    yield


def a_request_gets_another_target(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    life.push("stable", start="main")
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    late = held_back(life, lambda: git.comment(mr, "Words", "bob"), lambda: git.run_pipeline(mr))
    git.update_mr(mr, "ann", target_branch="stable", title="Newest")
    yield
    life.world.store(late)
    yield
    card = plain(life.world.cards(life.task))[0]
    yield
    assert "Newest" in card
    assert "stable" in card


def an_issue_becomes_confidential(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    life.rules(to_chat(Kind.ISSUE, Kind.COMMENT))
    issue = git.tracking.open_issue(life.shop, "Slow", "ann")
    yield
    late = held_back(life, lambda: git.comment(issue, "Words", "bob"))
    git.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    yield
    life.world.store(late)
    yield
    git.tracking.update_issue(issue, "ann", labels=["x"])
    yield
    assert leaked(life) == []


def test_late_news_brings_nothing_old_back(world: World) -> None:
    only_groups(world)
    play(
        world,
        a_project_gets_another_name,
        a_request_gets_another_target,
        an_issue_becomes_confidential,
        flags=EVERY_HOOK,
    )
