"""Unusual lives of branches and merge requests: whose work they move, and whose they leave."""

from __future__ import annotations

import pytest

from sync.engine.upkeep.sweep import Sweep
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
OTHER = 2104


@pytest.fixture(autouse=True)
def _alive(world: World) -> None:
    world.task(OTHER)
    world.b24.state.add_user("Anna", email="ann@acme.example", id=9)


def field_of(world: World, task_id: int = 2103) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def branch_of(world: World, name: str, *messages: str, start: str = "", user: str = "ann") -> None:
    if start:
        world.gitlab.create_branch(world.shop, name, user, start=start)
    world.gitlab.push(world.shop, name, list(messages), user)


def request(
    world: World,
    branch: str,
    *messages: str,
    title: str = "Work",
    start: str = "",
    **options: object,
) -> MergeRequest:
    branch_of(world, branch, *messages, start=start)
    mr = world.gitlab.open_mr(world.shop, branch, title, "ann", **options)
    world.settle()
    return mr


def merge(world: World, mr: MergeRequest, **options: object) -> None:
    world.gitlab.merge(mr, "bob", **options)
    world.settle()


def statuses(world: World) -> tuple[int, int]:
    return world.status(), world.status(OTHER)


# --- branches and merge requests


@pytest.mark.deep
def test_a_pick_into_a_release_leaves_the_open_request_in_charge(world: World) -> None:
    world.gitlab.create_branch(world.shop, "release/1.0", "ann")
    mr = request(world, "pay", "B24-2103 pay")
    picked = mr.shas[0]
    branch_of(world, "pick-1", start="release/1.0")
    world.gitlab.coding.cherry_pick(world.shop, picked, "pick-1", "ann")
    pick = world.gitlab.open_mr(world.shop, "pick-1", "Pick", "ann", target_branch="release/1.0")
    world.settle()
    merge(world, pick)
    assert world.status() == IN_PROGRESS
    merge(world, mr)
    assert world.status() == COMPLETED


def test_a_hotfix_first_in_the_release_then_merged_forward_reopens_nothing(world: World) -> None:
    world.gitlab.create_branch(world.shop, "release/1.0", "ann")
    world.shop.branches["release/1.0"].protected = True
    mr = request(
        world, "hotfix", "B24-2103 hotfix", start="release/1.0", target_branch="release/1.0"
    )
    merge(world, mr)
    assert world.status() == COMPLETED
    forward = world.gitlab.open_mr(world.shop, "release/1.0", "Merge release 1.0 into main", "ann")
    forward.remove_source_branch = False
    world.settle()
    assert world.status() == COMPLETED
    merge(world, forward)
    assert world.status() == COMPLETED


def test_a_forward_port_over_a_branch_of_its_own_reopens_nothing(world: World) -> None:
    world.gitlab.create_branch(world.shop, "release/1.0", "ann")
    mr = request(
        world, "hotfix", "B24-2103 hotfix", start="release/1.0", target_branch="release/1.0"
    )
    merge(world, mr)
    branch_of(world, "forward", start="main")
    world.gitlab.branching.merge_branch(world.shop, "release/1.0", "forward", "ann")
    forward = world.gitlab.open_mr(world.shop, "forward", "Forward port", "ann")
    world.settle()
    assert world.status() == COMPLETED
    merge(world, forward)
    assert world.status() == COMPLETED


@pytest.mark.deep
def test_a_conflict_commit_of_main_names_nobodys_task(world: World) -> None:
    mr = request(world, "mine", "B24-2103 mine")
    merge(world, request(world, "theirs", f"B24-{OTHER} theirs"))
    cards = world.cards(OTHER)
    text = f"Merge branch 'main' into 'mine'\n\n# Conflicts:\n#\tapp.py\n\nB24-{OTHER} theirs"
    world.gitlab.branching.merge_branch(world.shop, "main", "mine", "ann", message=text)
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)
    assert world.cards(OTHER) == cards


@pytest.mark.deep
def test_merging_anothers_open_branch_in_takes_no_charge_of_it(world: World) -> None:
    theirs = request(world, "theirs", f"B24-{OTHER} theirs")
    mr = request(world, "mine", "B24-2103 mine")
    world.gitlab.branching.merge_branch(world.shop, "theirs", "mine", "ann")
    world.settle()
    merge(world, theirs)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_closing_word_amended_away_closes_nothing(world: World) -> None:
    mr = request(world, "mine", f"Closes B24-{OTHER}")
    world.gitlab.branching.amend(world.shop, "mine", f"Tidy, see B24-{OTHER}", "ann")
    world.settle()
    merge(world, mr)
    assert world.status(OTHER) != COMPLETED


