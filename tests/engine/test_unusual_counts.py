"""Which pipelines count for a task: those that GitLab counts, in lives that seldom meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.kinds import Kind
from sync.engine.upkeep.sweep import Sweep
from tests.emulators.gitlab.entities import MergeRequest, Pipeline
from tests.engine.ci_reports import report
from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.world import World

OTHER = 2104


def field(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def opened(world: World) -> MergeRequest:
    mr = world.opened()
    world.settle()
    return mr


def ran(world: World, pipeline: Pipeline, status: str) -> Pipeline:
    pipeline.set_status(status)
    world.settle()
    world.tick(60)
    return pipeline


def parent_of_two(world: World, mr: MergeRequest) -> tuple[Pipeline, Pipeline, Pipeline]:
    parent = world.gitlab.run_pipeline(mr)
    working = world.gitlab.working
    return parent, working.run_child(parent, "site"), working.run_child(parent, "docs")


@pytest.mark.deep
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["failed first", "passed first"])
def test_of_two_children_neither_speaks_before_the_parent(
    world: World, order: tuple[int, int]
) -> None:
    parent, *children = parent_of_two(world, opened(world))
    parent.set_status("running")
    world.settle()
    for number in order:
        ran(world, children[number], ("failed", "success")[number])
    assert field(world) == "running"
    assert world.reports() == []
    ran(world, parent, "failed")
    assert field(world) == "failed"
    assert len(world.reports()) == 1


def test_a_child_of_a_child_is_nobodys(world: World) -> None:
    parent, child, _ = parent_of_two(world, opened(world))
    inner = world.gitlab.working.run_child(child, "deep")
    ran(world, parent, "success")
    ran(world, inner, "failed")
    ran(world, child, "failed")
    assert field(world) == "passed"


@pytest.mark.deep
def test_a_child_retried_after_its_parent_passed_says_nothing(world: World) -> None:
    parent, child, _ = parent_of_two(world, opened(world))
    ran(world, child, "failed")
    ran(world, parent, "failed")
    world.gitlab.retry_pipeline(child)
    ran(world, child, "success")
    assert field(world) == "failed"
    world.gitlab.retry_pipeline(parent)
    ran(world, parent, "success")
    assert field(world) == "passed"


def test_a_pipeline_of_another_project_is_not_its_cause(world: World) -> None:
    """A multi-project one that our branch starts there."""
    mr = opened(world)
    site = world.gitlab.state.add_project("acme/site", members={"ann": 40})
    world.gitlab.push(site, "main", ["Site"], "ann")
    parent = world.gitlab.run_pipeline(mr)
    downstream = world.gitlab.working.run_downstream(parent, "site", site)
    ran(world, parent, "success")
    ran(world, downstream, "failed")
    assert field(world) == "passed"


def test_one_that_another_project_starts_here_counts(world: World) -> None:
    mr = opened(world)
    ran(world, world.gitlab.run_pipeline(mr), "success")
    run = world.gitlab.run_pipeline(world.shop, ref=mr.source_branch, source="pipeline")
    ran(world, run, "failed")
    assert field(world) == "failed"


@pytest.mark.deep
@pytest.mark.parametrize("source", ["webide", "duo_workflow", "container_registry_push"])
def test_what_dangles_does_not_hide_the_newest_that_counts(world: World, source: str) -> None:
    mr = opened(world)
    ran(world, world.gitlab.run_pipeline(mr), "failed")
    dangling = world.gitlab.run_pipeline(world.shop, ref=mr.source_branch, source=source)
    ran(world, dangling, "success")
    assert field(world) == "failed"
    assert not [text for _, text in world.told() if "it is fixed" in text]


@pytest.mark.deep
@pytest.mark.parametrize("source", ["webide", "ondemand_dast_scan", "parent_pipeline"])
def test_what_dangles_opens_no_alert_of_main_and_ends_none(world: World, source: str) -> None:
    telling(world, to_chat(Kind.ALERT))
    ran(world, world.gitlab.run_pipeline(world.shop, ref="main"), "failed")
    broken = heads(world)
    assert len(broken) == 1
    dangling = world.gitlab.run_pipeline(world.shop, ref="main", source=source)
    ran(world, dangling, "success")
    assert heads(world) == broken


def test_a_merge_request_pipeline_newer_than_the_branchs_counts(world: World) -> None:
    mr = opened(world)
    ran(world, world.gitlab.run_pipeline(world.shop, ref=mr.source_branch), "failed")
    ran(world, world.gitlab.run_pipeline(mr), "success")
    assert field(world) == "passed"


def test_a_branch_pipeline_newer_than_the_merge_requests_counts(world: World) -> None:
    mr = opened(world)
    ran(world, world.gitlab.run_pipeline(mr), "success")
    ran(world, world.gitlab.run_pipeline(world.shop, ref=mr.source_branch), "failed")
    assert field(world) == "failed"


def test_the_older_pipeline_of_a_commit_that_ends_later_is_not_its_state(world: World) -> None:
    mr = opened(world)
    older = world.gitlab.run_pipeline(mr)
    newer = world.gitlab.run_pipeline(mr)
    ran(world, newer, "success")
    ran(world, older, "failed")
    assert field(world) == "passed"


def test_a_pipeline_of_the_commit_before_is_not_the_heads(world: World) -> None:
    mr = opened(world)
    before = world.gitlab.run_pipeline(mr)
    world.gitlab.push(world.shop, mr.source_branch, ["More"], "ann")
    ran(world, world.gitlab.run_pipeline(mr), "success")
    ran(world, before, "failed")
    assert field(world) == "passed"


def test_a_skipped_pipeline_of_the_next_commit_is_its_state(world: World) -> None:
    """`[skip ci]`: GitLab shows the head's pipeline, not the last that ran."""
    mr = opened(world)
    ran(world, world.gitlab.run_pipeline(mr), "failed")
    world.gitlab.push(world.shop, mr.source_branch, ["Docs [skip ci]"], "ann")
    ran(world, world.gitlab.run_pipeline(mr), "skipped")
    assert field(world) == "skipped"


