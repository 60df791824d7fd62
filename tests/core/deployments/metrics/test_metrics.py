"""What is measured of changes and production deployments, and what is "no data"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.deployments.environments import undone_by
from sync.core.deployments.metrics.changes import SPANS, Change, Period, span_of
from sync.core.deployments.metrics.failures import (
    find_failures,
    is_finished_production,
    rollbacks,
)
from sync.core.deployments.metrics.summary import Flow, measure_flow, measures, weekly
from sync.core.model.deployments import DeploymentStatus, Tier
from tests.core.deployments.metrics.factories import MONTH, at, change, deployment, shipment

HOUR = 3600.0


def values(flow: Flow) -> dict[str, float | None]:
    return {measure.name: measure.value for measure in measures(flow)}


def test_nothing_known_is_no_data_and_never_zero() -> None:
    flow = measure_flow([], [], MONTH)
    assert set(values(flow).values()) == {None}
    for week in weekly(flow, MONTH.end):
        counts = week.deployments, week.failures, week.merged, week.in_progress, week.lead_time
        assert counts == (None,) * 5


def test_a_change_is_measured_part_by_part() -> None:
    way = change(1, -50, -40, -30, -25, -20, -10)
    hours = {name: span_of(way, name) / timedelta(hours=1) for name in SPANS}  # type: ignore[operator]
    assert hours == {
        "lead_time": 40, "cycle_time": 30, "time_to_first_review": 10, "coding": 10,
        "waiting": 10, "review": 5, "merge": 5, "deploy": 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moments", "name", "hours"),
    [
        ((-50, -40, -30, None, -20, -10), "review", 10),  # nobody approved: until the merge
        ((-50, -40, -30, None, -20, -10), "merge", None),
        ((-50, -40, None, None, -20, -10), "review", None),
        ((-50, -40, None, None, -20, -10), "waiting", None),
        ((None, -40, -30, -25, -20, -10), "lead_time", None),
        ((-35, -40, -30, -25, -20, -10), "coding", None),  # rebased after it was proposed
        ((-40, -40, -30, -25, -20, -10), "coding", 0),  # at once is a time
        ((-50, -40, -30, -25, -20, None), "deploy", None),
    ],
)
def test_a_span_without_an_end_is_no_data(
    moments: tuple[float | None, ...], name: str, hours: float | None
) -> None:
    span = span_of(change(1, *moments), name)
    assert span == (None if hours is None else timedelta(hours=hours))


def test_the_median_is_over_changes_and_not_over_days() -> None:
    """Three changes of one day and one of another: a median of daily medians would be 11 h."""
    changes = [
        change(1, -51, deployed_at=at(-50)), change(2, -52, deployed_at=at(-50)),
        change(3, -53, deployed_at=at(-50)), change(4, -40, deployed_at=at(-20)),
    ]  # fmt: skip
    assert values(measure_flow(changes, [], MONTH))["lead_time"] == 2.5 * HOUR


def test_a_change_counts_in_the_period_in_which_it_was_deployed() -> None:
    way = change(1, -50, -40, -30, -25, -20, -10)
    before, after = Period(at(-60), at(-10)), Period(at(-10), at(0))
    assert values(measure_flow([way], [], before))["lead_time"] is None
    assert values(measure_flow([way], [], before))["cycle_time"] == 30 * HOUR
    assert values(measure_flow([way], [], after))["lead_time"] == 40 * HOUR
    assert values(measure_flow([way], [], after))["cycle_time"] is None


@pytest.mark.parametrize(
    ("status", "tier", "counts"),
    [
        (DeploymentStatus.SUCCESS, Tier.PRODUCTION, True),
        *((status, Tier.PRODUCTION, False) for status in DeploymentStatus if status != "success"),
        *((DeploymentStatus.SUCCESS, tier, False) for tier in Tier if tier != "production"),
    ],
)
def test_only_finished_production_deployments_count(
    status: DeploymentStatus, tier: Tier, counts: bool
) -> None:
    assert is_finished_production(deployment(1, 0, status=status, tier=tier)) is counts


def test_deployments_are_counted_per_week() -> None:
    fortnight = Period(at(-14 * 24), at(0))
    flow = measure_flow([], [shipment(n, -n) for n in range(1, 7)], fortnight)
    assert values(flow)["deployment_frequency"] == 3


OLD = {"sha": f"{1:08x}" * 5}  # deployment 1 again
FIX = change(9, opened_at=at(-5), merged_at=at(-4), branch="hotfix/cart")
REVERT = replace(FIX, title='Revert "Change 2"', branch="revert-2")
FAILURES = {
    "nothing followed": ([shipment(1, -9), shipment(2, -8)], []),
    "rolled back": (
        [shipment(1, -9), shipment(2, -8), shipment(3, -6, **OLD)], [(2, "rollback", 2)]
    ),
    "two rolled back": (
        [shipment(1, -9), shipment(2, -8), shipment(3, -7), shipment(4, -6, **OLD)],
        [(2, "rollback", 2), (3, "rollback", 1)],
    ),
    "the same once more": ([shipment(1, -9), shipment(2, -8, **OLD)], []),
    "a hotfix cut from an older commit": (
        [shipment(1, -9), shipment(2, -8), shipment(3, -6, lacks=(f"{2:08x}" * 5,))],
        [(2, "rollback", 2)],
    ),
    "a hotfix that keeps the work it was cut from": (
        [shipment(1, -9), shipment(2, -8), shipment(3, -7),
         shipment(4, -6, lacks=(f"{3:08x}" * 5,)), shipment(5, -5, **OLD)],
        [(2, "rollback", 3), (3, "rollback", 1), (4, "rollback", 1)],
    ),
    "rolled back later than a week": (
        [shipment(1, -300), shipment(2, -200), shipment(3, -6, **OLD)], []
    ),
    "a hotfix of the newest when it was opened": (
        [shipment(1, -9), shipment(2, -6), shipment(3, -4.5), shipment(4, -3, FIX)],
        [(2, "hotfix", 3)],
    ),
    "a revert of what an earlier one brought": (
        [shipment(1, -9, change(2)), shipment(2, -6), shipment(3, -3, REVERT)],
        [(1, "revert", 6)],
    ),
    "a revert of a title that nobody knows": (
        [shipment(1, -9), shipment(2, -6), shipment(3, -3, REVERT)], [(2, "revert", 3)]
    ),
    "a revert of a revert": (
        [shipment(1, -9, change(2)),
         shipment(2, -3, replace(REVERT, title='Revert "Revert "Change 2""'))], [],
    ),
    "the first remedy counts": (
        [shipment(1, -9), shipment(2, -6), shipment(3, -3, FIX), shipment(4, -1, **OLD)],
        [(2, "hotfix", 3), (3, "rollback", 2)],
    ),
    "elsewhere": (
        [shipment(1, -9), shipment(2, -8), shipment(3, -6, **OLD, environment="prod-eu")], []
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_deployment_that_needed_remediation_failed(name: str) -> None:
    shipments, expected = FAILURES[name]
    failures = find_failures(shipments[::-1])
    assert [
        (failure.failed.id, failure.kind, failure.restored_after / timedelta(hours=1))
        for failure in failures
    ] == expected


def test_failures_are_a_share_of_the_deployments() -> None:
    shipments, _ = FAILURES["rolled back"]
    flow = measure_flow([], shipments, MONTH)
    assert values(flow)["change_failure_rate"] == pytest.approx(1 / 3)
    assert values(flow)["time_to_restore"] == 2 * HOUR


def test_deployments_without_failures_have_a_rate_of_zero_and_no_time() -> None:
    flow = measure_flow([], [shipment(1, -9)], MONTH)
    assert values(flow)["change_failure_rate"] == 0
    assert values(flow)["time_to_restore"] is None


@given(st.lists(st.tuples(st.integers(1, 4), st.sets(st.integers(1, 4), max_size=2)), max_size=9))
def test_rollbacks_are_those_that_each_deployment_undoes(
    entries: list[tuple[int, set[int]]],
) -> None:
    history = [
        deployment(
            place, place - 50, sha=f"{number:08x}",
            lacks=tuple(f"{other:08x}" for other in lacking - {number}),
        )
        for place, (number, lacking) in enumerate(entries, 1)
    ]  # fmt: skip
    expected = [(undone.id, of.id) for of in history for undone in undone_by(of, history)]
    assert sorted((a.id, b.id) for a, b in rollbacks(history)) == sorted(expected)


MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def test_weeks_have_zeros_only_after_something_is_known() -> None:
    opened, merged = MONDAY - timedelta(days=13), MONDAY + timedelta(days=1)
    way = Change(change().key, opened_at=opened, merged_at=merged)
    period = Period(MONDAY - timedelta(days=21), MONDAY + timedelta(days=7))
    weeks = weekly(measure_flow([way], [], period), period.end)
    assert [(week.merged, week.in_progress) for week in weeks] == [
        (None, None), (0, 1), (0, 1), (1, 0)
    ]  # fmt: skip
    assert [week.start.weekday() for week in weeks] == [0] * 4


def test_work_in_progress_is_what_is_open_at_the_end() -> None:
    changes = [
        change(1, opened_at=at(-9)), change(2, opened_at=at(-9), merged_at=at(-1)),
        change(3, opened_at=at(-9), closed_at=at(-1)), change(4),
    ]  # fmt: skip
    flow = measure_flow(changes, [], MONTH)
    assert (values(flow)["work_in_progress"], values(flow)["throughput"]) == (
        1, pytest.approx(1 / MONTH.weeks)
    )  # fmt: skip
