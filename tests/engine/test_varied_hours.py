"""Hours by each method of merging: once, for who wrote them first, whoever opens and merges."""

from __future__ import annotations

from itertools import product

import pytest

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


@pytest.mark.parametrize(("method", "squash", "opener", "commits"), CASES)
def test_each_method_logs_the_hours_of_who_wrote_them(
    world: World, method: str, squash: bool, opener: str, commits: int
) -> None:
    world.gitlab.push(world.shop, "pay", [SAID, "More"][:commits], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, opener)
    world.settle()
    ended(world, mr, method, squash=squash)
    assert (logged(world), said(world)) == ([(BOB, HOUR)], 1)


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
