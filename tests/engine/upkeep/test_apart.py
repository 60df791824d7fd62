"""Looks that take long go on beside the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from sqlalchemy import select

from sync.engine.upkeep import apart
from sync.engine.upkeep.apart import MOST_LEFT, MOST_SLOW, Apart
from sync.engine.upkeep.sweep import Sweep
from sync.errors import Later
from sync.store.db.database import read
from sync.store.tables import connection
from tests.engine.world import World

ANSWERED_SECONDS = 30.0  # on a machine at its limit


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What slow systems wait for; nobody is patient with them."""
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 0.01)
    answered = threading.Event()
    yield answered
    answered.set()


def ended(looks: Apart) -> None:
    for future in looks._left.values():
        future.exception(ANSWERED_SECONDS)


def slow(answer: threading.Event) -> Callable[[], int]:
    return lambda: 5 if answer.wait(ANSWERED_SECONDS) else 0


def test_a_look_that_takes_long_goes_on_beside_the_others(
    answer: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Apart()
    assert looks.run("slow", slow(answer)) == 0
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", ANSWERED_SECONDS)
    assert looks.run("slow", pytest.fail) == 0  # it goes on already
    assert looks.run("quick", lambda: 3) == 3
    with pytest.raises(ValueError, match="a bug"):
        looks.run("wrong", lambda: int("a bug"))
    answer.set()
    ended(looks)
    looks.run("quick", lambda: 3)
    assert looks._left == {}


class EndsJustAfter(Future[int]):
    """A look that ends between the wait's end and the question whether it has ended."""

    def result(self, timeout: float | None = None) -> int:
        ended_at_last = super().result(ANSWERED_SECONDS)
        if timeout is not None:
            raise TimeoutError
        return ended_at_last


def test_a_look_that_ends_just_after_the_wait_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "Future", EndsJustAfter)
    looks = Apart()
    assert looks.run("quick", lambda: 3) == 3
    assert (looks._left, looks._slow) == ({}, set())


def test_what_was_slow_before_leaves_places_to_others(answer: threading.Event) -> None:
    looks = Apart()
    for number in range(MOST_LEFT + 1):
        looks.run(number, slow(answer))
    assert len(looks._left) == MOST_LEFT
    answer.set()
    ended(looks)
    answer.clear()
    for number in range(MOST_LEFT):
        looks.run(number, slow(answer))
    assert len(looks._left) == MOST_SLOW
    looks.run("another", slow(answer))
    assert len(looks._left) == MOST_SLOW + 1


def test_a_host_that_answers_slowly_delays_no_other_sweep(
    make_world: Callable[..., World], answer: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    other = make_world(member="f" * 32)
    with read(world.database) as conn:
        first, second = conn.scalars(select(connection.c.id).order_by(connection.c.id))
    usual, asked = other.deps("sweep"), threading.Event()

    def open_host(record: object) -> object:
        if record.id == first:
            asked.set()
            answer.wait(ANSWERED_SECONDS)
            raise Later("so slow that it is too late")
        monkeypatch.setattr(apart, "PATIENCE_SECONDS", ANSWERED_SECONDS)
        return usual.code_host_for(record)

    deps = world.deps("sweep")
    object.__setattr__(deps, "code_host_for", open_host)
    sweep = Sweep(deps)
    sweep.run(world.clock.now())
    assert asked.wait(ANSWERED_SECONDS)
    ended_of_second = sweep._apart._left.get(("host", second))
    if ended_of_second is not None:
        ended_of_second.result(ANSWERED_SECONDS)
    with read(world.database) as conn:
        swept = dict(conn.execute(select(connection.c.id, connection.c.swept_at)).all())
    assert swept[second] is not None
    assert swept[first] is None
    answer.set()
    ended(sweep._apart)
