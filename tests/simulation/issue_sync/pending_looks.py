"""What was heard of a simulated link and not looked at yet, as the worker's table keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.core.issue_sync.looks import Hint
from sync.core.issue_sync.model import Item, SideName


@dataclass
class PendingLooks:
    """`causes`: where something happened since the last look; None: nobody knows where.

    `listed`: what a list showed, at that version.
    """

    version: int = 0
    done_version: int = 0
    causes: set[SideName | None] = field(default_factory=set)
    listed: tuple[int, Hint] | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing waits to be looked at."""
        return self.version == self.done_version

    def mark(self, side: SideName | None) -> None:
        """Ask for a look; None: at both sides, for nobody knows where something happened."""
        self.version += 1
        self.causes.add(side)

    def keep_listed(self, side: SideName, item: Item) -> None:
        """Keep an end as a list has just shown it."""
        self.listed = self.version, Hint(side, item)

    def hint(self) -> Hint | None:
        """Return which end alone may have changed, as the worker knows it."""
        version, hint = self.listed or (0, None)
        self.listed = None
        if version == self.version:
            return hint
        sides = [side for side in self.causes if side is not None]
        return Hint(sides[0]) if len(sides) == 1 and None not in self.causes else None

    def looked(self, version: int) -> None:
        """Note that a look has dealt with what was heard up to a version."""
        self.done_version = self.clean(version)
        if self.is_clean:
            self.causes.clear()

    def clean(self, version: int) -> int:
        """Return the version up to which hooks are dealt with."""
        return version
