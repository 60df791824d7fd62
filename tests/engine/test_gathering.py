"""When a woken portal has its turn, as a table of wake-ups and the turns they lead to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.engine.gathering import Gathering

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("wake_ups", "due_at"),
    [
        pytest.param([0.0], 0.0, id="after quiet at once"),
        pytest.param([0.0, 0.1], 0.25, id="two are gathered"),
        pytest.param([0.0, 0.1, 0.2], 0.35, id="each further one is waited for"),
    ],
)
def test_when_a_portal_is_due(wake_ups: list[float], due_at: float) -> None:
    gathering = Gathering()
    for seconds in wake_ups:
        gathering.add([1], at(seconds))
    assert gathering.take_due(at(due_at - 0.001)) == frozenset()
    assert gathering.seconds_left(at(0)) == pytest.approx(due_at)
    assert gathering.take_due(at(due_at)) == {1}
    assert gathering.seconds_left(at(due_at)) is None


def test_an_endless_burst_waits_four_seconds_at_most() -> None:
    gathering = Gathering()
    gathering.add([1], at(0))
    assert gathering.take_due(at(0)) == {1}
    turns = []
    for tenth in range(1, 100):
        gathering.add([1], at(tenth / 10))
        if gathering.take_due(at(tenth / 10)):
            turns.append(tenth / 10)
    assert turns == [4.1, 8.2]


def test_a_wake_up_within_a_second_of_a_turn_is_gathered() -> None:
    gathering = Gathering()
    gathering.note_turn(1, at(0))
    gathering.add([1], at(0.9))
    assert gathering.take_due(at(0.9)) == frozenset()
    assert gathering.take_due(at(1.05)) == {1}


def test_portals_do_not_wait_for_each_other() -> None:
    gathering = Gathering()
    gathering.add([1], at(0))
    gathering.add([1, 2], at(0.1))
    assert gathering.take_due(at(0.1)) == {2}


def test_after_a_second_of_quiet_the_next_is_at_once_again() -> None:
    gathering = Gathering()
    gathering.add([1], at(0))
    assert gathering.take_due(at(0)) == {1}
    gathering.add([1], at(1))
    assert gathering.take_due(at(1)) == {1}
