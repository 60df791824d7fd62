"""What a rule lets through, and what it holds back afterwards: edits in lives that differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.emulators.gitlab.tracked import Issue
from tests.engine.notified_world import heads, plain, telling, to_chat, to_people
from tests.engine.test_unusual_rules import SECRET, leaked
from tests.engine.world import World

PUBLIC = frozenset({"public"})


def opened(world: World, title: str = "Slow", **options: object) -> Issue:
    issue = world.gitlab.tracking.open_issue(world.shop, title, "ann", **options)
    world.settle()
    return issue


def test_an_emoji_on_what_became_confidential_shows_no_title(world: World) -> None:
    telling(world, to_chat(Kind.EMOJI, Kind.ISSUE))
    issue = opened(world)
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    award = world.gitlab.talking.award(issue, "thumbsup", "bob")
    world.gitlab.talking.revoke(award)
    world.settle()
    assert leaked(world) == []


@pytest.mark.parametrize("hidden", ["the comment", "its issue"])
def test_an_emoji_on_a_comment_for_members_shows_no_word(world: World, hidden: str) -> None:
    telling(world, to_chat(Kind.EMOJI, Kind.COMMENT))
    issue = opened(world, confidential=hidden == "its issue")
    note = world.gitlab.comment(issue, SECRET, "bob", internal=hidden == "the comment")
    world.gitlab.talking.award(issue, "thumbsup", "ann", note=note)
    world.settle()
    assert leaked(world) == []


def test_an_emoji_given_before_shows_nothing_newer(world: World) -> None:
    telling(world, to_chat(Kind.EMOJI))
    issue = opened(world)
    award = world.gitlab.talking.award(issue, "thumbsup", "bob")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.gitlab.talking.revoke(award)
    world.settle()
    assert leaked(world) == []


def test_what_waits_for_the_portal_is_not_sent_with_the_secret(world: World) -> None:
    """The portal was away when the issue was opened; it has become confidential since."""
    telling(world, to_chat(Kind.ISSUE))
    refused = world.refuse("im.message.add", "INTERNAL_SERVER_ERROR", times=2)
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.work()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.settle(100)
    assert refused is not None
    assert leaked(world) == []


def test_a_title_and_the_label_leave_in_one_edit(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, labels=PUBLIC))
    issue = opened(world, labels=["public"])
    world.gitlab.tracking.update_issue(issue, "ann", labels=["other"], title=SECRET)
    world.settle()
    assert leaked(world) == []


@pytest.mark.parametrize("act", ["close", "milestone", "comment"])
def test_what_left_its_label_shows_none_of_its_later_acts(world: World, act: str) -> None:
    telling(world, to_chat(Kind.ISSUE, labels=PUBLIC))
    issue = opened(world, labels=["public"])
    world.gitlab.tracking.update_issue(issue, "ann", labels=[])
    world.settle()
    before = world.posted()
    acts: dict[str, Callable[[], object]] = {
        "close": lambda: world.gitlab.tracking.close_issue(issue, "ann"),
        "milestone": lambda: world.gitlab.tracking.update_issue(issue, "ann", title=SECRET),
        "comment": lambda: world.gitlab.comment(issue, SECRET, "ann"),
    }
    acts[act]()
    world.settle()
    assert world.posted() == before


def test_a_label_that_returns_brings_the_newest_title(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, labels=PUBLIC))
    issue = opened(world, labels=["public"])
    world.gitlab.tracking.update_issue(issue, "ann", labels=[], title="Hidden for now")
    world.settle()
    assert "Hidden" not in "\n".join(plain(world.posted()))
    world.gitlab.tracking.update_issue(issue, "ann", labels=["Public"], title="For all")
    world.settle()
    assert "For all" in "\n".join(plain(world.posted()))


def test_a_person_who_was_told_hears_nothing_of_the_secret(world: World) -> None:
    telling(world, to_people(Kind.ISSUE, Role.RESPONSIBLE))
    world.opened()  # the task is known
    world.settle()
    before = len(world.told())
    issue = opened(world, "B24-2103 slow")
    assert len(world.told()) == before + 1
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.gitlab.tracking.close_issue(issue, "ann")
    world.settle()
    assert leaked(world) == []


def test_a_work_item_of_a_confidential_task_is_never_told(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, Kind.WORK_ITEM))
    issue = opened(world, SECRET, kind="Task", confidential=True)
    world.gitlab.tracking.update_issue(issue, "ann", labels=["public"])
    world.gitlab.tracking.close_issue(issue, "ann")
    world.settle()
    assert (leaked(world), heads(world)) == ([], [])


def test_a_rule_moved_to_another_chat_edits_the_old_no_more(world: World) -> None:
    world.b24.state.add_group("Ops", id=4, members=[1, 7])
    telling(world, to_chat(Kind.ISSUE))
    issue = opened(world)
    telling(world, to_chat(Kind.ISSUE, dialog="sg4"))
    world.gitlab.tracking.update_issue(issue, "ann", title=SECRET)
    world.settle()
    assert not [text for text in world.posted(3) if SECRET in text]


@pytest.mark.deep
def test_a_merge_request_sent_to_a_secret_branch_and_merged_there(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, branches=("main",)))
    world.gitlab.create_branch(world.shop, "embargo", "ann")
    mr = world.opened()
    world.settle()
    before = world.posted()
    world.gitlab.update_mr(mr, "ann", target_branch="embargo", title=SECRET)
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.posted() == before


def test_a_push_rule_of_a_branch_shows_none_of_another(world: World) -> None:
    telling(world, to_chat(Kind.PUSH, Kind.BRANCH, branches=("main",)))
    world.gitlab.push(world.shop, "main", ["Work"], "ann")
    world.settle()
    before = world.posted()
    world.gitlab.push(world.shop, "embargo", [SECRET], "ann")
    world.gitlab.push(world.shop, "embargo", [f"{SECRET} more"], "ann")
    world.gitlab.delete_branch(world.shop, "embargo", "ann")
    world.settle()
    assert world.posted() == before


def test_a_job_rule_shows_only_its_jobs_when_they_are_retried(world: World) -> None:
    telling(world, to_chat(Kind.JOB, jobs=("deploy*",)))
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    job = world.gitlab.working.add_job(run, "deploy", "deploy prod")
    world.gitlab.working.set_job(run, job, "failed")
    world.settle()
    before = heads(world)
    other = world.gitlab.working.add_job(run, "test", SECRET)
    world.gitlab.working.set_job(run, other, "failed")
    world.gitlab.working.retry_job(run, other)
    world.settle()
    assert (heads(world), leaked(world)) == (before, [])


def test_a_release_of_a_project_that_left_the_workgroup(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v1", "ann")
    made = world.gitlab.shipping.publish(world.shop, "v1", "ann")
    world.settle()
    world.shop.path = "secret/shop"
    world.gitlab.shipping.update_release(world.shop, made, description=SECRET)
    world.settle()
    assert leaked(world) == []
