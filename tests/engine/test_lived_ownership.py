"""Lives of branches, forks, repeats and reverts as teams live them: kinds 1 to 4, by the worker."""

from __future__ import annotations

import pytest

from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.test_unusual_copies import logged
from tests.engine.test_unusual_forks import forked
from tests.engine.test_unusual_ownership import (
    COMPLETED,
    IN_PROGRESS,
    OTHER,
    branch_of,
    merge,
    request,
    statuses,
)
from tests.engine.world import World

WAITING = 2
WORK = "B24-2103 pay"
THEIRS = f"B24-{OTHER} cart"


@pytest.fixture(autouse=True)
def _other(world: World) -> None:
    world.task(OTHER)
    world.b24.state.add_user("Anna", email="ann@acme.example", id=9)


# --- 1: whose commits


def test_a_branch_that_is_emptied_names_nothing(world: World) -> None:
    mr = request(world, "pay", WORK)
    world.gitlab.branching.reset(world.shop, "pay", world.shop.branches["main"].head, "ann")
    world.settle()
    world.gitlab.close(mr, "ann")
    world.settle()
    assert world.status() != COMPLETED
    assert "no longer" in "\n".join(world.cards())


@pytest.mark.deep
def test_a_branch_of_develop_that_is_sent_to_main_takes_nobodys_task(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    merge(world, request(world, "cart", THEIRS, start="develop", target_branch="develop"))
    mr = request(world, "pay", WORK, start="develop", target_branch="develop")
    shown = world.cards(OTHER)
    world.gitlab.update_mr(mr, "ann", target_branch="main")
    world.settle()
    assert (statuses(world), world.cards(OTHER)) == ((IN_PROGRESS, COMPLETED), shown)
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


@pytest.mark.deep
def test_a_branch_split_in_two_completes_each_part_by_itself(world: World) -> None:
    first = request(world, "pay", WORK, THEIRS)
    branch_of(world, "cart", THEIRS)
    second = world.gitlab.open_mr(world.shop, "cart", "Cart", "ann")
    world.gitlab.branching.force_push(world.shop, "pay", [WORK], "ann")
    world.settle()
    merge(world, first)
    assert statuses(world) == (COMPLETED, IN_PROGRESS)
    merge(world, second)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_of_two_requests_with_one_commit_the_closed_one_decides_nothing(world: World) -> None:
    first = request(world, "pay", WORK)
    world.gitlab.create_branch(world.shop, "pay-again", "ann", start="pay")
    second = world.gitlab.open_mr(world.shop, "pay-again", "Again", "ann")
    world.settle()
    world.gitlab.close(first, "ann")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, second)
    assert world.status() == COMPLETED


@pytest.mark.deep
def test_a_commit_picked_from_main_into_a_branch_reopens_nothing(world: World) -> None:
    merge(world, request(world, "cart", THEIRS))
    mr = request(world, "pay", WORK)
    picked = next(c for c in world.shop.commits.values() if c.message == THEIRS)
    world.gitlab.coding.cherry_pick(world.shop, picked.id, "pay", "bob")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_stack_whose_base_was_merged_first_waits_only_for_its_own(
    world: World, squash: bool
) -> None:
    base = request(world, "cart", THEIRS)
    top = request(world, "pay", WORK, start="cart", target_branch="cart")
    merge(world, base, squash=squash)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    world.gitlab.branching.merge_branch(world.shop, "main", "pay", "ann")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, top)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_pushes_to_a_branch_after_its_merge_complete_nothing(world: World) -> None:
    mr = request(world, "pay", WORK)
    mr.remove_source_branch = False
    merge(world, mr)
    branch_of(world, "pay", THEIRS)
    world.settle()
    assert (world.status(), world.status(OTHER) != COMPLETED) == (COMPLETED, True)


def test_a_draft_that_is_closed_and_opened_anew_under_another_number(world: World) -> None:
    first = request(world, "pay", WORK, title="Draft: Pay")
    world.gitlab.close(first, "ann")
    second = world.gitlab.open_mr(world.shop, "pay", "Pay", "bob")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, second)
    assert world.status() == COMPLETED


