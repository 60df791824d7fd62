"""Whose work it is in lives of teams: trains, stacks, forks, repeated hours; kinds 1 to 3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.emulators.gitlab.entities import MergeRequest, Pipeline
from tests.engine.team_lives import ANN, BOB, COMPLETED, IN_PROGRESS, WAITING, Life, play
from tests.engine.world import World

HOUR = 3600
RELEASE_NOTES = """chore(release): 1.3.0 [skip ci]

# [1.3.0](https://gitlab.test/acme/shop/-/compare/v1.2.0...v1.3.0) (2026-03-02)

### Features

* **pay:** cards ([4f1c9e0](https://gitlab.test/c/4f1c9e0)), closes B24-{task}
* **cart:** coupons ([1a2b3c4](https://gitlab.test/c/1a2b3c4)), closes B24-{other}
"""
ROBOT = """This MR updates `core`.

<details>
<summary>Release notes of core</summary>

<details>
<summary>v2.1.0</summary>

#### Fixes

- fix the login, closes B24-{other}
- Fixes B24-{other} #time 4h

</details>

Closes B24-{other}

</details>
"""


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)


def in_train(life: Life, mr: MergeRequest, *ahead: MergeRequest) -> Pipeline:
    """The pipeline of a merge train's car: it has what stands ahead of it, merged."""
    place = life.shop
    head, usual = place.branches["main"].head, mr.diff_head
    for car in (*ahead, mr):
        text = f"Merge branch '{car.source_branch}' into 'main'\n\n{car.title}"
        made = life.world.gitlab.coding.written(
            life.world.gitlab.state.user("ann"), text, head, car.head_sha
        )
        place.commits[made.id] = made
        head = made.id
    mr.diff_head = head
    run = life.world.gitlab.run_pipeline(mr)
    mr.diff_head = usual
    return run


# --- 1: what a merge request has


def a_train_of_two_ends_each_with_its_own(life: Life) -> Iterator[None]:
    first = life.request("first", f"B24-{life.task} pay")
    yield
    second = life.request("second", f"B24-{life.other} cart")
    yield
    runs = in_train(life, first), in_train(life, second, first)
    life.ended(runs[1], "failed")
    yield
    assert life.fields()[0] != "failed"
    life.ended(runs[0], "success")
    yield
    life.merge(first)
    yield
    assert life.statuses() == (COMPLETED, IN_PROGRESS)
    life.ended(in_train(life, second), "success")
    yield
    life.merge(second)
    yield
    assert life.statuses() == (COMPLETED, COMPLETED)
    assert life.fields() == ("passed", "passed")


def a_reviewers_suggestions_are_the_requests_work(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    life.push("pay", "Apply 2 suggestion(s) to 1 file(s)\n\nCo-authored-by: Bob", user="bob")
    yield
    assert life.statuses() == (IN_PROGRESS, WAITING)
    life.merge(mr)
    yield
    assert life.statuses() == (COMPLETED, WAITING)


def the_middle_of_a_stack_of_three_is_merged_first(life: Life) -> Iterator[None]:
    life.world.task(life.task + 2)
    low = life.request("low", f"B24-{life.task} low")
    yield
    middle = life.request(
        "middle", f"B24-{life.other} middle", start=low.source_branch,
        target_branch=low.source_branch,
    )  # fmt: skip
    yield
    high = life.request(
        "high", f"B24-{life.task + 2} high", start=middle.source_branch,
        target_branch=middle.source_branch,
    )  # fmt: skip
    yield
    life.merge(middle)
    yield
    assert life.world.status(life.task) == IN_PROGRESS
    assert life.world.status(life.task + 2) == IN_PROGRESS
    life.merge(low)
    yield
    assert (*life.statuses(), life.world.status(life.task + 2)) == (
        COMPLETED, COMPLETED, IN_PROGRESS,
    )  # fmt: skip
    life.merge(high)
    yield
    assert life.world.status(life.task + 2) == COMPLETED


def the_default_branch_is_renamed_while_the_request_is_open(life: Life) -> Iterator[None]:
    world, place = life.world, life.shop
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    world.gitlab.create_branch(place, "trunk", "ann")
    place.default_branch = "trunk"
    world.gitlab.update_mr(mr, "ann", target_branch="trunk")
    life.merge(mr)
    yield
    ended = life.statuses()
    world.gitlab.branching.merge_branch(place, "trunk", "main", "ann")
    place.default_branch = "main"
    world.gitlab.delete_branch(place, "trunk", "ann")
    yield
    assert ended == life.statuses() == (COMPLETED, WAITING)


def a_request_whose_source_branch_gets_another_name(life: Life) -> Iterator[None]:
    world, place = life.world, life.shop
    mr = life.request(f"B24-{life.other}-pay", "Pay")
    yield
    name = f"B24-{life.task}-pay-renamed"
    place.branches[name] = replace(place.branches[mr.source_branch], name=name)
    world.gitlab.update_mr(mr, "ann", source_branch=name)
    yield
    life.merge(mr)
    yield
    assert life.world.status(life.task) == COMPLETED
    assert life.world.status(life.other) != COMPLETED


def a_squash_whose_message_was_written_anew(life: Life) -> Iterator[None]:
    mr = life.request("pay", f"B24-{life.task} first", "Second", title="Pay")
    yield
    mr.title, title = "Payments by card", mr.title
    life.world.gitlab.merge(mr, "bob", squash=True)
    yield
    mr.title = title
    yield
    assert life.statuses() == (COMPLETED, WAITING)


def a_request_closed_forced_to_other_work_and_reopened(life: Life) -> Iterator[None]:
    world = life.world
    mr = life.request("pay", f"B24-{life.other} wrong")
    yield
    world.gitlab.close(mr, "ann")
    yield
    world.gitlab.branching.force_push(
        life.shop, mr.source_branch, [f"B24-{life.task} right"], "ann"
    )
    yield
    world.gitlab.reopen(mr, "ann")
    life.push("pay", "Tests")
    life.merge(mr)
    yield
    assert world.status(life.task) == COMPLETED
    assert world.status(life.other) != COMPLETED


def a_release_robots_commit_names_what_was_done_before(life: Life) -> Iterator[None]:
    life.merge(life.request("pay", f"B24-{life.task} pay"))
    yield
    life.request("cart", f"B24-{life.other} cart")
    yield
    text = RELEASE_NOTES.format(task=life.task, other=life.other)
    life.push("main", text, user="bob")
    yield
    assert life.statuses() == (COMPLETED, IN_PROGRESS)


def a_robots_change_log_in_folds_of_folds(life: Life) -> Iterator[None]:
    mr = life.request(
        "robot", "Update core", title=f"Update core (B24-{life.task})",
        description=ROBOT.format(other=life.other),
    )  # fmt: skip
    yield
    life.merge(mr)
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    assert life.logged() == []


def a_pick_by_gitlabs_button_straight_into_a_release(life: Life) -> Iterator[None]:
    world = life.world
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    life.merge(mr)
    yield
    world.gitlab.create_branch(
        life.shop, "stable", "ann", start=life.shop.branches["main"].commits[0]
    )
    life.shop.branches["stable"].protected = True
    yield
    shown = world.cards(life.task)
    world.gitlab.coding.cherry_pick(life.shop, mr, "stable", "bob")
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    assert len(world.cards(life.task)) == len(shown)


def test_what_a_merge_request_has_in_lives_of_teams(world: World) -> None:
    play(
        world,
        a_train_of_two_ends_each_with_its_own,
        a_reviewers_suggestions_are_the_requests_work,
        the_middle_of_a_stack_of_three_is_merged_first,
        the_default_branch_is_renamed_while_the_request_is_open,
        a_request_whose_source_branch_gets_another_name,
        a_squash_whose_message_was_written_anew,
        a_request_closed_forced_to_other_work_and_reopened,
        a_release_robots_commit_names_what_was_done_before,
        a_robots_change_log_in_folds_of_folds,
        a_pick_by_gitlabs_button_straight_into_a_release,
    )


# --- 2: a fork's branch is another branch


def offered(
    life: Life, fork: object, branch: str, *messages: str, user: str = "cid", **options: object
) -> MergeRequest:
    git = life.world.gitlab
    if messages:
        git.push(fork, branch, list(messages), user)
    mr = git.open_mr(life.shop, branch, "From a fork", user, source_project=fork, **options)
    life.world.settle()
    return mr


def a_forks_branch_carries_the_number(life: Life) -> Iterator[None]:
    mr = offered(life, life.fork(), f"B24-{life.task}-fix", "Fix")
    yield
    assert life.statuses() == (IN_PROGRESS, WAITING)
    life.merge(mr)
    yield
    assert life.statuses() == (COMPLETED, WAITING)


def a_request_between_two_forks_leaves_ours(life: Life) -> Iterator[None]:
    world = life.world
    mine, theirs = life.fork(), life.fork("bob")
    ours = life.request("develop", f"B24-{life.task} ours")
    yield
    world.gitlab.push(theirs, "develop", [f"B24-{life.other} theirs"], "bob")
    between = world.gitlab.open_mr(mine, "develop", "Between", "bob", source_project=theirs)
    yield
    shown = world.cards(life.task)
    world.gitlab.comment(between, "Why?", "cid")
    life.run(between, "failed")
    yield
    world.gitlab.merge(between, "cid")
    yield
    assert world.cards(life.task) == shown
    assert world.status(life.task) == IN_PROGRESS
    life.merge(ours)
    yield
    assert world.status(life.task) == COMPLETED


def a_forks_default_branch_has_another_name_than_ours(life: Life) -> Iterator[None]:
    fork = life.fork()
    fork.branches["master"] = replace(fork.branches["main"], name="master")
    fork.default_branch = "master"
    mr = offered(life, fork, "master", f"B24-{life.task} theirs")
    yield
    assert life.statuses() == (IN_PROGRESS, WAITING)
    life.merge(mr)
    yield
    assert life.statuses() == (COMPLETED, WAITING)


def a_second_request_of_a_forks_main_after_a_squash(life: Life) -> Iterator[None]:
    """Its first commits are on our main as one squash only, so they stand in the list again."""
    world, fork = life.world, life.fork()
    first = offered(life, fork, "main", f"B24-{life.task} first")
    yield
    first.remove_source_branch = False
    life.merge(first, squash=True)
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    second = offered(life, fork, "main", f"B24-{life.other} second")
    yield
    assert life.statuses() == (COMPLETED, IN_PROGRESS)
    second.remove_source_branch = False
    life.merge(second)
    yield
    assert life.statuses() == (COMPLETED, COMPLETED)
    assert world.status(life.task) == COMPLETED


def our_project_moves_while_a_forks_request_is_open(life: Life) -> Iterator[None]:
    mr = offered(life, life.fork(), "fix", f"B24-{life.task} theirs")
    yield
    usual, life.shop.path = life.shop.path, "acme/tools/shop"
    life.merge(mr)
    yield
    life.shop.path = usual
    assert life.statuses() == (COMPLETED, WAITING)


def a_forks_red_main_after_it_took_our_merge_in(life: Life) -> Iterator[None]:
    life.merge(life.request("pay", f"B24-{life.task} pay"))
    yield
    life.run(life.shop, "success", ref="main")
    yield
    fork = life.fork()
    life.run(fork, "failed", ref="main")
    yield
    life.run(fork, "failed", ref="main", source="schedule")
    yield
    assert life.fields() == ("passed", None)


def a_forks_branch_deleted_by_its_merge_leaves_ours_of_that_name(life: Life) -> Iterator[None]:
    fork = life.fork("bob")
    ours = life.request("pay", f"B24-{life.other} ours")
    yield
    theirs = offered(life, fork, ours.source_branch, f"B24-{life.task} theirs", user="bob")
    yield
    life.merge(theirs)
    yield
    assert life.statuses() == (COMPLETED, IN_PROGRESS)
    life.merge(ours)
    yield
    assert life.statuses() == (COMPLETED, COMPLETED)


def a_number_amended_away_in_the_fork(life: Life) -> Iterator[None]:
    fork, branch = life.fork(), "fix"
    mr = offered(life, fork, branch, f"B24-{life.other} wrong")
    yield
    life.world.gitlab.branching.amend(fork, branch, f"B24-{life.task} right", "cid")
    yield
    life.merge(mr)
    yield
    assert life.world.status(life.task) == COMPLETED
    assert life.world.status(life.other) != COMPLETED


@pytest.mark.deep
def test_a_forks_branch_is_its_own_in_lives_of_teams(world: World) -> None:
    play(
        world,
        a_forks_branch_carries_the_number,
        a_request_between_two_forks_leaves_ours,
        a_forks_default_branch_has_another_name_than_ours,
        a_second_request_of_a_forks_main_after_a_squash,
        our_project_moves_while_a_forks_request_is_open,
        a_forks_red_main_after_it_took_our_merge_in,
        a_forks_branch_deleted_by_its_merge_leaves_ours_of_that_name,
        a_number_amended_away_in_the_fork,
    )


# --- 3: said once


def a_backport_request_with_the_words_of_the_first(life: Life) -> Iterator[None]:
    start = life.shop.branches["main"].head
    words = f"B24-{life.task} pay #time 1h"
    life.merge(life.request("pay", words, title=words))
    yield
    life.world.gitlab.create_branch(life.shop, "stable", "bob", start=start)
    yield
    life.push("back", f"{words}\n\n(cherry picked from commit 4f1c9e0a4f1c9e0a)", user="bob",
              start="stable")  # fmt: skip
    back = life.world.gitlab.open_mr(
        life.shop, "back", f"[stable] {words}", "bob",
        target_branch="stable",
    )  # fmt: skip
    yield
    life.merge(back, squash=True)
    yield
    assert life.logged() == [(ANN, HOUR)]


def three_branches_each_list_it_again(life: Life) -> Iterator[None]:
    world = life.world
    for name in ("next", "stable"):
        world.gitlab.create_branch(life.shop, name, "bob")
        yield
    mr = life.request("pay", f"B24-{life.task} pay #time 1h", target_branch="next")
    yield
    life.merge(mr)
    yield
    for source, into in (("next", "main"), ("main", "stable")):
        world.gitlab.branching.merge_branch(life.shop, source, into, "bob")
        yield
    assert life.logged() == [(ANN, HOUR)]


def a_mirror_of_our_project_tells_the_same_commits(life: Life) -> Iterator[None]:
    world = life.world
    mirror = world.gitlab.state.add_project(f"acme/mirror-{life.task}", members={"ann": 40})
    world.gitlab.add_hook(mirror, next(iter(world.gitlab.state.hooks.values())).url, "push_events")
    mirror.commits.update(life.shop.commits)
    mirror.branches["main"] = replace(
        life.shop.branches["main"], commits=list(life.shop.branches["main"].commits)
    )
    made = world.gitlab.push(life.shop, "main", [f"B24-{life.task} pay #time 1h"], "ann")
    yield
    world.gitlab.push(mirror, "main", made, "bob")
    yield
    assert life.logged() == [(ANN, HOUR)]


def a_local_merge_with_a_log_of_its_commits(life: Life) -> Iterator[None]:
    words = f"B24-{life.task} pay #time 1h"
    mr = life.request("pay", words, "Tests", title="Pay")
    yield
    text = f"Merge branch '{mr.source_branch}'\n\n* {mr.source_branch}:\n  Tests\n  {words}"
    life.world.gitlab.branching.merge_branch(
        life.shop, mr.source_branch, "main", "bob", message=text
    )
    yield
    assert life.logged() == [(ANN, HOUR)]


def two_commits_joined_by_an_interactive_rebase(life: Life) -> Iterator[None]:
    words = f"B24-{life.task} pay #time 1h", f"B24-{life.task} tests #time 2h"
    mr = life.request("pay", *words, title="Pay")
    yield
    life.world.gitlab.branching.force_push(life.shop, mr.source_branch, ["\n\n".join(words)], "ann")
    yield
    life.merge(mr)
    yield
    assert life.logged() == [(ANN, HOUR), (ANN, 2 * HOUR)]


def two_commits_that_change_their_order(life: Life) -> Iterator[None]:
    words = f"B24-{life.task} pay #time 1h", f"B24-{life.task} tests #time 2h"
    mr = life.request("pay", *words, title="Pay")
    yield
    life.world.gitlab.branching.force_push(life.shop, mr.source_branch, words[::-1], "ann")
    yield
    life.merge(mr, squash=True)
    yield
    assert life.logged() == [(ANN, HOUR), (ANN, 2 * HOUR)]


def bob_brings_anns_commit_into_a_branch_of_his(life: Life) -> Iterator[None]:
    """Ann's request is closed; her commit stands in bob's under her name."""
    words = f"B24-{life.task} pay #time 1h"
    mr = life.request("pay", words)
    yield
    life.world.gitlab.close(mr, "ann")
    picked = replace(
        life.shop.commits[mr.shas[0]], id=life.world.gitlab.state.next_sha(), parent_ids=()
    )
    life.world.gitlab.push(life.shop, "his", [picked, "More"], "bob")
    his = life.world.gitlab.open_mr(life.shop, "his", words, "bob")
    yield
    life.merge(his, squash=True)
    yield
    assert life.logged() == [(ANN, HOUR)]


def test_hours_are_logged_once_in_lives_of_teams(world: World) -> None:
    assert BOB != ANN
    play(
        world,
        a_backport_request_with_the_words_of_the_first,
        three_branches_each_list_it_again,
        a_mirror_of_our_project_tells_the_same_commits,
        a_local_merge_with_a_log_of_its_commits,
        two_commits_joined_by_an_interactive_rebase,
        two_commits_that_change_their_order,
        bob_brings_anns_commit_into_a_branch_of_his,
    )
