"""News, pipelines, rules and rollbacks as teams live them: kinds 6 to 12, by the worker."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from tests.engine.history import connected_now, hears_everything
from tests.engine.notified_world import heads, notified, plain, telling, to_chat
from tests.engine.sampled_world import EVERYTHING, sample
from tests.engine.test_meaning_smaller import arrive
from tests.engine.test_unusual_copies import logged
from tests.engine.test_unusual_ownership import (
    COMPLETED,
    IN_PROGRESS,
    OTHER,
    branch_of,
    field_of,
    merge,
    request,
)
from tests.engine.test_unusual_repeats import count
from tests.engine.test_unusual_rollbacks import SUCCESS, merged, push, rolled_back, ship
from tests.engine.test_unusual_rules import SECRET, leaked
from tests.engine.world import HOST, World

WAITING = 2
DAY = 86_400.0


def old_request(world: World, *, merged_too: bool = True) -> object:
    """A merge request of months ago, of which nobody has heard."""
    hears_everything(world)
    world.hold_deliveries = True
    mr = world.opened(description="Closes B24-2103")
    if merged_too:
        world.gitlab.merge(mr, "ann")
    else:
        world.gitlab.close(mr, "ann")
    world.hold_deliveries = False
    world.tick(150 * DAY)
    connected_now(world)
    world.tick(60)
    return mr


# --- 6: what did not happen now


@pytest.mark.deep
@pytest.mark.parametrize("merged_too", [True, False])
@pytest.mark.parametrize("act", ["title", "reviewer", "milestone", "emoji", "description"])
def test_an_act_on_a_request_that_was_over_moves_nothing(
    world: World, act: str, merged_too: bool
) -> None:
    mr = old_request(world, merged_too=merged_too)
    git = world.gitlab
    {
        "title": lambda: git.update_mr(mr, "ann", title="Closes B24-2103"),
        "reviewer": lambda: git.request_review(mr, "cid", "ann"),
        "milestone": lambda: git.update_mr(mr, "ann", labels=["1.0"]),
        "emoji": lambda: git.talking.award(mr, "thumbsup", "bob"),
        "description": lambda: git.update_mr(mr, "ann", description="B24-2103 #time 1h"),
    }[act]()
    world.settle()
    assert (world.status(), logged(world)) == (WAITING, [])


def test_a_comment_on_old_work_completes_nothing(world: World) -> None:
    mr = old_request(world)
    world.gitlab.comment(mr, "Why was this done? Closes B24-2103", "bob")
    world.settle()
    assert world.status() == WAITING


@pytest.mark.deep
@pytest.mark.parametrize("trigger", ["merge_requests_events", "note_events", "pipeline_events"])
@pytest.mark.parametrize("minutes", [2, 9, 20])
def test_a_sample_of_a_young_thing_of_before_the_connection_is_silent(
    world: World, trigger: str, minutes: float
) -> None:
    """Who connects presses Test at once: the newest thing is a few minutes old, and ann's own."""
    telling(world, to_chat(*EVERYTHING))
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.comment(mr, "See B24-2103", "ann")
    world.gitlab.run_pipeline(mr).set_status("failed")
    world.hold_deliveries = False
    world.tick(minutes * 60)
    connected_now(world)
    world.tick(5)
    named = {"action": "open"} if trigger == "merge_requests_events" else {}
    sample(world, trigger, **named)
    assert (heads(world), world.cards(), notified(world)) == ([], [], [])
    assert world.status() == WAITING


def test_a_push_sample_with_hours_and_closing_words_is_silent(world: World) -> None:
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "main", ["Closes B24-2103 #time 6h", "A", "B"], "ann")
    world.hold_deliveries = False
    world.tick(60)
    sample(world, "push_events")
    assert (world.status(), logged(world)) == (WAITING, [])


# --- 7 and 8: pipelines


def run(world: World, status: str, ref: str = "main", **options: object) -> None:
    world.gitlab.run_pipeline(world.shop, ref=ref, **options).set_status(status)
    world.settle()
    world.tick(60)


@pytest.mark.deep
def test_another_merge_mends_what_ours_broke(world: World) -> None:
    world.task(OTHER)
    merge(world, world.opened())
    run(world, "failed")
    merge(world, request(world, "mend", f"B24-{OTHER} mend"))
    run(world, "success")
    assert (field_of(world), field_of(world, OTHER)) == ("passed", "passed")


