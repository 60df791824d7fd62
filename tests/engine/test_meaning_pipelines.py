"""Which pipelines speak for a task: its branch's later ones do, GitLab's dangling ones do not."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.world import World

DANGLING = (
    "webide",
    "ondemand_dast_scan",
    "ondemand_dast_validation",
    "security_orchestration_policy",
    "container_registry_push",
    "duo_workflow",
    "pipeline_execution_policy_schedule",
    "parent_pipeline",
)


def field(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def merged(world: World) -> None:
    """Work that bob, a user of the portal, brought to main."""
    mr = world.opened()
    world.settle()
    world.gitlab.merge(mr, "bob")
    world.settle()


def run(world: World, status: str, **options: object) -> None:
    world.gitlab.run_pipeline(world.shop, ref="main", **options).set_status(status)
    world.settle()
    world.tick(60)


@pytest.mark.deep
def test_the_next_push_mends_what_the_merge_broke(world: World) -> None:
    merged(world)
    run(world, "failed")
    assert field(world) == "failed"
    failed = [user for user, text in world.told() if "[/url] failed" in text]
    world.gitlab.push(world.shop, "main", ["Mend the build"], "bob")
    run(world, "success")
    assert field(world) == "passed"
    passed = [user for user, text in world.told() if "it is fixed" in text]
    assert passed == failed == [8], world.told()


def test_a_failure_after_a_merge_says_why_it_concerns_the_task(world: World) -> None:
    merged(world)
    run(world, "failed")
    url = "http://gitlab.test/acme/shop/-/merge_requests/1"
    why = f"Merged into main for this task: [url={url}]!1[/url]"
    (message,) = [text for text in world.reports() if "CI/CD failed" in text]
    assert why in message.splitlines()
    (notification,) = [text for _, text in world.told() if "[/url] failed" in text]
    assert notification.splitlines()[1] == why


def test_a_failure_before_the_merge_needs_no_reason(world: World) -> None:
    world.opened()
    world.gitlab.run_pipeline(world.shop, ref="feature/B24-2103-pay").set_status("failed")
    world.settle()
    assert not [text for _, text in world.told() if "Merged into" in text]


@pytest.mark.deep
def test_who_breaks_main_later_does_not_break_the_task(world: World) -> None:
    merged(world)
    run(world, "success")
    world.gitlab.push(world.shop, "main", ["Something else"], "bob")
    run(world, "failed")
    assert field(world) == "passed"


@pytest.mark.deep
def test_after_the_task_passed_once_main_may_break_again(world: World) -> None:
    merged(world)
    run(world, "failed")
    for status in ("success", "failed"):
        world.gitlab.push(world.shop, "main", ["Something else"], "bob")
        run(world, status)
    assert field(world) == "passed"


@pytest.mark.deep
def test_a_redundant_pipeline_that_gitlab_canceled_is_followed_by_the_next(world: World) -> None:
    merged(world)
    run(world, "canceled")
    world.gitlab.push(world.shop, "main", ["Next"], "bob")
    run(world, "success")
    assert field(world) == "passed"


def test_a_later_failure_speaks_for_a_canceled_one(world: World) -> None:
    merged(world)
    run(world, "canceled")
    world.gitlab.push(world.shop, "main", ["Next"], "bob")
    run(world, "failed")
    assert field(world) == "failed"


@pytest.mark.deep
@pytest.mark.parametrize("source", DANGLING)
def test_what_gitlab_does_not_count_turns_nothing_red(world: World, source: str) -> None:
    telling(world, to_chat(Kind.PIPELINE, Kind.ALERT))
    merged(world)
    run(world, "success")
    shown = heads(world)
    run(world, "failed", source=source)
    assert field(world) == "passed"
    assert heads(world) == shown


@pytest.mark.deep
@pytest.mark.parametrize("source", ["web", "schedule", "api", "trigger"])
def test_other_sources_count(world: World, source: str) -> None:
    merged(world)
    run(world, "failed", source=source)
    assert field(world) == "failed"
