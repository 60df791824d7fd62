"""Hours by each method of merging: once, for who wrote them first, whoever opens and merges."""

from __future__ import annotations

from itertools import product

import pytest

from tests.depth import sample
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.test_meaning_repeats import SAID, logged, said
from tests.engine.world import World

BOB, ANN = 8, 9
HOUR = 3600
METHODS = ("merge", "rebase_merge", "ff")


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)


def ended(world: World, mr: MergeRequest, method: str, *, squash: bool) -> None:
    """Merge as GitLab does by a method; all but a merge commit need a rebase first."""
    world.gitlab.push(world.shop, "main", ["Other"], "ann")
    world.shop.merge_method = "ff" if method == "ff" else "merge"
    if method != "merge":
        world.gitlab.branching.rebase(world.shop, mr.source_branch, "ann")
        world.settle()
    world.gitlab.merge(mr, "ann", squash=squash)
    world.settle()


CASES = [
    (*case, 1 + number % 2)
    for number, case in enumerate(product(METHODS, [False, True], ["ann", "bob"]))
]


@pytest.mark.deep
@pytest.mark.parametrize(("method", "squash", "opener", "commits"), sample(CASES))
def test_each_method_logs_the_hours_of_who_wrote_them(
    world: World, method: str, squash: bool, opener: str, commits: int
) -> None:
    world.gitlab.push(world.shop, "pay", [SAID, "More"][:commits], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, opener)
    world.settle()
    ended(world, mr, method, squash=squash)
    assert (logged(world), said(world)) == ([(BOB, HOUR)], 1)


@pytest.mark.deep
@pytest.mark.parametrize(("method", "squash"), list(product(METHODS, [False, True])))
def test_each_method_logs_once_what_is_first_heard_with_the_merge(
    world: World, method: str, squash: bool
) -> None:
    """The hooks of the branch come after those of the merge, or with them."""
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.shop.merge_method = "ff" if method == "ff" else "merge"
    if method == "rebase_merge":
        world.gitlab.branching.rebase(world.shop, "pay", "ann")
    world.gitlab.merge(mr, "ann", squash=squash)
    world.hold_deliveries = False
    world.store(world.inbox_order[::-1])
    world.settle()
    assert (logged(world), said(world)) == ([(BOB, HOUR)], 1)


WORDS = "B24-2103 #time 1h"


def test_two_commits_of_one_push_with_the_same_words_are_two(world: World) -> None:
    """A rebase brings both anew, and a squash lists both: they stay two."""
    world.gitlab.push(world.shop, "pay", [WORDS, WORDS], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Pay", "bob")
    world.settle()
    assert logged(world) == [(BOB, HOUR)] * 2
    world.gitlab.push(world.shop, "main", ["Other"], "ann")
    world.gitlab.branching.rebase(world.shop, "pay", "ann")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(BOB, HOUR)] * 2


@pytest.mark.parametrize("is_amended", [False, True])
def test_two_commits_of_two_pushes_count_while_both_are_there(
    world: World, is_amended: bool
) -> None:
    world.gitlab.push(world.shop, "pay", [WORDS], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Pay", "bob")
    world.settle()
    world.tick(3600)
    if is_amended:
        world.gitlab.branching.amend(world.shop, "pay", WORDS, "bob")
    else:
        world.gitlab.push(world.shop, "pay", [WORDS], "bob")
    world.settle()
    assert logged(world) == [(BOB, HOUR)] * (1 if is_amended else 2)
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(BOB, HOUR)] * (1 if is_amended else 2)
