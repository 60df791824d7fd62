"""What people read of alerts, in exact texts, and what alerts ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.core.alerts.messages import AlertContext, NamedUser, build_alert_message, format_ordinal
from sync.core.alerts.model import (
    BRANCH_DELETED,
    Alert,
    AlertKey,
    AlertState,
    PipelineResult,
    RefKey,
)
from sync.core.alerts.plan import AlertView, plan_alert
from sync.core.model.commands import CreateTask, Notify, Place, PutMessage
from sync.core.model.common import Commit
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import FailedJob, Pipeline, PipelineStatus
from sync.core.model.task_view import SentMessage
from sync.core.rules.portal import AlertRules, GroupRules, Rules, Severity
from sync.text import bbcode
from sync.text.tree import Document, Paragraph
from tests.core.factories import SHOP, task

AT = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
KEY = AlertKey(RefKey(1, 7, "main"), 12)
OPEN = Alert("", 12, AlertState.OPEN, Severity.HIGH, "failed", 1, 1, AT, AT, 12)
AGAIN = replace(
    OPEN, failures=3, in_a_row=3, failed_at=AT + timedelta(minutes=30), last_failed_pipeline_id=14
)
FIXED = replace(
    AGAIN, state=AlertState.RESOLVED, ended_at=AT + timedelta(minutes=42), fixed_by_pipeline_id=15
)
GONE_NOW = replace(FIXED, state=AlertState.CLOSED, results=(PipelineResult(0, BRANCH_DELETED, AT),))
EN, RU = Rules(), Rules(language="ru")
PROJECT = "[url=https://gitlab.test/acme/shop]acme/shop[/url]"
MAIN = "[url=https://gitlab.test/acme/shop/-/tree/main]main[/url]"


def pipeline(number: int) -> str:
    return f"[url=https://gitlab.test/acme/shop/-/pipelines/{number}]#{number}[/url]"


def news(alert: Alert = OPEN, **values: Any) -> AlertContext:
    return replace(AlertContext(SHOP, KEY, alert, MOSCOW), **values)


def headline(one: AlertContext, language: str = "en") -> str:
    return bbcode.write(Document((Paragraph(build_alert_message(one, language).title),)))


def test_what_is_no_branch_is_named_and_linked_as_what_it_is() -> None:
    page = "https://gitlab.test/acme/shop/-"
    for ref, shown in (
        ("refs/merge-requests/9/head", f"[url={page}/merge_requests/9]!9[/url]"),
        ("refs/tags/v1/2", f"[url={page}/tags/v1/2]refs/tags/v1/2[/url]"),
        ("refs/merge-requests/x/head", f"[url={page}/tree/refs/merge-requests/x/head]"),
    ):
        alert = news(key=AlertKey(RefKey(1, 7, ref), 12))
        assert headline(alert).startswith(f"Pipeline {pipeline(12)} failed on {shown}"), ref


HEADLINES = [
    (
        OPEN,
        f"Pipeline {pipeline(12)} failed on {MAIN}, {PROJECT}",
        f"Пайплайн {pipeline(12)} завершился с ошибкой, ветка {MAIN}, {PROJECT}",
    ),
    (
        replace(OPEN, status="canceled"),
        f"Pipeline {pipeline(12)} was canceled on {MAIN}, {PROJECT}",
        f"Пайплайн {pipeline(12)} отменён, ветка {MAIN}, {PROJECT}",
    ),
    (
        replace(OPEN, status="skipped"),
        f"Pipeline {pipeline(12)} was skipped on {MAIN}, {PROJECT}",
        f"Пайплайн {pipeline(12)} пропущен, ветка {MAIN}, {PROJECT}",
    ),
    (
        AGAIN,
        f"{MAIN} is still failing, 3rd time, since 14:05, {PROJECT}",
        f"Ветка {MAIN} по-прежнему с ошибкой, 3-й раз, с 14:05, {PROJECT}",
    ),
    (
        replace(AGAIN, failed_at=AT + timedelta(days=1)),
        f"{MAIN} is still failing, 3rd time, since 2026-11-20 14:05, {PROJECT}",
        f"Ветка {MAIN} по-прежнему с ошибкой, 3-й раз, с 20.11.2026 14:05, {PROJECT}",
    ),
    (
        replace(AGAIN, status="canceled"),
        f"{MAIN} has still not passed, 3rd time, since 14:05, {PROJECT}",
        f"Ветка {MAIN} по-прежнему не прошла проверку, 3-й раз, с 14:05, {PROJECT}",
    ),
    (
        replace(AGAIN, state=AlertState.UNSTABLE),
        f"{MAIN} is unstable since 14:05: it fails and passes in turn, {PROJECT}",
        f"Ветка {MAIN} нестабильна с 14:05: то с ошибкой, то без неё, {PROJECT}",
    ),
    (
        FIXED,
        f"{MAIN} is fixed after 42 min, {PROJECT}",
        f"Ветка {MAIN} исправлена за 42 мин, {PROJECT}",
    ),
    (
        GONE_NOW,
        f"main was deleted while it failed, {PROJECT}",
        f"Ветка main удалена, ошибка осталась в ней, {PROJECT}",
    ),
    (
        replace(GONE_NOW, results=()),
        f"The alert on {MAIN} is closed, {PROJECT}",
        f"Оповещение о ветке {MAIN} закрыто, {PROJECT}",
    ),
    (
        replace(OPEN, stage="test"),
        f"Pipeline {pipeline(12)} failed on {MAIN} (stage test), {PROJECT}",
        f"Пайплайн {pipeline(12)} завершился с ошибкой, ветка {MAIN} (этап test), {PROJECT}",
    ),
]


@pytest.mark.parametrize(("alert", "english", "russian"), HEADLINES)
def test_an_alert_is_one_sentence(alert: Alert, english: str, russian: str) -> None:
    assert headline(news(alert)) == english
    assert headline(news(alert), "ru") == russian


def test_who_fixed_it_is_mentioned() -> None:
    alert = news(FIXED, fixed_by=NamedUser("Ann", 8))
    assert headline(alert) == f"{MAIN} is fixed after 42 min by [user=8]Ann[/user], {PROJECT}"
    stranger = news(FIXED, fixed_by=NamedUser("[user=all]"))
    assert "[user=all]" not in headline(stranger)


def test_below_it_stand_the_failure_and_the_people() -> None:
    url = "https://gitlab.test/acme/shop/-/commit/4f1c"
    commit = Commit("4f1c", "Add [b]payment\n\nMore", "Ann", None, url)
    failed = Pipeline(
        SHOP, 12, PipelineStatus.FAILED, "main", "4f1c", f"{SHOP.url}/-/pipelines/12", AT,
        commit=commit,
    )  # fmt: skip
    jobs = (
        FailedJob(5, "unit", "test", f"{SHOP.url}/-/jobs/5"),
        FailedJob(6, "style", "test", "", allow_failure=True),
    )
    alert_message = build_alert_message(
        news(
            failed_pipeline=failed,
            failed_jobs=jobs,
            acknowledged_by="Vera",
            assignee=NamedUser("Rita", 7),
            task_link=(3001, "https://acme.test/task/3001/"),
        ),
        "en",
    )
    assert alert_message.render(EN, Kind.ALERT).split("\n")[1:] == [
        f"Pipeline {pipeline(12)}: [url={url}]Add [\u2060b]payment[/url] (Ann)",
        f"Failed jobs: [url={SHOP.url}/-/jobs/5]unit[/url]",
        "Seen by Vera",
        "Assigned to [user=7]Rita[/user]",
        "Task [url=https://acme.test/task/3001/]3001[/url]",
    ]
    assert alert_message.render_notification(EN, Kind.ALERT) == HEADLINES[0][1]


@pytest.mark.parametrize(
    ("number", "english"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
     (21, "21st"), (102, "102nd"), (111, "111th"), (113, "113th")],
)  # fmt: skip
def test_a_number_of_times(number: int, english: str) -> None:
    assert (format_ordinal(number, "en"), format_ordinal(number, "ru")) == (english, f"{number}-й")


# --- what it asks for

SHOPS = GroupRules(projects=("acme/*",), alerts=AlertRules(open_task=3))
RULES = Rules(groups={3: SHOPS})


def asked(rules: Rules = RULES, **values: Any) -> list[object]:
    view = replace(AlertView(news(AGAIN), author_id=8, administrator_id=1), **values)
    return [planned.command for planned in plan_alert(view, rules, AT).commands]


def test_after_so_many_failures_in_a_row_a_task_is_asked_for() -> None:
    (effect,) = asked()
    assert effect == CreateTask(
        subject_key="alert:1/7:main:12",
        marker=effect.marker,
        title="Fix main of acme/shop, broken since pipeline #12",
        text=f"It began with pipeline {pipeline(12)}, 2026-11-20 14:05\nBranch {MAIN}, {PROJECT}",
        responsible_id=8,
        group_id=3,
    )
    assert len(effect.marker) == 50
    assert effect.marker.isascii()


def test_it_is_asked_for_in_the_same_words_when_more_has_failed() -> None:
    more = replace(
        AGAIN, failures=9, in_a_row=9, last_failed_pipeline_id=40, failed_at=AT + timedelta(days=2)
    )
    assert asked(context=news(more)) == asked()


@pytest.mark.parametrize(
    "values",
    [
        {"context": news(replace(AGAIN, in_a_row=2))},
        {"context": news(FIXED)},
        {"task_id": 3001},
        {"rules": Rules(groups={3: replace(SHOPS, alerts=AlertRules())})},
        {"author_id": None, "administrator_id": None},
    ],
)
def test_nothing_is_asked_for(values: dict[str, Any]) -> None:
    assert asked(**values) == []


@pytest.mark.parametrize(
    ("values", "responsible"),
    [
        ({}, 8),
        ({"author_id": None}, 1),
        ({"context": news(AGAIN, assignee=NamedUser("Rita", 7)), "notified_assignee": "7"}, 7),
    ],
)
def test_whose_the_task_is(values: dict[str, Any], responsible: int) -> None:
    (effect,) = asked(**values)
    assert effect.responsible_id == responsible


def test_who_is_assigned_is_told_until_it_is_recorded() -> None:
    given = news(OPEN, assignee=NamedUser("Rita", 7))
    (effect,) = asked(context=given)
    assert isinstance(effect, Notify)
    assert effect.text == f"This is assigned to you: {HEADLINES[0][1]}"
    assert asked(context=given, notified_assignee="7") == []
    assert len(asked(context=given, notified_assignee="8")) == 1
    assert asked(context=replace(given, alert=FIXED)) == []


def test_the_task_is_told_of_the_end_once_and_of_what_changed_in_it() -> None:
    over = {"context": news(FIXED), "task_id": 3001, "task": task(id=3001)}
    (effect,) = asked(**over)
    text = f"{MAIN} is fixed after 42 min, {PROJECT}"
    assert effect == PutMessage(Place(3001), "alert:1/7:main:12>end", text)
    assert asked(**over, end_message=SentMessage(40, text, AT)) == []
    (edit,) = asked(**over, end_message=SentMessage(40, "else", AT))
    assert edit.message_id == 40
    assert asked(**over, end_message=SentMessage(40, "else", AT - timedelta(days=4))) == []
    assert asked(**{**over, "context": news(GONE_NOW)}) == []


def test_a_text_of_ones_own_is_filled_with_what_an_alert_has() -> None:
    text = "{branch}: {state} ({stage}), {count}, {duration}\n{link} {url} {project}"
    one = news(replace(AGAIN, stage="test"))
    rules = Rules(language="ru", templates={Kind.ALERT: text})
    assert build_alert_message(one, "ru").render(rules, Kind.ALERT).split("\n") == [
        f"{MAIN} (этап test): с ошибкой (test), 3, 30 мин",
        f"{pipeline(14)} https://gitlab.test/acme/shop/-/pipelines/14 {PROJECT}",
    ]
