"""Every room in turn: a new system adds its line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from tests.contract import bitrix24_room, gitlab_room, youtrack_room
from tests.contract.room import Room

ROOMS: dict[str, Callable[[], AbstractContextManager[Room]]] = {
    "gitlab premium": partial(gitlab_room.open_room, gitlab_room.FULL),
    "gitlab free": partial(gitlab_room.open_room, gitlab_room.FREE),
    "bitrix24": partial(bitrix24_room.open_room, "new"),
    "bitrix24 old card": partial(bitrix24_room.open_room, "old"),
    "youtrack": partial(youtrack_room.open_room, youtrack_room.FIELDS),
    "youtrack several assignees, far east": partial(
        youtrack_room.open_room, youtrack_room.SEVERAL, "Pacific/Auckland"
    ),
}


# Where these differ from their neighbours, tests of their own rooms show it.
FURTHER = {"gitlab free", "bitrix24 old card"}


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.deep] if name in FURTHER else []) for name in ROOMS
    ]
)
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    with ROOMS[request.param]() as opened:
        yield opened
