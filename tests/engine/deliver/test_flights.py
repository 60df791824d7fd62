"""Several requests to a portal under way at once: what fails beside them, and what waits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from datetime import timedelta
from itertools import count
from threading import Event, Lock, current_thread
from typing import Any
from unittest.mock import patch

import pytest

from sync.core.model.commands import Notify, Place, PutMessage, task_id_of
from sync.core.model.plans import PlannedCommand
from sync.engine.deliver import batch, flights
from sync.engine.deliver.calls import InlineCalls, ThreadedCalls
from sync.engine.deps import NOTIFICATION, PORTAL_LANE
from sync.engine.worker import Worker
from sync.store import outbox
from sync.store.db.database import read, write
from sync.store.tables import lease
from tests.engine.world import START, World
from tests.simulation.held_answers import HeldAnswers

TASKS = range(2100, 2108)


@pytest.fixture(autouse=True)
def _small_requests() -> Iterator[None]:
    """Of three calls: what a few tasks need takes several requests."""
    with patch.object(batch, "BATCH_SIZE", 3), patch.object(flights, "BATCH_SIZE", 3):
        yield


def _opened_at_one_moment(world: World) -> None:
    world.hold_deliveries = True
    for task_id in TASKS:
        world.task(task_id)
        world.opened(f"feature/B24-{task_id}")
    world.hold_deliveries = False
    world.store(world.inbox_order)


def _on_start(
    world: World, act: Callable[[int, flights.Flights, batch.CommandBatch], None]
) -> None:
    """`act` is called before each request is begun, with how many were begun before."""
    usual, begun = flights.Flights.start, count()

    def start(self: flights.Flights, chosen: batch.CommandBatch) -> None:
        act(next(begun), self, chosen)
        usual(self, chosen)

    world.patch(flights.Flights, "start", start)


def test_a_portal_that_fails_in_between_pauses_once_all_answers_are_recorded(
    world: World,
) -> None:
    def fail_third(begun: int, *_: object) -> None:
        if begun == 2:
            world.b24.fail_next(503, "QUERY_LIMIT_EXCEEDED")

    world.calls = HeldAnswers(3, world.tick)
    _on_start(world, fail_third)
    _opened_at_one_moment(world)
    world.work()
    assert world.commands("sending") == []
    with read(world.database) as conn:
        assert conn.execute(lease.select()).all() == []
    world.settle()
    assert [len(world.cards(task_id)) for task_id in TASKS] == [1] * len(TASKS)


class _SlowAnswers(InlineCalls):
    """Answers come after `looks` looks of `seconds`; `on_look` is called at each of them."""

    def __init__(
        self, world: World, looks: int, seconds: float, on_look: Callable[[], None]
    ) -> None:
        self.world, self.looks, self.seconds, self.on_look = world, looks, seconds, on_look
        self.held: dict[Future[Any], tuple[Any, int]] = {}

    def start(self, call: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self.held[future] = (call(), self.looks)
        return future

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        self.world.tick(self.seconds)
        self.on_look()
        for future in futures:
            answer, looks = self.held.pop(future)
            if looks > 1:
                self.held[future] = (answer, looks - 1)
            else:
                future.set_result(answer)


def test_the_lane_is_kept_as_long_as_answers_are_awaited(world: World) -> None:
    lasts: list[timedelta] = []

    def look() -> None:
        with read(world.database) as conn:
            until = conn.scalar(lease.select().with_only_columns(lease.c.until))
        lasts.append(until - world.clock.now())

    world.calls = _SlowAnswers(world, 30, 5.0, look)
    _opened_at_one_moment(world)
    world.work()
    assert len(lasts) >= 30
    assert min(lasts) > timedelta(seconds=50)


def test_what_waits_for_its_place_in_the_limits_is_one_request(world: World) -> None:
    """Everything behind it can still be decided anew."""
    pending: list[Callable[[], None]] = []
    most = 0

    class Late(InlineCalls):
        def start(self, call: Callable[[], Any]) -> Future[Any]:
            nonlocal most
            future: Future[Any] = Future()
            pending.append(lambda: future.set_result(call()))
            most = max(most, len(pending))
            return future

        def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
            pending.pop(0)()

    world.calls = Late()
    _opened_at_one_moment(world)
    world.settle()
    assert most == 1


def test_of_a_task_only_one_request_is_under_way(world: World) -> None:
    """A subject of its own writes into the task while the task's request is under way."""
    place = Place(2100)
    clashes: list[frozenset[int]] = []

    def write_more() -> None:
        command = PutMessage(place, "alert:1/1:main:7", "[b]main[/b] fails")
        planned = {(NOTIFICATION, "alert:1/1:main:7"): [PlannedCommand("message", command, "why")]}
        if not clashes[1:]:
            with write(world.database) as conn:
                now = world.clock.now()
                outbox.replace_waiting(conn, world.portal_id, PORTAL_LANE, planned, now)

    def look(_: int, before: flights.Flights, chosen: batch.CommandBatch) -> None:
        clashes.append(before.task_ids & {task_id_of(row.command) for row in chosen.rows})

    world.calls = _SlowAnswers(world, 30, 0.1, write_more)
    _on_start(world, look)
    world.task(2100)
    world.opened("feature/B24-2100")
    world.settle()
    assert clashes[1:]
    assert set(clashes) == {frozenset()}


def test_a_request_that_is_not_full_waits_a_moment_for_more(world: World) -> None:
    """Notifications are decided a tenth of a second apart; answers take three seconds."""
    numbers = count()
    requests: list[float] = []

    def notify() -> None:
        number = next(numbers)
        if number < 20:
            command = Notify(0, 1, f"Pipeline {number} failed", f"tag{number}")
            subject = (NOTIFICATION, f"alert:1/1:main:{number}")
            planned = {subject: [PlannedCommand("notify", command, "why")]}
            with write(world.database) as conn:
                now = world.clock.now()
                outbox.replace_waiting(conn, world.portal_id, PORTAL_LANE, planned, now)

    def look(*_: object) -> None:
        requests.append((world.clock.now() - START).total_seconds())

    world.work()
    world.tick(60)
    world.calls = _SlowAnswers(world, 30, 0.1, notify)
    _on_start(world, look)
    world.patch(batch, "BATCH_SIZE", 50)
    world.patch(flights, "BATCH_SIZE", 50)
    notify()
    world.settle()
    assert world.b24.writes["im.notify.system.add"] == 20
    assert requests == [60.0, 61.0, 62.0]


def test_threads_end_with_the_answers(world: World) -> None:
    """The real threads, with a portal that answers only when all requests have come."""
    expected, came, all_came = 4, [], Event()
    usual, one_at_a_time = world.portal_answer, Lock()

    def answer(request: Any) -> Any:
        if b"im.message.add" in request.body:
            assert current_thread().name.startswith("call")
            came.append(request)
            if len(came) == expected:
                all_came.set()
            assert all_came.wait(20)
        with one_at_a_time:
            return usual(request)

    world.patch(world, "portal_answer", answer)
    world.calls = ThreadedCalls(8)
    _opened_at_one_moment(world)
    Worker(world.deps()).run_once()
    assert len(came) >= expected
    assert [len(world.cards(task_id)) for task_id in TASKS] == [1] * len(TASKS)
