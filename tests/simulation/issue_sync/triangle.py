"""A task that is linked with an issue of YouTrack and with one of another tracker, from a seed.

The room of YouTrack stands over its emulator; the task and the third side are in memory. YouTrack
is the master of the status: the third side follows, and whatever its people do with theirs goes no
further. Each link has an oracle, for which the other link's writes to the task are edits: every
write of both is judged as in a pair, so that no edit is lost on its way through the task. In the
end all say the same; each comment and each hour that a person wrote is everywhere once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from sync.core.issue_sync import acts
from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import Conflict, LinkState
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
from sync.core.issue_sync.rules import Creation, Direction, FieldRule, LinkRules, Policy
from sync.core.issue_sync.writes import UpdateItem, Write
from sync.engine.issue_sync import cycle
from sync.engine.issue_sync.cycle import LinkChange, Workbench
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import Held, MemorySide, without_faults
from tests.simulation.issue_sync.oracle import Broken, Oracle
from tests.simulation.issue_sync.pending_looks import PendingLooks
from tests.simulation.issue_sync.world import ACTS, Crash, World

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
NAMES = ("youtrack", "third")  # of the links
MOST_ROUNDS = 40


class LinkWatcher:
    """Watches a side for the oracle of a link; `name` "": for that of the link at work.

    What a link writes to the task, and what people do there, is an edit for the other one.
    """

    def __init__(self, triangle: Triangle, name: str = "") -> None:
        self.triangle, self.name = triangle, name

    @property
    def oracle(self) -> Oracle:
        """Return the oracle that judges what happens on the side now."""
        return self.triangle.oracles[self.name or self.triangle.at_work]

    def point(self, name: str) -> None:
        self.triangle.point(name)

    def heard(self, side: SideName) -> None:
        for link in [self.name] if self.name else NAMES:
            self.triangle.looks[link].mark(side)

    def answered(self, side: SideName, write: Write) -> None:
        """Send the hook of our own write, but for one that is surely it: its moment tells."""
        if side is PORTAL or not isinstance(write, UpdateItem):
            self.heard(side)

    def was_read(self, side: SideName, held: Held) -> None:
        self.oracle.was_read(side, held)

    def was_away(self, side: SideName) -> None:
        self.oracle.was_away(side)

    def is_written(
        self, side: SideName, held: Held, values: Mapping[str, Value], changes: Mapping[str, Any]
    ) -> None:
        triangle, oracle = self.triangle, self.oracle
        oracle.is_written(side, held, values, changes, triangle.links.conflicts[triangle.at_work])
        if side is PORTAL:
            after = replace(held, values={**held.values, **values})
            for other in triangle.oracles.values():
                if other is not oracle:
                    other.edited(side, held.values, after)

    def is_created(self, side: SideName, held: Held) -> None:
        self.oracle.is_created(side, held)

    def is_created_in_part(self, side: SideName, held: Held, agreed: Collection[str] = ()) -> None:
        self.oracle.is_created_in_part(side, held, agreed)

    def is_filled(self, side: SideName, held: Held, before: Mapping[str, Value]) -> None:
        self.oracle.is_filled(side, held, before)

    def was_refused(self, side: SideName, name: str, present: Value) -> None:
        self.oracle.was_refused(side, name, present)


class Links:
    """The states of both links, as text."""

    def __init__(self, triangle: Triangle) -> None:
        self.triangle, self.kept = triangle, dict[str, Any]()
        self.conflicts: dict[str, list[Conflict]] = {name: [] for name in NAMES}
        self.read: dict[str, tuple[Any, LinkState]] = {}

    def state(self, key: str) -> LinkState:
        """Return a state as last saved, for the world alone: it changes none."""
        kept = self.kept[key]
        if key not in self.read or self.read[key][0] is not kept:
            self.read[key] = kept, decode(kept)
        return self.read[key][1]

    def load(self, keys: Any) -> Mapping[str, LinkState]:
        return {key: decode(self.kept[key]) for key in keys}

    def save(self, changes: Any) -> None:
        self.triangle.point("before a save")
        for change in changes:
            assert isinstance(change, LinkChange)
            self.kept[change.link.key] = encode(change.link)
            self.conflicts[change.link.key] += change.conflicts
            self.triangle.oracles[change.link.key].saved(change.link)
        self.triangle.point("after a save")


class Triangle:
    """One life. `crash_at`: the points at which the worker dies; None: at random.

    In every second life the engine creates the third item, and comes upon it by its key.
    """

    def __init__(
        self,
        seed: int,
        crash_at: tuple[int, ...] | None = None,
        mutate: Callable[[Triangle], ExitStack] | None = None,
    ) -> None:
        self.base = World(seed, real=True)  # its people, sides and words
        self.mutate, self.acts, self.moves_third = mutate, 0, False
        self.points_left = 0  # until the last act
        self.random, self.clock = self.base.random, self.base.clock
        self.crash_at, self.points, self.is_working, self.is_calm = crash_at, 0, False, False
        exact = self.base.oracle.exact
        policy = self.base.oracle.policy
        master = Policy.NEWEST if policy is Policy.ASK else policy
        self.policies = dict(zip(NAMES, (master, Policy.NEWEST), strict=True))
        self.oracles = {
            name: Oracle(self.policies[name], knows_edits=False, exact=exact) for name in NAMES
        }
        self.looks = {name: PendingLooks() for name in NAMES}
        self.at_work = NAMES[0]  # the link that is worked on
        faults = self.base.sides[PORTAL].faults
        portal, third = (
            MemorySide(side, self.clock, self.random, LinkWatcher(self, name), faults, False)
            for side, name in ((PORTAL, ""), (TRACKER, "third"))
        )
        self.sides = {"portal": portal, "youtrack": self.base.sides[TRACKER], "third": third}
        self.sides["youtrack"].watcher = LinkWatcher(self, "youtrack")
        self.held: dict[str, Held] = {}
        chosen = self.base._values(PORTAL)
        values = {name: self._crossable(name, value) for name, value in chosen.items()}
        self.held["portal"] = self.sides["portal"].create({**values, TAGS: frozenset()})
        self.links = Links(self)
        self.is_created = seed % 2 == 1
        for name in NAMES:
            self.oracles[name].began(PORTAL, self.held["portal"])
            addresses = {PORTAL: self.held["portal"].address}
            if name != "third" or not self.is_created:
                start = {**values, STATUS: "todo", TAGS: frozenset[str](), DESCRIPTION: ""}
                self.held[name] = self.sides[name].create(start)
                addresses[TRACKER] = self.held[name].address
                self.oracles[name].began(TRACKER, self.held[name])
            self.links.kept[name] = encode(LinkState(name, addresses))
            self.looks[name].mark(None)
        self.texts, self.work = Counter[str](), 0

    def rules(self, link: LinkState) -> LinkRules:
        """Return the rules of a link: the third side only follows the status."""
        create = {TRACKER: Creation("7")} if link.key == "third" else {}
        rules = replace(self.base.rules, create=create, other_links=frozenset(self.links.kept))
        fields = dict.fromkeys(rules.fields, FieldRule(policy=self.policies[link.key]))
        if link.key == "third":
            fields[STATUS] = FieldRule(Direction.TO_TRACKER)
        return replace(rules, fields=fields)

    def client_of(self, side: SideName, key: str) -> MemorySide:
        """Return what a link reads and writes on a side."""
        return self.sides["portal" if side is PORTAL else key]

    def point(self, name: str) -> None:
        """Let people act in between, or the worker die here."""
        if not self.is_working or self.is_calm:
            if self.points_left == 1:
                self.person()
            self.points_left -= 1
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
        name = self.random.choice(list(self.held))
        side, held = self.sides[name], self.held[name]
        self.clock.sleep(1)
        self.acts += 1
        act = self.random.random()
        if act < 0.6:
            field = self.random.choice([TITLE, STATUS, TAGS, DESCRIPTION])
            before = dict(held.values)
            value = self.base._value(side.side, field, before[field])
            side.edit(held, field, self._crossable(field, value))
            self.moves_third |= name == "third" and field == STATUS
            for link in NAMES if name == "portal" else (name,):
                self.oracles[link].edited(side.side, before, held)
        elif act < 0.8:
            self.base._comment(side.side, held) if name == "youtrack" else self._comment(side, held)
            self.texts[held.comments[-1].text] += 1
        else:
            seconds = self.random.choice([60, 3600])
            self.work += seconds
            entry = TimeEntry(side.new_id(), Author("ann"), seconds, self.clock.now().date())
            held.time.append(entry)
            side.touch(held)
            side.watcher.heard(side.side)

    def _crossable(self, field: str, value: Value) -> Value:
        """Leave out what one side has no word for: that is tried in the worlds of two sides."""
        if field == STATUS and value in ("odd", "7"):
            return {"odd": "todo", "7": "2"}[str(value)]
        if isinstance(value, frozenset):
            return frozenset(element for element in value if element.casefold() != "frozen")
        return value

    def _comment(self, side: MemorySide, held: Held) -> None:
        text = f"t{self.random.randrange(100_000)}"
        held.comments.append(Comment(side.new_id(), Author("ann"), text, self.clock.now()))
        side.touch(held)
        side.watcher.heard(side.side)

    def run(self) -> Triangle:
        """Live, come to rest, and compare."""
        with ExitStack() as stack:
            if self.mutate:
                stack.enter_context(self.mutate(self))
            self._work()
            for _ in range(ACTS):
                self.random.choices([self.person, self._read_list], [10, 2])[0]()
                if self.random.random() < 0.6:
                    self._work()
            self.is_calm = True
            stack.enter_context(without_faults(*self.sides.values()))
            self._rest()
            self._act_last()
            self._check()
        return self

    def _act_last(self) -> None:
        """Let somebody act while all rests or one link is looked at, and nothing happens later.

        Before that the links wake each other by what they write to the task.
        """
        if self.random.random() < 0.5:
            self._read_list()
            self.person()
        else:
            self.looks[self.random.choice(NAMES)].mark(None)
            self.points_left = self.random.randint(1, 8)
        self._rest()

    def pending_looks(self) -> list[PendingLooks]:
        """Return what waits to be looked at, by link."""
        return list(self.looks.values())

    def _read_list(self) -> None:
        """Let a list show an end of a link of which nothing is waiting to be looked at."""
        name, side = self.random.choice(NAMES), self.random.choice(list(SideName))
        held = self.held.get("portal" if side is PORTAL else name)
        if held is not None and self.looks[name].is_clean:
            self.oracles[name].was_read(side, held)
            self.looks[name].mark(side)
            self.looks[name].keep_listed(side, self.client_of(side, name).item(held))

    def _cycle(self) -> None:
        """Work once on both links, where anything was heard of them."""
        for name in NAMES:
            self.at_work, looks = name, self.looks[name]
            if looks.is_clean:
                continue
            sides = {TRACKER: self.sides[name], PORTAL: self.sides["portal"]}
            bench = Workbench(self.links, sides, self.rules, self.clock)  # type: ignore[arg-type]
            self.clock.sleep(20)
            status, acts_before = self.held["portal"].values[STATUS], self.acts
            version = looks.version
            result = cycle.run_cycle(bench, name, looks.hint())
            if name == "third" and acts_before == self.acts:
                self._check_master(status)
            self._find_created()
            if result.again:
                looks.causes.add(None)
            else:
                looks.looked(version)

    def _check_master(self, status: Value) -> None:
        if status != self.held["portal"].values[STATUS]:
            raise Broken("the task's status follows the third system")

    def _find_created(self) -> None:
        items = list(self.sides["third"].items.values())
        if len(items) > 1:
            raise Broken("the third item was created twice")
        if items:
            self.held["third"] = items[0]

    def _work(self) -> None:
        for _ in range(2):
            try:
                self.is_working = True
                self._cycle()
            except Crash:
                continue
            finally:
                self.is_working = False
                self._note_unsure()

    def _note_unsure(self) -> None:
        """Remember fields whose write may have landed unseen: there order is not known."""
        for name in self.links.kept:
            for planned in self.links.state(name).pending:
                self.oracles[name].unsure |= planned.intents.keys()

    def _rest(self) -> None:
        for _ in range(MOST_ROUNDS):
            self._cycle()
            for key in self.links.kept:
                if (link := self.links.state(key)).pause is not None:  # its fuse has blown
                    self.links.kept[key] = encode(acts.resume(link))
                    self.looks[key].mark(None)
            if all(looks.is_clean for looks in self.pending_looks()):
                return
        raise Broken("it never rests")

    def _differences(self) -> list[str]:
        """Return what the ends do not say alike; the third system's people may move its status."""
        youtrack, portal = self.held["youtrack"], self.held["portal"]
        differences = []
        for name, held in (("youtrack", youtrack), ("third", self.held.get("third"))):
            for key in words.watched():
                if held is None or (name == "third" and key == STATUS and self.moves_third):
                    continue
                value = words.shown(TRACKER, held.values, key)
                task = words.shown(PORTAL, portal.values, key)
                if not words.agree(key, value, task):
                    differences.append(f"{key} differs: {value!r} in {name} and {task!r}")
        return differences

    def _check(self) -> None:
        for difference in self._differences():
            raise Broken(difference)
        for name, held in self.held.items():
            seconds = sum(entry.seconds for entry in held.time)
            if seconds != self.work:
                raise Broken(f"{seconds} seconds of work on {name}, not {self.work}")
            texts = Counter(comment.text.rpartition(": ")[2] for comment in held.comments)
            if texts != self.texts:
                raise Broken(f"comments on {name}: {texts - self.texts}, {self.texts - texts}")


def points(seed: int) -> int:
    """Return how many steps a life has at which its worker may die."""
    return Triangle(seed, crash_at=()).run().points
