"""Histories of pipelines on watched refs, and what the workgroup's chat and people see of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import AlertRules, GroupRules, Rules, Severity
from sync.core.rules.routes import Channel, QuietHours, Role, Route
from sync.engine import alert_actions
from sync.store import alerts
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write
from sync.store.rows import Delivery
from tests.emulators.gitlab.entities import Job, Pipeline
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


def test_by_stage_there_is_an_alert_for_each(world: World) -> None:
    ruled(world, by_stage=True)
    run(world, "failed", jobs=[("build", "compile"), ("test", "unit")])
    assert heads(world) == ["Pipeline #1 failed on main (stage test), acme/shop"]
    world.tick(MINUTE)
    other = world.gitlab.run_pipeline(
        world.shop, ref="main", user="ann", jobs=[("build", "compile")]
    )
    other.set_status("failed")
    world.settle()
    assert heads(world)[1:] == ["Pipeline #2 failed on main (stage build), acme/shop"]


def without_jobs(one: Delivery) -> Delivery:
    return replace(one, body=json.dumps(json.loads(one.body) | {"builds": []}).encode())


def test_a_project_may_have_alerts_of_its_own(world: World) -> None:
    mild = AlertRules(severities={"canceled": Severity.HIGH})
    world.rules = replace(RULES, alerts={"acme/shop": mild})
    run(world, "failed")
    run(world, "canceled")
    assert heads(world) == ["Pipeline #2 was canceled on main, acme/shop"]


def test_nor_need_its_branches_be_those_of_its_workgroup(world: World) -> None:
    ruled(world, branches=())
    world.rules = replace(world.rules, alerts={"acme/shop": AlertRules(open_task=1)})
    run(world, "failed")
    world.settle()
    assert (len(heads(world)), opened(world)) == (1, [TASK])


STAGES = [("build", "compile"), ("test", "unit"), ("deploy", "site")]
DEPLOY_FAILED = [
    "main (stage test) is fixed after 10 min by Ann, acme/shop",
    "Pipeline #2 failed on main (stage deploy), acme/shop",
]


def test_a_stage_is_well_once_it_passed_although_a_later_one_fails(world: World) -> None:
    ruled(world, by_stage=True)
    run(world, "failed", jobs=STAGES[:2])
    run(world, "failed", jobs=STAGES)
    assert heads(world) == DEPLOY_FAILED
    run(world, "failed", jobs=STAGES)
    run(world, "success", jobs=STAGES)
    assert heads(world) == [
        DEPLOY_FAILED[0],
        "main (stage deploy) is fixed after 20 min by Ann, acme/shop",
    ]


def test_a_retried_pipeline_passes_a_stage_and_fails_in_the_next(world: World) -> None:
    ruled(world, by_stage=True)
    pipeline = run(world, "failed", jobs=STAGES[:2])
    world.gitlab.retry_pipeline(pipeline)
    pipeline.jobs.append(Job(99, "site", "deploy", "created", world.clock.now()))
    world.tick(10 * MINUTE)
    pipeline.set_status("failed", "site")
    world.settle()
    assert heads(world) == [
        DEPLOY_FAILED[0],
        "Pipeline #1 failed on main (stage deploy), acme/shop",
    ]
    assert states(world) == [("open", 1), ("resolved", 1)]


def test_an_allowed_failure_fails_no_stage(world: World) -> None:
    ruled(world, by_stage=True)
    run(world, "failed", jobs=STAGES[:2])
    other = world.gitlab.run_pipeline(world.shop, ref="main", user="ann", jobs=STAGES)
    other.jobs[1].allow_failure, other.jobs[1].status = True, "failed"
    world.tick(10 * MINUTE)
    other.set_status("failed", "site")
    world.work()
    assert heads(world) == DEPLOY_FAILED


def test_stages_told_in_any_order_are_the_same(world: World) -> None:
    ruled(world, by_stage=True)
    world.hold_deliveries = True
    world.inbox_order.clear()
    run(world, "failed", jobs=STAGES[:2])
    run(world, "failed", jobs=STAGES)
    for delivery in reversed(world.inbox_order):
        world.store([delivery])
        world.work()
    world.settle()
    assert states(world) == [("open", 1), ("resolved", 1)]
    assert heads(world) == [DEPLOY_FAILED[1]]


def test_without_jobs_a_stage_is_well_when_all_is(world: World) -> None:
    ruled(world, by_stage=True)
    run(world, "failed", jobs=STAGES[:2])
    world.hold_deliveries = True
    world.inbox_order.clear()
    run(world, "failed", jobs=STAGES)
    world.hold_deliveries = False
    world.store([without_jobs(one) for one in world.inbox_order])
    world.settle()
    assert heads(world) == ["Pipeline #1 failed on main (stage test), acme/shop", DEPLOY_FAILED[1]]
    run(world, "success", jobs=STAGES)
    assert heads(world) == [
        "main (stage test) is fixed after 20 min by Ann, acme/shop",
        "main (stage deploy) is fixed after 10 min by Ann, acme/shop",
    ]


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


# --- people


def routed(world: World, *roles: Role) -> None:
    route = Route(frozenset({Kind.ALERT}), roles)
    world.rules = replace(RULES, groups={3: replace(SHOP, routes=(route,))})


def alerted(world: World) -> list[tuple[int, str]]:
    return [(user, plain(text)[0]) for user, text in world.told()]


def test_a_rule_tells_the_author_once_while_it_fails(world: World) -> None:
    routed(world, Role.AUTHOR)
    run(world, "failed")
    run(world, "failed")
    assert alerted(world) == [(ANN, "Pipeline #1 failed on main, acme/shop")]
    run(world, "success")
    assert alerted(world)[-1] == (ANN, "main is fixed after 20 min by Ann, acme/shop")


def test_the_author_whom_a_task_has_told_is_not_told_again(world: World) -> None:
    routed(world, Role.AUTHOR)
    world.task()
    world.gitlab.push(world.shop, "main", ["B24-2103 more"], "ann")
    run(world, "failed")
    world.settle()
    (one,) = alerted(world)
    assert "Task 2103" in one[1]


def test_who_has_seen_it_and_whose_it_is_stand_in_the_message(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    do(world, alert_actions.acknowledge, handle, "Boris")
    do(world, alert_actions.acknowledge, handle, "Vera")
    do(world, alert_actions.assign, handle, 7)
    assert plain(world.posted()[-1])[-2:] == ["Seen by Boris", "Assigned to Rita"]
    assert world.posted()[-1].endswith("[user=7]Rita[/user]")
    run(world, "success")
    assert told(world) == [
        ["main is fixed after 10 min by Ann, acme/shop", "Seen by Boris", "Assigned to Rita"]
    ]


def test_who_is_assigned_is_told_once(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    do(world, alert_actions.assign, handle, 7)
    do(world, alert_actions.assign, handle, 7)
    run(world, "failed")
    assert alerted(world) == [
        (7, "This is assigned to you: Pipeline #1 failed on main, acme/shop"),
    ]
    do(world, alert_actions.assign, handle, ANN, actor_id=ANN)
    assert len(alerted(world)) == 1


def test_nobody_of_another_portal_is_assigned(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    with pytest.raises(alert_actions.UnknownPerson, match="no active user 99"):
        do(world, alert_actions.assign, handle, 99)
    with write(world.database) as conn:
        assert alert_actions.acknowledge(conn, 99, handle, "Eve", world.clock.now()) is None
        assert alert_actions.assign(conn, 99, handle, 7, world.clock.now()) is None
    assert (rows(world)[0].acknowledged_by, rows(world)[0].assigned_to) == ("", None)


# --- the task of an alert


def opened(world: World) -> list[tuple[str, int, int]]:
    """(title, responsible, workgroup) of the tasks that alerts opened."""
    found = world.b24.state.tasks.values()
    return [(t.title, t.responsible_id, t.group_id) for t in found if t.xml_id]


TASK = ("Fix main of acme/shop, broken since pipeline #1", ANN, 3)


@pytest.mark.parametrize("v3", [True, False])
@pytest.mark.parametrize("card", ["new", "old"])
def test_after_enough_failures_in_a_row_a_task_is_opened(
    make_world: Callable[..., World], v3: bool, card: str
) -> None:
    world = known(make_world(rules=RULES, v3=v3, card=card))
    ruled(world, open_task=2)
    run(world, "failed")
    assert opened(world) == []
    run(world, "failed")
    run(world, "failed")
    world.settle()
    assert opened(world) == [TASK]
    (task,) = [t for t in world.b24.state.tasks.values() if t.xml_id]
    assert plain(task.description) == [
        "It began with pipeline #1, 2026-03-02 12:10",
        "Branch main, acme/shop",
    ]
    assert told(world)[0][-1] == f"Task {task.id}"
    assert f"/workgroups/group/3/tasks/task/view/{task.id}/]{task.id}[/url]" in world.posted()[-1]
    run(world, "success")
    world.settle()
    (comment,) = [m.text for m in world.b24.state.discussion(task.id) if "is fixed" in m.text]
    assert plain(comment) == ["main is fixed after 30 min by Ann, acme/shop"]
    assert task.status == 2  # it is people who close it


def test_the_task_is_of_who_is_assigned(world: World) -> None:
    ruled(world, open_task=2)
    run(world, "failed")
    do(world, alert_actions.assign, rows(world)[0].key.handle, 7)
    run(world, "failed")
    assert [responsible for _, responsible, _ in opened(world)] == [7]


def test_where_the_author_is_not_known_the_administrator_gets_it(world: World) -> None:
    ruled(world, open_task=1)
    world.gitlab.push(world.shop, "main", ["Surprise"], "cid")
    run(world, "failed")
    assert [responsible for _, responsible, _ in opened(world)] == [1]


@pytest.mark.parametrize("v3", [True, False])
def test_a_lost_answer_makes_no_second_task(make_world: Callable[..., World], v3: bool) -> None:
    world = known(make_world(rules=RULES, v3=v3))
    ruled(world, open_task=2)
    run(world, "failed")
    world.b24.lose_answer()
    run(world, "failed")
    world.settle()
    assert opened(world) == [TASK]
    assert rows(world)[0].task_id


def test_a_task_that_the_portal_refuses_is_not_asked_for_again(world: World) -> None:
    ruled(world, open_task=1)
    world.refuse("tasks.task.add", "ERROR_CORE")
    world.patch(world.b24.state, "v3", False)
    run(world, "failed")
    run(world, "failed")
    world.settle()
    assert opened(world) == []
    assert heads(world) == ["main is still failing, 2nd time, since 12:10, acme/shop"]


@pytest.mark.parametrize("assigned", [False, True])
def test_where_it_cannot_be_looked_for_the_key_makes_no_second_task(
    world: World, assigned: bool
) -> None:
    ruled(world, open_task=2)
    run(world, "failed")
    world.refuse("tasks.task.list", "ACCESS_DENIED", times=1)
    world.b24.lose_answer()
    run(world, "failed")
    if assigned:  # the task would be another's now: other words under the same key
        do(world, alert_actions.assign, rows(world)[0].key.handle, 7)
    world.settle()
    assert opened(world) == [TASK]
    assert rows(world)[0].task_id
