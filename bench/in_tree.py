"""A burst worked off in simulated time by the tree it is run in; prints what it took as JSON.

    cd TREE; PYTHONPATH=. python -P …/bench/in_tree.py MERGE_REQUESTS DATABASES [SECONDS …]

With SECONDS it is how fast the burst drains on the first database where the portal takes as long
to answer, its allowance being used up when the burst begins.

The tree's own emulators, load and worker are used: of it `bench.databases.databases` and
`bench.draining.Burst` must be there under these names, as they are since before there was this
file. Times are those of the processor, so that busy neighbours do not count.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace


def measure(count: int, most: int) -> dict[str, dict[str, float]]:
    """By database: `cpu` seconds without the emulators', and what both systems were asked."""
    from bench import databases, draining

    if not Path(draining.__file__).is_relative_to(Path.cwd()):
        raise RuntimeError(f"{draining.__file__} is not the tree's own")
    draining.time = SimpleNamespace(perf_counter=time.process_time)
    figures = {}
    with databases.databases() as made:
        for name, make in list(made.items())[:most]:
            burst = draining.Burst(make(), count)
            host = burst.world.gitlab.requests
            before = len(host)
            gc.collect()
            gc.freeze()  # as serve does: what stood before is not looked at again
            drained = burst.drain()
            figures[name] = {
                "cpu": drained.wall - drained.emulated,
                "wrong": drained.wrong,
                "writes": drained.writes,
                "portal": drained.requests,
                "host": len(host) - before,
            }
    return figures


def measure_slow(count: int, answers: Sequence[float]) -> dict[str, dict[str, float]]:
    """By seconds of an answer: `requests`, simulated `seconds`, and tasks that are `wrong`."""
    from bench import databases, draining

    figures = {}
    with databases.databases() as made:
        make = next(iter(made.values()))
        for answer in answers:
            drained = draining.Burst(make(), count, draining.Weather(True, answer)).drain()
            figures[f"{answer:.0f}"] = {
                "requests": drained.requests,
                "seconds": drained.seconds,
                "wrong": drained.wrong,
            }
    return figures


if __name__ == "__main__":
    count, most, *answers = sys.argv[1:]
    slow = [float(answer) for answer in answers]
    print(json.dumps(measure_slow(int(count), slow) if slow else measure(int(count), int(most))))
