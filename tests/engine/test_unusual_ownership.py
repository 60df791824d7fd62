"""Unusual lives of branches and merge requests: whose work they move, and whose they leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.engine.upkeep.sweep import Sweep
from tests.depth import sample
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


# --- forks


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


# --- who says it again


SAID = "Pay B24-2103 #time 1h #comment Half is done"


def logged(world: World) -> list[tuple[int, int]]:
    return [(entry.user_id, entry.seconds) for entry in world.b24.state.elapsed.values()]


def said(world: World) -> int:
    return sum("Half is done" in text and "!1" not in text for text in world.cards())


def copy_of(world: World, sha: str, message: str, branch: str, user: str = "ann") -> None:
    """The commit once more under another message, by `user`."""
    place = world.shop
    made = replace(
        place.commits[sha], id=world.gitlab.state.next_sha(), message=message,
        parent_ids=(place.branches[branch].head,), at=world.clock.now(),
        author_name=world.gitlab.state.user(user).name,
        author_email=world.gitlab.state.user(user).email,
    )  # fmt: skip
    world.gitlab.push(place, branch, [made], user)
    world.settle()


COPIES = {
    "squash with a number": SAID + " (!1)",
    "squash with see": f"{SAID}\n\nSee merge request acme/shop!1",
    "a co-author": f"{SAID}\n\nCo-authored-by: Bob <bob@acme.example>",
    "signed off": f"{SAID}\n\nSigned-off-by: Ann <ann@acme.example>",
    "an approver": f"{SAID}\n\nApproved-by: Ann <ann@acme.example>\nSee merge request acme/shop!1",
    "a pick": f"{SAID}\n\n(cherry picked from commit 4f1c9e0a4f1c9e0a)",
    "a pick with a suffix": f"{SAID}\n\n(cherry picked from commit 4f1c9e0a4f1c9e0a)\n\n4f1c9e0a",
    "a squash list": f"Payments\n\n* {SAID}\n\n* Tests",
    "a squash list with dashes": f"Payments\n\n- {SAID}\n- Tests",
    "a GitHub squash": f"Payments (#7)\n\n* {SAID}\n\n* Tests",
    "git's own squash": f"Squashed commit of the following:\n\ncommit 4f1c\n\n    {SAID}",
    "a backport": f"[Backport] {SAID}",
    "a backport, GitLab's bot": f"{SAID}\n\nBackport of !1",
    "a draft of it": f"Draft: {SAID}",
    "a merge train": f"Merge branch 'pay' into 'main'\n\n{SAID}\n\nSee merge request acme/shop!1",
    "a merge train, by the bot": f"Merge branch 'pay'\n\n{SAID}\n\nCloses #3",
    "a merge with a template": f"{SAID} (acme/shop!1)",
    "fixup": f"fixup! {SAID}",
    "amend": f"amend! {SAID}\n\n{SAID}",
    "with an emoji": f"✨ {SAID}",
    "numbered": f"1. {SAID}",
}  # fmt: skip


# Of each two the first is by another, in turns: a short run has every text, and both people.
COPIED = [
    (name, user)
    for number, name in enumerate(COPIES)
    for user in (("ann", "bob") if number % 2 else ("bob", "ann"))
]


@pytest.mark.parametrize(("name", "user"), sample(COPIED, 2))
def test_a_copy_logs_nothing_again(world: World, name: str, user: str) -> None:
    message = COPIES[name]
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.settle()
    copy_of(world, world.shop.branches["pay"].head, message, "main", user)
    assert logged(world) == [(8, 3600)]
    assert said(world) == 1


def test_a_copy_that_arrives_first_counts_once_all_the_same(world: World) -> None:
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.gitlab.merge(mr, "ann")
    world.hold_deliveries = False
    late = list(world.inbox_order)
    world.store(late[::-1])
    world.settle()
    assert [seconds for _, seconds in logged(world)] == [3600]
    assert logged(world) == [(8, 3600)]


def test_a_squash_whose_message_was_edited_logs_nothing_again(world: World) -> None:
    world.gitlab.push(world.shop, "pay", ["Start", "Pay\n\nB24-2103 #time 1h"], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", "Payments\n\nB24-2103 #time 1h", "bob")
    world.settle()
    world.gitlab.merge(mr, "ann", squash=True)
    world.settle()
    assert logged(world) == [(8, 3600)]


@pytest.mark.parametrize("days", [40, 150])
def test_a_pick_of_an_old_commit_repeats_nothing(world: World, days: int) -> None:
    sha = world.gitlab.push(world.shop, "main", [SAID], "bob")[0].id
    world.settle()
    world.gitlab.create_branch(world.shop, "stable", "ann")
    world.settle()
    world.tick(days * 86400)
    world.gitlab.coding.cherry_pick(world.shop, sha, "stable", "ann")
    world.settle()
    assert logged(world) == [(8, 3600)]
    assert said(world) == 1


def test_the_same_words_a_month_later_are_new_work(world: World) -> None:
    for _ in range(2):
        world.gitlab.push(world.shop, "topic", ["Pay B24-2103 #time 1h"], "bob")
        world.settle(100)
        world.tick(31 * 86400)
    assert logged(world) == [(8, 3600), (8, 3600)]
