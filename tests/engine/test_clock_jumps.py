"""The machine's clock is put back or ahead: work goes on, and nothing is deleted by a wrong one."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from sqlalchemy import func, select, update

from sync.bitrix24.rest import limits
from sync.clock_check import ClockCheck
from sync.core.clock import ManualClock, has_come, is_due
from sync.engine.deps import Deps
from sync.engine.gathering import Gathering
from sync.engine.pauses import Pauses
from sync.engine.upkeep.purge import NightlyPurge
from sync.engine.upkeep.sweep import Sweep
from sync.errors import Later
from sync.store import clock_repair, inbox, leases
from sync.store.db.database import read, write
from sync.store.tables import api_call, command, connection, lease, purge, subject
from tests.engine.world import START, World

pytestmark = pytest.mark.dialect

YEAR, MONTHS = timedelta(days=365), timedelta(days=100)


def put(world: World, moment: datetime) -> None:
    """Puts the clock of our machine there; the emulated portal, which has the same, is fresh."""
    world.clock._now = moment
    world.b24.state.limits.level, world.b24.state.limits.at = 0.0, moment.timestamp()


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (START - timedelta(seconds=9), False),
        (START - timedelta(seconds=10), True),
        (START + timedelta(seconds=30), False),  # another machine's clock
        (START + YEAR, True),
    ],
)
def test_what_was_done_in_the_future_is_due(last: datetime | None, due: bool) -> None:
    assert is_due(last, timedelta(seconds=10), START) is due


@pytest.mark.parametrize(
    ("ahead", "come"),
    [(0, True), (1, False), (600, False), (660, False), (661, True), (86_400, True)],
)
def test_a_moment_beyond_the_longest_wait_has_come(ahead: int, come: bool) -> None:
    moment = START + timedelta(seconds=ahead)
    assert has_come(moment, timedelta(seconds=600), START) is come


def test_an_allowance_of_the_future_drains_from_now_on() -> None:
    full = limits.Allowance(limits.BURST, START + YEAR)
    kept, wait = limits.take_request(full, START)
    assert (kept.at, wait) == (START, 0.5)
    taken, wait = limits.take_request(kept, START + timedelta(seconds=0.5))
    assert (taken.level, wait) == (limits.BURST, 0.0)


def test_a_method_is_not_blocked_until_next_year() -> None:
    blocked = limits.block_method(limits.full_allowance(START), "im.message.add", START + YEAR)
    assert limits.blocked_until(blocked, "im.message.add", START) is None


def test_a_portal_that_was_left_alone_in_the_future_is_asked_again() -> None:
    pauses = Pauses()
    pauses.pause(1, Later("busy", after=86_400 * 30.0), START + YEAR, 0.5)
    assert not pauses.is_paused(1, START)
    pauses.pause(1, Later("busy", after=86_400 * 30.0), START, 0.5)
    assert pauses.is_paused(1, START + timedelta(minutes=59))
    assert not pauses.is_paused(1, START + timedelta(minutes=61))


def test_a_portal_that_was_gathered_in_the_future_has_its_turn() -> None:
    gathering = Gathering()
    gathering.add([1], START + YEAR)
    gathering.add([1], START + YEAR)
    assert gathering.take_due(START) == {1}


def test_work_goes_on_when_the_clock_is_put_back(world: World) -> None:
    put(world, START + MONTHS)
    world.b24.faults.gateway_down = True
    world.opened()
    world.work()
    with write(world.database) as conn:
        later = world.clock.now() + timedelta(minutes=10)
        conn.execute(update(command).values(next_at=later))
        conn.execute(update(subject).values(next_at=later))
        leases.acquire(
            conn, f"lane:{world.portal_id}:bitrix24", "gone", now=later, ttl=timedelta(minutes=2)
        )
    world.b24.faults.gateway_down = False
    put(world, START + timedelta(hours=1))
    assert world.cards() == []
    Sweep(world.deps("sweep")).run(world.clock.now())
    world.settle()
    assert len(world.cards()) == 1


def test_code_hosts_are_swept_again_when_the_clock_is_put_back(world: World) -> None:
    put(world, START + MONTHS)
    Sweep(world.deps("sweep")).run(world.clock.now())
    put(world, START + timedelta(hours=1))
    mr = world.opened()
    world.inbox_order.clear()
    with write(world.database) as conn:  # the hook was lost
        conn.execute(inbox.delivery.delete())
    Sweep(world.deps("sweep")).run(world.clock.now())
    world.settle()
    (card,) = world.cards()
    assert mr.title in card
    with read(world.database) as conn:
        assert conn.scalar(select(connection.c.swept_at)) <= world.clock.now()


def test_moments_of_today_are_left_alone(world: World) -> None:
    world.b24.faults.gateway_down = True
    world.opened()
    world.work()
    Sweep(world.deps("sweep")).run(world.clock.now())
    with read(world.database) as conn:
        before = conn.execute(select(command.c.id, command.c.next_at)).all()
        assert not clock_repair.has_future(conn, world.clock.now())
    with write(world.database) as conn:
        assert clock_repair.pull_back(conn, world.clock.now()) == 0
        assert conn.execute(select(command.c.id, command.c.next_at)).all() == before


def _checked(world: World, seconds_ahead: float | None) -> Deps:
    """The world's deps, with what others said of the clock: it is that much ahead."""
    check = ClockCheck(world.clock)
    if seconds_ahead is not None:
        check.observe(_answer(world.clock.now() - timedelta(seconds=seconds_ahead)))
    deps = world.deps("purge")
    object.__setattr__(deps, "clock_check", check)
    return deps


def _answer(date: datetime | str) -> requests.Response:
    response = requests.Response()
    text = date if isinstance(date, str) else format_datetime(date.replace(microsecond=0), True)
    response.headers["Date"] = text
    return response


@pytest.mark.parametrize(
    ("seconds_ahead", "purges"),
    [(None, False), (0, True), (3_600, True), (2 * 86_400, False), (-2 * 86_400, False)],
)
def test_nothing_is_deleted_by_a_clock_that_nobody_confirms(
    world: World, seconds_ahead: float | None, purges: bool
) -> None:
    world.opened()
    world.settle()
    put(world, START + 3 * YEAR)
    NightlyPurge(_checked(world, seconds_ahead)).run(world.clock.now())
    with read(world.database) as conn:
        assert bool(conn.scalar(select(func.count()).select_from(api_call))) is not purges


def test_a_purge_of_the_future_is_forgotten(world: World) -> None:
    put(world, START + MONTHS)
    NightlyPurge(_checked(world, 0)).run(world.clock.now())
    put(world, START + timedelta(days=2))
    Sweep(world.deps("sweep")).run(world.clock.now())
    with read(world.database) as conn:
        assert conn.scalar(select(func.max(purge.c.at))) <= world.clock.now()
        assert conn.execute(select(lease.c.name)).all() == []


@pytest.mark.parametrize("text", ["", "yesterday", "Mon, 99 Foo 2026 09:00:00 GMT"])
def test_a_date_that_is_none_says_nothing(text: str) -> None:
    check = ClockCheck(ManualClock(START))
    check.observe(_answer(text))
    assert check.offset is None


def test_what_was_said_days_ago_does_not_count(world: World) -> None:
    check = ClockCheck(world.clock)
    check.observe(_answer(world.clock.now()))
    assert check.offset == timedelta()
    put(world, START + timedelta(days=3))
    assert check.offset is None
    put(world, START - timedelta(days=3))
    assert check.offset is None
