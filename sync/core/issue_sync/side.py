"""What a room offers so that its items can be one end of a link. Types only.

The portal's room and each tracker's room fulfil it; `tests/contract` holds every room to it. All
methods raise Later, Denied and Refused for what concerns the whole request (sync/errors.py), and
count each request in the call log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sync.core.issue_sync.model import Capabilities, File, Item, ItemAddress, Unreachable
from sync.core.issue_sync.writes import Outcome, Write


@dataclass(frozen=True, slots=True)
class Page:
    """Items of a list, oldest change first; what only another list tells of follows them.

    `cursor`: where to go on, None at the end.
    """

    items: tuple[Item, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """Ids of all items of a project with the time of their last change, page by page.

    `versions`: as items have them, where the list tells them.
    """

    changed_at: Mapping[str, datetime]
    cursor: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


class SideClient(Protocol):
    """The client of a connection (or a portal) for two-way sync."""

    def capabilities(self, project: str) -> Capabilities:
        """Return what the project can hold and our account may write, as asked."""

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read items whole (comments, time and files too), by their id for good."""

    def changed(self, project: str, since: datetime, cursor: str | None = None) -> Page:
        """List items changed at `since` or later; `comments`, `time`, `files` may be unread."""

    def census(self, project: str, cursor: str | None = None) -> Census:
        """List the ids of all items that our account sees in the project."""

    def apply(self, writes: Sequence[Write], fetch: Callable[[File], bytes]) -> Sequence[Outcome]:
        """Carry out the writes in their order, in as few requests as can be; one outcome each.

        A write after an Unknown one about the same item is not tried (NotDone with Later).
        `fetch` gives the bytes of a file of the other side.
        """

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Look whether writes of unknown outcome happened: Done, or NotDone where they did not."""

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return the bytes of a file of the item, at most the limit of the settings."""
