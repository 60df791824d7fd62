"""Live many worlds: `python -m tests.simulation.issue_sync WORLDS [FIRST]`.

With `kills SEED` in their place: let the worker of one life die at each pair of its steps. With
`youtrack` behind either, the tracker has the traits of YouTrack.
"""

from __future__ import annotations

import sys
import time

from tests.simulation.issue_sync.world import World, play, points

BATCH = 500


def main() -> None:
    """Do what the command line says."""
    youtrack = sys.argv[-1] == "youtrack"
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    if sys.argv[1] == "kills":
        kill(numbers[0], youtrack=youtrack)
    else:
        live(numbers[0], numbers[1] if len(numbers) > 1 else 0, youtrack=youtrack)


def kill(seed: int, *, youtrack: bool) -> None:
    """Kill the worker at each step, and once more at each later one; stops at what is not right."""
    count, lives = points(seed, youtrack=youtrack), 0
    for first in range(1, count + 1):
        for second in range(first + 1, count + 2):
            World(seed, crash_at=(first, second), youtrack=youtrack).run()
            lives += 1
        print(f"seed {seed}: died at step {first} of {count}, {lives} lives", flush=True)


def live(worlds: int, first: int, *, youtrack: bool) -> None:
    """Print figures as the worlds go by; stops with the seed of the first that is not right."""
    began, writes, conflicts, excused = time.monotonic(), 0, 0, 0
    for start in range(first, first + worlds, BATCH):
        seeds = range(start, min(start + BATCH, first + worlds))
        figures = play(seeds, youtrack=youtrack)
        writes, conflicts = writes + figures.writes, conflicts + figures.conflicts
        excused += figures.excused
        seconds = time.monotonic() - began
        print(
            f"{seeds.stop - first} worlds, {writes} writes, {conflicts} conflicts, "
            f"{excused} overwritten between a read and a write, {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
