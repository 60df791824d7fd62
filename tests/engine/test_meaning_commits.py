"""Whose commits they are: a merge request moves the tasks of its own work, as GitLab says now."""

from __future__ import annotations

import pytest

from tests.depth import sample
from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
OTHER = 2104


@pytest.fixture(autouse=True)
def _alive(world: World) -> None:
    world.task(OTHER)


def field_of(world: World, task_id: int) -> str | None:
    return world.b24.state.tasks[task_id].uf.get("UF_CI_STATUS")


def branch_of(world: World, name: str, *messages: str, user: str = "ann") -> str:
    world.gitlab.push(world.shop, name, messages, user)
    return name


def request(
    world: World, branch: str, *messages: str, title: str = "Work", **options: object
) -> MergeRequest:
    branch_of(world, branch, *messages)
    return world.gitlab.open_mr(world.shop, branch, title, "ann", **options)


def merged(world: World, branch: str, *messages: str, **options: object) -> MergeRequest:
    """Work that reached its target long before."""
    mr = request(world, branch, *messages)
    world.settle()
    world.gitlab.merge(mr, "ann", **options)
    world.settle()
    return mr


def finish(world: World, task_id: int = OTHER) -> None:
    assert world.status(task_id) == COMPLETED
    assert world.cards(task_id)


# --- others' commits on one's own branch


@pytest.mark.deep
@pytest.mark.parametrize("way", ["merge", "rebase", "merge, then rebase"])
@pytest.mark.parametrize("at_once", [False, True], ids=["step by step", "at once"])
def test_taking_main_in_brings_nobody_elses_task(world: World, way: str, at_once: bool) -> None:
    git = world.gitlab.branching
    mr = request(world, "mine", "B24-2103 my part")
    world.settle()
    merged(world, "theirs", f"B24-{OTHER} their part")
    finish(world)
    cards = world.cards(OTHER)
    if "merge" in way:
        git.merge_branch(world.shop, "main", "mine", "ann")
    if not at_once:
        world.settle()
    if "rebase" in way:
        git.rebase(world.shop, "mine", "ann")
    world.settle()
    run = world.gitlab.run_pipeline(world.shop, ref="mine")
    run.set_status("failed")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (IN_PROGRESS, COMPLETED)
    assert world.cards(OTHER) == cards
    assert not [text for text in world.reports(OTHER) if "mine" in text]
    assert field_of(world, OTHER) != "failed"
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED


def test_a_branch_without_a_merge_request_has_its_own_work_only(world: World) -> None:
    branch_of(world, "mine", "B24-2103 my part")
    world.settle()
    merged(world, "theirs", f"B24-{OTHER} their part")
    world.gitlab.branching.merge_branch(world.shop, "main", "mine", "ann")
    world.gitlab.run_pipeline(world.shop, ref="mine").set_status("failed")
    world.settle()
    assert field_of(world, OTHER) != "failed"
    assert field_of(world, 2103) == "failed"


def test_a_comment_on_a_commit_of_main_is_not_for_who_merged_it(world: World) -> None:
    hook = next(iter(world.gitlab.state.hooks.values()))
    hook.events["note_events"] = True
    request(world, "mine", "B24-2103 my part")
    world.settle()
    sha = world.gitlab.push(world.shop, "main", [f"B24-{OTHER} straight to main"], "bob")[0].id
    world.settle()
    world.gitlab.branching.merge_branch(world.shop, "main", "mine", "ann")
    world.settle()
    before = world.cards()
    world.gitlab.comment(world.shop.commits[sha], "Look at this", "bob", place=world.shop)
    world.settle()
    assert world.cards() == before


# --- numbers that left


@pytest.mark.deep
@pytest.mark.parametrize("at_once", [False, True], ids=["step by step", "at once"])
def test_a_number_that_was_amended_away_is_not_completed(world: World, at_once: bool) -> None:
    mr = request(world, "mine", f"B24-{OTHER} typo in the number")
    if not at_once:
        world.settle()
        assert world.status(OTHER) == IN_PROGRESS
    world.gitlab.branching.amend(world.shop, "mine", "B24-2103 the right number", "ann")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (
        COMPLETED,
        WAITING if at_once else IN_PROGRESS,
    )


