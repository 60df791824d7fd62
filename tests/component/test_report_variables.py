"""What a job's variables want of its report, and what it says of its status."""

from __future__ import annotations

import pytest

from sync.core.model.pipelines import PipelineStatus
from sync.core.pipelines.plan import FIELD_VALUES
from tests.component.test_report import card
from tests.component.world import World

STATUSES = ["success", "failed", "canceled", "manual", "running"]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("status", STATUSES)
def test_the_field_says_what_the_app_would_say(world: World, status: str, language: str) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr, "running")
    for job in run.jobs:
        job.status = status
    world.report(run, mr, B24_LANGUAGE=language)
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": FIELD_VALUES[PipelineStatus(status)]}


def test_of_an_unknown_status_the_field_says_nothing_new(world: World) -> None:
    world.task(5, uf={"UF_CI_STATUS": "failed"})
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr, CI_JOB_TOKEN="")
    assert world.portal.tasks[5].uf == {"UF_CI_STATUS": "failed"}


def test_a_report_of_merge_requests_alone_says_nothing_of_the_pipeline(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    world.report(world.pipeline(mr), mr, B24_REPORT="merge-request")
    assert world.messages(5) == [card(world, "under review", "[url=PIPELINES/1]#1[/url]")]
    assert world.portal.tasks[5].uf == {}


def test_russian(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.gitlab.deploy(run, "production")
    world.report(run, mr, B24_LANGUAGE="ru")
    [text] = world.messages(5)
    assert "Запрос на слияние: на ревью" in text
    assert text.endswith("#1 успешно[/url]\nРазвёрнуто: production")


UNWANTED = [
    ({"B24_REFS": "main, release/*"}, "this ref is not among the input refs"),
    ({"B24_STATUSES": "failed"}, "the status success is not among the input statuses"),
    ({"B24_TASK_PREFIX": "TASK"}, "no task is named"),
]


@pytest.mark.parametrize(("variables", "said"), UNWANTED)
def test_what_is_not_wanted_is_said_and_not_sent(world: World, variables: dict, said: str) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, **variables)
    assert ran.code == 0
    assert said in ran.said
    assert world.messages(5) == []
    assert not world.portal.requests


def test_tiers_that_are_not_wanted_are_left_out(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    run = world.pipeline(mr)
    world.gitlab.deploy(run, "review/feature-b24-5")
    world.gitlab.deploy(run, "production")
    world.report(run, mr, B24_TIERS="production, staging")
    [text] = world.messages(5)
    assert "Deployed to production" in text
    assert "Deployed to review" not in text


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, B24_DRY_RUN="true")
    assert "would do: task 5: card written" in ran.said
    assert world.messages(5) == []
    assert not world.b24.writes
