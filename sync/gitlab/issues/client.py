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
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues import capabilities, comments, files, listing, personal, time_log
from sync.gitlab.issues.items import ItemWriter
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.outcomes import failed, not_landed, outcome_of
from sync.gitlab.issues.own_accounts import OwnAccounts
from sync.gitlab.issues.projects import IssueMemory, Projects
from sync.gitlab.issues.reading import IssueReader

_WAITS = "An earlier write about the same item has no known outcome yet"


class GitLabIssues:
    """The issues and work items that the token's user may see; a project by its number.

    For one thread at a time, as is its memory: paths of projects, their labels, who we are, what
    the instance lacks. A client that is given the memory of an earlier one asks for none of it.
    """

    def __init__(
        self,
        client: GitLab,
        options: IssueOptions | None = None,
        clock: Clock | None = None,
        memory: IssueMemory | None = None,
        own_accounts: OwnAccounts | None = None,
    ) -> None:
        self._client, self._options = client, options or IssueOptions()
        self._own = own_accounts or OwnAccounts()
        self._clock, memory = clock or WallClock(), memory or IssueMemory()
        self._projects = Projects(client, memory.projects)
        self._reader = IssueReader(client, memory.instance, self._projects, self._options)
        self._items = ItemWriter(self._reader)

    def capabilities(self, project: str) -> Capabilities:
        """Return what the project's issues can hold, asked of the instance."""
        self._reader.instance.forget_lacks(self._clock.now())
        return capabilities.ask_capabilities(self._reader, project)

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read issues whole, wherever they were moved to."""
        return self._reader.read(addresses)

    def changed(self, project: str, since: datetime, cursor: str | None = None) -> Page:
        """List issues changed at `since` or later, whole where the instance answers GraphQL."""
        return listing.changed(self._reader, project, since, cursor)

    def census(self, project: str, cursor: str | None = None) -> Census:
        """List the ids of all issues of a project that our user sees."""
        return listing.census(self._reader, project, cursor)

    def apply(self, writes: Sequence[Write], fetch: Callable[[File], bytes]) -> Sequence[Outcome]:
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
        """Look up the keys of all creations, of a project at once."""
        keys: dict[str, list[str]] = {}
        for write in writes:
            if isinstance(write, CreateItem):
                keys.setdefault(write.project, []).append(write.key)
        created: dict[str, ItemAddress | SyncError] = {}
        for project_id, members in keys.items():
            try:
                created |= self._items.find_created(project_id, members)
            except SyncError as error:
                created |= dict.fromkeys(members, error)
        return created

    def _apply(
        self,
        write: Write,
        fetch: Callable[[File], bytes],
        created: Mapping[str, ItemAddress | SyncError],
    ) -> Outcome:
        project_id = write.project if isinstance(write, CreateItem) else write.address.project

        def step() -> Outcome:
            match write:
                case CreateItem():
                    existing = created.get(write.key)
                    if isinstance(existing, SyncError):
                        return failed(existing, self._projects, project_id)
                    return personal.create_item(self._items, self._own, write, existing)
                case UpdateItem():
                    return personal.update_item(self._items, self._own, write)
                case AddComment() | EditComment() | DeleteComment():
                    return personal.write_comment(self._reader, self._own, write)
                case AddTime() | DeleteTime():
                    return personal.write_time(self._reader, self._own, write, self._clock.now())
                case AddFile():
                    return personal.add_file(self._reader, self._own, write, fetch)
                case _:
                    assert_never(write)

        return outcome_of(step, self._projects, project_id)

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Look whether writes of unknown outcome happened; Unknown where that cannot be seen."""
        return [self._settle(write) for write in writes]

    def _settle(self, write: Write) -> Outcome:
        client, reader = self._client, self._reader
        try:
            match write:
                case CreateItem():
                    created = self._items.find_created(write.project, [write.key])
                    if write.key not in created:
                        return not_landed("The creation")
                    return self._items.settled_creation(write, created[write.key])
                case UpdateItem():
                    return self._items.settled_update(write)
                case AddComment():
                    return comments.settle_added(client, reader.own_id(), write)
                case EditComment():
                    return comments.settle_edited(client, reader.own_id(), write)
                case DeleteComment():
                    return comments.settle_deleted(client, write)
                case AddTime():
                    return time_log.settle_added(reader, write)
                case DeleteTime():
                    return time_log.settle_deleted(reader, write)
                case AddFile():
                    return files.settle(client, reader.own_id(), write)
                case _:
                    assert_never(write)
        except SyncError as error:
            return Unknown(error)

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return the bytes of an upload, at most the limit of the options."""
        return files.download(self._client, address, file, self._options.max_file_bytes)
