"""A task that is linked with an issue of YouTrack and with one of another tracker, from a seed.

The room of YouTrack stands over its emulator; the task and the third side are in memory. YouTrack
is the master of the status. In the end all three say the same, and each comment and each hour that
a person wrote is everywhere once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from sync.core.issue_sync import acts
from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Comment,
    SideName,
    TimeEntry,
    Value,
)
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules, Policy
from sync.core.issue_sync.writes import Write
from sync.engine.issue_sync import cycle
from sync.engine.issue_sync.cycle import LinkChange, Workbench
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import Held, MemorySide, without_faults
from tests.simulation.issue_sync.oracle import Broken
from tests.simulation.issue_sync.world import ACTS, Crash, World

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
MOST_ROUNDS = 40


class Bystander:
    """Watches the third side: only the points matter, the end is compared."""

    def __init__(self, triangle: Triangle) -> None:
        self.triangle = triangle

    def point(self, name: str) -> None:
        self.triangle.point(name)

    def heard(self, side: SideName) -> None:
        self.triangle.dirty = True

    def answered(self, side: SideName, write: Write) -> None:
        self.triangle.dirty = True

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


class Links:
    """The states of both links, as text."""

    def __init__(self, triangle: Triangle) -> None:
        self.triangle, self.kept = triangle, dict[str, Any]()

    def load(self, keys: Any) -> Mapping[str, LinkState]:
        return {key: decode(self.kept[key]) for key in keys}

    def save(self, changes: Any) -> None:
        self.triangle.point("before a save")
        for change in changes:
            assert isinstance(change, LinkChange)
            self.kept[change.link.key] = encode(change.link)
        self.triangle.point("after a save")


class Triangle:
    """One life. `crash_at`: the points at which the worker dies; None: at random."""

    def __init__(self, seed: int, crash_at: tuple[int, ...] | None = None) -> None:
        self.base = World(seed, real=True)  # its people, sides and words
        self.random, self.clock = self.base.random, self.base.clock
        self.crash_at, self.points, self.is_working, self.is_calm = crash_at, 0, False, False
        self.dirty = True
        watcher: Any = Bystander(self)
        faults = self.base.sides[PORTAL].faults
        self.sides = {
            "portal": MemorySide(
                PORTAL, self.clock, self.random, watcher, faults, knows_edits=False
            ),
            "youtrack": self.base.sides[TRACKER],
            "third": MemorySide(
                TRACKER, self.clock, self.random, watcher, faults, knows_edits=False
            ),
        }
        for side in self.sides.values():
            side.watcher = watcher
        self.held: dict[str, Held] = {}
        values = self.base._values(PORTAL)
        self.held["portal"] = self.sides["portal"].create({**values, TAGS: frozenset()})
        self.links = Links(self)
        for name in ("youtrack", "third"):
            start = {**values, STATUS: "todo", TAGS: frozenset[str](), DESCRIPTION: ""}
            self.held[name] = self.sides[name].create(start)
            addresses = {PORTAL: self.held["portal"].address, TRACKER: self.held[name].address}
            self.links.kept[name] = encode(LinkState(name, addresses))
        self.said, self.work = Counter[str](), 0

    def rules(self, link: LinkState) -> LinkRules:
        """Return the rules of a link: the third side only follows the status."""
        rules = replace(self.base.rules, create={}, other_links=frozenset(self.links.kept))
        fields = dict.fromkeys(rules.fields, FieldRule(policy=Policy.NEWEST))
        if link.key == "third":
            fields[STATUS] = FieldRule(Direction.TO_TRACKER)
        return replace(rules, fields=fields)

    def point(self, name: str) -> None:
        """Let people act in between, or the worker die here."""
        if not self.is_working or self.is_calm:
            return
        if self.random.random() < self.base.interrupts:
            self.person()
        self.points += 1
        if self.crash_at is None:
            if self.random.random() < self.base.crashes:
                raise Crash(name)
        elif self.points in self.crash_at:
            raise Crash(name)

    def person(self) -> None:
        """Let somebody do something somewhere."""
        name = self.random.choice(list(self.sides))
        side, held = self.sides[name], self.held[name]
        self.clock.sleep(1)
        self.dirty = True
        act = self.random.random()
        if act < 0.6:
            field = self.random.choice([TITLE, STATUS, TAGS, DESCRIPTION])
            if name != "third" or field != STATUS:
                value = self.base._value(side.side, field, held.values[field])
                side.edit(held, field, self._crossable(field, value))
        elif act < 0.8:
            self.base._comment(side.side, held) if name == "youtrack" else self._comment(side, held)
            self.said[held.comments[-1].text] += 1
        else:
            seconds = self.random.choice([60, 3600])
            self.work += seconds
            entry = TimeEntry(side.new_id(), Author("ann"), seconds, self.clock.now().date())
            held.time.append(entry)
            side.touch(held)

    def _crossable(self, field: str, value: Value) -> Value:
        """Leave out what one side has no word for: that is tried in the worlds of two sides."""
        if field == STATUS and value in ("odd", "7"):
            return {"odd": "todo", "7": "2"}[str(value)]
        if field == TITLE:
            return str(value).strip()[:10]
        if isinstance(value, frozenset):
            return frozenset(element for element in value if element.casefold() != "frozen")
        return value

    def _comment(self, side: MemorySide, held: Held) -> None:
        text = f"t{self.random.randrange(100_000)}"
        held.comments.append(Comment(side.new_id(), Author("ann"), text, self.clock.now()))
        side.touch(held)

    def run(self) -> Triangle:
        """Live, come to rest, and compare."""
        with ExitStack() as stack:
            self._work()
            for _ in range(ACTS):
                self.person()
                if self.random.random() < 0.6:
                    self._work()
            self.is_calm = True
            stack.enter_context(without_faults(*self.sides.values()))
            self._rest()
            self._check()
        return self

    def _cycle(self) -> int:
        """Work on both links once, and return how much was written or is left."""
        left = 0
        for name in ("youtrack", "third"):
            sides = {TRACKER: self.sides[name], PORTAL: self.sides["portal"]}
            bench = Workbench(self.links, sides, self.rules, self.clock)  # type: ignore[arg-type]
            self.clock.sleep(20)
            result = cycle.run_cycle(bench, name)
            left += result.writes + result.again
        return left

    def _work(self) -> None:
        for _ in range(2):
            try:
                self.is_working = True
                self._cycle()
            except Crash:
                continue
            finally:
                self.is_working = False

    def _rest(self) -> None:
        for _ in range(MOST_ROUNDS):
            for key, kept in self.links.kept.items():
                if decode(kept).pause is not None:
                    self.links.kept[key] = encode(acts.resume(decode(kept)))
            if not self._cycle():
                return
        raise Broken("it never rests")

    def _check(self) -> None:
        youtrack, third, portal = (self.held[name] for name in ("youtrack", "third", "portal"))
        for key in words.watched():
            values = [words.shown(TRACKER, held.values, key) for held in (youtrack, third)]
            task = words.shown(PORTAL, portal.values, key)
            if not all(words.agree(key, value, task) for value in values):
                raise Broken(f"{key} differs: {values} and {task!r}")
        for name, held in self.held.items():
            seconds = sum(entry.seconds for entry in held.time)
            if seconds != self.work:
                raise Broken(f"{seconds} seconds of work on {name}, not {self.work}")
            texts = Counter(comment.text.rpartition(": ")[2] for comment in held.comments)
            if texts != self.said:
                raise Broken(f"comments on {name}: {texts - self.said}, {self.said - texts}")


def points(seed: int) -> int:
    """Return how many steps a life has at which its worker may die."""
    return Triangle(seed, crash_at=()).run().points
