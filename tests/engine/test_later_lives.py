"""Lives of teams of a later round: picks, hours, suggestions, main put back; kinds 1 to 4, 7."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync.core.rules.portal import Rules
from tests.engine.team_lives import (
    ANN,
    COMPLETED,
    IN_PROGRESS,
    WAITING,
    Life,
    play,
)
from tests.engine.test_team_pipelines import broken, main_run
from tests.engine.world import World

HOUR = 3600


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)


# --- 1, 3: whose work it is


def opened_against_an_old_branch_and_sent_to_main(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    git.create_branch(life.shop, "stable", "ann")
    yield
    life.merge(life.request("cart", f"B24-{life.other} cart"))
    yield
    mr = life.request("pay", f"B24-{life.task} pay", target_branch="stable")
    yield
    assert life.statuses() == (IN_PROGRESS, COMPLETED)
    shown = life.world.cards(life.other)
    git.update_mr(mr, "ann", target_branch="main")
    yield
    life.merge(mr)
    yield
    assert life.statuses() == (COMPLETED, COMPLETED)
    assert life.world.cards(life.other) == shown


def gitlabs_pick_button_makes_a_request(life: Life) -> Iterator[None]:
    """It fills in the title and the words of the merge commit."""
    git = life.world.gitlab
    git.create_branch(life.shop, "stable", "ann")
    mr = life.request(f"B24-{life.task}-pay", "Pay", title="Pay")
    yield
    life.merge(mr)
    yield
    git.create_branch(life.shop, "cherry-pick-4f1c9e0a", "bob", start="stable")
    title = f"Merge branch 'B24-{life.task}-pay' into 'main'"
    words = f"Pay\n\nSee !{mr.iid}\n\n(cherry picked from commit {mr.merge_commit_sha})"
    git.push(life.shop, "cherry-pick-4f1c9e0a", [f"{title}\n\n{words}"], "bob")
    back = git.open_mr(
        life.shop, "cherry-pick-4f1c9e0a", title, "bob",
        target_branch="stable", description=words,
    )  # fmt: skip
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    life.merge(back)
    yield
    assert life.statuses() == (COMPLETED, WAITING)


def work_and_its_revert_in_one_request(life: Life) -> Iterator[None]:
    """Nothing of the first task is left in it, nor in what is pushed to main."""
    work = f"Pay, closes B24-{life.task}"
    back = f'Revert "{work}"\n\nThis reverts commit 4f1c9e0a4f1c9e0a.'
    mr = life.request("pay", work, f"B24-{life.other} cart", back)
    yield
    life.merge(mr)
    yield
    assert life.world.status(life.task) != COMPLETED
    assert life.world.status(life.other) == COMPLETED


def suggestions_applied_in_batch_by_another(life: Life) -> Iterator[None]:
    words = f"B24-{life.task} pay #time 1h"
    mr = life.request("pay", words, title=words)
    yield
    text = f"{words}\n\nApply 3 suggestion(s) to 2 file(s)\n\nCo-authored-by: Ann <a@acme.example>"
    life.push("pay", text, user="bob")
    yield
    life.merge(mr)
    yield
    assert life.logged() == [(ANN, HOUR)]


def two_works_of_the_same_words(life: Life) -> Iterator[None]:
    """Written at two moments: two hours, however they are merged."""
    words = f"B24-{life.task} fix #time 1h"
    first = life.request("one", words, title=words)
    yield
    life.world.tick(2 * HOUR)
    second = life.request("two", words, title=words)
    yield
    life.merge(first)
    yield
    life.merge(second, squash=True)
    yield
    assert life.logged() == [(ANN, HOUR), (ANN, HOUR)]


def a_pick_without_a_word_of_its_origin(life: Life) -> Iterator[None]:
    """`git cherry-pick` without -x keeps who wrote the commit, and when."""
    git = life.world.gitlab
    git.create_branch(life.shop, "stable", "ann")
    mr = life.request("pay", f"B24-{life.task} pay #time 1h", title="Pay")
    yield
    life.world.tick(2 * HOUR)
    made = life.shop.commits[mr.shas[0]]
    picked = replace(
        made, id=git.state.next_sha(), parent_ids=(), at=git.state.now(), authored_at=made.at
    )
    git.create_branch(life.shop, "back", "bob", start="stable")
    git.push(life.shop, "back", [picked], "bob")
    back = git.open_mr(life.shop, "back", "Back", "bob", target_branch="stable")
    yield
    life.merge(mr)
    yield
    life.merge(back)
    yield
    assert life.logged() == [(ANN, HOUR)]


def an_amended_commit_with_a_fresh_date(life: Life) -> Iterator[None]:
    """`git commit --amend --reset-author`: the first is gone."""
    words = f"B24-{life.task} pay #time 1h"
    mr = life.request("pay", words, title="Pay")
    yield
    life.world.tick(2 * HOUR)
    life.world.gitlab.branching.force_push(life.shop, "pay", [words], "ann")
    yield
    life.merge(mr)
    yield
    assert life.logged() == [(ANN, HOUR)]


# --- 7: main is put back


def what_passed_on_main_is_gone(life: Life) -> Iterator[None]:
    git, start = life.world.gitlab, life.shop.branches["main"].head
    life.merge(life.request("pay", f"B24-{life.task} pay"))
    yield
    main_run(life, "success")
    yield
    assert life.fields()[0] == "passed"
    done = life.shop.branches["main"].head
    git.branching.reset(life.shop, "main", start, "bob")
    main_run(life, "success")
    yield
    assert life.fields()[0] == ""
    git.branching.reset(life.shop, "main", done, "bob")
    yield
    assert life.fields()[0] == "passed"


def what_failed_on_main_is_gone(life: Life) -> Iterator[None]:
    start = life.shop.branches["main"].head
    yield from broken(life)
    life.world.gitlab.branching.reset(life.shop, "main", start, "bob")
    main_run(life, "success")
    yield
    assert life.fields()[0] == ""
    assert not any("it is fixed" in text for text in life.notified())


def test_whose_work_it_is_in_later_lives(world: World) -> None:
    world.rules = Rules()
    play(
        world,
        opened_against_an_old_branch_and_sent_to_main,
        gitlabs_pick_button_makes_a_request,
        work_and_its_revert_in_one_request,
        suggestions_applied_in_batch_by_another,
        two_works_of_the_same_words,
        a_pick_without_a_word_of_its_origin,
        an_amended_commit_with_a_fresh_date,
        what_passed_on_main_is_gone,
        what_failed_on_main_is_gone,
    )