def test_a_pipeline_of_a_branch_with_the_same_commit_is_another_branchs(world: World) -> None:
    world.task(OTHER)
    world.gitlab.push(world.shop, "one", [f"B24-{OTHER} one"], "ann")
    mr = world.gitlab.open_mr(world.shop, "one", "One", "ann")
    world.settle()
    ran(world, world.gitlab.run_pipeline(mr), "success")
    world.shop.branches["two"] = replace(world.shop.branches["one"], name="two")
    world.gitlab.run_pipeline(world.shop, ref="two", source="ondemand_dast_validation")
    world.settle()
    assert field(world, OTHER) == "passed"


@pytest.mark.deep
def test_a_squash_that_names_the_task_nowhere_is_its_work_on_the_target(world: World) -> None:
    """Only the commits name the task, and the squash says the title alone."""
    world.gitlab.push(world.shop, "pay", ["B24-2103 pay", "B24-2103 more"], "ann")
    mr = world.gitlab.open_mr(world.shop, "pay", "Pay", "ann")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    ran(world, world.gitlab.run_pipeline(world.shop, ref="main"), "failed")
    assert field(world) == "failed"
    world.gitlab.push(world.shop, "main", ["Mend it"], "bob")
    ran(world, world.gitlab.run_pipeline(world.shop, ref="main"), "success")
    assert field(world) == "passed"


@pytest.mark.deep
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["failed first", "passed first"])
def test_of_two_childrens_own_reports_neither_is_the_parents(
    world: World, order: tuple[int, int]
) -> None:
    """The component in two child pipelines, through the app."""
    mr = opened(world)
    parent, *children = parent_of_two(world, mr)
    parent.set_status("running")
    world.settle()
    for number in order:
        report(world, children[number], mr, status=("failed", "success")[number])
        world.settle()
    assert field(world) == "running"
    assert world.reports() == []
    ran(world, parent, "failed")
    assert field(world) == "failed"


def test_a_childs_own_report_alone_waits_for_the_parents_state(world: World) -> None:
    """Where the hooks were lost the sweep reads the parent."""
    mr = opened(world)
    world.hold_deliveries = True
    parent, child, _ = parent_of_two(world, mr)
    child.set_status("failed")
    parent.set_status("failed")
    world.hold_deliveries = False
    report(world, child, mr, status="failed")
    world.settle()
    assert field(world) is None
    world.tick(900)
    Sweep(world.deps()).run(world.clock.now())
    world.settle()
    assert field(world) == "failed"
