"""Issues of an instance as one end of two-way links (sync.core.issue_sync.side.SideClient)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from sync.core.clock import Clock, WallClock
from sync.core.issue_sync.model import Capabilities, File, Item, ItemAddress, Unreachable
from sync.core.issue_sync.side import Census, Page
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    CreateItem,
    DeleteComment,
    DeleteTime,
    EditComment,
    NotDone,
    Outcome,
    Unknown,
    UpdateItem,
    Write,
)
from sync.errors import Later, SyncError
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues import capabilities, comments, files, listing, time_log
from sync.youtrack.issues.items import ItemWriter
from sync.youtrack.issues.options import IssueOptions
from sync.youtrack.issues.outcomes import failed, not_landed, outcome_of
from sync.youtrack.issues.projects import Instance, IssueMemory
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.issues.true_authors import TrueAuthors

_WAITS = "An earlier write about the same item has no known outcome yet"
Fetch = Callable[[File], bytes]


class YouTrackIssues:
    """The issues that the token's user may see; a project by its database id.

    For one thread at a time, as is its memory: how fields are made, who people are, where events of
    state machines led. A client that is given the memory of an earlier one asks for none of it.
    """

    def __init__(
        self,
        client: YouTrack,
        options: IssueOptions | None = None,
        memory: IssueMemory | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._options = options or IssueOptions()
        clock = clock or WallClock()
        self._instance = Instance(client, memory or IssueMemory(), clock)
        self._reader = IssueReader(client, self._instance, self._options)
        self._authors = TrueAuthors(client, self._instance, clock)
        self._items = ItemWriter(self._reader, self._authors)

    def capabilities(self, project: str) -> Capabilities:
        """Return what the project's issues can hold, asked of the instance."""
        return capabilities.ask_capabilities(self._reader, project)

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read issues whole, wherever they were moved to."""
        return self._reader.read(addresses)

    def changed(self, project: str, since: datetime, cursor: str | None = None) -> Page:
        """List issues changed at `since` or later, with comments, work and files."""
        return listing.changed(self._reader, project, since, cursor)

    def census(self, project: str, cursor: str | None = None) -> Census:
        """List the ids of all issues of a project that our user sees."""
        return listing.census(self._reader, project, cursor)

    def apply(self, writes: Sequence[Write], fetch: Fetch) -> Sequence[Outcome]:
        """Carry out writes in their order; one outcome each."""
        outcomes: list[Outcome] = []
        waiting: set[str] = set()
        created = self._created(writes)
        for write in writes:
            subject = write.key if isinstance(write, CreateItem) else write.address.id
            if subject in waiting:
                outcomes.append(NotDone(Later(_WAITS, code="waits")))
                continue
            outcome = self._apply(write, fetch, created)
            if isinstance(outcome, Unknown):
                waiting.add(subject)
            outcomes.append(outcome)
        return outcomes

    def _created(self, writes: Sequence[Write]) -> dict[str, ItemAddress | SyncError]:
        """Look up the keys of all creations at once."""
        keys = [write.key for write in writes if isinstance(write, CreateItem)]
        try:
            return {**self._items.find_created(keys)} if keys else {}
        except SyncError as error:
            return dict.fromkeys(keys, error)

    def _apply(
        self, write: Write, fetch: Fetch, created: Mapping[str, ItemAddress | SyncError]
    ) -> Outcome:
        project_id = write.project if isinstance(write, CreateItem) else write.address.project
        reader = self._reader

        def step() -> Outcome:
            match write:
                case CreateItem():
                    existing = created.get(write.key)
                    if isinstance(existing, SyncError):
                        return failed(existing, self._instance, project_id)
                    return self._items.create(write, existing)
                case UpdateItem():
                    return self._items.update(write)
                case AddComment():
                    return comments.add(reader, self._authors, write)
                case EditComment():
                    return comments.edit(reader, write)
                case DeleteComment():
                    return comments.delete(reader, write)
                case AddTime():
                    return time_log.add(reader, write)
                case DeleteTime():
                    return time_log.delete(reader, write)
                case AddFile():
                    return files.add(reader, write, fetch)
                case _:
                    assert_never(write)

        return outcome_of(step, self._instance, project_id)

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Look whether writes of unknown outcome happened; Unknown where that cannot be seen."""
        return [self._settle(write) for write in writes]

    def _settle(self, write: Write) -> Outcome:
        reader = self._reader
        try:
            match write:
                case CreateItem():
                    addresses = self._items.find_created([write.key])
                    if write.key not in addresses:
                        return not_landed("The creation")
                    return self._items.settled_creation(write, addresses[write.key])
                case UpdateItem():
                    return self._items.settled_update(write)
                case AddComment():
                    return comments.settle_added(reader, write)
                case EditComment():
                    return comments.settle_edited(reader, write)
                case DeleteComment():
                    return comments.settle_deleted(reader, write)
                case AddTime():
                    return time_log.settle_added(reader, write)
                case DeleteTime():
                    return time_log.settle_deleted(reader, write)
                case AddFile():
                    return files.settle(reader, write)
                case _:
                    assert_never(write)
        except SyncError as error:
            return Unknown(error)

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return the bytes of an attachment, at most the limit of the options."""
        return files.download(self._reader, address, file)
