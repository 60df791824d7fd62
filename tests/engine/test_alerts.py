"""Histories of pipelines on watched refs, and what the workgroup's chat and people see of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import AlertRules, GroupRules, Rules, Severity
from sync.core.rules.routes import Channel, QuietHours, Route
from sync.store import alerts
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write
from tests.emulators.gitlab.entities import Pipeline
from tests.engine.world import World

ANN = 8  # the portal's user with ann's address
MINUTE = 60.0
SHOP = GroupRules(projects=("acme/*",))
RULES = Rules(groups={3: SHOP}, zone=ZoneInfo("Europe/Moscow"))


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return known(make_world(rules=RULES))


def known(world: World) -> World:
    """ann is the portal's user 8, and made the newest commit of main."""
    world.b24.state.users[ANN].email = "ann@acme.example"
    world.gitlab.push(world.shop, "main", ["Add payment"], "ann")
    world.settle()
    return world


def ruled(world: World, **alerts: object) -> None:
    world.rules = replace(RULES, groups={3: replace(SHOP, alerts=AlertRules(**alerts))})


def run(
    world: World, status: str, ref: str = "main", minutes: int = 10, **options: object
) -> Pipeline:
    """A pipeline that ends after some minutes, and everything that follows from it."""
    pipeline = world.gitlab.run_pipeline(world.shop, ref=ref, user="ann", **options)
    world.tick(minutes * MINUTE)
    pipeline.set_status(status)
    world.work()
    return pipeline


def plain(text: str) -> list[str]:
    """The lines without the markup."""
    return re.sub(r"\[/?(?:b|url|user)\b[^\]]*\]", "", text).split("\n")


def told(world: World) -> list[list[str]]:
    """The messages about alerts in the workgroup's chat."""
    found = map(plain, world.posted())
    return [lines for lines in found if not re.search(r"pushed|created|deleted the", lines[0])]


def heads(world: World) -> list[str]:
    return [lines[0] for lines in told(world)]


def rows(world: World) -> list[AlertRow]:
    with read(world.database) as conn:
        return list(alerts.list_of_portal(conn, world.portal_id, include_ended=True))


def states(world: World) -> list[tuple[str, int]]:
    return [(row.alert.state.value, row.alert.failures) for row in rows(world)]


def do(world: World, act: Callable[..., object], *args: object, **options: object) -> object:
    with write(world.database) as conn:
        done = act(conn, world.portal_id, *args, world.clock.now(), **options)
    world.work()
    return done


@pytest.mark.deep
def test_an_alert_is_one_message_from_its_first_failure_to_its_end(world: World) -> None:
    run(world, "failed")
    assert told(world) == [
        [
            "Pipeline #1 failed on main, acme/shop",
            "Pipeline #1: Add payment (Ann)",
            "Failed jobs: unit",
        ]
    ]
    run(world, "failed")
    run(world, "failed")
    assert told(world) == [
        [
            "main is still failing, 3rd time, since 12:10, acme/shop",
            "Pipeline #3: Add payment (Ann)",
            "Failed jobs: unit",
        ]
    ]
    run(world, "success", minutes=22)
    assert told(world) == [["main is fixed after 42 min by Ann, acme/shop"]]
    run(world, "failed")
    assert heads(world)[1:] == ["Pipeline #5 failed on main, acme/shop"]


@pytest.mark.deep
def test_the_mention_of_who_fixed_it_and_links_are_the_portals_own(world: World) -> None:
    run(world, "failed")
    run(world, "success", minutes=42)
    assert world.posted()[-1] == (
        "[b][url=http://gitlab.test/acme/shop/-/tree/main]main[/url] is fixed after 42 min by "
        "[user=8]Ann[/user], [url=http://gitlab.test/acme/shop]acme/shop[/url][/b]"
    )


def test_in_russian(world: World) -> None:
    world.rules = replace(RULES, language="ru")
    run(world, "failed")
    run(world, "failed")
    run(world, "failed")
    said = "Ветка main по-прежнему с ошибкой, 3-й раз, с 12:10, acme/shop"
    assert heads(world)[-1] == said
    run(world, "success", minutes=65)
    assert heads(world)[-1] == "Ветка main исправлена за 1 ч 25 мин, автор: Ann, acme/shop"


@pytest.mark.parametrize("ref", ["feature/x"])
def test_a_branch_that_nobody_watches_opens_nothing(world: World, ref: str) -> None:
    world.gitlab.push(world.shop, ref, ["One"], "ann")
    run(world, "failed", ref)
    assert (heads(world), rows(world)) == ([], [])


def test_a_pattern_watches_more(world: World) -> None:
    ruled(world, branches=("feature/*",))
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    run(world, "failed", "feature/x")
    run(world, "failed")
    assert heads(world) == ["Pipeline #1 failed on feature/x, acme/shop"]


