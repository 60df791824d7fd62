"""A portal that has a storm leaves most of the processor to others; alone it takes all."""

from __future__ import annotations

import pytest

from sync.engine import pace as pace_module
from sync.engine.pace import AT_ONCE, LONGEST_REST, RECENT_SECONDS, SHARE, Pace

STORM, QUIET = 1, 2


class Clocks:
    """The processor's seconds of this thread, and those of the wall; sleeping passes the wall's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used = self.now = 0.0
        self.slept: list[float] = []
        monkeypatch.setattr(pace_module.time, "thread_time", lambda: self.used)
        monkeypatch.setattr(pace_module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(pace_module.time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def work(self, seconds: float) -> None:
        self.used += seconds
        self.now += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def works(clocks: Clocks, pace: Pace, times: int, each: float = 0.1) -> None:
    """Let the storm's turn work, part by part; the quiet portal is woken meanwhile."""
    pace.begin()
    for _ in range(times):
        clocks.work(each)
        pace.note_wake_up(QUIET)
        pace.rest(STORM)


def test_a_long_turn_uses_its_share_of_the_processor(clocks: Clocks) -> None:
    works(clocks, Pace(), 100)
    assert clocks.used == pytest.approx(10)
    assert clocks.used / clocks.now == pytest.approx(SHARE, rel=0.1)
    assert max(clocks.slept) <= LONGEST_REST


def test_a_short_turn_rests_never(clocks: Clocks) -> None:
    pace = Pace()
    for _ in range(50):
        works(clocks, pace, 1, AT_ONCE / 2)
        clocks.now += AT_ONCE / SHARE
    assert clocks.slept == []


def test_what_one_turn_used_is_of_the_next_one_too(clocks: Clocks) -> None:
    pace = Pace()
    for _ in range(100):
        works(clocks, pace, 1)
    assert clocks.used / clocks.now == pytest.approx(SHARE, rel=0.1)


def test_nobody_rests_for_nobody(clocks: Clocks) -> None:
    pace = Pace()
    pace.begin()
    for _ in range(100):
        clocks.work(0.1)
        pace.note_wake_up(STORM)
        pace.rest(STORM)
    assert clocks.slept == []


def test_those_who_were_woken_long_ago_are_waited_for_no_more(clocks: Clocks) -> None:
    pace = Pace()
    pace.note_wake_up(QUIET)
    clocks.now += RECENT_SECONDS + 0.1
    pace.begin()
    clocks.work(5)
    pace.rest(STORM)
    assert clocks.slept == []


def test_what_other_portals_turns_used_before_is_not_the_storms(clocks: Clocks) -> None:
    pace = Pace()
    clocks.work(60)
    works(clocks, pace, 1)
    assert clocks.slept == []
