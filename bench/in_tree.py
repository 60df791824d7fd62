"""A burst worked off in simulated time by the tree it is run in; prints what it took as JSON.

    cd TREE; PYTHONPATH=. python -P …/bench/in_tree.py MERGE_REQUESTS DATABASES

The tree's own emulators, load and worker are used: of it `bench.databases.databases` and
`bench.draining.Burst` must be there under these names, as they are since before there was this
file. Times are those of the processor, so that busy neighbours do not count.
"""

from __future__ import annotations

import json
import sys
import time
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
            drained = burst.drain()
            figures[name] = {
                "cpu": drained.wall - drained.emulated,
                "wrong": drained.wrong,
                "writes": drained.writes,
                "portal": drained.requests,
                "host": len(host) - before,
            }
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
