"""Our definitions beside those of Apache DevLake and of fourkeys, on cases that express theirs.

What a peer would answer is worked out by hand from its stated definition and written as a number.
https://devlake.apache.org/docs/DORA/
https://github.com/dora-team/fourkeys/blob/main/METRICS.md
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.deployments.metrics.changes import Change, Period, span_of
from sync.core.deployments.metrics.failures import Shipment
from sync.core.deployments.metrics.summary import measure_flow, measures
from tests.core.deployments.metrics.factories import MONTH, at, change, shipment

HOUR = 3600.0
PEERS_WAY = change(1, -50, -40, -30, -25, -20, -10)
HOTFIX = change(3, -4.5, -4, None, None, -3.5, -3, branch="hotfix/cart")
WEEK = Period(at(-168), at(0))


def ours(
    name: str, changes: list[Change], shipments: list[Shipment] | None = None, of: Period = MONTH
) -> float | None:
    flow = measure_flow(changes, shipments or [], of)
    return {measure.name: measure.value for measure in measures(flow)}[name]


# --- where the definitions agree


@pytest.mark.parametrize(
    ("parts", "devlake_hours"),
    [
        (("coding",), 10),  # authored → created
        (("waiting",), 10),  # pickup: created → first comment of somebody else
        (("review", "merge"), 10),  # review: first comment → merged, which we divide
        (("deploy",), 10),  # merged → the first production deployment with it finished
        (("lead_time",), 40),  # all of it
    ],
)
def test_devlake_divides_the_way_of_a_change_alike(
    parts: tuple[str, ...], devlake_hours: float
) -> None:
    spans = [span_of(PEERS_WAY, part) for part in parts]
    assert sum((span for span in spans if span), timedelta()) == timedelta(hours=devlake_hours)


@pytest.mark.parametrize("name", ["coding", "waiting", "deploy"])
def test_devlake_has_no_negative_spans_either(name: str) -> None:
    backwards = change(1, -10, -20, -30, -35, -25, -26)
    assert span_of(backwards, name) is None


def test_devlake_has_the_same_median_of_an_odd_number_of_changes() -> None:
    changes = [change(n, -hours - 1, deployed_at=at(-1)) for n, hours in enumerate((1, 2, 30))]
    assert ours("lead_time", changes) == 2 * HOUR


def test_devlake_takes_the_median_of_requests_in_three_deployments_alike() -> None:
    """Its own example, with a fourth in the last deployment, so that there is one in the middle.

    The median of the deployments' medians (1, 2 and 6.5 h) would be 2 h.
    """
    deployed = ((1, -30), (2, -20), (2, -20), (6, -10), (6, -10), (7, -10), (9, -10))
    changes = [
        change(number, moment - hours, deployed_at=at(moment))
        for number, (hours, moment) in enumerate(deployed)
    ]
    devlake_hours = 6
    assert ours("lead_time", changes) == devlake_hours * HOUR


def test_devlake_blames_the_newest_deployment_before_an_incident_alike() -> None:
    """Its incident is opened at -4 h, our hotfix is: both are of the deployment of -6 h.

    It was restored at -3 h, where the incident is closed when the hotfix is deployed.
    """
    shipments = [shipment(1, -9), shipment(2, -6), shipment(3, -3, HOTFIX)]
    assert ours("change_failure_rate", [HOTFIX], shipments) == pytest.approx(1 / 3)
    assert ours("time_to_restore", [HOTFIX], shipments) == 3 * HOUR


def test_devlake_counts_successful_production_deployments_alike() -> None:
    """Three on three days of one week: three days with deployments, which is its frequency."""
    assert ours("deployment_frequency", [], [shipment(n, -25 * n) for n in (1, 2, 3)], WEEK) == 3


def test_fourkeys_takes_the_median_lead_time_over_changes_alike() -> None:
    """Merge requests of one commit each, over the whole period, the middle two averaged."""
    changes = [change(n, -hours - 1, deployed_at=at(-1)) for n, hours in enumerate((1, 2, 4, 30))]
    assert ours("lead_time", changes) == 3 * HOUR


def test_fourkeys_has_a_quarter_of_four_deployments_fail_alike() -> None:
    shipments = [shipment(1, -9), shipment(2, -6), shipment(3, -3, HOTFIX), shipment(4, -1)]
    assert ours("change_failure_rate", [HOTFIX], shipments) == 0.25


# --- where they differ, and why (docs/metrics.md)


def test_devlake_takes_one_of_the_middle_two() -> None:
    """Which of them depends on the version of its queries."""
    changes = [change(n, -hours - 1, deployed_at=at(-1)) for n, hours in enumerate((1, 2, 4, 30))]
    devlake = {2 * HOUR, 4 * HOUR}
    assert ours("lead_time", changes) == 3 * HOUR
    assert 3 * HOUR not in devlake


def test_devlake_shows_zero_where_nothing_was_deployed() -> None:
    devlake = 0
    assert ours("lead_time", []) is None
    assert devlake is not None


def test_devlake_adds_up_the_parts_that_it_has() -> None:
    """Without a commit that is known, its cycle time is the rest; ours is no data."""
    unknown_start = change(1, None, -40, -30, -25, -20, -10)
    devlake_hours = 20 + 10
    assert ours("lead_time", [unknown_start]) is None
    assert devlake_hours == 30


def test_devlake_counts_days_with_deployments_and_we_count_deployments() -> None:
    devlake_days = 1
    assert ours("deployment_frequency", [], [shipment(n, -n) for n in (1, 2, 3)], WEEK) == 3
    assert devlake_days == 1


def test_fourkeys_measures_each_commit_and_we_measure_the_merge_request() -> None:
    """Commits 40 h and 20 h before the deployment: a median of 30 h; ours begins with the first."""
    fourkeys_hours = 30
    assert ours("lead_time", [change(1, -50, deployed_at=at(-10))]) == 40 * HOUR
    assert fourkeys_hours < 40


def test_fourkeys_leaves_out_what_took_no_time() -> None:
    at_once, slow = change(1, -10, deployed_at=at(-10)), change(2, -12, deployed_at=at(-10))
    fourkeys_hours = 2
    assert ours("lead_time", [at_once, slow]) == 1 * HOUR != fourkeys_hours * HOUR
