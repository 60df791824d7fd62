"""Alerts of what projects do beside the usual: names, sources, retries, endings, quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import AlertRules
from sync.core.rules.routes import Channel, QuietHours, Role, Route
from sync.engine import alert_actions
from sync.store import portals
from sync.store.db.database import write
from tests.emulators.gitlab.entities import Pipeline
from tests.engine.test_alerts import (
    MINUTE,
    RULES,
    SHOP,
    do,
    heads,
    known,
    rows,
    ruled,
    run,
    states,
)
from tests.engine.upkeep.test_purge import purged
from tests.engine.world import START, World

EVERYTHING = Route(frozenset({Kind.ALERT}), (Channel.PROJECT,))


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return known(make_world(rules=RULES))


def minded(world: World, **alerts: object) -> None:
    """Alerts of any severity are told, by rules of the workgroup's own."""
    group = replace(SHOP, alerts=AlertRules(**alerts), routes=(EVERYTHING,))
    world.rules = replace(RULES, groups={3: group})


def refs(world: World) -> list[tuple[str, str]]:
    return [(row.key.ref_key.ref, row.alert.state.value) for row in rows(world)]


def ended(world: World, pipeline: Pipeline, status: str, job: str = "") -> None:
    world.tick(10 * MINUTE)
    pipeline.set_status(status, job)
    world.work()


# --- names


def test_branches_of_one_name_in_two_projects_are_two(world: World) -> None:
    api = world.gitlab.state.add_project("acme/api", members={"ann": 40})
    world.gitlab.add_hook(api, "http://bridge.test/hook", "push_events", "pipeline_events")
    world.gitlab.push(api, "main", ["Begin"], "ann")
    run(world, "failed")
    other = world.gitlab.run_pipeline(api, ref="main", user="ann")
    ended(world, other, "failed")
    run(world, "success")
    assert heads(world) == [
        "main is fixed after 20 min by Ann, acme/shop",
        "Pipeline #2 failed on main, acme/api",
    ]
    assert states(world) == [("open", 1), ("resolved", 1)]


def test_a_tag_is_no_branch_of_its_name(world: World) -> None:
    run(world, "failed")
    world.gitlab.tag(world.shop, "main", "ann")
    of_tag = world.gitlab.run_pipeline(world.shop, ref="main", user="ann")
    of_tag.tag = True
    ended(world, of_tag, "success")
    assert heads(world) == ["Pipeline #1 failed on main, acme/shop"]
    assert refs(world) == [("main", "open")]


def test_a_tag_that_is_watched_has_its_own_alert_and_ends_with_it(world: World) -> None:
    ruled(world, branches=("v*",))
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "tag_push_events")
    world.gitlab.tag(world.shop, "v1.2", "ann")
    run(world, "failed", "v1.2")
    assert heads(world) == ["Pipeline #1 failed on refs/tags/v1.2, acme/shop"]
    page = "http://gitlab.test/acme/shop/-/tags/v1.2"
    assert f"[url={page}]refs/tags/v1.2[/url]" in world.posted()[-1]
    world.gitlab.coding.delete_tag(world.shop, "v1.2", "ann")
    world.settle()
    assert refs(world) == [("refs/tags/v1.2", "closed")]


def test_names_are_no_markup(world: World) -> None:
    ruled(world, branches=("all",), by_stage=True)
    branch = "fix/[b]-[url=//evil.test]x"
    world.gitlab.push(world.shop, branch, ["One"], "ann")
    run(world, "failed", branch, jobs=[("[user=1]te:st[/user]", "[i]unit")])
    handle = rows(world)[0].key.handle
    do(world, alert_actions.acknowledge, handle, "[user=1]Eve[/user]\n[b]")
    lines = world.posted()[-1].replace("\u2060", "~").split("\n")
    page = "http://gitlab.test/acme/shop/-/tree/fix/%5Bb%5D-%5Burl%3D//evil.test%5Dx"
    name = "fix/[~b]-[~url=//evil.test]x"
    assert f"[url={page}]{name}[/url] (stage [~user=1]te:st[~/user])" in lines[0]
    assert lines[2:] == [
        "Failed jobs: [url=http://gitlab.test/acme/shop/-/jobs/1][~i]unit[/url]",
        "Seen by [~user=1]Eve[~/user] [~b]",
    ]


def test_of_a_long_name_people_are_told_of_each_alert(world: World) -> None:
    branch = "release/" + "x" * 230
    route = Route(frozenset({Kind.ALERT}), (Role.AUTHOR,))
    rules = AlertRules(branches=("release/*",), by_stage=True)
    world.rules = replace(RULES, groups={3: replace(SHOP, alerts=rules, routes=(route,))})
    world.gitlab.push(world.shop, branch, ["One"], "ann")
    run(world, "failed", branch, jobs=[("build", "compile"), ("test", "unit")])
    run(world, "failed", branch, jobs=[("build", "compile")])
    stages = [text.partition("(stage ")[2].partition(")")[0] for _, text in world.told()]
    assert stages == ["test", "build"]


# --- sources