# --- 2: forks


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_fork_that_takes_our_open_branch_in_does_not_hold_our_task(
    world: World, squash: bool
) -> None:
    fork = forked(world)
    ours = request(world, "pay", WORK)
    taken = world.gitlab.open_mr(fork, "pay", "Take ours", "cid", source_project=world.shop)
    ours.remove_source_branch = False
    world.settle()
    merge(world, ours, squash=squash)
    assert world.status() == COMPLETED
    world.gitlab.close(taken, "cid")
    world.settle()
    assert world.status() == COMPLETED


def test_a_fork_goes_on_with_our_closed_work(world: World) -> None:
    fork = forked(world)
    ours = request(world, "feature/B24-2103-pay", "Pay")
    world.gitlab.close(ours, "ann")
    world.gitlab.push(fork, "feature/B24-2103-pay", ["Pay better"], "cid")
    theirs = world.gitlab.open_mr(
        world.shop, "feature/B24-2103-pay", "Pay", "cid", source_project=fork
    )
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, theirs)
    assert world.status() == COMPLETED


def test_a_deleted_branch_of_a_fork_leaves_ours_of_that_name(world: World) -> None:
    fork = forked(world)
    ours = request(world, "pay", WORK)
    world.gitlab.push(fork, "pay", [THEIRS], "cid")
    world.gitlab.delete_branch(fork, "pay", "cid")
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, ours)
    assert (world.status(), world.status(OTHER) != COMPLETED) == (COMPLETED, True)


def test_our_own_request_upstream_counts_as_our_work(world: World) -> None:
    """We are the fork: the merge request stands in the project that we forked."""
    upstream = world.gitlab.state.add_project("acme/upstream", members={"ann": 40, "bob": 40})
    world.gitlab.add_hook(upstream, "http://bridge.test/hook", "merge_requests_events")
    world.shop.forked_from_id = upstream.id
    upstream.commits.update(world.shop.commits)
    upstream.branches["main"] = world.shop.branches["main"]
    branch_of(world, "pay", WORK)
    mr = world.gitlab.open_mr(upstream, "pay", "Pay", "ann", source_project=world.shop)
    world.settle()
    assert world.status() == IN_PROGRESS
    merge(world, mr)
    assert world.status() == COMPLETED


def test_the_same_work_offered_by_us_and_by_a_fork_ends_with_the_first_merge(
    world: World,
) -> None:
    fork = forked(world)
    ours = request(world, "pay", WORK)
    fork.commits.update(world.shop.commits)
    fork.branches["pay"] = world.shop.branches["pay"]
    theirs = world.gitlab.open_mr(world.shop, "pay", "Same", "cid", source_project=fork)
    world.settle()
    merge(world, ours)
    assert world.status() == COMPLETED
    world.gitlab.close(theirs, "cid")
    world.settle()
    assert world.status() == COMPLETED


# --- 3: repeats

BOB, ANN, HOUR = 8, 9, 3600


def ending(world: World, mr: MergeRequest, **options: object) -> list[tuple[int, int]]:
    world.settle()
    world.gitlab.merge(mr, "ann", **options)
    world.settle()
    return sorted(logged(world))


