"""What a test needs of a system that is one end of two-way links: its client, and its people.

A new system writes one adapter (see `gitlab_room.py`), adds it to ROOMS in `conftest.py`, and has
to pass every test of this folder. An adapter drives the system's emulator as people would; it does
not use the code under test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from sync.core.issue_sync.model import ItemAddress, Value
from sync.core.issue_sync.side import SideClient


@dataclass(frozen=True, slots=True)
class Sample:
    """Two values of a field, in the system's terms, both of which it stores as they are."""

    first: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Traits:
    """In what systems differ by nature.

    `samples`: every field that is writable there. `set_fields`: those that change by element, each
    with three members. `longest_title`: characters that are stored. `hostile`: texts that would
    be commands, mentions or references there. `emptied`: fields that are never empty, with what
    they hold instead. `drops_in_silence`: a write that the rights allow in part is done in part.
    `writes_together`: several writes are one request, whose answer is lost as a whole.
    `tells_edits`: comments say that they were edited. `time_unit`: seconds of the shortest work
    that is kept; other work is rounded to whole units.
    """

    name: str
    samples: Mapping[str, Sample]
    set_fields: Mapping[str, tuple[str, str, str]]
    longest_title: int
    hostile: tuple[str, ...] = ()
    emptied: Mapping[str, Value] = field(default_factory=dict)
    has_internal_comments: bool = True
    has_negative_time: bool = True
    moves_to_new_item: bool = True
    tells_archived: bool = True
    drops_in_silence: bool = True
    writes_together: bool = False
    tells_edits: bool = True
    time_unit: int = 1
    page_size: int = 50
    kinds_of_absence: frozenset[str] = field(
        default_factory=lambda: frozenset({"not_found", "denied"})
    )


class Room(Protocol):
    """A system with a project, another project, and a person called Bob."""

    traits: Traits
    client: SideClient
    project: str
    other_project: str

    def new_client(self) -> SideClient:
        """Return a client that has learned nothing yet, as after a restart."""
        ...

    def person(self, name: str) -> str:
        """Return the id of a person (`bob`, `ann`) in the system's terms."""
        ...

    def wait(self, seconds: float) -> None:
        """Move the clock."""
        ...

    def create(self, title: str, description: str = "") -> ItemAddress:
        """Let Bob create an item."""
        ...

    def set_title(self, address: ItemAddress, title: str) -> None:
        """Let Bob change a title."""
        ...

    def add_to_set(self, address: ItemAddress, field_name: str, member: str) -> None:
        """Let Bob add one member to a set field."""
        ...

    def comment(self, address: ItemAddress, text: str) -> str:
        """Let Bob comment; the comment's id."""
        ...

    def edit_comment(self, address: ItemAddress, comment_id: str, text: str) -> None:
        """Let Bob edit his comment."""
        ...

    def delete_comment(self, address: ItemAddress, comment_id: str) -> None:
        """Let Bob delete his comment."""
        ...

    def log(self, address: ItemAddress, seconds: int, on: date, text: str) -> str:
        """Let Bob log work; the entry's id."""
        ...

    def attach(self, address: ItemAddress, name: str, content: bytes) -> None:
        """Let Bob put a file where the item shows it."""
        ...

    def texts(self, address: ItemAddress) -> list[str]:
        """Return the texts of all comments of the item as people see them, ours included."""
        ...

    def seconds(self, address: ItemAddress) -> int:
        """Return the sum of the logged work."""
        ...

    def notified(self) -> list[str]:
        """Return the names of people whom texts of ours mentioned."""
        ...

    def count(self) -> int:
        """Return how many items the project has."""
        ...

    def delete(self, address: ItemAddress) -> None:
        """Let the item vanish for good."""
        ...

    def hide(self, address: ItemAddress) -> None:
        """Take from our account the right to see the item."""
        ...

    def lock_out(self) -> None:
        """Take from our account every right in the project."""
        ...

    def archive(self) -> None:
        """Make the project read-only."""
        ...

    def move(self, address: ItemAddress) -> None:
        """Let a person move the item to the other project."""
        ...

    def drop_rights(self) -> None:
        """Leave our account the right to write texts, and no right to plan."""
        ...

    def lose_answers(self, count: int) -> None:
        """Carry out so many further writes, and cut the connection before the answer."""
        ...

    def cut_off(self, count: int) -> None:
        """Cut the connection of so many further writes before they are carried out."""
        ...

    def refuse(self) -> None:
        """Refuse further writes of items for a reason that no repetition mends."""
        ...

    def throttle(self) -> None:
        """Answer further requests that they are too many."""
        ...

    def requests(self) -> int:
        """Return how many requests our account has sent."""
        ...
