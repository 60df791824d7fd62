"""Where work is after a history of deployments, and what a task is shown of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.deployments.environments import environment_statuses, includes_merge_request
from sync.core.model.commands import PutMessage
from sync.core.model.deployments import (
    Deployment,
    DeploymentStatus,
    Tier,
    environment_matches,
    tier_of,
)
from sync.core.model.task_view import SentMessage
from sync.core.plan import plan_task
from sync.core.rules.portal import DeploymentRules, GroupRules, Rules
from tests.core.factories import ANN, NOW, SHOP, mr, view

SHAS = {name: name * 40 for name in "abcdef"}


def deployment(number: int, commit: str, **values: object) -> Deployment:
    usual = {
        "project": SHOP, "id": number, "environment": "production", "tier": Tier.PRODUCTION,
        "status": DeploymentStatus.SUCCESS, "sha": SHAS[commit], "ref": "main",
        "updated_at": NOW + timedelta(minutes=abs(number)),
    }  # fmt: skip
    return Deployment(**{**usual, **values})


def history(text: str) -> list[Deployment]:
    """`a b! c`: deployments of these commits one after another, of which `!` failed."""
    return [
        deployment(
            number,
            word[0],
            status=DeploymentStatus.FAILED if word.endswith("!") else DeploymentStatus.SUCCESS,
        )
        for number, word in enumerate(text.split(), 1)
    ]


@pytest.mark.parametrize(
    ("text", "carrying", "inside"),
    [
        ("b", {1}, True),
        ("b!", {1}, False),
        ("a b", {2}, True),
        ("a b c d", {2}, True),  # a later deployment contains what came before
        ("a b b!", {2}, True),  # a failure leaves there what was there
        ("a b a", {2}, False),  # rolled back
        ("a b c a", {2}, False),
        ("a b c b", {2}, True),  # rolled back to the work itself
        ("a b a b", {2}, True),  # and forward again
        ("a b a c", {2}, False),  # gone, and nobody says that it came back
        ("a b a c", {2, 4}, True),  # the host says that it came back
        ("a b a!", {2}, True),  # the rollback failed
        ("a b", set(), False),
    ],
)
def test_where_the_work_is(text: str, carrying: set[int], inside: bool) -> None:
    (place,) = environment_statuses(history(text), frozenset(carrying))
    assert place.includes_work is inside


def test_a_rollback_is_told_by_the_deployment_that_is_there() -> None:
    (place,) = environment_statuses(history("a b a"), frozenset({2}))
    assert place.reverted_by.id == 3
    (place,) = environment_statuses(history("a b a b"), frozenset({2}))
    assert (place.reverted_by, place.last_deployment.id) == (None, 4)


def test_the_order_in_which_deployments_were_heard_means_nothing() -> None:
    told = history("a b! b a c b")
    assert environment_statuses(told, frozenset({2})) == environment_statuses(
        reversed(told), frozenset({2})
    )


def test_what_a_job_told_gives_way_to_the_hosts_own_account() -> None:
    job, host = deployment(-9, "b"), deployment(3, "b", job_url="https://gitlab.test/job")
    (place,) = environment_statuses([job, host], frozenset({-9}))
    assert (place.last_deployment, place.includes_work) == (host, True)
    (place,) = environment_statuses([job], frozenset({-9}))
    assert place.last_deployment == job


def test_environments_stand_in_the_order_a_change_comes_to_them() -> None:
    told = [
        deployment(number, "a", environment=name, tier=tier_of("", name))
        for number, name in enumerate(("elsewhere", "prod", "stage", "test", "dev"), 1)
    ]
    names = [place.environment for place in environment_statuses(told, frozenset({1}))]
    assert names == ["dev", "test", "stage", "prod", "elsewhere"]


@pytest.mark.parametrize(
    ("told", "name", "tier"),
    [
        ("staging", "production", "staging"),
        ("", "production", "production"),
        ("", "prod-eu", "production"),
        ("", "live", "production"),
        ("", "gstg/stage", "staging"),
        ("", "demo", "staging"),
        ("", "preprod", "staging"),
        ("", "test", "testing"),
        ("", "qa-2", "testing"),
        ("", "review/feature-1", "development"),
        ("", "dev", "development"),
        ("", "прод", "production"),
        ("", "Продакшн", "production"),
        ("", "бой", "production"),
        ("", "боевой", "production"),
        ("", "тест", "testing"),
        ("", "стейдж", "staging"),
        ("", "предпрод", "staging"),
        ("", "препрод-2", "staging"),
        ("", "Пред-прод", "staging"),
        ("", "тестовый", "testing"),
        ("", "тест-прод", "testing"),
        ("", "приёмка", "testing"),
        ("", "stage", "staging"),
        ("", "боевая-1", "production"),
        ("", "отбой", "other"),
        ("", "разработка", "development"),
        ("other", "прод", "production"),
        ("other", "боевой", "production"),
        ("other", "тестовый", "testing"),
        ("other", "production-mirror", "other"),
        ("", "somewhere", "other"),
        ("of tomorrow", "somewhere", "other"),
    ],
)
def test_a_tier_is_what_was_told_or_what_the_name_says(told: str, name: str, tier: str) -> None:
    assert tier_of(told, name) == tier


@pytest.mark.parametrize(
    ("name", "tier", "patterns", "answer"),
    [
        ("review/1", Tier.DEVELOPMENT, (), False),
        ("production", Tier.PRODUCTION, (), True),
        ("elsewhere", Tier.OTHER, (), True),
        ("review/1", Tier.DEVELOPMENT, ("review/*",), True),
        ("dev", Tier.DEVELOPMENT, ("development",), True),
        ("PROD-eu", Tier.PRODUCTION, ("prod-*",), True),
        ("test", Tier.TESTING, ("prod*",), False),
        ("прод", Tier.PRODUCTION, ("production",), True),
        ("боевой", Tier.PRODUCTION, ("production",), True),
        ("боевой", Tier.PRODUCTION, ("бой*",), False),
        ("боевой", Tier.PRODUCTION, ("бое*",), True),
        ("Прод-1", Tier.PRODUCTION, ("прод*",), True),
        ("eu-1", Tier.PRODUCTION, ("Прод",), True),
        ("eu-1", Tier.PRODUCTION, ("бой",), True),
        ("eu-1", Tier.PRODUCTION, ("прод*",), False),
        ("тестовый", Tier.TESTING, ("тест",), True),
        ("тестовый", Tier.TESTING, ("прод", "бой"), False),
        ("предпрод", Tier.STAGING, ("production", "прод", "прод*"), False),
        ("предпрод", Tier.STAGING, ("предпрод",), True),
        ("stage", Tier.STAGING, ("staging",), True),
        ("stage", Tier.STAGING, ("production",), False),
    ],
)
def test_which_environments_people_hear_of(
    name: str, tier: Tier, patterns: tuple[str, ...], answer: bool
) -> None:
    assert environment_matches(name, tier, patterns) is answer


@pytest.mark.parametrize(
    ("deployed", "request_values", "answer"),
    [
        ({}, {"head_sha": SHAS["b"]}, True),
        ({"sha": "bbbbbbbb"}, {"head_sha": SHAS["b"]}, True),
        ({"sha": "bbbbbbb"}, {"head_sha": SHAS["b"]}, False),
        ({}, {"head_sha": SHAS["c"], "merge_sha": SHAS["b"]}, True),
        ({}, {"head_sha": SHAS["c"]}, False),
        ({"ref": "feature/B24-2103-payment-gateway"}, {}, True),
        ({"ref": "main"}, {"source_branch": "main"}, False),
        ({"ref": "refs/merge-requests/12/merge"}, {}, True),
        ({"ref": "refs/merge-requests/13/head"}, {"head_sha": SHAS["b"]}, False),
    ],
    ids=str,
)
def test_whose_commit_it_is(
    deployed: dict[str, str], request_values: dict[str, str], answer: bool
) -> None:
    assert includes_merge_request(deployment(1, "b", **deployed), mr(**request_values)) is answer


def shown(language: str, *told: Deployment, said: SentMessage | None = None) -> list[str]:
    found = environment_statuses(told, frozenset(one.id for one in told))
    before = {found[0].subject_key: said} if said else {}
    seen = view(environments=found, messages=before)
    plan = plan_task(seen, Rules(language=language), NOW)
    return [
        command.command.text for command in plan.commands if isinstance(command.command, PutMessage)
    ]


COMMIT = "[url=https://gitlab.test/acme/shop/-/commit/bbbbbbbb]bbbbbbbb[/url]"
ADDRESS = "[url=https://acme.example]https://acme.example[/url]"


@pytest.mark.parametrize(
    ("status", "english", "russian"),
    [
        (
            "success",
            f"Deployed to production, URL: {ADDRESS}",
            f"Развёрнуто: production, адрес: {ADDRESS}",
        ),
        (
            "failed",
            "Deployment to production failed",
            "Ошибка развёртывания: production",
        ),
        (
            "canceled",
            "Deployment to production is canceled",
            "Развёртывание отменено: production",
        ),
        (
            "blocked",
            "Deployment to production waits for approval",
            "Развёртывание ждёт одобрения: production",
        ),
        (
            "rejected",
            "Deployment to production is rejected",
            "Развёртывание отклонено: production",
        ),
    ],
)
def test_the_message_in_both_languages(status: str, english: str, russian: str) -> None:
    one = deployment(
        1, "b", status=DeploymentStatus(status), url="https://acme.example", actor=ANN,
        commit_title="Pay [b]now[/b]", job_url="https://gitlab.test/acme/shop/-/jobs/4",
    )  # fmt: skip
    mark = "✔" if status == "success" else "–"
    title = "Pay [\u2060b]now[\u2060/b]"
    (text,) = shown("en", one)
    job = "[url=https://gitlab.test/acme/shop/-/jobs/4]"
    assert text == (
        f"[b]{english}[/b]\nCommit {COMMIT} {title}, Ann, {job}job[/url]\nin: production {mark}"
    )
    (text,) = shown("ru", one)
    assert text == (
        f"[b]{russian}[/b]\nКоммит {COMMIT} {title}, Ann, {job}задание[/url]\n"
        f"где: production {mark}"
    )


@pytest.mark.parametrize("status", ["created", "running", "skipped", "approved", "unknown"])
def test_what_is_under_way_is_not_said(status: str) -> None:
    assert shown("en", deployment(1, "b", status=DeploymentStatus(status))) == []


def test_what_was_said_is_not_said_again_and_an_old_message_is_not_edited() -> None:
    one, other = deployment(1, "b"), deployment(2, "b", environment="stage", tier=Tier.STAGING)
    (text,) = shown("en", one)
    assert shown("en", one, said=SentMessage(5, text, NOW)) == []
    old = SentMessage(5, text, NOW - timedelta(hours=72))
    assert shown("ru", one, said=old) == []  # another language, the same news
    (edited, also) = shown("en", other, one, said=None)
    assert "stage" in edited
    assert "in: stage ✔ production ✔" in also


def test_a_workgroup_may_choose_its_environments() -> None:
    found = environment_statuses([deployment(1, "b")], frozenset({1}))
    rules = Rules(default=GroupRules(deployments=DeploymentRules(environments=("stage",))))
    assert plan_task(view(environments=found), rules, NOW).commands == ()
