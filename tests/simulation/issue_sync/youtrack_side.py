"""A side in memory with the traits of YouTrack, as facts have them.

Work is kept in whole minutes and never below zero. A title is one line, descriptions lose CR. No
field tells when it was edited; comments and work move no time of change. A state machine governs
the status: it is moved by events, several where need be, and a guard may refuse one. An issue that
moves keeps its id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.core.issue_sync.model import DESCRIPTION, STATUS, TAGS, TITLE, Value
from sync.core.issue_sync.writes import AddTime, Done, NotDone, Outcome, Write
from sync.errors import Refused
from sync.youtrack.issues.comparing import one_line
from sync.youtrack.issues.fields import whole_minutes
from tests.simulation.issue_sync.memory_side import Held, MemorySide

EVENTS = {  # state → states that its events lead to
    "todo": ("triage", "doing"),
    "triage": ("todo", "doing"),
    "doing": ("todo", "done", "odd"),
    "done": ("todo",),
    "odd": ("todo",),
}
GUARDED, GUARD = "done", "blue"  # nobody finishes what has the tag


def rounded(seconds: int) -> int:
    """Return logged seconds as YouTrack keeps them."""
    return whole_minutes(seconds) * 60


def way(start: Value, end: Value) -> bool:
    """Tell whether events lead from a state to another."""
    waiting, passed = deque([start]), {start}
    while waiting:
        state = waiting.popleft()
        if state == end:
            return True
        following = [each for each in EVENTS[str(state)] if each not in passed]
        passed.update(following)
        waiting.extend(following)
    return False


@dataclass
class YouTrackSide(MemorySide):
    """The tracker of a link."""

    knows_edits: bool = False

    def elsewhere(self, project: str) -> str:
        """Return where an issue of a project is moved to."""
        return "9" if project == "7" else "7"

    def normalised(self, name: str, value: Value) -> Value:
        """Return a value as YouTrack stores it."""
        if isinstance(value, str) and name == TITLE:
            return one_line(value)
        if isinstance(value, str) and name == DESCRIPTION:
            return value.replace("\r", "")
        return value

    def touch(self, held: Held, name: str = "") -> None:
        """Note a changed field alone."""
        if name:
            super().touch(held, name)

    def _store(self, write: Write) -> Outcome:
        if isinstance(write, AddTime):
            if write.seconds <= 0:
                return NotDone(Refused("no work below zero", code="negative"))
            write = replace(write, seconds=rounded(write.seconds))
        return super()._store(write)

    def _update(self, held: Held, changes: Mapping[str, Any]) -> Done:
        target, present = changes.get(STATUS), held.values[STATUS]
        tags = held.values[TAGS]
        refused = target == GUARDED and isinstance(tags, frozenset) and GUARD in tags
        if target is None or target == present or (not refused and way(present, target)):
            return super()._update(held, changes)
        self.watcher.was_refused(self.side, STATUS, present)
        done = super()._update(held, {**changes, STATUS: present})
        return replace(done, dropped={**done.dropped, STATUS: "the state machine refuses"})
