"""Live many worlds: `python -m tests.simulation.issue_sync WORLDS [FIRST] [KIND]`.

KIND: nothing for two sides in memory, `youtrack` for a tracker with its traits, `real` for the room
of YouTrack over its emulator, `gitlab` for that of GitLab, `triangle` for YouTrack's and a third
side in memory, kept in step through the same task. With `many` before the numbers a broken world
stops nothing: its seed is printed, and the command fails in the end; ranges of seeds can be lived
side by side. With `kills SEED` in place of numbers the worker of one life dies at each pair of its
steps; with `mistakes WORLDS` each deliberate mistake has to show.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

from tests.simulation.issue_sync.mutants import MUTATIONS
from tests.simulation.issue_sync.oracle import Broken
from tests.simulation.issue_sync.triangle import Triangle
from tests.simulation.issue_sync.world import World, play, points

BATCH = 500
KINDS = ("youtrack", "real", "gitlab")


def main() -> None:
    """Do what the command line says."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    kind = {name: True for name in KINDS if name == sys.argv[-1]}
    make = Triangle if sys.argv[-1] == "triangle" else partial(World, **kind)
    if sys.argv[1] == "many":
        sys.exit(bool(live_on(range(numbers[1], numbers[1] + numbers[0]), make)))
    if sys.argv[1] == "kills":
        kill(numbers[0], **kind)
    elif sys.argv[1] == "mistakes":
        mistakes(numbers[0], make)
    elif sys.argv[-1] == "triangle":
        live_each(numbers[0], numbers[1] if len(numbers) > 1 else 0, Triangle)
    else:
        live(numbers[0], numbers[1] if len(numbers) > 1 else 0, **kind)


def live_on(seeds: range, make: Callable[[int], World | Triangle]) -> int:
    """Live worlds whatever becomes of them; return how many were broken, after their seeds."""
    began, broken = time.monotonic(), 0
    for number, seed in enumerate(seeds, 1):
        try:
            make(seed).run()
        except Exception as error:  # noqa: BLE001  # a fault of the program breaks a world, too
            broken += 1
            print(f"seed {seed} broken: {type(error).__name__}: {error}", flush=True)
        if number % BATCH == 0 or number == len(seeds):
            seconds = time.monotonic() - began
            print(
                f"{number} worlds from {seeds.start}, {broken} broken, {seconds:.0f} s", flush=True
            )
    return broken


def kill(seed: int, **kind: bool) -> None:
    """Kill the worker at each step, and once more at each later one; stops at what is not right."""
    count, lives = points(seed, **kind), 0
    for first in range(1, count + 1):
        for second in range(first + 1, count + 2):
            World(seed, crash_at=(first, second), **kind).run()
            lives += 1
        print(f"seed {seed}: died at step {first} of {count}, {lives} lives", flush=True)


def mistakes(worlds: int, make: Callable[..., World | Triangle]) -> None:
    """Print the first world in which each mistake shows; stops at one that never does."""
    for name, mutation in MUTATIONS.items():
        for seed in range(worlds):
            try:
                make(seed, mutate=mutation).run()
            except (Broken, AssertionError, LookupError):
                print(f"{name}: shown by seed {seed}", flush=True)
                break
        else:
            raise Broken(f"{worlds} worlds lived well with {name}")


def live_each(worlds: int, first: int, make: Callable[[int], Triangle]) -> None:
    """Live worlds one by one; stops with the seed of the first that is not right."""
    began = time.monotonic()
    for seed in range(first, first + worlds):
        try:
            make(seed).run()
        except (Broken, AssertionError, LookupError) as error:
            raise Broken(f"seed {seed}: {error}") from error
    print(f"{worlds} worlds, {time.monotonic() - began:.0f} s", flush=True)


def live(worlds: int, first: int, **kind: bool) -> None:
    """Print figures as the worlds go by; stops with the seed of the first that is not right."""
    began, writes, conflicts, excused = time.monotonic(), 0, 0, 0
    for start in range(first, first + worlds, BATCH):
        seeds = range(start, min(start + BATCH, first + worlds))
        figures = play(seeds, **kind)
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