def test_a_commit_that_was_reset_away_unlinks_its_task(world: World) -> None:
    mr = request(world, "mine", "B24-2103 first")
    world.settle()
    keep = mr.head_sha
    world.gitlab.push(world.shop, "mine", [f"B24-{OTHER} second"], "ann")
    world.settle()
    assert world.status(OTHER) == IN_PROGRESS
    world.gitlab.branching.reset(world.shop, "mine", keep, "ann")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, IN_PROGRESS)


def test_words_taken_out_of_title_and_description_unlink(world: World) -> None:
    mr = request(world, "mine", "Part", title=f"B24-{OTHER}: fix", description="Closes B24-2103")
    world.settle()
    world.gitlab.update_mr(mr, "ann", title="Fix", description="Closes B24-2103")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, IN_PROGRESS)


# --- a branch used again


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
def test_a_branch_used_again_leaves_the_first_task_alone(world: World, squash: bool) -> None:
    first = request(world, "mine", f"B24-{OTHER} begun")
    first.remove_source_branch = False
    world.settle()
    world.gitlab.merge(first, "ann", squash=squash)
    world.settle()
    finish(world)
    cards = world.cards(OTHER)
    second = request(world, "mine", "B24-2103 continued", title="More")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (IN_PROGRESS, COMPLETED)
    assert world.cards(OTHER) == cards
    world.gitlab.merge(second, "ann")
    world.settle()
    assert world.status() == COMPLETED
    assert world.cards(OTHER) == cards


# --- releases


def with_develop(world: World) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    world.shop.branches["develop"].protected = True


@pytest.mark.deep
@pytest.mark.parametrize("protected", [True, False])
@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize(
    "description", sample(["", f"In this release: B24-{OTHER}", f"Closes B24-{OTHER}"], 2)
)
def test_a_release_reopens_nothing(
    world: World, squash: bool, description: str, protected: bool
) -> None:
    with_develop(world)
    world.shop.branches["develop"].protected = protected
    mr = request(world, "theirs", f"B24-{OTHER} part", target_branch="develop")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=squash)
    world.settle()
    finish(world)
    release = world.gitlab.open_mr(
        world.shop, "develop", "Release 1.2", "ann", description=description
    )
    release.remove_source_branch = False
    world.settle()
    assert world.status(OTHER) == COMPLETED
    world.gitlab.merge(release, "ann")
    world.settle()
    assert world.status(OTHER) == COMPLETED
    again = request(world, "develop2", "B24-2103 next", target_branch="develop")
    world.settle()
    world.gitlab.merge(again, "ann")
    world.settle()
    following = world.gitlab.open_mr(world.shop, "develop", "Release 1.3", "ann")
    following.remove_source_branch = False
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, COMPLETED)


def test_a_release_that_stays_open_keeps_no_task_in_progress(world: World) -> None:
    with_develop(world)
    release = world.gitlab.open_mr(
        world.shop, "develop", "Release", "ann", description=f"B24-{OTHER}"
    )
    release.remove_source_branch = False
    world.settle()
    mr = request(world, "theirs", f"B24-{OTHER} part", target_branch="develop")
    world.settle()
    assert world.status(OTHER) == IN_PROGRESS
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status(OTHER) == COMPLETED


def test_work_of_its_own_after_the_release_reopens_the_task(world: World) -> None:
    merged(world, "theirs", f"B24-{OTHER} part")
    finish(world)
    request(world, f"B24-{OTHER}-follow-up", "A correction")
    world.settle()
    assert world.status(OTHER) == IN_PROGRESS


def test_a_backport_of_merged_work_reopens_nothing(world: World) -> None:
    mr = merged(world, "theirs", f"B24-{OTHER} part")
    world.gitlab.create_branch(world.shop, "stable", "ann")
    world.gitlab.create_branch(world.shop, "cherry-pick-1", "ann", start="stable")
    world.gitlab.coding.cherry_pick(world.shop, mr.shas[0], "cherry-pick-1", "bob")
    world.gitlab.open_mr(world.shop, "cherry-pick-1", "Backport", "bob", target_branch="stable")
    world.settle()
    assert world.status(OTHER) == COMPLETED


# --- stacked merge requests


@pytest.mark.deep
@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("target", ["base", "main"])
def test_the_first_of_a_stack_does_not_wait_for_the_second(
    world: World, target: str, squash: bool
) -> None:
    first = request(world, "base", f"B24-{OTHER} below")
    world.settle()
    world.gitlab.create_branch(world.shop, "top", "ann", start="base")
    branch_of(world, "top", "B24-2103 above")
    second = world.gitlab.open_mr(world.shop, "top", "Above", "ann", target_branch=target)
    world.settle()
    world.gitlab.merge(first, "ann", squash=squash)
    world.settle()
    assert (world.status(), world.status(OTHER)) == (IN_PROGRESS, COMPLETED)
    world.gitlab.merge(second, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, COMPLETED)


