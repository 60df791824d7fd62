"""10,000 deliveries at once: requests made of them, how fast they drain, what the engine takes."""

from __future__ import annotations

from math import ceil

from bench import lives
from bench.databases import databases
from bench.draining import Burst, Drained, Weather
from bench.figures import Figure, Part, at_least, at_most, must
from sync.bitrix24.rest.client import BATCH_SIZE
from sync.bitrix24.rest.limits import BURST, RATE

MERGE_REQUESTS = 1000
SLOW = ((1.0, 0.9), (5.0, 0.85))  # seconds of an answer, and the drain that must be reached
_HOW = f"""\
{MERGE_REQUESTS * lives.EACH:,} deliveries about {MERGE_REQUESTS:,} merge requests on as many \
tasks (push, open, push again, a pipeline's three states, approval, and merge, close or two \
edits), shuffled, all there at one moment; one worker; the emulated portal with its real limits; \
simulated time, which passes only while the worker waits. Really needed are \
{lives.WRITES} writes a task: its move, its card, its notification, its CI field and the message \
of its pipeline; requests are \
those for writes and for reading tasks (not the daily reading of the portal's people). \
The drain is requests made ÷ requests the limit allowed in that time: {RATE:.0f} × \
seconds, plus the burst of {BURST} where the portal has been left alone before. \
Engine throughput is in wall time of one process without the time inside the \
emulated portal and code host; digesting, deciding, writing, and digesting the portal's own \
events about our writes are in it."""


def measure() -> Part:
    figures: list[Figure] = []
    with databases() as made:
        sqlite, *others = made
        calm = Burst(made[sqlite](), MERGE_REQUESTS).drain()
        figures += _requests(calm)
        full = Burst(made[sqlite](), MERGE_REQUESTS, Weather(full=True)).drain()
        figures += _drain(calm, full)
        for seconds, target in SLOW:
            slow = Burst(made[sqlite](), MERGE_REQUESTS, Weather(True, seconds)).drain()
            name = f"the same where each answer takes {seconds:.0f} s"
            figures.append(at_least(name, _share(slow), target))
            figures.append(must(f"{name}: tasks that are wrong", slow.wrong, 0))
        over = Burst(made[sqlite](), MERGE_REQUESTS, Weather(over=60)).drain()
        figures.append(_spread(over))
        figures.append(_throughput(sqlite, calm))
        figures += [
            _throughput(name, Burst(made[name](), MERGE_REQUESTS).drain()) for name in others
        ]
    return Part("burst", "A burst", _HOW, figures)


def _requests(calm: Drained) -> list[Figure]:
    least = ceil(calm.needed / BATCH_SIZE)
    return [
        must("tasks that do not show what their merge request says", calm.wrong, 0),
        must("writes, against those really needed", calm.writes, calm.needed),
        must("requests that the portal refused for its limits", calm.refused, 0),
        at_most(
            f"requests ({calm.requests}) ÷ ⌈writes / {BATCH_SIZE}⌉ ({least})",
            calm.requests / least,
            1.1,
        ),
    ]


def _drain(calm: Drained, full: Drained) -> list[Figure]:
    burst = calm.requests / (BURST + RATE * calm.seconds)
    return [
        at_least(f"drain after a quiet time ({calm.seconds:.1f} s)", burst, 0.9),
        at_least(
            f"drain with the allowance used up before ({full.seconds:.1f} s)", _share(full), 0.9
        ),
    ]


def _share(full: Drained) -> float:
    """Of what the rate alone allows; the first request may go as soon as one has drained."""
    return full.requests / (RATE * full.seconds)


def _spread(over: Drained) -> Figure:
    value = f"{over.requests} requests, {over.writes / over.needed:.2f} × the writes"
    return Figure(
        "the same burst arriving over 60 s: what is shown on the way is written too", value
    )


def _throughput(database: str, drained: Drained) -> Figure:
    rate = drained.deliveries / drained.engine_seconds
    return at_least(f"engine throughput on {database}, deliveries/s", rate, 500, "{:.0f}")