def test_a_closing_word_amended_away_before_anything_was_worked_on(world: World) -> None:
    branch_of(world, "mine", f"Closes B24-{OTHER}")
    world.gitlab.branching.amend(world.shop, "mine", f"Tidy, see B24-{OTHER}", "ann")
    mr = world.gitlab.open_mr(world.shop, "mine", "Tidy", "ann")
    world.settle()
    assert world.status(OTHER) == WAITING
    merge(world, mr)
    assert world.status(OTHER) == WAITING


def test_numbers_leave_with_the_edit_of_title_and_return_with_it(world: World) -> None:
    mr = request(world, "mine", "Part", title=f"B24-{OTHER} pay")
    world.gitlab.update_mr(mr, "ann", title="Pay")
    world.settle()
    world.gitlab.update_mr(mr, "ann", title=f"B24-{OTHER} pay")
    world.settle()
    merge(world, mr)
    assert world.status(OTHER) == COMPLETED


def test_a_branch_deleted_and_made_again_has_its_new_work_only(world: World) -> None:
    mr = request(world, "mine", f"B24-{OTHER} first try")
    world.gitlab.close(mr, "ann")
    world.gitlab.delete_branch(world.shop, "mine", "ann")
    world.settle()
    cards = world.cards(OTHER)
    again = request(world, "mine", "B24-2103 second try")
    assert world.status() == IN_PROGRESS
    merge(world, again)
    assert world.status() == COMPLETED
    assert world.status(OTHER) != COMPLETED
    assert world.cards(OTHER) == cards


def test_a_request_closed_unmerged_completes_nothing_and_stays_closed(world: World) -> None:
    mr = request(world, "mine", "Closes B24-2103")
    world.gitlab.close(mr, "ann")
    world.settle()
    world.gitlab.push(world.shop, "main", ["Other"], "bob")
    world.settle()
    assert world.status() != COMPLETED


