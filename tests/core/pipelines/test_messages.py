"""What a task is shown and told of its pipelines, in exact texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.model.commands import Notify, PutMessage, SetFields
from sync.core.model.common import Commit
from sync.core.model.pipelines import FailedJob, Pipeline, PipelineStatus
from sync.core.model.plans import NotifiedState, Part, Records
from sync.core.model.task_view import BranchPipeline, SentMessage, TaskView
from sync.core.pipelines import plan as pipelines_plan
from sync.core.rules.portal import GroupRules, PipelineRules, Rules
from tests.core.factories import NOW, SHOP, view

ABOUT = "ci:1/7:feature/pay"
URL = "https://gitlab.test/acme/shop"
COMMIT = Commit("4f1c9e0a77", "Add payment\n\nB24-2103", "Ann", None, f"{URL}/-/commit/4f1c", NOW)
JOBS = (
    FailedJob(5, "unit", "test", f"{URL}/-/jobs/5", log="E  assert 1 == [b]2[/b]\nfailed"),
    FailedJob(6, "style", "test", f"{URL}/-/jobs/6", allow_failure=True),
    FailedJob(7, "pages", "deploy", f"{URL}/-/jobs/7"),
)
EN, RU = Rules(), Rules(language="ru")
HEADLINES = {
    "success": (
        "CI/CD passed, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн прошёл успешно, коммит 4f1c9e0a, ветка feature/pay",
    ),
    "canceled": (
        "CI/CD canceled, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн отменён, коммит 4f1c9e0a, ветка feature/pay",
    ),
    "running": (
        "CI/CD running, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн выполняется, коммит 4f1c9e0a, ветка feature/pay",
    ),
    "skipped": (
        "CI/CD skipped, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн пропущен, коммит 4f1c9e0a, ветка feature/pay",
    ),
    "manual": (
        "CI/CD waits for a manual action, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн ждёт ручного запуска, коммит 4f1c9e0a, ветка feature/pay",
    ),
    "blocked": (
        "CI/CD is blocked, commit 4f1c9e0a, branch feature/pay",
        "Пайплайн заблокирован, коммит 4f1c9e0a, ветка feature/pay",
    ),
}


def run(status: str = "success", number: int = 12, **values: Any) -> BranchPipeline:
    of_run = {
        key: values.pop(key) for key in ("failed_jobs", "author_id", "notifies") if key in values
    }
    pipeline = Pipeline(
        SHOP,
        number,
        PipelineStatus(status),
        ref="feature/pay",
        sha="4f1c9e0a77",
        url=f"{URL}/-/pipelines/{number}",
        updated_at=NOW,
        duration_seconds=200,
        commit=COMMIT,
    )
    return BranchPipeline(
        ABOUT, "feature/pay", replace(pipeline, **values), **{"failed_jobs": (), **of_run}
    )


def seen(*runs: BranchPipeline, **values: Any) -> TaskView:
    return view(branch_pipelines=runs, **values)


def said(text: str | None, **age: float) -> dict[str, SentMessage]:
    return {ABOUT: SentMessage(40, text, NOW - timedelta(**age))}


def texts(view: TaskView, rules: Rules = EN) -> list[tuple[str, int | None]]:
    effects = [
        planned.command for planned in pipelines_plan.plan_pipelines(view, rules, NOW).commands
    ]
    return [(one.text, one.message_id) for one in effects if isinstance(one, PutMessage)]


def told(view: TaskView, rules: Rules = EN) -> list[Notify]:
    effects = [
        planned.command for planned in pipelines_plan.plan_pipelines(view, rules, NOW).commands
    ]
    return [one for one in effects if isinstance(one, Notify)]


@pytest.mark.parametrize("status", HEADLINES)
@pytest.mark.parametrize(("rules", "column"), [(EN, 0), (RU, 1)])
def test_a_message_says_how_the_pipeline_stands(status: str, rules: Rules, column: int) -> None:
    ((text, _),) = texts(seen(run(status), messages=said("before")), rules)
    assert text.split("\n")[0] == f"[b]{HEADLINES[status][column]}[/b]"


def test_a_failure_in_english() -> None:
    ((text, message_id),) = texts(seen(run("failed", failed_jobs=JOBS)))
    assert message_id is None
    assert text == (
        "[b]CI/CD failed, commit 4f1c9e0a, branch feature/pay[/b]\n"
        f"Pipeline [url={URL}/-/pipelines/12]#12[/url], 3 min 20 s: "
        f"[url={URL}/-/commit/4f1c]Add payment[/url] (Ann)\n"
        f"Failed in stage test: [url={URL}/-/jobs/5]unit[/url]\n"
        f"Failed in stage deploy: [url={URL}/-/jobs/7]pages[/url]\n"
        f"Allowed to fail: [url={URL}/-/jobs/6]style[/url]\n"
        "Last lines of unit:\n\n"
        "[code]\nE  assert 1 == [b]2[/b]\nfailed\n[/code]"
    )


def test_a_failure_in_russian() -> None:
    ((text, _),) = texts(seen(run("failed", failed_jobs=JOBS[:2], duration_seconds=3700)), RU)
    assert text == (
        "[b]Пайплайн завершился ошибкой, коммит 4f1c9e0a, ветка feature/pay[/b]\n"
        f"Пайплайн [url={URL}/-/pipelines/12]#12[/url], 1 ч 1 мин: "
        f"[url={URL}/-/commit/4f1c]Add payment[/url] (Ann)\n"
        f"Ошибка на этапе test: [url={URL}/-/jobs/5]unit[/url]\n"
        f"Ошибки, которые допускаются: [url={URL}/-/jobs/6]style[/url]\n"
        "Последние строки unit:\n\n"
        "[code]\nE  assert 1 == [b]2[/b]\nfailed\n[/code]"
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = run("failed", commit=None, duration_seconds=None)
    ((text, _),) = texts(seen(bare))
    assert text == (
        "[b]CI/CD failed, commit 4f1c9e0a, branch feature/pay[/b]\n"
        f"Pipeline [url={URL}/-/pipelines/12]#12[/url]"
    )


def test_names_that_people_typed_do_not_come_alive() -> None:
    commit = replace(COMMIT, message="[user=all]x[/user]", author_name="[b]Ann")
    ((text, _),) = texts(seen(run(commit=commit)))
    assert "[user=all]" not in text
    assert text.count("[b]") == 1


def test_the_author_is_told_of_a_failure_and_of_its_end() -> None:
    (broken,) = told(seen(run("failed", author_id=8)))
    (mended,) = told(seen(run(author_id=8, number=13), notified_states={ABOUT: "12:failed"}), RU)
    assert broken == Notify(
        2103,
        8,
        f"Task “Checkout”: pipeline [url={URL}/-/pipelines/12]#12[/url] failed: "
        "acme/shop, commit 4f1c9e0a, branch feature/pay",
        "b24bridge:ci:1/7:feature/pay",
    )
    assert mended.text == (
        f"Задача «Checkout»: пайплайн [url={URL}/-/pipelines/13]#13[/url] снова успешен: "
        "acme/shop, коммит 4f1c9e0a, ветка feature/pay"
    )


@pytest.mark.parametrize(
    ("status", "before", "now"),
    [
        ("failed", None, "12:failed"),
        ("failed", "11:failed", None),
        ("failed", "11:passed", "12:failed"),
        ("failed", "12:passed", None),
        ("failed", "13:passed", None),
        ("success", None, None),
        ("success", "11:failed", "12:passed"),
        ("success", "12:failed", "12:passed"),
        ("success", "11:passed", None),
        ("canceled", "11:failed", None),
        ("running", "11:failed", None),
    ],
)
def test_only_a_change_is_told(status: str, before: str | None, now: str | None) -> None:
    known = {ABOUT: before} if before else {}
    reporting = pipelines_plan.plan_pipelines(
        seen(run(status, author_id=8), notified_states=known), EN, NOW
    )
    records = [Records(notified=NotifiedState(ABOUT, now))] if now else []
    assert list(reporting.records) == records
    notified = [command for command in reporting.commands if isinstance(command.command, Notify)]
    assert [command.key for command in notified] == ([f"notify:8:{ABOUT}"] if now else [])
    assert [command.records for command in notified] == records


def test_notifications_of_two_long_branches_do_not_replace_each_other() -> None:
    tags = set()
    for end in "ab":
        branch = replace(
            run("failed", author_id=8), subject_key=f"ci:1/7:{'x' * 300}{end}", branch="x"
        )
        (notification,) = told(seen(branch))
        tags.add(notification.tag)
    assert len(tags) == 2
    assert max(map(len, tags)) <= 200


@pytest.mark.parametrize("values", [{"author_id": None}, {"author_id": 8, "notifies": False}])
def test_nobody_is_told_who_is_not_known_or_is_told_elsewhere(values: dict[str, Any]) -> None:
    assert told(seen(run("failed", **values))) == []


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ("created", "running"),
        ("pending", "running"),
        ("running", "running"),
        ("success", "passed"),
        ("failed", "failed"),
        ("canceled", "canceled"),
        ("skipped", "skipped"),
        ("manual", "manual"),
        ("blocked", "blocked"),
        ("unknown", None),
    ],
)
def test_the_field_holds_the_status_in_a_word(status: str, value: str | None) -> None:
    fields = [
        planned.command
        for planned in pipelines_plan.plan_pipelines(seen(run(status)), EN, NOW).commands
        if isinstance(planned.command, SetFields)
    ]
    assert fields == ([SetFields(2103, {"UF_CI_STATUS": value})] if value else [])


def test_the_newest_commit_gives_the_field_its_value() -> None:
    older = run("failed", 99, commit=replace(COMMIT, at=NOW - timedelta(hours=1)))
    newer = replace(run("success", 12), subject_key="ci:1/7:fix", branch="fix")
    for runs in ((older, newer), (newer, older)):
        effects = [
            planned.command
            for planned in pipelines_plan.plan_pipelines(seen(*runs), EN, NOW).commands
        ]
        assert SetFields(2103, {"UF_CI_STATUS": "passed"}) in effects
    agreed = seen(older, newer, fields={"UF_CI_STATUS": "passed"})
    kinds = {
        type(planned.command) for planned in pipelines_plan.plan_pipelines(agreed, EN, NOW).commands
    }
    assert SetFields not in kinds


def test_a_commit_is_not_newer_than_its_pipeline_whatever_its_clock_said() -> None:
    ahead = run("failed", 12, commit=replace(COMMIT, at=NOW + timedelta(days=900)))
    ahead = replace(ahead, pipeline=replace(ahead.pipeline, updated_at=NOW - timedelta(hours=2)))
    right = run("success", 13, commit=replace(COMMIT, at=NOW - timedelta(hours=1)))
    assert max(ahead.pipeline, right.pipeline, key=pipelines_plan.recency) == right.pipeline


@pytest.mark.parametrize("status", ["pending", "running", "canceling", "scheduled"])
def test_nothing_is_said_while_the_first_pipeline_goes_on(status: str) -> None:
    assert texts(seen(run(status))) == []


@pytest.mark.parametrize("status", ["skipped", "manual", "blocked"])
def test_a_pipeline_that_goes_on_by_people_alone_is_said(status: str) -> None:
    ((text, number),) = texts(seen(run(status)))
    assert (text.split("\n")[0], number) == (f"[b]{HEADLINES[status][0]}[/b]", None)


def test_what_is_said_already_is_not_said_again() -> None:
    ((text, _),) = texts(seen(run()))
    assert texts(seen(run(), messages=said(text))) == []


@pytest.mark.parametrize(
    ("text", "age", "expected"),
    [
        ("old", {"hours": 70}, [40]),
        ("old", {"hours": 72}, [None]),
        (None, {"hours": 70}, [40]),  # an edit whose answer was lost
        (f"[b]{HEADLINES['success'][1]}[/b]\nelse", {"hours": 72}, []),
    ],
)
def test_a_message_is_edited_for_as_long_as_the_portal_takes_it(
    text: str | None, age: dict[str, float], expected: list[int | None]
) -> None:
    assert [number for _, number in texts(seen(run(), messages=said(text, **age)))] == expected


def test_failed_jobs_are_read_before_a_failure_is_said() -> None:
    lacking = seen(run("failed", failed_jobs=None))
    assert pipelines_plan.plan_pipelines(lacking, EN, NOW).needs == {"jobs"}
    quiet = Rules(default=GroupRules(pipelines=PipelineRules(message=False)))
    assert pipelines_plan.plan_pipelines(lacking, quiet, NOW).needs == frozenset()
    assert (
        pipelines_plan.plan_pipelines(seen(run("success", failed_jobs=None)), EN, NOW).needs
        == frozenset()
    )


def test_a_task_that_was_never_read_is_read_first() -> None:
    assert pipelines_plan.plan_pipelines(seen(run(), task=None), EN, NOW).needs == {"task"}
    assert pipelines_plan.plan_pipelines(seen(task=None), EN, NOW) == Part()
