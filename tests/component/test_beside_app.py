"""A project that has both the app and the reporter hears everything once."""

from __future__ import annotations

from datetime import UTC, datetime

from reporter.cards import card, has_head, is_ours, key_of
from reporter.model import MergeRequest, NamedTask, Report

from sync.core import model as core
from sync.core.cards import merge_request_card, rendered
from tests.component.world import World

WAITING = 2


def card_of_app(world: World, author: int = 1) -> None:
    """The first line of a card of the app is that of a card of the reporter."""
    url = f"{world.gitlab.url}/acme/shop/-/merge_requests/1"
    text = f"[b][url={url}]!1 Pay[/url][/b]\nMerge request: under review"
    chat = world.portal.chats[world.portal.tasks[5].chat_id]
    world.portal.post(chat, author, text)


def test_beside_the_card_of_the_app_only_the_field_is_written(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    card_of_app(world)
    ran = world.report(world.pipeline(mr), mr)
    assert ran.code == 0
    assert len(world.messages(5)) == 1
    task = world.portal.tasks[5]
    assert (task.status, task.uf) == (WAITING, {"UF_CI_STATUS": "passed (#1)"})


def test_deployments_are_told_beside_it_and_edited_in_place(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    card_of_app(world, author=2)
    for status in ("running", "success"):
        run = world.pipeline(mr)
        world.gitlab.deploy(run, "staging", status)
        world.report(run, mr)
    _, told = world.messages(5)
    url = f"{world.gitlab.url}/acme/shop"
    assert told == (
        f"[b][url={url}/-/merge_requests/1]!1 Pay[/url][/b]\n"
        f"CI: [url={url}/-/pipelines/2]#2 passed[/url]\n"
        "Deployed to staging"
    )


def test_a_card_from_before_the_app_came_gives_way_to_the_app_s(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    card_of_app(world)
    world.report(world.pipeline(mr), mr)
    [left] = [m.text for m in world.portal.discussion(5) if not m.deleted]
    assert "CI: " not in left


def test_a_link_in_somebody_s_message_is_no_card(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    url = f"{world.gitlab.url}/acme/shop/-/merge_requests/1"
    world.portal.user_comments(2, 5, f"look: [url={url}]!1[/url]")
    world.report(world.pipeline(mr), mr)
    assert len(world.messages(5)) == 2


def test_the_cards_of_both_begin_alike_and_are_told_apart() -> None:
    project = core.Project(1, 7, "acme/shop", "https://git.test/acme/shop")
    theirs = core.MergeRequest(
        project, 3, "Pay [b]now", "", "https://git.test/acme/shop/-/merge_requests/3",
        core.MergeRequestState.OPENED, False, "feature/B24-5", "main",
        core.Person(1, "ann", "Ann Oak"), datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    ours = MergeRequest(
        3, "Pay [b]now", theirs.url, source_branch="feature/B24-5", target_branch="main",
        author="Ann Oak",
    )  # fmt: skip
    task = NamedTask(5, "move", 3)
    told = Report(
        "report", "https://git.test", 7, "acme/shop", project.url, 1,
        f"{project.url}/-/pipelines/1", "push", "success", "feature/B24-5", False, "", 77, "",
        "ann", "Ann Oak", (ours,),
    )  # fmt: skip
    for language in ("en", "ru"):
        app = rendered(merge_request_card(theirs, language, {}))
        own = card(told, task, language)
        assert own.split("\n")[:4] == app.split("\n")
        assert has_head(app, key_of(told, task)) and has_head(own, key_of(told, task))
        assert (is_ours(own), is_ours(app)) == (True, False)