def test_a_canceled_pipeline_that_is_retried_and_passes(world: World) -> None:
    minded(world)
    pipeline = run(world, "canceled")
    assert heads(world) == ["Pipeline #1 was canceled on main, acme/shop"]
    world.gitlab.working.retry_job(pipeline, "unit")
    pipeline.set_status("running")
    ended(world, pipeline, "success")
    assert heads(world) == ["main is fixed after 10 min by Ann, acme/shop"]


@pytest.mark.parametrize(
    ("by_stage", "said"),
    [
        (False, "Pipeline #1 failed on main, acme/shop"),
        (True, "Pipeline #1 failed on main (stage trigger), acme/shop"),
    ],
)
def test_a_child_that_fails_is_its_parents_failure(world: World, by_stage: bool, said: str) -> None:
    """With `strategy: depend` the parent waits for it."""
    ruled(world, by_stage=by_stage)
    parent = world.gitlab.run_pipeline(
        world.shop, ref="main", user="ann", jobs=[("build", "compile")]
    )
    child = world.gitlab.working.run_child(parent, "site")
    child.set_status("failed")
    parent.bridges[0].status = "failed"
    parent.jobs[0].status = "success"
    ended(world, parent, "failed", "none of its own")
    assert heads(world) == [said]
    assert states(world) == [("open", 1)]


def test_what_a_schedule_runs_counts(world: World) -> None:
    run(world, "failed", source="schedule")
    run(world, "success", source="schedule")
    assert heads(world) == ["main is fixed after 10 min by Ann, acme/shop"]


def test_a_merge_requests_pipeline_says_nothing_of_its_branch(world: World) -> None:
    ruled(world, branches=("all",))
    ended(world, world.gitlab.run_pipeline(world.opened()), "failed")
    assert rows(world) == []


def test_merge_requests_are_watched_by_a_pattern_and_close_with_theirs(world: World) -> None:
    ruled(world, branches=("refs/merge-requests/*",))
    mr = world.opened()
    ended(world, world.gitlab.run_pipeline(mr), "failed")
    assert heads(world) == ["Pipeline #1 failed on !1, acme/shop"]
    assert "/acme/shop/-/merge_requests/1]!1[/url]" in world.posted()[-1]
    ended(world, world.gitlab.run_pipeline(mr), "failed")
    world.gitlab.close(mr, "ann")
    world.settle()
    assert heads(world) == ["The alert on !1 is closed, acme/shop"]
    assert refs(world) == [("refs/merge-requests/1/head", "closed")]


# --- endings


def test_a_manual_job_that_is_played_later_changes_no_end(world: World) -> None:
    run(world, "failed")
    fixed = run(world, "success")
    said = heads(world)
    fixed.set_status("running")
    run(world, "canceled")
    assert states(world)[-1] == ("resolved", 1)
    ended(world, fixed, "success")
    assert heads(world) == said == ["main is fixed after 10 min by Ann, acme/shop"]


def test_a_branch_that_is_made_again_begins_anew(world: World) -> None:
    ruled(world, branches=("feature/*",))
    for _ in range(2):
        world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
        run(world, "failed", "feature/x")
        world.gitlab.delete_branch(world.shop, "feature/x", "ann")
        world.settle()
        world.tick(MINUTE)
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    run(world, "success", "feature/x")
    assert heads(world) == ["feature/x was deleted while it failed, acme/shop"] * 2
    assert states(world) == [("closed", 1), ("closed", 1)]


def test_who_is_nobody_of_the_portal_may_have_seen_it(world: World) -> None:
    run(world, "failed")
    do(world, alert_actions.acknowledge, rows(world)[0].key.handle, "The night shift")
    assert world.posted()[-1].endswith("\nSeen by The night shift")
    with pytest.raises(alert_actions.UnknownPerson):
        do(world, alert_actions.assign, rows(world)[0].key.handle, 4711)


def test_what_began_and_ended_in_quiet_hours_is_only_kept(world: World) -> None:
    quiet = replace(EVERYTHING, quiet_hours=QuietHours(time(12), time(13)))
    world.rules = replace(RULES, groups={3: replace(SHOP, routes=(quiet,))})
    run(world, "failed")
    run(world, "success")
    world.tick(60 * MINUTE)
    world.work()
    assert (heads(world), states(world)) == ([], [("resolved", 1)])


def test_what_began_before_quiet_hours_ends_in_them(world: World) -> None:
    quiet = replace(EVERYTHING, quiet_hours=QuietHours(time(12, 15), time(13)))
    world.rules = replace(RULES, groups={3: replace(SHOP, routes=(quiet,))})
    run(world, "failed")
    run(world, "success")
    assert heads(world) == ["main is fixed after 10 min by Ann, acme/shop"]


def test_a_purge_leaves_an_open_alert_what_it_is_told_with(world: World) -> None:
    run(world, "failed")
    with write(world.database) as conn:
        portals.save_settings(conn, world.portal_id, {"retention": {"mirror": 1}}, START)
    world.tick(86_400)
    assert "pipelines" not in purged(world)
    world.save_token(world.b24.token(1))
    run(world, "success")
    assert heads(world) == ["main is fixed after 1 d 17 h by Ann, acme/shop"]
