"""The worker: takes portals in turn, woken through the queue, checking by itself now and then."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sync.core.clock import is_due
from sync.engine import backoff
from sync.engine.deps import Deps
from sync.engine.dispatch import TurnDispatcher
from sync.engine.gathering import Gathering
from sync.engine.lanes import is_owner_gone
from sync.engine.pace import Pace
from sync.engine.pauses import Pauses
from sync.engine.turn import take_turn
from sync.engine.upkeep.absence import Absence
from sync.engine.upkeep.access import SPREAD_SECONDS, AccessWatch
from sync.engine.upkeep.failed_looks import FailedLooks
from sync.engine.upkeep.sweep import Sweep
from sync.engine.upkeep.upgrade import decide_anew, program_version
from sync.engine.wake_ups import WakeUps
from sync.errors import Later
from sync.store import agenda, logs
from sync.store.db.database import AWAY, select_only, write
from sync.store.failed_looks import LookKey
from sync.store.rows import WorkerRow

log = structlog.get_logger()

CHECK_EVERY = timedelta(seconds=3)  # with _WOKEN_WITHIN, what a lost wake-up costs
_WOKEN_WITHIN = timedelta(seconds=1.5)  # who was woken is at what came in since
HEARTBEAT_EVERY = timedelta(seconds=5)
THREADS = 4  # portals at a time: one that does not answer must not hold up the others
_NAP_SECONDS = 0.1  # the longest wait between two looks at what is due
_POLL_SECONDS = 0.02  # between two looks at a queue that does not wait by itself
_SWEEP_SECONDS = 5.0
_ROTATION_SECONDS = 45.0  # a new token that is under way is waited for: nobody gets it twice
_FORGET_WORKERS_AFTER = timedelta(hours=1)
_MAX_PASSES = 10_000


class Worker:
    """Does the work of all portals. Several may run, on several machines."""

    def __init__(self, deps: Deps, wake_ups: WakeUps | None = None) -> None:
        self._deps, self._wake_ups = deps, wake_ups
        self._pauses, self._failures = Pauses(), FailedLooks(deps)
        self._pace = Pace()
        self._gathering, self._gathering_lock = Gathering(), threading.Lock()
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._last_check: datetime | None = None
        self._last_heartbeat: datetime | None = None

    def run_once(self) -> int:
        """Do everything that can be done now, for all portals; return about how many things.

        What waits for a moment to come (a backoff, a message on its way) is left, and so is the
        sweep.
        """
        done = 0
        for _ in range(_MAX_PASSES):
            turns = [
                take_turn(self._deps, portal_id, self._pauses)
                for portal_id in self._portals_with_work()
            ]
            done += sum(turn.done for turn in turns)
            if all(turn.is_idle or not turn.done for turn in turns):
                break
        return done

    def run_forever(self, stop: threading.Event, *, threads: int = THREADS) -> None:
        """Works until `stop` is set; the turns that are running then are finished first."""
        self._stop = stop
        dispatch = TurnDispatcher(self._run_turn, threads, self._pauses.is_failing)
        sweeping = threading.Thread(target=self._sweep_forever, name="sweep", daemon=True)
        taking = threading.Thread(target=self._take_wake_ups, name="wake-ups", daemon=True)
        watching = threading.Thread(target=self._watch_access, name="access", daemon=True)
        for thread in (sweeping, taking, watching):
            thread.start()
        failures = 0
        while not stop.is_set():
            failures = 0 if self._run_safely(lambda: self._run_pass(dispatch)) else failures + 1
            if failures:
                stop.wait(backoff.delay(failures, self._deps.jitter()))
        dispatch.stop()
        sweeping.join(timeout=_SWEEP_SECONDS)
        taking.join(timeout=_SWEEP_SECONDS)
        watching.join(timeout=_ROTATION_SECONDS)
        self._run_safely(self._remove_heartbeat)

    def _run_pass(self, dispatch: TurnDispatcher) -> None:
        now = self._deps.clock.now()
        if is_due(self._last_heartbeat, HEARTBEAT_EVERY, now):
            self._record_heartbeat(now)
        if is_due(self._last_check, CHECK_EVERY, now):
            self._last_check = now
            dispatch.request_turns(self._in_own_order(self._portals_with_work(_WOKEN_WITHIN)))
        with self._gathering_lock:
            portal_ids = self._gathering.take_due(now)
            seconds = self._gathering.seconds_left(now)
        dispatch.request_turns(sorted(portal_ids))
        self._woken.wait(_NAP_SECONDS if seconds is None else min(seconds, _NAP_SECONDS))
        self._woken.clear()

    def _take_wake_ups(self) -> None:
        """Take wake-ups from the queue until the worker stops; one that fails is asked later."""
        failures = 0
        while self._wake_ups and not self._stop.is_set():
            failures = 0 if self._run_safely(self._take_some) else failures + 1
            wait = backoff.delay(failures, self._deps.jitter()) if failures else _POLL_SECONDS
            self._stop.wait(wait)

    def _take_some(self) -> None:
        for portal_id in self._wake_ups.take() if self._wake_ups else ():
            self._pace.note_wake_up(portal_id)
            self._gather(portal_id)

    def _gather(self, portal_id: int) -> None:
        with self._gathering_lock:
            self._gathering.add([portal_id], self._deps.clock.now())
        self._woken.set()

    def _run_turn(self, portal_id: int) -> None:
        """Run a turn and never raise: what failed is tried again by a later check."""
        self._note_turn(portal_id)
        if not self._run_safely(lambda: self._take_turn(portal_id)) and not (
            self._pauses.is_paused(portal_id, self._deps.clock.now())
        ):
            self._stop.wait(backoff.delay(1, self._deps.jitter()))
        self._note_turn(portal_id)

    def _take_turn(self, portal_id: int) -> None:
        """Take the portal's turn; one that a bug ends rests, and is one of those that fail."""
        key = LookKey(portal_id, 0, "turn")
        try:
            self._pace.begin()
            turn = take_turn(
                self._deps, portal_id, self._pauses, lambda: self._pace.rest(portal_id)
            )
        except AWAY:
            raise
        except Exception as error:
            now, jitter = self._deps.clock.now(), self._deps.jitter()
            self._pauses.pause(portal_id, Later(type(error).__name__), now, jitter)
            self._failures.note_failure(key, error)
            raise
        if turn.done:
            self._failures.note_success(key)
        self._pace.rest(portal_id)
        if turn.has_news:
            self._gather(portal_id)

    def _note_turn(self, portal_id: int) -> None:
        with self._gathering_lock:
            self._gathering.note_turn(portal_id, self._deps.clock.now())

    def _sweep_forever(self) -> None:
        own = replace(self._deps, owner=f"{self._deps.owner}-sweep")
        sweep = Sweep(own, Absence(own, self._deps.owner), self._failures)
        present, is_decided = program_version(), False
        while not self._stop.is_set():
            is_decided = is_decided or self._run_safely(lambda: decide_anew(self._deps, present))
            self._run_safely(lambda: sweep.run(self._deps.clock.now()))
            self._stop.wait(_SWEEP_SECONDS)

    def _watch_access(self) -> None:
        own = replace(self._deps, owner=f"{self._deps.owner}-access")
        watch = AccessWatch(own, self._stop.is_set, SPREAD_SECONDS)
        while not self._stop.is_set():
            self._run_safely(lambda: watch.run(self._deps.clock.now()))
            self._stop.wait(_SWEEP_SECONDS)

    def _run_safely(self, work: Callable[[], object]) -> bool:
        """Return False where it failed: the database's failures are short lines in the log."""
        try:
            work()
        except SQLAlchemyError as error:
            log.error("database_failed", error=type(error).__name__, told=str(error.__cause__))
            return False
        except Exception:
            log.exception("worker_failed")
            return False
        return True

    def _in_own_order(self, portal_ids: Sequence[int]) -> Sequence[int]:
        """Begin at a place of the worker's own: several would try the same portals at once."""
        start = crc32(self._deps.owner.encode()) % max(1, len(portal_ids))
        return [*portal_ids[start:], *portal_ids[:start]]

    def _portals_with_work(self, waiting: timedelta = timedelta()) -> tuple[int, ...]:
        now = self._deps.clock.now()
        with select_only(self._deps.database) as conn:
            return agenda.portals_with_work(conn, now, waiting)

    def _record_heartbeat(self, now: datetime) -> None:
        is_first, self._last_heartbeat = self._last_heartbeat is None, now
        release_memory()
        with write(self._deps.database) as conn:
            if is_first:
                logs.forget_workers(conn, _dead(logs.workers(conn), now))
            logs.record_heartbeat(conn, self._deps.owner, now, self._clock_offset())

    def _clock_offset(self) -> int | None:
        """Seconds by which our clock is ahead of the other systems', where they said so."""
        offset = self._deps.clock_check.offset if self._deps.clock_check else None
        return None if offset is None else round(offset.total_seconds())

    def _remove_heartbeat(self) -> None:
        with write(self._deps.database) as conn:
            logs.forget_workers(conn, [self._deps.owner])


def _dead(workers: Iterable[WorkerRow], now: datetime) -> list[str]:
    """Return the names of workers that ended without a word: killed, or with their machine."""
    return [
        row.name
        for row in workers
        if is_owner_gone(row.name) or now - row.seen_at > _FORGET_WORKERS_AFTER
    ]


def release_memory() -> None:
    """Give back to the system what a burst took and freed; only glibc has to be asked."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
