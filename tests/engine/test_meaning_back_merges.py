"""A branch's pipeline speaks for the work that was merged to it, not for what it only takes in."""

from __future__ import annotations

import pytest

from tests.engine.world import World

OTHER = 2104


@pytest.fixture(autouse=True)
def _two_branches(world: World) -> None:
    world.task(OTHER)
    world.gitlab.create_branch(world.shop, "develop", "ann")
    for branch in ("main", "develop"):
        world.shop.branches[branch].protected = True
    world.settle()


def field(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def run(world: World, ref: str, status: str) -> None:
    world.gitlab.run_pipeline(world.shop, ref=ref).set_status(status)
    world.settle()
    world.tick(60)


def merged(world: World, branch: str, target: str, **options: object) -> None:
    mr = world.gitlab.open_mr(world.shop, branch, "Work", "ann", target_branch=target)
    world.settle()
    world.gitlab.merge(mr, "bob", **options)
    world.settle()


def worked(world: World, number: int, target: str, **options: object) -> None:
    world.gitlab.create_branch(world.shop, f"work-{number}", "ann", start=target)
    world.gitlab.push(world.shop, f"work-{number}", [f"Pay B24-{number}"], "ann")
    merged(world, f"work-{number}", target, **options)


@pytest.mark.deep
@pytest.mark.parametrize("way", ["push", "merge request", "fast-forward"])
@pytest.mark.parametrize("squash", [False, True])
def test_a_back_merge_of_main_makes_develop_nobodys(world: World, way: str, squash: bool) -> None:
    worked(world, 2103, "main", squash=squash)
    run(world, "main", "success")
    shown = world.reports()
    if way == "push":
        world.gitlab.branching.merge_branch(world.shop, "main", "develop", "bob")
    elif way == "merge request":
        merged(world, "main", "develop")
    else:
        world.gitlab.branching.fast_forward(world.shop, "develop", "main", "bob")
    world.settle()
    run(world, "develop", "failed")
    assert field(world) == "passed"
    assert world.reports() == shown
    assert not [text for _, text in world.told() if "failed" in text]


@pytest.mark.deep
def test_a_release_branch_that_fails_is_not_every_tasks(world: World) -> None:
    for number in (2103, OTHER):
        worked(world, number, "develop")
        run(world, "develop", "success")
    merged(world, "develop", "main")
    run(world, "main", "failed")
    assert [field(world, number) for number in (2103, OTHER)] == ["passed", "passed"]


def test_a_commit_pushed_straight_to_develop_is_develops(world: World) -> None:
    world.gitlab.push(world.shop, "develop", ["Pay B24-2103"], "bob")
    world.settle()
    run(world, "develop", "failed")
    assert field(world) == "failed"


@pytest.mark.deep
def test_a_hotfix_of_main_is_mains_though_develop_has_it(world: World) -> None:
    worked(world, 2103, "main")
    run(world, "main", "failed")
    world.gitlab.branching.merge_branch(world.shop, "main", "develop", "bob")
    world.settle()
    run(world, "develop", "success")
    assert field(world) == "failed"
    world.gitlab.push(world.shop, "main", ["Mend"], "bob")
    run(world, "main", "success")
    assert field(world) == "passed"


@pytest.mark.deep
def test_a_pick_into_a_release_is_work_there(world: World) -> None:
    worked(world, 2103, "main")
    run(world, "main", "success")
    sha = next(c.id for c in world.shop.commits.values() if c.message == "Pay B24-2103")
    world.gitlab.coding.cherry_pick(world.shop, sha, "develop", "ann")
    world.settle()
    run(world, "develop", "failed")
    assert field(world) == "failed"


def test_work_of_two_targets_is_both(world: World) -> None:
    """The same branch merged to both by merge requests of its own."""
    for target in ("main", "develop"):
        world.gitlab.create_branch(world.shop, f"pay-{target}", "ann", start="main")
    commit = world.gitlab.push(world.shop, "pay-main", ["Pay B24-2103"], "ann")[0]
    world.gitlab.push(world.shop, "pay-develop", [commit], "ann")
    merged(world, "pay-main", "main")
    run(world, "main", "success")
    merged(world, "pay-develop", "develop")
    run(world, "develop", "failed")
    assert field(world) == "failed"
