"""Whom a report tells: the author of a failure, and chats by their rules."""

from __future__ import annotations

import pytest

from tests.component.test_report import COMPLETED
from tests.component.world import World


def test_the_author_of_a_failed_pipeline_is_told_once(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    world.report(run, mr)
    world.report(run, mr)
    [told] = world.portal.notifications.values()
    assert told.user_id == 2
    assert told.text.startswith("The pipeline [url=")
    assert told.tag == f"b24bridge:ci:{world.shop.id}:{run.id}"


def test_a_repeated_failure_replaces_the_notification_of_its_pipeline(world: World) -> None:
    """A webhook's tag counts beside a CLIENT_ID alone."""
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "failed")
    world.report(run, mr)
    run.jobs[0].status = "failed"
    world.report(run, mr)
    [left] = world.portal.notifications.values()
    assert "compile" in left.text


SOURCES = [
    ("push", "", 2), ("merge_request_event", "", 2), ("schedule", "", 1), ("schedule", "*", 2),
    ("schedule", "push, schedule", 2), ("push", "web", 1), ("external", "", 1),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wanted", "count"), SOURCES)
def test_of_other_sources_only_the_first_failure_is_told(
    world: World, source: str, wanted: str, count: int
) -> None:
    """As of nightly pipelines, which fail every night until somebody has the time."""
    world.task(5)
    chat = world.portal.add_chat("chat", "Builds", 1, members=[1, 2])
    mr = world.open_mr()
    more = {"CI_PIPELINE_SOURCE": source, "B24_CHAT": f"chat{chat.id}"}
    more |= {"B24_NOTIFY_SOURCES": wanted} if wanted else {}
    for _ in range(2):
        world.report(world.pipeline(mr, "failed"), mr, **more)
    told = [m for m in world.portal.dialog_messages(chat.id) if m.author_id]
    assert (len(world.portal.notifications), len(told)) == (count, count)
    world.report(world.pipeline(mr), mr, **more)
    world.report(world.pipeline(mr, "failed"), mr, **more)
    assert len(world.portal.notifications) == count + 1


def test_a_report_that_was_cancelled_is_made_good_by_the_next(world: World) -> None:
    """The job is interruptible: a newer pipeline may cancel it before it has told anything."""
    world.task(5)
    mr = world.open_mr()
    world.pipeline(mr, "canceled")
    world.gitlab.merge(mr, "ann")
    world.pipeline(world.shop, "canceled")
    world.report(world.pipeline(world.shop))
    [text] = world.messages(5)
    assert "Merge request: merged" in text
    assert "#3 passed" in text
    assert world.portal.tasks[5].status == COMPLETED


def test_jobs_that_are_being_canceled_or_wait_are_no_success(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "success")
    for number, status in enumerate(("canceling", "waiting_for_callback"), 1):
        run.jobs[0].status = status
        world.report(run, mr, CI_SERVER_VERSION_MAJOR="17")
        [text] = world.messages(5)
        assert "#1 running" in text, number


def test_the_author_is_not_told_of_success_or_where_switched_off(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    world.report(world.pipeline(mr, "failed"), mr, B24_TELL_AUTHOR="false")
    assert not world.portal.notifications


CHATS = [
    ("failed", "failed", 1), ("failed", "success", 0), ("always", "success", 1),
    ("deployments", "failed", 0),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "status", "count"), CHATS)
def test_a_chat_is_told_by_its_rule_in_one_message_a_pipeline(
    world: World, rule: str, status: str, count: int
) -> None:
    world.task(5)
    chat = world.portal.add_chat("chat", "Builds", 1, members=[1, 2])
    mr = world.open_mr()
    run = world.pipeline(mr, status)
    for _ in range(2):
        world.report(run, mr, B24_CHAT=f"chat{chat.id}", B24_CHAT_WHEN=rule)
    texts = [m.text for m in world.portal.dialog_messages(chat.id) if m.author_id]
    assert len(texts) == count
    assert all(f"acme/shop #{run.id}" in text and "Tasks: [url=" in text for text in texts)
