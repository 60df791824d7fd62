"""Ends a worker at a chosen step: before or after a commit, before or after a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.depth import SHARE, is_quick
from tests.engine.world import World

LEASE_SECONDS = 130.0  # after that a dead worker's lanes are free
PARTS = range(6)  # a test of every step is that many tests, so that processes can share it


def steps_of(part: int) -> Iterator[int]:
    """Return the steps of one of the PARTS, without an end: the last is where no kill was.

    Every step is in one of them; in a short run every fifth, odd and even ones in turn.
    """
    share = SHARE if is_quick() else 1
    return count(share * part + 1, share * len(PARTS))


class Killed(BaseException):
    """The process is gone: nothing it would still do, even on its way out, happens."""


class Fuse:
    """Counts the steps of a worker and ends it at the step `at` (None: never)."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.steps = 0
        self.dead = False

    def light(self, at: int | None) -> None:
        self.at, self.steps, self.dead = at, 0, False

    def step(self) -> None:
        self.steps += 1
        if self.at is not None and self.steps >= self.at:
            self.dead = True
        if self.dead:
            raise Killed


@contextmanager
def fused(world: World) -> Iterator[Fuse]:
    """The world with a fuse at every commit and every request to the portal."""
    fuse = Fuse()
    commit, answer = world.database.dialect.do_commit, world.portal_answer

    def do_commit(connection: Any) -> None:
        fuse.step()
        commit(connection)
        fuse.step()

    def portal_answer(request: Any) -> Any:
        fuse.step()
        answered = answer(request)
        fuse.step()
        return answered

    world.patch(world.database.dialect, "do_commit", do_commit)
    world.patch(world, "portal_answer", portal_answer)
    yield fuse


def work(world: World, fuse: Fuse, owner: str) -> bool:
    """Whether the worker was killed at it; time passes until its lanes are free."""
    try:
        world.work(owner)
    except Killed:
        fuse.light(None)
        world.tick(LEASE_SECONDS)
        return True
    return False