def test_the_same_branch_into_two_targets_waits_for_both(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    first = request(world, "mine", "B24-2103 mine", target_branch="develop")
    first.remove_source_branch = False
    second = world.gitlab.open_mr(world.shop, "mine", "To main", "ann")
    world.settle()
    merge(world, first)
    merge(world, second)
    assert world.status() == COMPLETED


@pytest.mark.deep
def test_a_target_changed_to_where_the_work_is_already_unlinks(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    below = request(world, "theirs", f"B24-{OTHER} theirs", target_branch="develop")
    merge(world, below)
    branch_of(world, "mine", "B24-2103 mine", start="develop")
    mr = world.gitlab.open_mr(world.shop, "mine", "Mine", "ann")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    world.gitlab.update_mr(mr, "ann", target_branch="develop")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, mr)
    assert statuses(world) == (COMPLETED, COMPLETED)


@pytest.mark.deep
def test_a_stack_of_three_ends_task_by_task(world: World) -> None:
    world.task(2105)
    one = request(world, "one", "B24-2103 one")
    two = request(world, "two", f"B24-{OTHER} two", start="one", target_branch="one")
    three = request(world, "three", "B24-2105 three", start="two", target_branch="two")
    merge(world, one)
    assert (*statuses(world), world.status(2105)) == (COMPLETED, IN_PROGRESS, IN_PROGRESS)
    assert two.target_branch == "main"
    merge(world, two)
    assert (*statuses(world), world.status(2105)) == (COMPLETED, COMPLETED, IN_PROGRESS)
    merge(world, three)
    assert (*statuses(world), world.status(2105)) == (COMPLETED, COMPLETED, COMPLETED)


@pytest.mark.parametrize("squash", [False, True])
def test_a_stack_rebased_after_the_first_was_squashed(world: World, squash: bool) -> None:
    one = request(world, "one", f"B24-{OTHER} one")
    two = request(world, "two", "B24-2103 two", start="one", target_branch="one")
    merge(world, one, squash=squash)
    world.gitlab.branching.rebase(world.shop, "two", "ann")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    merge(world, two)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_backport_by_hand_reopens_nothing(world: World) -> None:
    merge(world, request(world, "theirs", f"B24-{OTHER} part"))
    world.gitlab.create_branch(world.shop, "stable", "ann")
    branch_of(world, "back", f"B24-{OTHER} part", start="stable")
    back = world.gitlab.open_mr(world.shop, "back", "Back", "ann", target_branch="stable")
    world.settle()
    assert world.status(OTHER) == COMPLETED
    merge(world, back)
    assert world.status(OTHER) == COMPLETED


def test_the_same_words_in_a_second_request_are_new_work(world: World) -> None:
    merge(world, request(world, "one", f"B24-{OTHER} fix"))
    request(world, "two", f"B24-{OTHER} fix")
    assert world.status(OTHER) == IN_PROGRESS


def test_a_draft_is_work_and_merges_when_it_is_ready(world: World) -> None:
    mr = request(world, "mine", "B24-2103 mine", title="Draft: Mine")
    assert world.status() == IN_PROGRESS
    world.gitlab.update_mr(mr, "ann", draft=False)
    world.settle()
    merge(world, mr)
    assert world.status() == COMPLETED


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_release_with_a_change_log_in_its_description(world: World, squash: bool) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    for number, task_id in enumerate((2103, OTHER)):
        mr = request(world, f"f{number}", f"B24-{task_id} part", target_branch="develop")
        merge(world, mr, squash=squash)
    assert statuses(world) == (COMPLETED, COMPLETED)
    notes = f"## 1.2\n\n* B24-2103: pay !1\n* B24-{OTHER}: cart !2\n"
    release = world.gitlab.open_mr(world.shop, "develop", "Release 1.2", "ann", description=notes)
    release.remove_source_branch = False
    world.settle()
    assert statuses(world) == (COMPLETED, COMPLETED)
    run = world.gitlab.run_pipeline(release)
    run.set_status("failed")
    world.settle()
    merge(world, release, squash=squash)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_release_branch_cut_from_develop_reopens_nothing(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    mr = request(world, "f", f"B24-{OTHER} part", target_branch="develop")
    merge(world, mr)
    branch_of(world, "release/1.2", "Bump version", start="develop")
    world.settle()
    release = world.gitlab.open_mr(world.shop, "release/1.2", "Release 1.2", "ann")
    world.settle()
    assert world.status(OTHER) == COMPLETED
    merge(world, release)
    back = world.gitlab.open_mr(
        world.shop, "main", "Back to develop", "ann", target_branch="develop"
    )
    back.remove_source_branch = False
    world.settle()
    assert world.status(OTHER) == COMPLETED


def test_a_fix_inside_the_release_branch_is_work(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    branch_of(world, "release/1.2", "Bump version", start="develop")
    fix = request(
        world, "fix", f"B24-{OTHER} late fix", start="release/1.2", target_branch="release/1.2"
    )
    assert world.status(OTHER) == IN_PROGRESS
    merge(world, fix)
    assert world.status(OTHER) == COMPLETED
    release = world.gitlab.open_mr(world.shop, "release/1.2", "Release 1.2", "ann")
    world.settle()
    assert world.status(OTHER) == COMPLETED
    merge(world, release)
    assert world.status(OTHER) == COMPLETED


@pytest.mark.deep
def test_somebody_elses_pipeline_after_a_merge_of_main_says_nothing(world: World) -> None:
    merge(world, request(world, "theirs", f"B24-{OTHER} theirs"))
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("success")
    world.settle()
    assert field_of(world, OTHER) == "passed"
    mr = request(world, "mine", "B24-2103 mine")
    world.gitlab.branching.merge_branch(world.shop, "main", "mine", "ann")
    world.gitlab.run_pipeline(mr).set_status("failed")
    world.settle()
    assert field_of(world, OTHER) == "passed"
    assert field_of(world) == "failed"


@pytest.mark.deep
@pytest.mark.parametrize("way", ["amend", "reset", "force"])
def test_a_number_that_left_a_branch_without_a_request_unlinks(world: World, way: str) -> None:
    git = world.gitlab.branching
    branch_of(world, "mine", "B24-2103 start")
    keep = world.shop.branches["mine"].head
    branch_of(world, "mine", f"B24-{OTHER} wrong number")
    world.settle()
    if way == "amend":
        git.amend(world.shop, "mine", "B24-2103 right number", "ann")
    elif way == "reset":
        git.reset(world.shop, "mine", keep, "ann")
    else:
        git.force_push(world.shop, "mine", ["B24-2103 anew"], "ann")
    world.settle()
    world.gitlab.run_pipeline(world.shop, ref="mine").set_status("failed")
    world.settle()
    assert field_of(world) == "failed"
    assert field_of(world, OTHER) is None
    assert not world.reports(OTHER)


def test_a_branch_without_a_request_keeps_what_it_still_has(world: World) -> None:
    branch_of(world, "mine", "B24-2103 start")
    world.settle()
    branch_of(world, "mine", f"B24-{OTHER} more")
    world.settle()
    world.gitlab.run_pipeline(world.shop, ref="mine").set_status("failed")
    world.settle()
    assert (field_of(world), field_of(world, OTHER)) == ("failed", "failed")


def test_a_branch_that_cannot_be_asked_about_is_asked_again(world: World) -> None:
    branch_of(world, "mine", f"B24-{OTHER} wrong number")
    world.settle()
    world.gitlab.failing = 502
    world.gitlab.branching.amend(world.shop, "mine", "B24-2103 right number", "ann")
    world.settle()
    world.gitlab.failing = 0
    world.tick(120)
    assert Sweep(world.deps()).run(world.clock.now())
    world.gitlab.run_pipeline(world.shop, ref="mine").set_status("failed")
    world.settle()
    assert (field_of(world), field_of(world, OTHER)) == ("failed", None)
