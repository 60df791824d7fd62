"""Unusual lives of forks: whose pipelines, branches and comments are whose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.engine.upkeep.sweep import Sweep
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.test_unusual_ownership import (
    COMPLETED,
    IN_PROGRESS,
    OTHER,
    _alive,
    branch_of,
    field_of,
    merge,
    request,
    statuses,
)
from tests.engine.world import World

__all__ = ["_alive"]  # fixtures


def forked(world: World, owner: str = "cid"):
    fork = world.gitlab.branching.fork(world.shop, f"{owner}/shop", owner)
    url = next(iter(world.gitlab.state.hooks.values())).url
    world.gitlab.add_hook(
        fork, url, "merge_requests_events", "push_events", "pipeline_events", "note_events"
    )
    return fork


def test_a_forks_failing_main_is_not_the_state_of_ours(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "main", ["Closes B24-2103"], "cid")
    world.settle()
    world.gitlab.run_pipeline(fork, ref="main").set_status("failed")
    world.settle()
    world.gitlab.push(world.shop, "main", [f"Closes B24-{OTHER}"], "bob")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("success")
    world.settle()
    assert field_of(world, OTHER) == "passed"


def test_our_pipeline_of_the_same_name_is_not_the_forks(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    branch_of(world, "fix", f"B24-{OTHER} ours")
    world.gitlab.run_pipeline(world.shop, ref="fix").set_status("failed")
    world.settle()
    assert field_of(world, OTHER) == "failed"
    assert field_of(world) != "failed"


def test_our_request_of_the_same_branch_name_has_its_own_commits(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    theirs = world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    ours = request(world, "fix", f"B24-{OTHER} ours")
    merge(world, ours)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, theirs)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_forks_deleted_branch_takes_ours_away_from_nobody(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["Theirs"], "cid")
    mr = request(world, "fix", "B24-2103 ours")
    world.gitlab.delete_branch(fork, "fix", "cid")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, mr)
    assert world.status() == COMPLETED


@pytest.mark.deep
def test_a_fork_synchronised_with_us_brings_nobodys_task(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    world.settle()
    merge(world, request(world, "ours", f"B24-{OTHER} ours"))
    cards = world.cards(OTHER)
    fork.commits.update(world.shop.commits)
    fork.branches["main"].commits = list(world.shop.branches["main"].commits)
    world.gitlab.branching.merge_branch(fork, "main", "fix", "cid")
    world.settle()
    world.gitlab.run_pipeline(fork, ref="fix").set_status("failed")
    world.settle()
    assert world.cards(OTHER) == cards
    assert field_of(world, OTHER) != "failed"
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_two_forks_with_the_same_branch_are_two(world: World) -> None:
    one, two = forked(world), forked(world, "bob")
    world.gitlab.push(one, "fix", ["B24-2103 one"], "cid")
    world.gitlab.push(two, "fix", [f"B24-{OTHER} two"], "bob")
    first = world.gitlab.open_mr(world.shop, "fix", "One", "cid", source_project=one)
    world.gitlab.open_mr(world.shop, "fix", "Two", "bob", source_project=two)
    world.settle()
    world.gitlab.push(two, "fix", [f"B24-{OTHER} more"], "bob")
    world.gitlab.run_pipeline(two, ref="fix").set_status("failed")
    world.settle()
    assert field_of(world) is None
    merge(world, first)
    assert statuses(world) == (COMPLETED, IN_PROGRESS)


@pytest.mark.parametrize("hooked", [True, False], ids=["its hook", "asked for"])
@pytest.mark.parametrize("kind", ["branch", "merge request"])
def test_a_forks_own_pipeline_speaks_for_its_merge_request(
    world: World, kind: str, hooked: bool
) -> None:
    fork = forked(world) if hooked else world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    world.settle()
    run = (
        world.gitlab.run_pipeline(mr, in_fork=True)
        if kind == "merge request"
        else world.gitlab.run_pipeline(fork, ref="fix")
    )
    run.set_status("failed")
    _heard(world, mr, hooked=hooked)
    assert field_of(world) == "failed"
    world.gitlab.push(fork, "fix", ["Mend"], "cid")
    world.settle()
    world.gitlab.run_pipeline(fork, ref="fix").set_status("success")
    _heard(world, mr, hooked=hooked)
    assert field_of(world) == "passed"


def _heard(world: World, mr: MergeRequest, *, hooked: bool) -> None:
    """Of a fork that is not connected only the sweep's question tells."""
    world.settle()
    if not hooked:
        world.gitlab.update_mr(mr, "ann", title=f"{mr.title}, seen")
        world.settle()
        world.tick(120)
        assert Sweep(world.deps()).run(world.clock.now())
        world.settle()


def test_a_forks_pipeline_of_another_branch_with_the_commit_is_silent(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    world.settle()
    fork.branches["twin"] = replace(fork.branches["fix"], name="twin")
    world.gitlab.run_pipeline(fork, ref="twin").set_status("failed")
    world.settle()
    assert field_of(world) is None


def test_our_pipeline_of_the_forks_request_is_newer_than_its_own(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    world.gitlab.run_pipeline(mr, in_fork=True).set_status("failed")
    world.settle()
    assert field_of(world) == "failed"
    world.gitlab.run_pipeline(mr).set_status("success")
    world.settle()
    assert field_of(world) == "passed"


def test_a_comment_on_our_commit_is_not_the_forks(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    fork = forked(world)
    world.gitlab.push(fork, "develop", ["Theirs"], "cid")
    world.gitlab.open_mr(
        world.shop, "develop", "B24-2103", "cid", source_project=fork, target_branch="main"
    )
    branch_of(world, "develop", "Ours")
    world.settle()
    before = world.cards()
    commit = world.shop.commits[world.shop.branches["develop"].head]
    world.gitlab.comment(commit, "Why so?", "bob", place=world.shop)
    world.settle()
    assert world.cards() == before
