"""What is known of a change before anything is read: that it is our own, or how a list showed it.

Whatever is written to a side comes back as a hook, an event, and a row of the next list. A hint is
left out only where it is surely ours; the rest may wait for a moment, to be read with others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sync.core.issue_sync.model import Hint, Item, SideName
from sync.store.issue_link_rows import IssueLinkRow

ECHO = timedelta(seconds=15)  # what is heard of a link so soon after our write may wait as long
SETTLED = timedelta(seconds=5)  # sides tell seconds: by then no other change has the same version
MOST_LISTED = 300  # items kept; one that is forgotten is read


def is_our_change(row: IssueLinkRow, at: datetime | None) -> bool:
    """Whether a hook tells the very change that our last write made.

    It is where the issue was changed at the moment that the write was answered with, to less than
    a second: every other change has another moment. Older instances tell seconds alone.
    """
    return at is not None and at.microsecond != 0 and at.isoformat() == row.answered


def due_at(row: IssueLinkRow, now: datetime) -> datetime:
    """Return when a link is looked at of which something was heard now."""
    is_fresh = row.written_at is not None and now - row.written_at < ECHO
    return now + ECHO if is_fresh else now


@dataclass
class ListedItems:
    """Items that this process has just listed whole, by their link and its version then.

    A link of which anything was heard since has another version: its item is read.
    """

    _hints: dict[str, tuple[int, Hint]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, key: str, version: int, side: SideName, item: Item) -> None:
        """Keep an item for the next look at its link; the oldest are forgotten."""
        with self._lock:
            self._hints.pop(key, None)
            self._hints[key] = (version, Hint(side, item))
            if len(self._hints) > MOST_LISTED:
                del self._hints[next(iter(self._hints))]

    def take(self, key: str, version: int) -> Hint | None:
        """Return what a look at that version of a link begins with, and keep it no longer."""
        with self._lock:
            held, hint = self._hints.pop(key, (version, None))
        return hint if held == version else None