def test_everything_heard_twice_and_in_another_order_is_the_same(
    make_world: Callable[..., World], world: World
) -> None:
    for status in ("failed", "failed", "success", "failed"):
        run(world, status)
    expected = (told(world), states(world))
    world.store(world.inbox_order)
    world.settle()
    assert (told(world), states(world)) == expected
    assert states(world) == [("open", 1), ("resolved", 2)]


def test_an_alert_that_was_over_before_it_could_be_told_is_only_kept(world: World) -> None:
    world.hold_deliveries = True
    run(world, "failed")
    run(world, "success")
    world.store(world.inbox_order)
    world.settle()
    assert (heads(world), states(world)) == ([], [("resolved", 1)])


def test_a_failure_that_is_heard_of_late_is_counted(world: World) -> None:
    world.hold_deliveries = True
    world.inbox_order.clear()
    run(world, "failed")
    early = list(world.inbox_order)
    run(world, "failed")
    world.store(world.inbox_order[len(early) :])
    world.settle()
    assert heads(world) == ["Pipeline #2 failed on main, acme/shop"]
    world.store(early)
    world.settle()
    assert heads(world) == ["main is still failing, 2nd time, since 12:10, acme/shop"]


def test_a_retried_pipeline_that_passes_is_the_fix(world: World) -> None:
    pipeline = run(world, "failed")
    world.gitlab.retry_pipeline(pipeline)
    world.work()
    assert states(world) == [("open", 1)]
    world.tick(5 * MINUTE)
    pipeline.set_status("success")
    world.settle()
    assert heads(world) == ["main is fixed after 5 min by Ann, acme/shop"]


def test_a_deleted_branch_closes_its_alert(world: World) -> None:
    ruled(world, branches=("feature/*",))
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    run(world, "failed", "feature/x")
    world.gitlab.delete_branch(world.shop, "feature/x", "ann")
    world.settle()
    assert heads(world) == ["feature/x was deleted while it failed, acme/shop"]
    assert states(world) == [("closed", 1)]


def test_what_flaps_is_one_message_that_stays_as_it_is(world: World) -> None:
    for status in ("failed", "success", "failed", "success"):
        run(world, status, minutes=5)
    unstable = "main is unstable since 12:15: it fails and passes in turn, acme/shop"
    assert heads(world) == ["main is fixed after 5 min by Ann, acme/shop", unstable]
    before = world.b24.state.writes["im.message.update"]
    for status in ("failed", "success", "failed"):
        run(world, status, minutes=5)
    assert heads(world)[1:] == [unstable]
    assert world.b24.state.writes["im.message.update"] == before
    world.tick(61 * MINUTE)
    world.work()
    assert heads(world)[1:] == ["main is still failing, 3rd time, since 12:15, acme/shop"]
    run(world, "success")
    assert heads(world)[1:] == ["main is fixed after 1 h 31 min by Ann, acme/shop"]


def test_after_three_days_a_failure_is_a_new_message(world: World) -> None:
    run(world, "failed")
    world.tick(timedelta(days=3).total_seconds())
    world.save_token(world.b24.token(1))
    run(world, "failed")
    assert heads(world) == [
        "Pipeline #1 failed on main, acme/shop",
        "main is still failing, 2nd time, since 2026-03-02 12:10, acme/shop",
    ]


def test_a_project_may_have_alerts_of_its_own(world: World) -> None:
    mild = AlertRules(severities={"canceled": Severity.HIGH})
    world.rules = replace(RULES, alerts={"acme/shop": mild})
    run(world, "failed")
    run(world, "canceled")
    assert heads(world) == ["Pipeline #2 was canceled on main, acme/shop"]


def test_a_project_of_no_workgroup_has_alerts_that_are_told_nowhere(world: World) -> None:
    world.rules = replace(RULES, groups={})
    run(world, "failed")
    assert (heads(world), states(world)) == ([], [("open", 1)])


def test_settings_that_watch_it_no_more_close_it(world: World) -> None:
    run(world, "failed")
    ruled(world, branches=())
    run(world, "failed")
    assert heads(world) == ["The alert on main is closed, acme/shop"]


def test_quiet_hours_hold_an_alert_back(world: World) -> None:
    quiet = Route(
        frozenset({Kind.ALERT}), (Channel.PROJECT,), quiet_hours=QuietHours(time(12), time(13))
    )
    world.rules = replace(RULES, groups={3: replace(SHOP, routes=(quiet,))})
    run(world, "failed")
    assert heads(world) == []
    world.tick(60 * MINUTE)
    world.work()
    assert heads(world) == ["Pipeline #1 failed on main, acme/shop"]
