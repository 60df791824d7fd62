"""Tasks of a portal as one end of two-way links (sync.core.issue_sync.side.SideClient)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sync.bitrix24.issue_sync import capabilities, files, listing, settling
from sync.bitrix24.issue_sync.chats import learn_chats
from sync.bitrix24.issue_sync.memory import Memory, ask_columns, bound
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.issue_sync.reading import SMALL, TaskReader, list_tasks
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.talks import hold_beside, hold_talks, reading_sender
from sync.bitrix24.issue_sync.writing import TaskWriter
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import Capabilities, File, Item, ItemAddress, Unreachable
from sync.core.issue_sync.side import Census, Page
from sync.core.issue_sync.writes import Outcome, Write


class PortalTasks:
    """The tasks that the employee in whose name we call may see; a project is a workgroup.

    For one thread at a time. It remembers the chats of tasks and the files behind attachments,
    which never change; one that is given the memory of an earlier one asks for none of them.
    """

    def __init__(
        self, portal: Portal, options: TaskOptions | None = None, memory: Memory | None = None
    ) -> None:
        self._portal, self._options = portal, options or TaskOptions()
        self._memory = memory.begun_anew() if memory else Memory()

    def _reader(self) -> TaskReader:
        url = self._portal.credentials.client_endpoint.removesuffix("rest/")
        columns, signatures = self._memory.columns, self._memory.signatures
        bound(signatures, self._memory.most)
        side = ReadingSide(self._portal.user_id, url, self._options, columns, signatures)
        return TaskReader(side, self._memory, bool(self._portal.features.get("new_card")))

    def capabilities(self, project: str) -> Capabilities:
        """Return what tasks of a workgroup ("": of none) can hold."""
        able, columns = capabilities.ask_capabilities(self._portal, self._options, project)
        self._memory.learn_columns(as_int(project), columns)
        return able

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read tasks whole; a few in the request that lists them, many after one that does."""
        reader, send = self._reader(), reading_sender(self._portal)
        ids = list(dict.fromkeys(as_int(address.id) for address in addresses))
        groups = dict.fromkeys(as_int(address.project) for address in addresses)
        columns = [ask_columns(group_id, self._memory) for group_id in groups]
        if len(ids) <= SMALL:
            talks = [reader.read(task_id) for task_id in ids]
            items = hold_beside(columns, talks, send)
        else:
            (listed,) = hold_beside(columns, [list_tasks(ids, reader.side)], send)
            if self._options.comments:
                learn_chats(self._portal, self._memory, listed)
            items = hold_talks(
                [reader.read(number, listed.get(number, {})) for number in ids], send
            )
        return {str(task_id): item for task_id, item in zip(ids, items, strict=True)}

    def changed(self, project: str, since: datetime, cursor: str | None = None) -> Page:
        """List tasks of a workgroup changed at `since` or later, without comments and the like."""
        side = self._reader().side
        return listing.changed(self._portal, side, self._memory, project, since, cursor)

    def census(self, project: str, cursor: str | None = None) -> Census:
        """List the numbers of all tasks of a workgroup with their last activity."""
        return listing.census(self._portal, project, cursor)

    def apply(self, writes: Sequence[Write], fetch: Callable[[File], bytes]) -> Sequence[Outcome]:
        """Carry out writes in batches; one outcome each."""
        return TaskWriter(self._portal, self._reader()).apply(writes, fetch)

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Look whether writes of unknown outcome happened."""
        return settling.settle(self._portal, self._reader(), writes)

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return the bytes of a file of a task."""
        return files.download_file(self._portal, file, self._options.max_file_bytes)
