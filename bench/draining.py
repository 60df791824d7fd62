"""One burst worked off by one worker in simulated time, within the emulated portal's limits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import lives
from bench.lives import Life
from bench.overlapping import OverlappingAnswers
from sync.bitrix24.rest import limits
from sync.engine.audit import writer as audit_writer
from sync.store import logs
from sync.store.db.database import write
from sync.store.rows import AllowanceRow, ApiCallRow, Delivery
from tests.engine.world import World

SEED = 24
_MOST_ROUNDS = 1000
_ONCE_A_DAY = "user.get"  # the portal's people, whatever arrives


@dataclass(frozen=True, slots=True)
class Weather:
    """`full`: the request allowance is used up when the burst begins, here and at the portal.

    `answer`: simulated seconds until the portal answers; `over`: in which the burst arrives.
    """

    full: bool = False
    answer: float = 0.0
    over: int = 0


@dataclass(slots=True)
class Drained:
    """`seconds` are simulated; `wall` and `emulated` (spent in the emulators) are not."""

    deliveries: int
    needed: int
    wrong: int = 0
    requests: int = 0
    refused: int = 0
    writes: int = 0
    seconds: float = 0.0
    wall: float = 0.0
    emulated: float = 0.0

    @property
    def engine_seconds(self) -> float:
        return self.wall - self.emulated


@dataclass
class Burst:
    """A world in which everything has happened and nothing has been heard yet."""

    url: str
    count: int
    weather: Weather = field(default_factory=Weather)

    def __post_init__(self) -> None:
        self.world = World(self.url)
        self.world.hold_deliveries = True
        played = lives.play(self.world.gitlab, self.world.shop, self.count, SEED, self.world.tick)
        self.lives = [life for life, _ in played]
        self.heard = lives.shuffled(self.world.inbox_order, SEED)
        for life in self.lives:
            self.world.task(life.task_id)
        self.world.inbox_order.clear()
        self.world.hold_deliveries = False  # what the portal tells of our writes comes back
        self.drained = Drained(len(self.heard), lives.WRITES * self.count)
        self.calls: list[ApiCallRow] = []
        self.world.patch(self.world, "add", self._called)
        self.world.patch(self.world, "host_answer", self._timed(self.world.host_answer))
        self.answers = OverlappingAnswers(self.world.clock, self.weather.answer)
        if self.weather.answer:
            self.world.calls = self.answers
        portal = self._timed(self.world.portal_answer, self.weather.answer)
        self.world.patch(self.world, "portal_answer", portal)

    def drain(self) -> Drained:
        """Works until nothing is left. Raises RuntimeError where that never comes."""
        if self.weather.full:
            self._use_up()
        began_at, began = self.world.clock.now(), time.perf_counter()
        storing = 0.0
        pieces = self._pieces()
        for _ in range(_MOST_ROUNDS):
            piece = next(pieces, None)
            stored = time.perf_counter()
            self.world.store(piece or [])
            storing += time.perf_counter() - stored
            self.world.work()
            if piece is None and not self.world.waiting():
                break
            self.world.tick(1)
        else:
            raise RuntimeError("the burst does not drain")
        self._write_down()
        self.drained.wall = time.perf_counter() - began - storing
        self.drained.seconds = (self.world.clock.now() - began_at).total_seconds()
        self._count()
        self.world.close()
        return self.drained

    def _pieces(self) -> Iterator[Sequence[Delivery]]:
        size = len(self.heard) // (self.weather.over or 1)
        for start in range(0, len(self.heard), size):
            yield self.heard[start : start + size]

    def _use_up(self) -> None:
        now, portal = self.world.clock.now(), self.world.b24.state.limits
        portal.level, portal.at = portal.burst, now.timestamp()
        with write(self.world.database) as conn:
            row = AllowanceRow(float(limits.BURST), now, {})
            logs.save_allowance(conn, self.world.portal_id, row)

    def _called(self, call: ApiCallRow) -> None:
        """Calls are written down in groups, as the worker's audit does."""
        self.calls.append(call)
        if len(self.calls) >= audit_writer.CALLS_PER_WRITE:
            self._write_down()

    def _write_down(self) -> None:
        with write(self.world.database) as conn:
            logs.save_calls(conn, self.calls)
        self.calls.clear()

    def _timed(self, answer: Any, takes: float = 0.0) -> Any:
        def timed(request: Any) -> Any:
            began = time.perf_counter()
            try:
                return answer(request)
            finally:
                self.drained.emulated += time.perf_counter() - began
                self.world.tick(0.0 if self.answers.is_under_way else takes)

        return timed

    def _count(self) -> None:
        b24, drained = self.world.b24, self.drained
        drained.requests = sum(b24.requests.values()) - b24.requests[_ONCE_A_DAY]
        drained.refused = b24.state.limits.refused
        drained.writes = sum(b24.writes.values())
        drained.wrong = sum(not self._right(life) for life in self.lives)

    def _right(self, life: Life) -> bool:
        """The task stands where its merge request puts it, and shows one card that says so."""
        cards = self.world.cards(life.task_id)
        shown = len(cards) == 1 and lives.shown(life, cards[0])
        return shown and self.world.status(life.task_id) == lives.STATUS[life.end]
