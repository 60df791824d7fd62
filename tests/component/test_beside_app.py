"""A project that has both the app and the reporter hears everything once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from reporter.cards import card, card_url, is_about, is_of_app, is_ours
from reporter.ci_variables import Variables
from reporter.model import MergeRequest, NamedTask, Report

from sync.core.merge_requests.messages import build_card
from sync.core.messages.message import render
from sync.core.model import common as core
from sync.core.model import merge_requests as model_merge_requests
from sync.core.model.merge_requests import MergeRequestState
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.task_view import BranchPipeline
from sync.core.pipelines.messages import render_pipeline_message
from tests.component.world import World

WAITING = 2


def card_of_app(world: World, author: int = 1) -> None:
    """The first line of a card of the app is that of a card of the reporter."""
    url = f"{world.gitlab.url}/acme/shop/-/merge_requests/1"
    text = f"[b][url={url}]!1 Pay[/url][/b]\nMerge request: under review"
    chat = world.portal.chats[world.portal.tasks[5].chat_id]
    world.portal.post(chat, author, text)


def ci_message_of_app(world: World, run: object) -> None:
    """What the app says of a branch's pipeline, in its own words."""
    place = core.Project(1, 1, "acme/shop", f"{world.gitlab.url}/acme/shop")
    url = f"{place.url}/-/pipelines/{run.id}"
    now = datetime(2026, 3, 1, tzinfo=UTC)
    pipeline = Pipeline(place, run.id, PipelineStatus.SUCCESS, run.ref, run.sha, url, now)
    shown = BranchPipeline("ci:1", run.ref, pipeline, ())
    chat = world.portal.chats[world.portal.tasks[5].chat_id]
    world.portal.post(chat, 1, render_pipeline_message(shown, "ru"))


def test_beside_the_card_of_the_app_nothing_is_written_and_nobody_told_twice(
    world: World,
) -> None:
    world.task(5)
    mr = world.open_mr()
    card_of_app(world, author=2)
    run = world.pipeline(mr, "failed")
    world.gitlab.deploy(run, "staging")
    ran = world.report(run, mr)
    assert (ran.code, len(world.messages(5))) == (0, 1)
    task = world.portal.tasks[5]
    assert (task.status, task.uf, world.portal.notifications) == (WAITING, {}, {})
    shipped = world.report(run, B24_MODE="deployment", B24_ENVIRONMENT="staging")
    assert (shipped.code, len(world.messages(5))) == (0, 1)


def test_beside_the_apps_message_of_a_branch_too(world: World) -> None:
    world.task(5)
    world.gitlab.push(world.shop, "hotfix/B24-5", ["Pay"], "ann")
    run = world.pipeline(world.shop, ref="hotfix/B24-5")
    ci_message_of_app(world, run)
    world.report(run)
    assert (len(world.messages(5)), world.portal.tasks[5].uf) == (1, {})


def test_another_task_that_the_app_says_nothing_in_is_told(world: World) -> None:
    world.task(5)
    world.task(6)
    mr = world.open_mr("B24-6")
    card_of_app(world)
    world.report(world.pipeline(mr, "failed"), mr)
    assert (len(world.messages(5)), len(world.messages(6))) == (1, 1)
    assert len(world.portal.notifications) == 1


def test_a_chat_that_the_team_wants_told_is_told_beside_the_app(world: World) -> None:
    world.task(5)
    chat = world.portal.add_chat("chat", "Builds", 1, members=[1, 2])
    mr = world.open_mr()
    card_of_app(world)
    world.report(world.pipeline(mr), mr, B24_CHAT=f"chat{chat.id}", B24_CHAT_WHEN="always")
    assert [m.text for m in world.portal.dialog_messages(chat.id) if m.author_id]


OTHERS = [
    "look: [url=URL/-/merge_requests/1]!1[/url]",
    "[b]look[/b] [url=URL/-/pipelines/1]#1[/url]",
    "[b][url=https://other.test/-/merge_requests/1]!1 Pay[/url][/b]",
]


@pytest.mark.parametrize("text", OTHERS)
def test_what_people_say_or_other_projects_tell_is_no_card(world: World, text: str) -> None:
    world.task(5)
    mr = world.open_mr()
    world.portal.user_comments(2, 5, text.replace("URL", f"{world.gitlab.url}/acme/shop"))
    world.report(world.pipeline(mr), mr)
    assert len(world.messages(5)) == 2


def test_a_card_from_before_the_app_came_gives_way_to_the_app_s(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr)
    card_of_app(world)
    world.report(world.pipeline(mr), mr)
    [left] = [m.text for m in world.portal.discussion(5) if not m.deleted]
    assert "CI: " not in left


def test_the_cards_of_both_begin_alike_and_are_told_apart() -> None:
    project = core.Project(1, 7, "acme/shop", "https://git.test/acme/shop")
    theirs = model_merge_requests.MergeRequest(
        project, 3, "Pay [b]now", "", "https://git.test/acme/shop/-/merge_requests/3",
        MergeRequestState.OPENED, False, "feature/B24-5", "main",
        core.Person(1, "ann", "Ann Oak"), datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    ours = MergeRequest(
        3, "Pay [b]now", theirs.url, source_branch="feature/B24-5", target_branch="main",
        author="Ann Oak",
    )  # fmt: skip
    task = NamedTask(5, "move", 3)
    variables = Variables({
        "CI_PROJECT_PATH": "acme/shop", "CI_PROJECT_URL": project.url, "CI_PIPELINE_ID": "1",
        "CI_PIPELINE_URL": f"{project.url}/-/pipelines/1", "CI_COMMIT_BRANCH": "feature/B24-5",
    })  # fmt: skip
    for language in ("en", "ru"):
        report = Report(Variables(variables | {"B24_LANGUAGE": language}))
        report.status, report.merge_requests = "success", [ours]
        app = render(build_card(theirs, language, {}))
        own, url = card(report, task), card_url(report, task)
        assert own.split("\n")[:4] == app.split("\n")
        assert is_about(app, url)
        assert is_about(own, url)
        assert (is_ours(own), is_ours(app)) == (True, False)
        assert (is_of_app(own, report), is_of_app(app, report)) == (False, True)
