"""The check before the first report."""

from __future__ import annotations

from tests.component.world import World

DOCTOR = {"B24_MODE": "doctor"}


def test_all_is_well(world: World) -> None:
    world.task(5, "Pay")
    mr = world.open_mr()
    ran = world.report(world.pipeline(mr), mr, **DOCTOR)
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
    ])  # fmt: skip
    assert not world.b24.writes


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
    ):
        assert row in rows


def test_a_dead_webhook_is_named(world: World) -> None:
    world.b24.revoke_webhooks()
    ran = world.report(world.pipeline(world.shop), **DOCTOR)
    assert "webhook                            no  Bitrix24 does not accept the webhook" in ran.said


def test_through_the_app_no_webhook_is_asked_for(world: World) -> None:
    more = {"B24_DELIVER": "app", "B24_APP_URL": "https://app.test", "B24_WEBHOOK_URL": ""}
    ran = world.report(world.pipeline(world.shop), **DOCTOR, **more)
    rows = [" ".join(line.split()) for line in ran.said.splitlines()]
    assert rows[:2] == [
        "app-url ok https://app.test",
        "ID token missing the app checks it with the first report",
    ]
    assert ran.code == 1 and "webhook" not in ran.said