def test_hours_that_only_the_title_says_are_of_who_opened_it(world: World) -> None:
    world.gitlab.push(world.shop, "pay", ["Pay"], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Pay B24-2103 #time 1h", "bob")
    assert ending(world, mr) == [(BOB, HOUR)]


def test_a_squash_of_two_peoples_hours_logs_each_their_own(world: World) -> None:
    world.gitlab.push(world.shop, "pay", ["B24-2103 #time 1h"], "bob")
    world.gitlab.push(world.shop, "pay", ["B24-2103 #time 2h"], "ann")
    title = "Pay\n\n* B24-2103 #time 1h\n\n* B24-2103 #time 2h"
    mr = world.gitlab.open_mr(world.shop, "pay", title, "bob")
    assert ending(world, mr, squash=True) == [(BOB, HOUR), (ANN, 2 * HOUR)]


def test_a_suggestion_that_repeats_the_commit_logs_nothing_more(world: World) -> None:
    world.gitlab.push(world.shop, "pay", ["B24-2103 pay #time 1h"], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Pay", "bob")
    world.gitlab.push(
        world.shop, "pay", ["Apply 1 suggestion(s) to 1 file(s)\n\nB24-2103 pay #time 1h\n\n"
                            "Co-authored-by: Bob <bob@acme.example>"], "ann",
    )  # fmt: skip
    assert ending(world, mr)[0] == (BOB, HOUR)


def test_a_revert_of_hours_logs_none(world: World) -> None:
    mr = request(world, "pay", "B24-2103 pay #time 1h")
    merge(world, mr)
    text = 'Revert "B24-2103 pay #time 1h"\n\nThis reverts commit 4f1c9e0a1b2c.'
    merge(world, request(world, "revert-4f1c9e0a", text, title='Revert "Pay #time 1h"'))
    assert logged(world) == [(ANN, HOUR)]


def test_a_release_of_develop_says_nothing_again(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    text = "B24-2103 pay #time 1h #comment Half is done"
    merge(world, request(world, "pay", text, start="develop", target_branch="develop"))
    release = world.gitlab.open_mr(world.shop, "develop", "Release", "bob", target_branch="main")
    assert ending(world, release) == [(ANN, HOUR)]


# --- 4: reverts


def reverting(world: World, title: str, body: str = "") -> MergeRequest:
    text = f"{title}\n\n{body or 'This reverts merge request !1'}"
    mr = request(world, "revert-1a2b3c4d", text, title=title, description=body)
    merge(world, mr)
    return mr


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Revert \"Merge branch 'feature/B24-2103-pay' into 'main'\"", ""),
        ('Revert "Pay (closes B24-2103)"', "This reverts merge request !1\n\nCloses B24-2104"),
        (f"Closes B24-{OTHER}. Reverts !1 (closes B24-2103)", ""),
        (f"Fix cart, closes B24-{OTHER}", "Reverts acme/shop!1 (closes B24-2103)"),
        (f"Закрывает B24-{OTHER}. Откат !1 (закрывает B24-2103)", ""),
        ("Revert 2 commits", f"* Pay, closes B24-2103\n* Login\n\nCloses B24-{OTHER}"),
    ],
)
def test_a_revert_says_so_in_the_task_and_completes_it_no_more(
    world: World, title: str, body: str
) -> None:
    merge(world, world.opened(title="Pay"))
    world.b24.state.tasks[2103].status = IN_PROGRESS  # QA has sent it back
    reverting(world, title, body)
    assert world.status() == IN_PROGRESS
    assert "taken back" in "\n".join(world.cards())


def test_a_revert_that_is_closed_takes_nothing_back(world: World) -> None:
    merge(world, world.opened(title="Pay"))
    mr = request(world, "revert-1a2b3c4d", 'Revert "B24-2103 pay"', title='Revert "B24-2103 pay"')
    world.gitlab.close(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED
    assert "taken back" not in "\n".join(world.cards())


@pytest.mark.deep
def test_a_reapplied_revert_completes_the_task_again(world: World) -> None:
    merge(world, world.opened(title="Closes B24-2103"))
    reverting(world, 'Revert "Closes B24-2103"')
    world.b24.state.tasks[2103].status = IN_PROGRESS
    merge(world, request(world, "again", "Reapply", title='Reapply "Closes B24-2103"'))
    assert world.status() == COMPLETED


@pytest.mark.parametrize("rebased", ["pay", "cart"])
def test_a_stack_of_which_one_branch_is_rebased_keeps_each_to_its_task(
    world: World, rebased: str
) -> None:
    base = request(world, "pay", WORK)
    top = request(world, "cart", THEIRS, start="pay", target_branch="pay")
    world.gitlab.push(world.shop, "main", ["Other"], "bob")
    world.gitlab.branching.rebase(world.shop, rebased, "ann", onto="main")
    world.settle()
    merge(world, base)
    shown = world.cards()
    assert statuses(world) == (COMPLETED, IN_PROGRESS)
    merge(world, top)
    assert statuses(world) == (COMPLETED, COMPLETED)
    if rebased == "pay":
        assert world.cards() == shown
