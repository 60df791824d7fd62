"""Writes as the engine makes them, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sync.core.issue_sync.model import (
    DESCRIPTION,
    TITLE,
    Author,
    File,
    Item,
    ItemAddress,
    Unreachable,
    Value,
)
from sync.core.issue_sync.side import SideClient
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    Change,
    CreateItem,
    Done,
    Outcome,
    UpdateItem,
    Write,
)
from tests.contract.room import Room

AUTHOR = Author("77", "Carl Pine")
ON = date(2026, 2, 27)
BYTES = b"\x89PNG and more"
SOURCE = File("9", "shot.png", len(BYTES), "[disk 9]")


def creation(room: Room, key: str = "4/create:tracker:0", **more: Value) -> CreateItem:
    return CreateItem(key, room.project, {TITLE: "Created", DESCRIPTION: "Words", **more})


def creation_of(project: str, values: Mapping[str, Value]) -> CreateItem:
    return CreateItem("4/create:tracker:0", project, values)


def update(
    address: ItemAddress,
    changes: Mapping[str, Change],
    before: Mapping[str, Value] | None = None,
    key: str = "4/update:1",
) -> UpdateItem:
    return UpdateItem(key, address, changes, before or {})


def comment(address: ItemAddress, text: str = "Hello", key: str = "4/comment:1", **more) -> Write:
    return AddComment(key, address, text, AUTHOR, **more)


def entry(
    address: ItemAddress, seconds: int = 5400, key: str = "4/time:1", text: str = "Worked"
) -> AddTime:
    return AddTime(key, address, seconds, ON, text, AUTHOR)


def file(address: ItemAddress, key: str = "4/file:1", size: int = len(BYTES)) -> AddFile:
    source = File(SOURCE.id, SOURCE.name, size, SOURCE.reference)
    return AddFile(key, address, SOURCE.name, source, ItemAddress("1"))


def fetch(source: File) -> bytes:
    return BYTES if source.size in (None, len(BYTES)) else b"x" * (source.size or 0)


def apply(client: SideClient, *writes: Write) -> list[Outcome]:
    return list(client.apply(writes, fetch))


def done(client: SideClient, write: Write) -> Done:
    """The outcome of a write that has to work."""
    (outcome,) = apply(client, write)
    assert isinstance(outcome, Done), outcome
    return outcome


def read(client: SideClient, address: ItemAddress) -> Item:
    item = client.read([address])[address.id]
    assert isinstance(item, Item), item
    return item


def absent(client: SideClient, address: ItemAddress) -> Unreachable:
    item = client.read([address])[address.id]
    assert isinstance(item, Unreachable), item
    return item
