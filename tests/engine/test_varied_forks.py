"""Forks in lives that differ: renamed, of forks, with our names, numbers and commits."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.test_unusual_copies import logged
from tests.engine.test_unusual_forks import forked
from tests.engine.test_unusual_ownership import (
    COMPLETED,
    IN_PROGRESS,
    OTHER,
    branch_of,
    field_of,
    merge,
    request,
    statuses,
)
from tests.engine.world import World

WAITING = 2


@pytest.fixture(autouse=True)
def _other(world: World) -> None:
    world.task(OTHER)


def offered(
    world: World, fork: Project, branch: str, message: str, user: str = "cid", **options: object
) -> MergeRequest:
    """Open a merge request of the fork's branch in our project."""
    world.gitlab.push(fork, branch, [message], user)
    mr = world.gitlab.open_mr(
        world.shop, branch, "From a fork", user, source_project=fork, **options
    )
    world.settle()
    return mr


def test_a_renamed_fork_is_the_same_fork(world: World) -> None:
    fork = forked(world)
    mr = offered(world, fork, "fix", "B24-2103 theirs")
    fork.path = "cid/store"
    world.gitlab.push(fork, "fix", [f"B24-{OTHER} more"], "cid")
    world.settle()
    branch_of(world, "fix", "Ours")
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_our_deleted_branch_takes_the_forks_from_nobody(world: World) -> None:
    mr = offered(world, forked(world), "fix", "B24-2103 theirs")
    branch_of(world, "fix", f"B24-{OTHER} ours")
    world.settle()
    world.gitlab.delete_branch(world.shop, "fix", "ann")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, mr)
    assert world.status() == COMPLETED


def test_a_forced_push_to_our_branch_changes_nothing_of_the_forks(world: World) -> None:
    mr = offered(world, forked(world), "fix", "B24-2103 theirs")
    branch_of(world, "fix", "Ours")
    world.settle()
    world.gitlab.branching.force_push(world.shop, "fix", [f"B24-{OTHER} ours"], "ann")
    world.settle()
    merge(world, mr)
    assert statuses(world) == (COMPLETED, WAITING)


@pytest.mark.deep
def test_a_fork_of_a_fork_has_branches_of_its_own(world: World) -> None:
    child = forked(world)
    grandchild = world.gitlab.branching.fork(child, "bob/shop", "bob")
    theirs = offered(world, child, "develop", "B24-2103 theirs")
    world.gitlab.push(grandchild, "develop", [f"B24-{OTHER} his"], "bob")
    his = world.gitlab.open_mr(world.shop, "develop", "His", "bob", source_project=grandchild)
    world.settle()
    merge(world, his)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, theirs)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_request_inside_the_fork_is_not_ours_of_the_same_number(world: World) -> None:
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    fork = forked(world)
    ours = request(world, "ours", "B24-2103 ours")
    world.gitlab.push(fork, "inner", [f"B24-{OTHER} inner"], "cid")
    inner = world.gitlab.open_mr(fork, "inner", "Inner", "cid")
    world.settle()
    assert ours.iid == inner.iid
    cards = world.cards()
    world.gitlab.comment(inner, "Why?", "cid")
    world.gitlab.close(inner, "cid")
    world.settle()
    assert world.cards() == cards
    assert world.status() == IN_PROGRESS
    assert any("Why?" in text for text in world.cards(OTHER))


def test_a_comment_on_a_forks_commit_that_we_have_too(world: World) -> None:
    """The fork's main is ours: the same commit stands in both projects."""
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "note_events")
    mr = request(world, "ours", "B24-2103 ours")
    merge(world, mr)
    fork = forked(world)
    cards = world.cards()
    commit = fork.commits[fork.branches["main"].head]
    world.gitlab.comment(commit, "In my fork", "cid", place=fork)
    world.settle()
    assert world.cards() == cards


