"""What the commands of `sync` work with, opened for a portal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from b24app.services.issue_links import LinkBook, Step, Target
from sync.core.clock import Clock
from sync.core.issue_sync.forecast import Cost, Forecast
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.engine.issue_sync.rehearsing import RehearsedPair


class Desk(Protocol):
    """What the commands work with, opened for a portal."""

    @property
    def book(self) -> LinkBook:
        """The links of the portal."""

    @property
    def clock(self) -> Clock:
        """The time."""

    def pairs(self, workgroup: int | None, project: str | None) -> Iterable[ProjectPair]:
        """Return the pairs that are meant; all of them where nothing is named."""

    def foresee(self, pair: ProjectPair) -> tuple[Forecast, Mapping[SideName, Cost]]:
        """Read both sides of a pair and return what an import would do. Raises SyncError."""

    def rehearse(
        self, text: str, since: datetime, workgroup: int | None, project: str | None
    ) -> Iterable[RehearsedPair]:
        """Return what the pairs of a settings document would have done since a moment.

        Raises Invalid and SyncError.
        """

    def import_pair(self, pair: ProjectPair) -> Iterator[Step]:
        """Import a pair; each step is saved before the next. Raises SyncError."""

    def release_pair(self, pair: ProjectPair) -> int | None:
        """Let a halted pair go on; return how many links try again, None where it was not."""

    def find_task(self, task_id: str) -> ItemAddress:
        """Return where a task is. Raises LookupError."""

    def find_issue(self, issue: Target) -> tuple[int, ItemAddress]:
        """Return the id of the connection that an issue is of, and where it is.

        Raises LookupError and SyncError.
        """
