"""Hours that merges, trains, suggestions and picks say again: once, for who wrote them first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.test_unusual_copies import copy_of, logged
from tests.engine.world import World

ANN, BOB = 9, 8
TIMED = "Pay B24-2103 #time 1h"
HOUR = 3600


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)


def bobs(world: World, *messages: str, title: str = "Pay", **options: object) -> MergeRequest:
    world.gitlab.push(world.shop, "pay", list(messages), "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", title, "bob", **options)
    world.settle()
    return mr


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_hours_in_the_title_alone_are_its_authors(world: World, squash: bool) -> None:
    """The merge commit says them in the name of whoever merges."""
    mr = bobs(world, "Work", "More", title=TIMED)
    world.gitlab.merge(mr, "ann", squash=squash)
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_hours_of_two_authors_in_one_squash(world: World) -> None:
    mr = bobs(world, TIMED)
    world.gitlab.push(world.shop, "pay", ["Cart B24-2103 #time 2h"], "ann")
    world.settle()
    text = f"Pay\n\n* {TIMED}\n\n* Cart B24-2103 #time 2h"
    copy_of(world, mr.head_sha, text, "main", "ann")
    assert sorted(logged(world)) == [(BOB, HOUR), (ANN, 2 * HOUR)]


def test_a_suggestion_applied_on_timed_work_adds_nothing(world: World) -> None:
    mr = bobs(world, TIMED, title=TIMED)
    words = "Apply 1 suggestion(s) to 1 file(s)\n\nCo-authored-by: Ann <ann@acme.example>"
    world.gitlab.push(world.shop, "pay", [words], "ann")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_a_reverted_and_reapplied_hour_is_one(world: World) -> None:
    world.gitlab.push(world.shop, "main", [TIMED], "bob")
    world.settle()
    for words in (f'Revert "{TIMED}"\n\nThis reverts commit 4f1c9e0a.', f'Reapply "{TIMED}"'):
        world.gitlab.push(world.shop, "main", [words], "ann")
        world.settle()
    assert logged(world) == [(BOB, HOUR)]


@pytest.mark.deep
def test_a_backport_request_by_another_person(world: World) -> None:
    world.gitlab.merge(bobs(world, TIMED, title=TIMED), "ann")
    world.settle()
    world.gitlab.create_branch(world.shop, "stable", "ann")
    world.gitlab.create_branch(world.shop, "backport", "ann", start="stable")
    text = f"{TIMED}\n\n(cherry picked from commit {world.shop.branches['main'].head})"
    copy_of(world, world.shop.branches["main"].head, text, "backport", "ann")
    mr = world.gitlab.open_mr(
        world.shop, "backport", f"[Backport] {TIMED}", "ann", target_branch="stable"
    )
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_main_merged_into_another_branch_says_nothing_again(world: World) -> None:
    world.gitlab.create_branch(world.shop, "cart", "ann")
    world.gitlab.push(world.shop, "cart", ["Cart"], "ann")
    world.gitlab.merge(bobs(world, TIMED, title=TIMED), "ann")
    world.settle()
    words = f"Merge\n\n{TIMED}"
    world.gitlab.branching.merge_branch(world.shop, "main", "cart", "ann", message=words)
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_hours_of_a_fork_are_logged_at_its_merge_once(world: World) -> None:
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    world.b24.state.add_user("Cid", email="cid@acme.example", id=10)
    world.gitlab.push(fork, "pay", [TIMED], "cid")
    mr = world.gitlab.open_mr(world.shop, "pay", TIMED, "cid", source_project=fork)
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert logged(world) == [(10, HOUR)]


def test_a_rebase_by_a_colleague_before_a_fast_forward(world: World) -> None:
    world.shop.merge_method = "ff"
    mr = bobs(world, TIMED, title=TIMED)
    world.gitlab.push(world.shop, "main", ["Other"], "ann")
    world.gitlab.branching.rebase(world.shop, "pay", "ann")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_a_release_squashed_to_main_repeats_all_hours(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    for number in (1, 2):
        words = f"Part {number} B24-2103 #time {number}h"
        world.gitlab.push(world.shop, "develop", [words], "bob")
        world.settle()
    text = "Release 1.0\n\n* Part 1 B24-2103 #time 1h\n* Part 2 B24-2103 #time 2h"
    copy_of(world, world.shop.branches["develop"].head, text, "main", "ann")
    assert sorted(logged(world)) == [(BOB, HOUR), (BOB, 2 * HOUR)]


def test_a_train_that_writes_the_commit_anew_for_each_car(world: World) -> None:
    mr = bobs(world, TIMED, title=TIMED)
    commit = world.shop.commits[mr.head_sha]
    for branch in ("train-1", "train-2"):
        world.gitlab.create_branch(world.shop, branch, "ann")
        again = replace(commit, id=world.gitlab.state.next_sha())
        world.gitlab.push(world.shop, branch, [again], "ann")
        world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert logged(world) == [(BOB, HOUR)]


def test_two_tasks_of_one_squash_get_their_own_hours_once(world: World) -> None:
    world.task(2104)
    mr = bobs(world, TIMED, "Cart B24-2104 #time 30m")
    text = f"Pay\n\n{TIMED}\n\nCart B24-2104 #time 30m"
    copy_of(world, mr.head_sha, text, "main", "ann")
    assert sorted(logged(world)) == [(BOB, HOUR // 2), (BOB, HOUR)]
