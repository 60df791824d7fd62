"""How fast a delivery is acknowledged, durably, by the web process as it runs in production."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import mean

from bench import lives
from bench.databases import databases
from bench.figures import Figure, Part, at_least, at_most, must
from bench.lives import Told
from bench.load import Load, apart, begin
from bench.site import Site

MERGE_REQUESTS, CLIENTS = 400, 10
WARM, ALONE, TOGETHER = 600, 500, 3000  # deliveries before, by one client, by ten
TIMES = 3
SEED = 5
SETTLE_SECONDS = 120
_HOW = """\
GitLab's deliveries ({size:.1f} KB on average, signed, each with an id of its own) over loopback \
into the web process, the load from another process over connections that stay open (as from a \
reverse proxy), both on the same two cores. An answer means: verified and on disk. *A busy worker \
beside it*: the whole of `b24bridge serve` at work on what came in before, with the emulated \
portal and its events, four processes on the two cores. *Portal down*: it refuses connections. \
Of three runs one after another, the best: a busy neighbour makes a run slower, nothing makes it \
faster."""


@dataclass(frozen=True, slots=True)
class Loads:
    alone: Load
    together: Load
    accepted: bool


def measure() -> Part:
    played, told = lives.told(MERGE_REQUESTS, SEED)
    told = lives.shuffled(told, SEED)
    tasks = [life.task_id for life in played]
    figures: list[Figure] = []
    with apart() as pool, databases() as made:
        for name, make in made.items():
            with Site(make(), "web") as site:
                site.tasks(tasks)
                web = _loads(pool, site, told, "web")
            with Site(make()) as site:
                site.tasks(tasks)
                up = _loads(pool, site, told, "up")
                site.settled(SETTLE_SECONDS)
                site.b24.offline()
                down = _loads(pool, site, told, "down")
            figures += _figures(name, web, up, down)
    size = mean(len(one.body) for one in told) / 1000
    return Part("ack", "Acknowledging deliveries", _HOW.format(size=size), figures)


def _loads(pool: ProcessPoolExecutor, site: Site, told: list[Told], name: str) -> Loads:
    """`name` makes the deliveries others than those before."""

    def run(count: int, clients: int, again: str) -> Load:
        return begin(pool, site.url, site.shots(told[:count], again), clients).result()

    run(WARM, CLIENTS, f"{name}-warm")
    alone = [run(ALONE, 1, f"{name}-1-{time}") for time in range(TIMES)]
    together = [run(TOGETHER, CLIENTS, f"{name}-10-{time}") for time in range(TIMES)]
    return Loads(
        min(alone, key=lambda load: load.milliseconds(0.5)),
        min(together, key=lambda load: load.milliseconds(0.95)),
        all(not load.unanswered for load in (*alone, *together)),
    )


def _figures(name: str, web: Loads, up: Loads, down: Loads) -> list[Figure]:
    accepted = all(one.accepted for one in (web, up, down))
    rate = "{:.0f}"
    return [
        must(f"{name}: every delivery accepted", accepted, True),
        at_most(f"{name}: one client, p50 ms", web.alone.milliseconds(0.5), 2.0),
        at_most(f"{name}: ten clients, p95 ms", web.together.milliseconds(0.95), 15.0, "{:.1f}"),
        at_least(f"{name}: ten clients, deliveries/s", web.together.rate, 800, rate),
        Figure(f"{name}: a busy worker beside it: p50 ms, p95 ms, deliveries/s", _short(up)),
        Figure(f"{name}: the same, portal down: p50 ms, p95 ms, deliveries/s", _short(down)),
        at_least(f"{name}: deliveries/s down ÷ up", down.together.rate / up.together.rate, 0.9),
    ]


def _short(loads: Loads) -> str:
    alone, together = loads.alone, loads.together
    p50, p95 = alone.milliseconds(0.5), together.milliseconds(0.95)
    return f"{p50:.2f}, {p95:.1f}, {together.rate:.0f}"