@pytest.mark.deep
def test_a_task_merged_into_a_feature_branch_is_not_reopened_by_that_branch(world: World) -> None:
    below = request(world, "base", "B24-2103 below")
    world.settle()
    world.gitlab.create_branch(world.shop, "top", "ann", start="base")
    branch_of(world, "top", f"B24-{OTHER} above")
    above = world.gitlab.open_mr(world.shop, "top", "Above", "ann", target_branch="base")
    world.settle()
    world.gitlab.merge(above, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (IN_PROGRESS, COMPLETED)
    world.gitlab.merge(below, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, COMPLETED)


# --- forks


def forked(world: World) -> Project:
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    url = next(iter(world.gitlab.state.hooks.values())).url
    world.gitlab.add_hook(fork, url, "merge_requests_events", "push_events", "pipeline_events")
    return fork


def test_a_forks_branch_is_not_ours_of_the_same_name(world: World) -> None:
    with_develop(world)
    fork = forked(world)
    world.gitlab.push(fork, "develop", ["Their part"], "cid")
    world.gitlab.open_mr(world.shop, "develop", "B24-2103 from a fork", "cid", source_project=fork)
    world.settle()
    cards, reports = world.cards(), world.reports()
    world.gitlab.push(world.shop, "develop", [f"B24-{OTHER} ours"], "ann")
    world.gitlab.run_pipeline(world.shop, ref="develop").set_status("failed")
    world.settle()
    assert (world.cards(), world.reports()) == (cards, reports)
    assert field_of(world, 2103) != "failed"
    assert not world.cards(OTHER)


def test_a_forks_own_commits_count(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "develop", ["B24-2103 theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "develop", "From a fork", "cid", source_project=fork)
    mr.remove_source_branch = False
    world.settle()
    assert world.status() == IN_PROGRESS
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED


def test_a_fork_works_on_its_main_branch(world: World) -> None:
    fork = forked(world)
    world.gitlab.push(fork, "main", ["B24-2103 theirs"], "cid")
    mr = world.gitlab.open_mr(world.shop, "main", "From a fork", "cid", source_project=fork)
    world.settle()
    assert world.status() == IN_PROGRESS
    world.gitlab.run_pipeline(mr).set_status("success")
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.settle()
    assert field_of(world, 2103) == "passed"


# --- asking GitLab


def asked(world: World) -> int:
    return sum("graphql" in path or path.endswith("/commits") for _, path in world.gitlab.requests)


def test_one_question_serves_all_merge_requests_that_wait(world: World) -> None:
    for number in range(12):
        request(world, f"B24-2103-{number}", "First")
        world.gitlab.push(world.shop, f"B24-2103-{number}", ["Second", "Third"], "ann")
    world.settle()
    assert asked(world) == 1


def test_a_new_branch_and_what_changes_no_head_ask_nothing(world: World) -> None:
    mr = request(world, "mine", "B24-2103 part")
    world.settle()
    world.gitlab.approve(mr, "bob")
    world.gitlab.update_mr(mr, "ann", title="Other words")
    world.settle()
    assert asked(world) == 0
    assert world.status() == IN_PROGRESS


def test_a_gitlab_without_the_graphql_field_is_asked_by_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.emulators.gitlab import graphql_schema

    monkeypatch.delitem(graphql_schema.TYPES["MergeRequest"], "commitsWithoutMergeCommits")
    mr = request(world, "mine", "Start")
    world.gitlab.push(world.shop, "mine", [f"B24-{OTHER} wrong"], "ann")
    world.gitlab.branching.amend(world.shop, "mine", "B24-2103 right", "ann")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert (world.status(), world.status(OTHER)) == (COMPLETED, WAITING)


def test_what_gitlab_could_not_say_is_asked_again(world: World) -> None:
    mr = request(world, "mine", "Start")
    world.gitlab.push(world.shop, "mine", ["B24-2103 part"], "ann")
    world.gitlab.failing = 502
    world.work()
    assert world.status() == WAITING
    world.gitlab.failing = 0
    world.tick(120)
    world.gitlab.update_mr(mr, "ann", title="Other")
    world.settle()
    assert world.status() == IN_PROGRESS
