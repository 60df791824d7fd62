"""Smaller matters of meaning, in lives that seldom meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Route
from sync.store.db.database import read
from sync.store.tables import host_user, project
from tests.engine.notified_world import heads, plain, telling, to_chat
from tests.engine.test_meaning_smaller import arrive
from tests.engine.world import HOST, World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
DAY = timedelta(days=1).total_seconds()


def paths(world: World) -> list[str]:
    with read(world.database) as conn:
        return list(conn.scalars(select(project.c.path).order_by(project.c.path)))


def _job(world: World, path: str) -> dict[str, object]:
    """As GitLab before 15 told jobs: by the repository's address, without a project."""
    at = world.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    sha = world.shop.branches["main"].head
    return {
        "object_kind": "build", "ref": "main", "tag": False, "sha": sha, "build_id": 5,
        "build_name": "test", "build_stage": "test", "build_status": "failed",
        "build_created_at": at, "build_started_at": at, "build_finished_at": at,
        "build_duration": 3.0, "build_allow_failure": False, "pipeline_id": 9,
        "project_id": world.shop.id, "project_name": "Acme / Shop",
        "user": {"id": 1, "name": "Ann", "username": "ann"},
        "commit": {"id": 9, "sha": sha, "message": "Old", "author_name": "Ann"},
        "repository": {"name": "Shop", "homepage": f"{path}/acme/shop"},
    }  # fmt: skip


@pytest.mark.parametrize("root", ["/gitlab", "/dev/gitlab", "/acme"])
def test_a_job_hook_of_a_gitlab_under_a_path_names_the_project(world: World, root: str) -> None:
    arrive(world, "Job Hook", _job(world, f"{HOST}{root}"), f"{HOST}{root}")
    world.settle()
    assert paths(world) == ["acme/shop"]


def test_a_job_hook_does_not_rename_what_a_push_named(world: World) -> None:
    world.gitlab.push(world.shop, "main", ["Work"], "ann")
    world.settle()
    arrive(world, "Job Hook", _job(world, f"{HOST}/gitlab"), f"{HOST}/gitlab")
    world.settle()
    assert paths(world) == ["acme/shop"]


@pytest.mark.parametrize(
    ("pattern", "count"), [("acme/*", 1), ("acme", 1), ("acme/shop", 0), ("other/*", 0)]
)
def test_a_groups_member_goes_where_the_groups_pattern_says(
    world: World, pattern: str, count: int
) -> None:
    route = Route(frozenset({Kind.MEMBER}), (Channel.PROJECT,))
    world.rules = Rules(groups={3: GroupRules(projects=(pattern,), routes=(route,))})
    at = world.clock.now().isoformat()
    body = {
        "event_name": "user_add_to_group", "group_id": 5, "group_name": "Acme",
        "group_path": "acme", "full_path": "acme", "user_id": 9, "user_name": "Eve",
        "group_access": "Developer", "created_at": at, "updated_at": at,
    }  # fmt: skip
    arrive(world, "Member Hook", body)
    world.settle()
    assert len(heads(world)) == count


def test_a_release_put_off_again_is_told_on_its_last_day(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    first = world.clock.now() + timedelta(days=1)
    release = world.gitlab.shipping.publish(world.shop, "v2", "ann", released_at=first)
    world.work()
    world.gitlab.shipping.update_release(world.shop, release, released_at=first + timedelta(days=2))
    world.work()
    world.tick(1.5 * DAY)
    world.work()
    assert heads(world) == []
    world.tick(2 * DAY)
    world.settle()
    assert len(heads(world)) == 1


def test_an_upcoming_release_that_is_deleted_is_never_told(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE, states=frozenset({"created"})))
    world.gitlab.tag(world.shop, "v2", "ann")
    at = world.clock.now() + timedelta(days=1)
    release = world.gitlab.shipping.publish(world.shop, "v2", "ann", released_at=at)
    world.work()
    world.gitlab.shipping.delete_release(world.shop, release)
    world.work()
    world.tick(2 * DAY)
    world.settle()
    assert heads(world) == []


def test_who_only_comments_is_learned_and_stays(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    mr = world.opened()
    world.gitlab.state.add_user("eve", "Eve", public=True)
    world.gitlab.comment(mr, "Nice", "eve")
    world.settle()
    world.gitlab.state.user("eve").public_email = ""
    world.gitlab.comment(mr, "Nice again", "eve")
    world.settle()
    with read(world.database) as conn:
        emails = dict(conn.execute(select(host_user.c.username, host_user.c.email)).all())
    assert emails["eve"] == "eve@acme.example"


@pytest.mark.deep
@pytest.mark.parametrize("act", ["approve", "push", "pipeline", "retitle"])
def test_the_first_act_after_a_silent_past_brings_the_task_to_its_step(
    world: World, act: str
) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.hold_deliveries = False
    world.tick(2 * DAY)
    assert world.status() == WAITING
    git = world.gitlab
    acts = {
        "approve": lambda: git.approve(mr, "bob"),
        "push": lambda: (git.push(world.shop, mr.source_branch, ["More"], "ann"),
                         git.update_mr(mr, "ann", title="Pay more")),
        "pipeline": lambda: (git.run_pipeline(mr).set_status("success"),
                             git.update_mr(mr, "ann", title="Pay, tested")),
        "retitle": lambda: git.update_mr(mr, "ann", title="Pay now"),
    }  # fmt: skip
    acts[act]()
    world.settle()
    assert world.status() != WAITING
    assert len(world.cards()) == 1
    git.merge(mr, "bob")
    world.settle()
    assert world.status() == COMPLETED


def test_the_last_title_of_one_second_stands_in_the_card(world: World) -> None:
    mr = world.opened()
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", title="Pay soon")
    world.gitlab.update_mr(mr, "ann", title="Pay now")
    world.hold_deliveries = False
    *_, first, last = world.inbox_order
    for delivery in (last, first):
        world.store([delivery])
        world.work()
    world.settle()
    assert "Pay now" in "\n".join(plain(world.cards()))


def test_an_asset_added_later_is_edited_in(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v1", "ann")
    release = world.gitlab.shipping.publish(world.shop, "v1", "ann")
    world.settle()
    assert "app.zip" not in "\n".join(plain(world.posted()))
    world.gitlab.shipping.update_release(
        world.shop, release, links={"app.zip": f"{HOST}/files/app.zip"}
    )
    world.settle()
    assert "app.zip" in "\n".join(plain(world.posted()))
    assert len(heads(world)) == 1
