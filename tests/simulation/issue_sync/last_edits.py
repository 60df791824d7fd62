"""An oracle of three systems: what all say in the end is what somebody wrote last.

An edit may lose only against another that was made before all three were in step again, or aloud,
where a conflict was recorded. What is edited between a read and a write, nobody can see. A status
is written in the master or on the task alone: what people of the third system do with theirs ends
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.issue_sync.model import STATUS, SideName, Value
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import Held
from tests.simulation.issue_sync.oracle import Broken

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
Edit = tuple[SideName, Value]


@dataclass
class LastEdits:
    """Edits of each watched value since all ends were in step, by where they were made.

    `disputed`: fields with a conflict on record since then; `unsure`: those with a write of which
    no answer came; `unseen`: values that were edited while the engine worked.
    """

    agreed: dict[str, Edit]  # on the task, when all were in step the last time
    edits: dict[str, list[Edit]] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)

    def edited(
        self, side: SideName, before: Mapping[str, Value], held: Held, *, is_working: bool
    ) -> None:
        """Note what a person changed."""
        for key in words.watched():
            value = words.shown(side, held.values, key)
            if words.shown(side, dict(before), key) != value:
                self.edits.setdefault(key, []).append((side, value))
                self.unseen |= {key} if is_working else set()

    def in_step(self, task: Held) -> None:
        """Forget what reached everybody."""
        self.edits.clear()
        self.disputed.clear()
        self.unsure.clear()
        self.unseen.clear()
        self.agreed = {
            key: (PORTAL, words.shown(PORTAL, task.values, key)) for key in words.watched()
        }

    def check(self, master: Held, task: Held) -> None:
        """Compare what is left with what people did. Raises Broken."""
        for key in words.watched():
            if key in self.unseen or words.field_of(key) in self.disputed | self.unsure:
                continue
            ends = {
                TRACKER: words.shown(TRACKER, master.values, key),
                PORTAL: words.shown(PORTAL, task.values, key),
            }
            edits = self.edits.get(key) or [self.agreed[key]]
            if not any(_is_shown(key, edit, ends) for edit in edits):
                raise Broken(f"{key} is {ends}, and last was written {edits}")


def _is_shown(key: str, edit: Edit, ends: Mapping[SideName, Value]) -> bool:
    side, value = edit
    other = ends[side.other]
    pair = (value, other) if side is TRACKER else (other, value)
    return value == ends[side] or words.agree(key, *pair)


def status_of(held: Held) -> Value:
    """Return the status that an item shows."""
    return held.values[STATUS]
