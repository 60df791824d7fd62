"""Alerts by stage: each stage fails and is well on its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync.store.rows import Delivery
from tests.emulators.gitlab.entities import Job
from tests.engine.test_alerts import MINUTE, heads, ruled, run, states, world
from tests.engine.world import World

__all__ = ["world"]  # fixtures


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


STAGES = [("build", "compile"), ("test", "unit"), ("deploy", "site")]
DEPLOY_FAILED = [
    "main (stage test) is fixed after 10 min by Ann, acme/shop",
    "Pipeline #2 failed on main (stage deploy), acme/shop",
]


@pytest.mark.deep
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
