"""The leaky bucket and the seconds a method has used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bitrix24.rest import limits

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_fifty_requests_go_at_once_and_the_next_waits_half_a_second():
    allowance = limits.full_allowance(NOW)
    for _ in range(50):
        allowance, wait = limits.take_request(allowance, NOW)
        assert wait == 0
    same, wait = limits.take_request(allowance, NOW)
    assert wait == pytest.approx(0.5)
    assert same is allowance


def test_the_wait_that_was_named_is_long_enough():
    allowance = limits.Allowance(50.0, NOW)
    _, wait = limits.take_request(allowance, NOW)
    _, again = limits.take_request(allowance, after(wait))
    assert again == 0


@pytest.mark.parametrize(("rate", "burst", "wait"), [(2.0, 50, 0.5), (5.0, 250, 0.2)])
def test_a_portal_may_have_limits_of_its_own(rate, burst, wait):
    assert limits.take_request(limits.Allowance(burst, NOW), NOW, rate, burst)[1] == pytest.approx(
        wait
    )


def test_the_bucket_drains_two_a_second_and_not_below_empty():
    allowance, _ = limits.take_request(limits.Allowance(10.0, NOW), after(3))
    assert allowance.level == pytest.approx(5.0)
    allowance, _ = limits.take_request(allowance, after(1000))
    assert allowance.level == pytest.approx(1.0)


def test_a_clock_that_goes_back_gives_nothing_away():
    allowance, _ = limits.take_request(limits.Allowance(10.0, NOW), after(-100))
    assert (allowance.level, allowance.at) == (11.0, after(-100))


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses):
    """A server with the same bucket never sees more than 50."""
    allowance, server, now = limits.full_allowance(NOW), 0.0, NOW
    for pause in pauses:
        now += timedelta(seconds=pause)
        server = max(0.0, server - pause * limits.RATE)
        allowance, wait = limits.take_request(allowance, now)
        if wait:
            continue
        server += 1
        assert server <= limits.BURST + 0.001


def test_a_bucket_that_others_filled_is_believed_to_be_full():
    allowance = limits.mark_overflowed(limits.full_allowance(NOW), NOW)
    assert limits.take_request(allowance, NOW)[1] == pytest.approx(0.5)


def test_a_method_rests_after_four_hundred_seconds_and_others_do_not():
    block = {"operating": 401.5, "operating_reset_at": after(90).timestamp()}
    allowance = limits.record_operating(limits.full_allowance(NOW), "tasks.task.get", block)
    assert limits.blocked_until(allowance, "tasks.task.get", NOW) == after(90)
    assert limits.blocked_until(allowance, "tasks.task.update", NOW) is None
    assert limits.blocked_until(allowance, "tasks.task.get", after(90)) is None


@pytest.mark.parametrize("block", [{}, {"operating": None}, {"operating": "7"}, {"operating": 3.3}])
def test_a_time_block_that_says_nothing_of_weight_changes_nothing(block):
    allowance = limits.full_allowance(NOW)
    assert limits.record_operating(allowance, "profile", block) is allowance


def test_a_method_that_recovered_is_forgotten():
    busy = limits.record_operating(limits.full_allowance(NOW), "user.get", {"operating": 300})
    assert limits.record_operating(busy, "user.get", {"operating": 20}).operating == {}


def test_what_was_read_back_from_json_counts_as_well():
    stored = limits.Allowance(0, NOW, {"user.get": [450.0, after(60).timestamp()]})
    assert limits.blocked_until(stored, "user.get", NOW) == after(60)


def test_a_refused_method_rests_until_the_portal_forgets():
    allowance = limits.block_method(limits.full_allowance(NOW), "user.get", after(30))
    assert limits.blocked_until(allowance, "user.get", NOW) == after(30)


@pytest.mark.parametrize(
    ("blocked", "methods", "taken"),
    [
        pytest.param([], {"a", "b"}, True, id="nothing rests"),
        pytest.param(["a"], {"a", "b"}, True, id="the rest of them goes"),
        pytest.param(["a", "b"], {"a", "b"}, False, id="all rest: no request is spent"),
        pytest.param(["a"], set(), True, id="a request sent again"),
    ],
)
def test_a_request_is_spent_for_the_methods_that_may_be_called(
    blocked: list[str], methods: set[str], taken: bool
):
    allowance = limits.full_allowance(NOW)
    for method in blocked:
        allowance = limits.block_method(allowance, method, after(60))
    changed, admission = limits.admit_request(allowance, methods, NOW)
    assert set(admission.blocked) == set(blocked) & methods
    assert (changed.level, admission.wait) == (1.0 if taken else 0.0, 0.0)


def test_a_request_for_which_there_is_no_room_waits():
    allowance = limits.full_allowance(NOW)
    for _ in range(50):
        allowance, _ = limits.admit_request(allowance, {"a"}, NOW)
    same, admission = limits.admit_request(allowance, {"a"}, NOW)
    assert (same is allowance, admission.wait) == (True, pytest.approx(0.5))


@pytest.mark.parametrize("reset_at", [1e15, -1e15, 1e300, 10**400, float("inf"), float("nan")])
def test_an_end_that_no_date_names_does_not_stop_a_method_for_ever(reset_at):
    """A portal may answer any number; what is stored of it has to be a number for a database."""
    block = {"operating": 1000, "operating_reset_at": reset_at}
    allowance = limits.record_operating(limits.full_allowance(NOW), "tasks.task.list", block)
    until = limits.blocked_until(allowance, "tasks.task.list", NOW)
    assert until is None or until <= after(limits.OPERATING_WINDOW)
    json.dumps(allowance.operating, allow_nan=False)