def test_a_forks_red_main_opens_no_alert_of_ours(world: World) -> None:
    telling(world, to_chat(Kind.ALERT))
    fork = forked(world)
    world.gitlab.push(fork, "main", ["Work"], "cid")
    world.gitlab.run_pipeline(fork, ref="main").set_status("failed")
    world.settle()
    assert heads(world) == []
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.settle()
    shown = heads(world)
    assert len(shown) == 1
    world.gitlab.run_pipeline(fork, ref="main").set_status("success")
    world.settle()
    assert heads(world) == shown


@pytest.mark.deep
@pytest.mark.parametrize("runs_in", ["ours", "fork"])
def test_a_branch_pushed_to_both_with_one_commit(world: World, runs_in: str) -> None:
    """Who has the same commit under the same name in another project is another branch."""
    fork = forked(world)
    mr = request(world, "fix", "B24-2103 ours")
    fork.commits.update(world.shop.commits)
    fork.branches["fix"] = world.shop.branches["fix"]
    place = world.shop if runs_in == "ours" else fork
    world.gitlab.run_pipeline(place, ref="fix").set_status("failed")
    world.settle()
    assert field_of(world) == ("failed" if runs_in == "ours" else None)
    merge(world, mr)
    assert world.status() == COMPLETED


@pytest.mark.deep
def test_a_forks_release_branch_is_no_release_of_ours(world: World) -> None:
    """`develop` of the fork into our `main`: its work is its own, ours goes on."""
    fork = forked(world)
    ours = request(world, "ours", f"B24-{OTHER} ours")
    mr = offered(world, fork, "develop", "B24-2103 theirs")
    branch_of(world, "develop", f"B24-{OTHER} on our develop")
    world.settle()
    merge(world, mr)
    assert statuses(world) == (COMPLETED, IN_PROGRESS)
    merge(world, ours)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_push_to_our_branch_does_not_end_the_forks_approval(world: World) -> None:
    mr = offered(world, forked(world), "fix", "B24-2103 theirs", reviewers=["bob"])
    world.gitlab.approve(mr, "bob")
    world.settle()
    branch_of(world, "fix", "Ours")
    world.settle()
    assert "approved by" in world.cards()[0]


def test_hours_pushed_to_both_branches_are_logged_once(world: World) -> None:
    fork = forked(world)
    commit = world.gitlab.push(world.shop, "fix", ["B24-2103 #time 1h"], "bob")[0]
    world.settle()
    fork.commits.update(world.shop.commits)
    world.gitlab.push(fork, "fix", [commit], "bob")
    world.settle()
    assert logged(world) == [(8, 3600)]


def test_a_forks_closed_request_leaves_ours_open(world: World) -> None:
    theirs = offered(world, forked(world), "fix", "B24-2103 theirs")
    ours = request(world, "fix", "B24-2103 ours")
    world.gitlab.close(theirs, "cid")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, ours)
    assert world.status() == COMPLETED


def test_a_forks_revert_of_our_title_takes_nothing_of_ours(world: World) -> None:
    fork = forked(world)
    merge(world, request(world, "ours", "B24-2103 ours", title="Closes B24-2103"))
    world.gitlab.push(fork, "main", ['Revert "Closes B24-2103"'], "cid")
    world.settle()
    assert world.status() == COMPLETED


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_fork_that_takes_our_main_in_reopens_nothing(world: World, squash: bool) -> None:
    """Who keeps a fork up to date by a merge request there carries on what was merged here."""
    fork = forked(world)
    merge(world, request(world, "ours", f"B24-{OTHER} ours"), squash=squash)
    shown = world.cards(OTHER)
    taken = world.gitlab.open_mr(fork, "main", "Take ours", "cid", source_project=world.shop)
    world.settle()
    assert (statuses(world), world.cards(OTHER)) == ((WAITING, COMPLETED), shown)
    world.gitlab.merge(taken, "cid")
    world.settle()
    assert (statuses(world), world.cards(OTHER)) == ((WAITING, COMPLETED), shown)
