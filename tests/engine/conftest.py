"""A world with a portal, a code host and the task 2103."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.world import World


@pytest.fixture
def make_world(database_url: str) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: object) -> World:
        made.append(World(database_url, **options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world().with_task()