@pytest.mark.deep
def test_a_pipeline_retried_to_success_mends_its_own_failure(world: World) -> None:
    merge(world, world.opened())
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main")
    pipeline.set_status("failed")
    world.settle()
    world.gitlab.building.retry(pipeline)
    pipeline.set_status("success")
    world.settle()
    assert field_of(world) == "passed"


@pytest.mark.deep
def test_a_nightly_run_mends_what_the_merge_broke(world: World) -> None:
    merge(world, world.opened())
    run(world, "failed")
    world.tick(12 * 3600)
    run(world, "success", source="schedule")
    assert field_of(world) == "passed"


def test_a_red_topic_branch_says_nothing_after_a_green_main(world: World) -> None:
    mr = world.opened()
    mr.remove_source_branch = False
    merge(world, mr)
    run(world, "success")
    branch_of(world, "other", "Other", start="main")
    run(world, "failed", ref="other")
    assert field_of(world) == "passed"


def test_a_tag_that_fails_to_build_does_not_break_the_task(world: World) -> None:
    merge(world, world.opened())
    run(world, "success")
    world.gitlab.tag(world.shop, "v1", "ann")
    run(world, "failed", ref="v1")
    assert field_of(world) == "passed"


@pytest.mark.deep
@pytest.mark.parametrize("status", ["failed", "canceled", "skipped"])
def test_a_child_says_nothing_of_the_branch_by_itself(world: World, status: str) -> None:
    merge(world, world.opened())
    parent = world.gitlab.run_pipeline(world.shop, ref="main")
    child = world.gitlab.working.run_child(parent, "child")
    child.set_status(status)
    parent.set_status("success")
    world.settle()
    assert field_of(world) == "passed"


def test_a_red_pipeline_of_another_project_that_ours_started(world: World) -> None:
    world.gitlab.state.add_project("acme/deploy", members={"ann": 40})
    merge(world, world.opened())
    parent = world.gitlab.run_pipeline(world.shop, ref="main")
    world.gitlab.working.run_downstream(parent, "deploy", "acme/deploy").set_status("failed")
    parent.set_status("success")
    world.settle()
    assert field_of(world) == "passed"


# --- 9: rules


def test_a_comment_edited_after_its_issue_became_confidential(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT, Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    note = world.gitlab.comment(issue, "Me too", "bob")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True)
    world.gitlab.talking.edit_comment(issue, note, SECRET, "bob")
    world.settle()
    assert leaked(world) == []


def test_what_was_confidential_and_is_public_again_shows_the_newest(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True, title=SECRET)
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", confidential=False, title="For all")
    world.settle()
    assert leaked(world) == []
    assert "For all" in "\n".join(plain(world.posted()))


def test_a_draft_retitled_after_it_left_the_rules_branch(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, branches=("main",)))
    world.gitlab.create_branch(world.shop, "vault", "ann")
    mr = world.opened("pay", "Draft: Pay")
    world.settle()
    world.gitlab.update_mr(mr, "ann", target_branch="vault")
    world.gitlab.update_mr(mr, "ann", title=SECRET)
    world.gitlab.approve(mr, "bob")
    world.settle()
    assert leaked(world) == []


@pytest.mark.deep
@pytest.mark.parametrize("late", [False, True])
def test_a_deployment_of_another_environment_is_not_edited_in(world: World, late: bool) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, environments=("production",)))
    push(world, "Old")
    ship(world)
    before = world.posted()
    push(world, SECRET)
    ship(world, environment="staging", status="failed" if late else "success")
    assert (world.posted(), leaked(world)) == (before, [])


# --- 10: rollbacks


def test_the_same_commit_deployed_again_is_no_rollback(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    push(world, "Old")
    sha = push(world, "New")
    ship(world)
    ship(world, sha=sha)
    assert rolled_back(world) == []


@pytest.mark.deep
def test_a_rollback_that_fails_is_none(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT))
    old = push(world, "Old")
    ship(world)
    push(world, "New")
    ship(world)
    ship(world, sha=old, status="failed")
    assert rolled_back(world) == []


