"""The worker that runs: woken, checking by itself, several at once, stopping in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from sync.core.clock import WallClock
from sync.engine import worker
from sync.engine.deps import Deps, build_scope
from sync.engine.dispatch import TurnDispatcher
from sync.engine.ingest import digest
from sync.engine.load.scope import read_portal
from sync.engine.pauses import Pauses
from sync.engine.wake_ups import WakeUps, open_queue
from sync.engine.worker import Worker
from sync.store import inbox, logs
from sync.store.db.database import read, write
from tests.engine.world import World

pytestmark = pytest.mark.dialect

IN_PROGRESS, COMPLETED = 3, 5
PATIENCE_SECONDS = 20.0


@contextmanager
def running(*deps: Deps, wake_ups: WakeUps | None = None) -> Iterator[None]:
    """Workers in threads of their own, stopped and waited for at the end."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=Worker(one, wake_ups).run_forever, args=(stop,)) for one in deps
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads)


def until(happened: Callable[[], object]) -> None:
    """Waits for something the worker does by itself; fails when it never does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def walled(world: World) -> World:
    """The world at the wall's pace: the portal's clock too."""
    world.clock = WallClock()
    world.b24.state.clock = world.clock
    world.gitlab.state.now = world.clock.now
    return world


def live(world: World, owner: str = "one") -> Deps:
    token = world.b24.token(1)
    world.save_token(token)
    return world.deps(owner)


def test_a_lost_wake_up_costs_no_more_than_a_check(walled: World) -> None:
    walled.opened()
    with running(live(walled)):
        until(lambda: walled.status() == IN_PROGRESS and walled.cards())


def test_a_wake_up_starts_the_work(walled: World, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(worker, "CHECK_EVERY", timedelta(hours=1))
    wake_ups = WakeUps(open_queue(str(tmp_path / "queue.sqlite3")))
    with running(live(walled), wake_ups=wake_ups):
        time.sleep(0.3)  # the check at the start is over
        walled.opened()
        wake_ups.wake(walled.portal_id)
        until(lambda: walled.status() == IN_PROGRESS)
    wake_ups.stop()


def test_two_workers_write_everything_once(walled: World) -> None:
    for number in range(5):
        walled.task(3000 + number)
        walled.opened(f"feature/B24-{3000 + number}-x", f"Part {number}")
    with running(live(walled, "one"), live(walled, "two")):
        until(lambda: not walled.waiting())
    assert [len(walled.cards(3000 + number)) for number in range(5)] == [1] * 5
    assert walled.b24.writes["im.notify.system.add"] == 5


def test_a_worker_shows_that_it_lives_and_leaves_no_trace(walled: World) -> None:
    def names() -> list[str]:
        with read(walled.database) as conn:
            return [one.name for one in logs.workers(conn)]

    with write(walled.database) as conn:
        for name, hours in (("killed", 2), ("elsewhere", 0)):
            seen_at = WallClock().now() - timedelta(hours=hours)
            logs.record_heartbeat(conn, name, seen_at)
    with running(live(walled, "one")):
        until(lambda: sorted(names()) == ["elsewhere", "one"])
    assert names() == ["elsewhere"]


def test_a_database_that_fails_for_a_while_ends_no_worker(walled: World, monkeypatch) -> None:
    usual, failures = worker.take_turn, iter(range(2))

    def failing(*given: object) -> int:
        if next(failures, None) is not None:
            raise OperationalError("select", {}, Exception("locked"))
        return usual(*given)

    monkeypatch.setattr(worker, "take_turn", failing)
    deps = replace(live(walled), jitter=lambda: 0.0)
    monkeypatch.setattr("sync.engine.backoff.MIN_SECONDS", 0.05)
    monkeypatch.setattr(worker, "CHECK_EVERY", timedelta(seconds=0.1))
    walled.opened()
    with running(deps):
        until(lambda: walled.status() == IN_PROGRESS)


def test_what_arrives_during_a_turn_gets_another() -> None:
    turns: list[int] = []
    first, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def run(portal_id: int) -> None:
        turns.append(portal_id)
        first.set()
        go_on.wait(PATIENCE_SECONDS)
        if len(turns) == 2:
            done.set()

    dispatch = TurnDispatcher(run, threads=4)
    dispatch.request_turns([1])
    first.wait(PATIENCE_SECONDS)
    dispatch.request_turns([1])
    dispatch.request_turns([1])
    go_on.set()
    assert done.wait(PATIENCE_SECONDS)
    dispatch.stop()
    assert turns == [1, 1]


def test_a_portal_that_hangs_does_not_hold_up_another() -> None:
    hang, other = threading.Event(), threading.Event()

    def run(portal_id: int) -> None:
        if portal_id == 1:
            hang.wait(PATIENCE_SECONDS)
        else:
            other.set()

    dispatch = TurnDispatcher(run, threads=2)
    dispatch.request_turns([1])
    dispatch.request_turns([2])
    assert other.wait(PATIENCE_SECONDS)
    hang.set()
    dispatch.stop()


def test_a_portal_that_is_down_rests_longer_each_time(world: World) -> None:
    from sync.errors import Later

    pauses, now = Pauses(), world.clock.now()
    waits = [pauses.pause(1, Later("down"), now, 0.5) for _ in range(4)]
    assert waits == [2.0, 4.0, 8.0, 16.0]
    assert pauses.is_paused(1, now)
    assert not pauses.is_paused(2, now)
    pauses.record_success(1)
    assert pauses.pause(1, Later("down", after=30), now, 0.5) == 30


@pytest.mark.dialect
def test_a_delivery_that_another_worker_digested_is_not_digested_again(
    world: World,
) -> None:
    """Both have read the same batch; the second one finds it done and changes nothing."""
    world.opened()
    with read(world.database) as conn:
        row = read_portal(conn, world.portal_id)
        scope = build_scope(world.deps(), conn, row)
        batch = inbox.next_batch(conn, world.portal_id, 100, scope.now)
    world.work("two")
    before = world.outcomes()
    with pytest.raises(digest._TakenMeanwhile):
        digest._ingest_batch(world.deps("one"), scope, batch)
    assert world.outcomes() == before
