"""The check before the first report."""

from __future__ import annotations

import pytest

from tests.component.test_app import an_app
from tests.component.world import World

DOCTOR = {"B24_MODE": "doctor"}


def test_all_is_well(world: World) -> None:
    world.task(5, "Pay")
    mr = world.open_mr()
    token = world.gitlab.state.add_token(world.ann, scopes=("read_api",)).value
    ran = world.report(world.pipeline(mr), mr, B24_GITLAB_TOKEN=token, **DOCTOR)
    assert (ran.code, ran.said.splitlines()) == (0, [
        "webhook address                    ok",
        "webhook answers                    ok  as Anna Admin",
        "permission task                    ok  cards, fields and statuses",
        "permission im                      ok  cards of the new task card, chats, the author",
        "permission user_basic              ok  the author is found by e-mail",
        "field UF_CI_STATUS                 ok",
        "task 5                             ok  Pay: card with a chat",
        "CI_JOB_TOKEN reads jobs            ok",
        "CI_JOB_TOKEN reads merge requests  ok",
        "CI_JOB_TOKEN reads deployments     ok",
        "B24_GITLAB_TOKEN reads commits     ok",
        "B24_GITLAB_TOKEN reads GraphQL     ok",
    ])  # fmt: skip
    assert not world.b24.writes
    assert ran.files == ["b24-annotations.json", "b24.env"]  # or the job ends with a red line


def test_what_is_missing_is_named(world: World) -> None:
    world.portal.user_fields.clear()
    world.webhook = world.b24.webhook(1, ("task",))
    ran = world.report(world.pipeline(world.shop), B24_TASK="404", CI_JOB_TOKEN="", **DOCTOR)
    rows = [" ".join(line.split()) for line in ran.said.splitlines()]
    assert ran.code == 1
    for row in (
        "permission im missing cards of the new task card, chats, the author",
        "permission user_basic missing the author is found by e-mail",
        "field UF_CI_STATUS missing the app creates it, or Tasks → custom fields",
        "task 404 no it does not exist, or the webhook's owner does not see it",
        "CI_JOB_TOKEN reads jobs refused then: no pipeline status",
        "B24_GITLAB_TOKEN reads commits not set then: only the pipeline's own commit",
    ):
        assert row in rows


def test_a_dead_webhook_is_named(world: World) -> None:
    world.b24.revoke_webhooks()
    ran = world.report(world.pipeline(world.shop), **DOCTOR)
    rows = [" ".join(line.split()) for line in ran.said.splitlines()]
    assert rows[1].startswith("webhook no Bitrix24 does not accept the webhook")


def test_a_token_that_may_not_read_commits_is_named_and_is_no_failure(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, B24_GITLAB_TOKEN="glpat-gone", **DOCTOR)
    assert (ran.code, ran.said.splitlines()[-2:]) == (0, [
        "B24_GITLAB_TOKEN reads commits     refused  then: only the pipeline's own commit",
        "B24_GITLAB_TOKEN reads GraphQL     refused  then: only the pipeline's own commit",
    ])  # fmt: skip


def test_through_the_app_no_webhook_is_asked_for(world: World) -> None:
    world.b24.offline()
    with an_app() as (url, _):
        more = {"B24_DELIVER": "app", "B24_APP_URL": url, "B24_WEBHOOK_URL": ""}
        ran = world.report(world.pipeline(world.shop), **DOCTOR, **more)
    rows = [" ".join(line.split()) for line in ran.said.splitlines()]
    assert rows[:3] == [
        f"app-url ok {url}",
        "app answers ok",
        "ID token missing GitLab 15.7 or newer makes it for `deliver: app`",
    ]
    assert ran.code == 1
    assert "webhook" not in ran.said


def test_an_app_that_is_not_there_is_named(world: World) -> None:
    more = {"B24_DELIVER": "app", "B24_APP_URL": "http://127.0.0.1:9", "B24_ID_TOKEN": "eyJ"}
    ran = world.report(world.pipeline(world.shop), **DOCTOR, **more)
    text = "app answers no 127.0.0.1:9 cannot be reached: Connection refused (UNREACHABLE)."
    assert ran.code == 1
    assert [line for line in ran.said.splitlines() if " ".join(line.split()).startswith(text)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("-", "missing set the input to the app's address, https://…"),
        ("http://bridge.test", "missing http://bridge.test is no https:// address"),
    ],
)
def test_without_an_address_no_app_is_asked(world: World, given: str, words: str) -> None:
    more = {"B24_DELIVER": "app", "B24_APP_URL": given, "B24_ID_TOKEN": "eyJ"}
    ran = world.report(world.pipeline(world.shop), **DOCTOR, **more)
    rows = [" ".join(line.split()) for line in ran.said.splitlines()]
    assert (ran.code, rows[:2]) == (
        1,
        [f"app-url {words}", "ID token ok the app checks it with the first report"],
    )