@pytest.mark.deep
def test_work_that_comes_back_after_a_rollback_is_deployed_again(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    newest = merged(world)
    ship(world)
    ship(world, sha=old)
    ship(world, sha=newest)
    assert len(rolled_back(world)) == 1
    assert "Rolled back" not in plain(world.posted())[-1]


@pytest.mark.deep
def test_a_rollback_of_staging_leaves_production(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS, environments=("production",)))
    old = push(world, "Old")
    ship(world)
    ship(world, environment="staging")
    push(world, "New")
    ship(world)
    ship(world, environment="staging")
    ship(world, environment="staging", sha=old)
    assert rolled_back(world) == []


# --- 11: equal bodies


@pytest.fixture
def aged(world: World) -> World:
    world.gitlab.state.version = "17.3.0"
    telling(world, to_chat(*EVERYTHING))
    return world


def test_approved_withdrawn_and_approved_in_one_moment(aged: World) -> None:
    mr = aged.opened()
    aged.settle()
    aged.gitlab.approve(mr, "bob")
    aged.gitlab.unapprove(mr, "bob")
    aged.gitlab.approve(mr, "bob")
    aged.settle()
    assert "approved by" in aged.cards()[0]


@pytest.mark.deep
def test_a_pipeline_that_fails_twice_is_red_twice(aged: World) -> None:
    mr = aged.opened()
    pipeline = aged.gitlab.run_pipeline(mr)
    for _ in range(2):
        pipeline.set_status("failed")
        aged.settle()
        aged.gitlab.building.retry(pipeline)
        aged.settle()
    pipeline.set_status("success")
    aged.settle()
    assert field_of(aged) == "passed"


def test_a_page_made_deleted_and_made_again(aged: World) -> None:
    for _ in range(2):
        page = aged.gitlab.keeping.write_page(aged.shop, "Home", "Text", "ann")
        aged.settle()
        aged.gitlab.keeping.delete_page(aged.shop, page, "ann")
        aged.settle()
    assert count(aged, "wiki_page") == 4


@pytest.mark.deep
def test_a_request_closed_and_opened_again_and_again(aged: World) -> None:
    mr = aged.opened()
    for _ in range(3):
        aged.gitlab.close(mr, "ann")
        aged.settle()
        aged.gitlab.reopen(mr, "ann")
        aged.settle()
    assert aged.status() == IN_PROGRESS
    aged.gitlab.merge(mr, "bob")
    aged.settle()
    assert aged.status() == COMPLETED


# --- 12: smaller


@pytest.mark.parametrize("root", ["/gitlab", "/code/git"])
def test_a_job_hook_below_a_path_names_the_project_alone(world: World, root: str) -> None:
    telling(world, to_chat(Kind.JOB))
    run_ = world.gitlab.run_pipeline(world.shop, ref="main")
    job = world.gitlab.working.add_job(run_, "test", "unit")
    world.hold_deliveries = True
    hook = next(iter(world.gitlab.state.hooks.values()))
    hook.events["job_events"] = True
    world.gitlab.working.set_job(run_, job, "failed")
    world.hold_deliveries = False
    body = json.loads([d for d in world.inbox_order if d.event == "Job Hook"][-1].body)
    text = json.dumps(body).replace(f"{HOST}/", f"{HOST}{root}/")
    arrive(world, "Job Hook", json.loads(text), f"{HOST}{root}")
    world.settle()
    assert heads(world)
    assert root.strip("/") not in "\n".join(plain(world.posted())).replace("acme/shop", "")


def test_a_title_and_an_approval_of_one_second_in_the_wrong_order(world: World) -> None:
    mr = world.opened("feature/B24-2103-pay", "Pay")
    world.settle()
    world.hold_deliveries = True
    world.gitlab.update_mr(mr, "ann", title="Pay better")
    world.gitlab.approve(mr, "bob")
    world.gitlab.update_mr(mr, "ann", title="Pay best")
    world.hold_deliveries = False
    for delivery in reversed(world.inbox_order[-3:]):
        world.store([delivery])
        world.work()
    world.settle()
    card = plain(world.cards())[0]
    assert "Pay best" in card
    assert "approved by" in card


def test_a_release_taken_off_and_planned_anew(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    world.gitlab.tag(world.shop, "v2", "ann")
    made = world.gitlab.shipping.publish(
        world.shop, "v2", "ann", released_at=world.clock.now() + timedelta(days=2)
    )
    world.work()
    world.gitlab.shipping.delete_release(world.shop, made)
    world.work()
    world.tick(timedelta(days=3).total_seconds())
    world.settle()
    assert not [head for head in heads(world) if "released" in head.lower()]
