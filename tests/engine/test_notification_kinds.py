"""Histories of each kind of news: what the workgroup's chat and people see of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries
from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Role, Route
from tests.engine.notified_world import heads, notified, plain, telling, to_chat, to_people
from tests.engine.world import World

ANN, BORIS = 9, 8


@pytest.fixture
def world(world: World) -> World:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)
    return world


def test_a_pipelines_life_is_one_message(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    pipeline = world.gitlab.run_pipeline(world.shop, user="ann")
    world.settle()
    seen = heads(world)
    for status in ("running", "failed", "", "success"):
        world.tick(60)
        pipeline.set_status(status) if status else world.gitlab.retry_pipeline(pipeline)
        world.settle()
        seen += heads(world)
    assert seen == [
        f"Pipeline #{pipeline.id}: {word}, main in acme/shop"
        for word in ("pending", "running", "failed", "running", "passed")
    ]
    (text,) = plain(world.posted())
    assert text.split("\n")[1].endswith(" Ship it (Ann)")
    assert text.split("\n")[-1] == "Started by Ann"


def test_a_failed_pipeline_of_a_tasks_work_names_its_jobs_in_the_chat(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE, states=frozenset({"failed"})))
    pipeline = world.gitlab.run_pipeline(
        world.opened(), jobs=[("build", "compile"), ("test", "unit")]
    )
    pipeline.set_status("failed", failed_job="unit")
    world.settle()
    (text,) = plain(world.posted())
    assert text.split("\n")[-1] == "Failed in stage test: unit"
    assert "Last lines" not in text


def test_without_a_task_the_jobs_of_a_failed_pipeline_are_not_asked_for(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE))
    world.gitlab.push(world.shop, "try-out", ["Ship it"], "ann")
    world.gitlab.run_pipeline(world.shop, ref="try-out").set_status("failed")
    world.settle()
    (text,) = plain(world.posted())
    assert "failed" in text
    assert "stage" not in text


@pytest.mark.deep
def test_the_author_of_a_failed_commit_is_told_though_they_started_the_pipeline(
    world: World,
) -> None:
    failed = frozenset({"failed"})
    telling(world, to_people(Kind.PIPELINE, Role.AUTHOR, states=failed, changes_only=True))
    for status in ("failed", "failed", "success", "failed"):
        world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
        world.gitlab.run_pipeline(world.shop, user="ann").set_status(status)
        world.settle()
    numbers = sorted(world.gitlab.state.project(world.shop).pipelines)
    assert notified(world) == [
        (ANN, f"Pipeline #{number}: failed, main in acme/shop")
        for number in (numbers[0], numbers[3])
    ]


def test_what_is_heard_at_once_is_told_in_the_order_in_which_it_happened(world: World) -> None:
    telling(world)
    for number in range(6):
        world.gitlab.push(world.shop, "main", [f"Step {number}"], "ann")
    world.gitlab.tag(world.shop, "v1.5", "ann")
    world.settle()
    said = [text.split("\n")[1].split(" ", 1)[1] for text in plain(world.posted())[:6]]
    assert said == [f"Step {number}" for number in range(6)]
    assert heads(world)[6:] == ["Ann created the tag v1.5 in acme/shop"]


def test_a_tag_is_told_when_it_is_made_and_when_it_goes(world: World) -> None:
    telling(world)
    world.gitlab.tag(world.shop, "v1.5", "ann", message="Version 1.5")
    world.settle()
    (made,) = plain(world.posted())
    world.gitlab.coding.delete_tag(world.shop, "v1.5", "bob")
    world.settle()
    assert made.split("\n")[0] == "Ann created the tag v1.5 in acme/shop"
    assert made.split("\n")[2:] == ["Version 1.5"]
    assert heads(world) == ["Bob deleted the tag v1.5 in acme/shop"]


def test_a_release_is_announced_and_edited_in_place(world: World) -> None:
    telling(
        world, Route(frozenset({Kind.RELEASE}), (Channel.RELEASES,)), chats={Channel.GENERAL: "sg3"}
    )
    ship = world.gitlab.shipping
    world.gitlab.tag(world.shop, "v1.5", "ann")
    one = ship.publish(world.shop, "v1.5", "ann", name="Spring", description="# New\n\n- cards")
    world.settle()
    (first,) = plain(world.posted())
    world.tick(60)
    ship.update_release(world.shop, one, description="# New\n\n- cards\n- refunds")
    world.settle()
    (second,) = plain(world.posted())
    world.tick(60)
    ship.delete_release(world.shop, one)
    world.settle()
    assert first.split("\n") == ["New release Spring in acme/shop", "Tag v1.5", "New", "• cards"]
    assert second.split("\n") == [
        "The release Spring in acme/shop was changed", "Tag v1.5", "New", "• cards", "• refunds",
    ]  # fmt: skip
    assert heads(world) == ["The release Spring in acme/shop was deleted"]


def test_a_release_that_goes_long_after_is_told_anew(world: World) -> None:
    telling(world, to_chat(Kind.RELEASE))
    ship = world.gitlab.shipping
    world.gitlab.tag(world.shop, "v1.5", "ann")
    one = ship.publish(world.shop, "v1.5", "ann", name="Spring")
    world.settle()
    world.tick(timedelta(days=4).total_seconds())
    ship.update_release(world.shop, one, description="late")
    world.settle()
    ship.delete_release(world.shop, one)
    world.settle()
    assert heads(world) == [
        "New release Spring in acme/shop",
        "The release Spring in acme/shop was deleted",
    ]


def test_a_deployment_is_told_to_testers_and_managers_and_to_the_releases_chat(
    world: World,
) -> None:
    people = {Role.QA: (BORIS,), Role.MANAGER: (7,)}
    group = GroupRules(projects=("acme/*",), roles=people)
    world.rules = Rules(groups={3: group})
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    pipeline = world.gitlab.run_pipeline(world.shop, user="ann")
    one = world.gitlab.deploy(pipeline, "production", "running", url="https://shop.test")
    world.settle()
    assert notified(world) == []
    world.gitlab.set_deployment(world.gitlab.state.project(world.shop), one, "success")
    world.settle()
    said = "Deployed to production: acme/shop, URL: https://shop.test"
    assert sorted(notified(world)) == [(7, said), (BORIS, said)]
    assert heads(world)[-1] == said


@pytest.mark.deep
def test_who_hears_of_a_deployment_reads_which_tasks_it_brings(world: World) -> None:
    world.task(2104)
    group = GroupRules(projects=("acme/*",), roles={Role.QA: (BORIS,), Role.MANAGER: (7,)})
    world.rules = Rules(groups={3: group})
    seen = []
    for branch, title in (("B24-2103-pay", "Pay"), ("B24-2103-more", "Refund, B24-2104")):
        world.gitlab.merge(world.opened(branch, title), "ann")
        world.tick(60)
        world.gitlab.deploy(world.gitlab.run_pipeline(world.shop, user="ann"), "test")
        world.settle()
        said = dict(notified(world))[BORIS].split("\n")
        seen.append(said)
    assert seen == [
        ["Deployed to test: acme/shop", "Task: Task 2103"],
        ["Deployed to test: acme/shop", "Tasks: Task 2103, Task 2104"],
    ]


def test_only_a_deployment_that_ends_otherwise_than_the_last_is_told(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, changes_only=True, environments=("staging",)))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    for status in ("success", "success", "failed", "failed", "success"):
        pipeline = world.gitlab.run_pipeline(world.shop, user="ann")
        world.tick(60)
        world.gitlab.deploy(pipeline, "staging", status)
        world.gitlab.deploy(pipeline, "other", "failed")
        world.settle()
    assert heads(world) == [
        "Deployed to staging: acme/shop",
        "Deployment to staging failed: acme/shop",
        "Deployed to staging: acme/shop",
    ]


@pytest.mark.deep
def test_with_changes_only_pipelines_are_told_when_they_end_otherwise(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE, changes_only=True))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    for status in ("success", "success", "failed", "failed", "success"):
        pipeline = world.gitlab.run_pipeline(world.shop, user="ann")
        for step in ("running", status):
            world.tick(20)
            pipeline.set_status(step)
            world.settle()
    assert heads(world) == [
        "Pipeline #3: failed, main in acme/shop",
        "Pipeline #5: passed, main in acme/shop",
    ]


def test_who_approved_a_deployment_is_said(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT))
    world.gitlab.state.premium = True
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    one = world.gitlab.deploy(world.gitlab.run_pipeline(world.shop), "production", "blocked")
    world.settle()
    waits = heads(world)
    world.tick(60)
    place = world.gitlab.state.project(world.shop)
    world.gitlab.shipping.judge_deployment(place, one, "cid")
    world.settle()
    assert waits == ["Deployment to production waits for approval: acme/shop"]
    assert heads(world) == ["Cid approved the deployment to production: acme/shop"]


def test_a_merge_request_is_one_message_as_it_goes_on(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, branches=("default",)))
    mr = world.opened()
    world.settle()
    opened = heads(world)
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert opened == ["Merge request !1 Pay: under review (Ann)"]
    assert heads(world) == ["Merge request !1 Pay: merged (Ann)"]


def test_a_merge_request_in_a_chat_shows_how_its_pipeline_stands(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST))
    pipeline = world.gitlab.run_pipeline(world.opened())
    seen = []
    for status in ("running", "failed", "success"):
        world.tick(20)
        pipeline.set_status(status)
        world.settle()
        seen += [text.split("\n")[-1] for text in plain(world.posted())]
    assert seen == ["Pipeline: running", "Pipeline: failed", "Pipeline: passed"]


def test_people_are_told_of_a_comment_where_rules_say_so(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT), to_people(Kind.COMMENT, Role.RESPONSIBLE))
    mr = world.opened()
    world.gitlab.comment(mr, "Looks *good*, [user=all]x[/user]", "bob")
    world.settle()
    (text,) = plain(world.posted())
    assert text.split("\n") == [
        "Bob commented on the merge request !1 Pay in acme/shop",
        "Open the comment",
        "Looks good, [user=all]x[/user]",
    ]
    assert [user for user, said in notified(world) if "commented" in said] == [7]


@pytest.mark.parametrize("task_id", [2103, 777])
def test_the_people_of_a_task_that_was_never_read_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, task_id: int
) -> None:
    """It is read for that, once, also where it is not there; not for rules of chats alone."""
    telling(world, to_chat(Kind.ISSUE), to_people(Kind.COMMENT, Role.RESPONSIBLE))
    asked: list[list[int]] = []
    usual = queries.read_tasks

    def read_tasks(portal: Portal, task_ids: Sequence[int]) -> object:
        asked.append(list(task_ids))
        return usual(portal, task_ids)

    monkeypatch.setattr(queries, "read_tasks", read_tasks)
    issue = world.gitlab.tracking.open_issue(world.shop, f"Slow, see B24-{task_id}", "ann")
    world.settle()
    assert asked == []
    for text in (f"It is B24-{task_id}", f"Still B24-{task_id}"):
        world.gitlab.comment(issue, text, "bob")
        world.settle()
    people = [user for user, text in notified(world) if "commented" in text]
    assert people == ([7, 7] if task_id == 2103 else [])
    assert asked == [[task_id]]


def test_comments_for_members_are_not_told_without_a_rule_for_them(world: World) -> None:
    telling(world, to_chat(Kind.COMMENT))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann", confidential=True)
    world.gitlab.comment(issue, "secret", "bob")
    world.settle()
    assert world.posted() == []


def test_only_jobs_that_a_rule_names_are_told(world: World) -> None:
    telling(world, to_chat(Kind.JOB, jobs=("deploy*",), states=frozenset({"failed", "manual"})))
    world.gitlab.push(world.shop, "main", ["Ship it"], "ann")
    jobs = [("test", "unit"), ("deploy", "deploy-prod")]
    pipeline = world.gitlab.run_pipeline(world.shop, jobs=jobs)
    work = world.gitlab.working
    work.set_job(pipeline, "unit", "failed")
    work.set_job(pipeline, "deploy-prod", "running")
    work.set_job(pipeline, "deploy-prod", "failed", reason="job_execution_timeout")
    world.settle()
    (text,) = plain(world.posted())
    assert text.split("\n")[0] == "Job deploy-prod failed in acme/shop"
    assert text.split("\n")[2] == "Reason: it ran longer than allowed"


def test_an_issue_is_one_message_as_it_goes_on(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, labels=frozenset({"bug"})))
    track = world.gitlab.tracking
    issue = track.open_issue(world.shop, "Slow", "ann", labels=["bug"])
    track.open_issue(world.shop, "Nice to have", "ann")
    world.settle()
    first = heads(world)
    world.tick(60)
    track.close_issue(issue, "bob")
    world.settle()
    assert [first, [one.split(" ", 1)[1] for one in heads(world)]] == [
        ["Ann opened the issue #1 Slow in acme/shop"],
        ["closed the issue #1 Slow in acme/shop"],
    ]


def test_an_administrator_is_told_of_a_token_anew_as_its_day_comes(world: World) -> None:
    telling(world)
    place = world.gitlab.state.project(world.shop)
    seen = []
    for days in (30, 30, 7):
        world.gitlab.state.counters["token"] = 500  # the same one
        world.gitlab.owning.expire_access_token(place, "bridge", days)
        world.settle()
        (number,) = world.b24.state.notifications
        seen.append((number, notified(world)[0][1].split("\n")[0]))
    assert [user for user, _ in notified(world)] == [1]
    assert seen[0] == seen[1]
    assert [text for _, text in seen] == [
        "The access token bridge of acme/shop expires on 2026-04-01",
        "The access token bridge of acme/shop expires on 2026-04-01",
        "The access token bridge of acme/shop expires on 2026-03-09",
    ]


def test_a_kind_that_no_rule_names_is_said_nowhere(world: World) -> None:
    telling(world, Route(frozenset({Kind.MILESTONE}), (Channel.PROJECT,)))
    world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    world.settle()
    assert world.posted() == []
    assert notified(world) == []
