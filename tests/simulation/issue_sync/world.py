"""A random world around one link: people, two sides, hooks, a worker that dies. All from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sync.core.clock import ManualClock
from sync.core.issue_sync import acts
from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import Conflict, EntryState, LinkState, PauseReason, StoryLine
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Comment,
    ItemAddress,
    SideName,
    TimeEntry,
    Value,
)
from sync.core.issue_sync.plan import AFTER_MOVE
from sync.core.issue_sync.rules import Creation, EntryRule, FieldRule, LinkRules, Policy, Texts
from sync.core.issue_sync.writes import UpdateItem, Write
from sync.engine.issue_sync import cycle
from sync.engine.issue_sync.cycle import LinkChange, Workbench
from sync.errors import Later
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import Held, MemorySide, without_faults
from tests.simulation.issue_sync.oracle import Broken, Oracle
from tests.simulation.issue_sync.pending_looks import PendingLooks
from tests.simulation.issue_sync.real_gitlab import RealGitLab
from tests.simulation.issue_sync.real_youtrack import RealYouTrack
from tests.simulation.issue_sync.youtrack_side import YouTrackSide, rounded

KEY = "L1"
ACTS = 14  # of people and of the network, in a world
TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL


class Crash(BaseException):
    """The worker dies."""


@dataclass
class MemoryLinks:
    """The store of one link, as text, as a database would keep it."""

    watcher: World
    kept: Any = None
    conflicts: list[Conflict] = field(default_factory=list)
    story: list[StoryLine] = field(default_factory=list)
    read: tuple[Any, LinkState] | None = None

    def state(self) -> LinkState:
        """Return the state as last saved, for the world alone: it changes none."""
        if self.read is None or self.read[0] is not self.kept:
            self.read = self.kept, decode(self.kept)
        return self.read[1]

    def load(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
        """Return the state as last saved, by key, read anew."""
        return {KEY: decode(self.kept)}

    def save(self, changes: Sequence[LinkChange]) -> None:
        """Save all of it at once."""
        self.watcher.point("before a save")
        for change in changes:
            self.kept = encode(change.link)
            self.story += change.story
            self.conflicts += change.conflicts
            self.watcher.saved(change.link)
        self.watcher.point("after a save")


def _signed(to: SideName, comment: Comment) -> str:
    return f"{(comment.author.name or comment.author.id).casefold()}: {comment.text}"


class World:
    """One life of a link. `crash_at`: the points at which the worker dies, counted from the start;
    None: at random. `youtrack`: the tracker has its traits; `real`: it is its room and emulator;
    `gitlab`: it is GitLab's.
    """

    def __init__(
        self,
        seed: int,
        crash_at: tuple[int, ...] | None = None,
        mutate: Callable[[World], ExitStack] | None = None,
        *,
        youtrack: bool = False,
        real: bool = False,
        gitlab: bool = False,
    ) -> None:
        self.youtrack = youtrack = youtrack or real
        self.gitlab = gitlab
        self.random, self.clock = Random(seed), ManualClock()
        dice = self.random
        policy = dice.choice(list(Policy))
        knows_edits = dice.random() < 0.7 and not (youtrack or gitlab)
        exact = dice.random() < 0.7
        self.oracle = Oracle(policy, knows_edits, exact)
        faults = dice.choice([0.0, 0.0, 0.2, 0.5])
        self.crashes = dice.choice([0.0, 0.0, 0.02, 0.06])
        self.interrupts = dice.choice([0.0, 0.1, 0.3])
        self.loses_hooks = dice.random() < 0.4
        self.late_hooks = dice.choice([0.0, 0.4])  # the share that comes late, and twice
        self.crash_at, self.points = crash_at, 0
        self.mutate = mutate
        self.is_working = self.is_calm = self.is_sweeping = False
        self.looks = PendingLooks()
        self.hooks: list[tuple[float, SideName]] = []
        self.lost_hooks = 0
        self.sides = {
            side: MemorySide(side, self.clock, dice, self, faults, knows_edits) for side in SideName
        }
        if youtrack or gitlab:
            kind = RealGitLab if gitlab else RealYouTrack if real else YouTrackSide
            self.sides[TRACKER] = kind(TRACKER, self.clock, dice, self, faults)
        self.links = MemoryLinks(self)
        create = dice.choice([None, TRACKER, PORTAL])
        self.texts: dict[tuple[SideName, str], str] = {}  # comments of people that live
        self.work: dict[tuple[SideName, str], int] = {}  # work of people that lives
        self.rules = LinkRules(
            dict.fromkeys(words.TRANSLATIONS, FieldRule(policy=policy)),
            words.translations(exact=exact),
            create={create: Creation(self.sides[create].project)} if create else {},
            time=EntryRule(negative=dice.choice([frozenset(SideName), frozenset([TRACKER])])),
            texts=Texts(comment=_signed),
        )
        self._begin(create)

    def _begin(self, create: SideName | None) -> None:
        addresses: dict[SideName, ItemAddress] = {}
        for side in SideName:
            if side is create:
                continue
            held = self.sides[side].create(self._values(side))
            addresses[side] = held.address
            self.oracle.began(side, held)
        self.links.kept = encode(LinkState(KEY, addresses))
        self.looks.mark(None)
        if create and self.random.random() < 0.5:
            self._list(create.other)

    def _values(self, side: SideName) -> dict[str, Value]:
        return {name: self._value(side, name, None) for name in (TITLE, STATUS, TAGS, DESCRIPTION)}

    # What happens to the sides: memory_side.Watcher.

    def point(self, name: str) -> None:
        """Let people act in between, or the worker die here."""
        if not self.is_working or self.is_calm:
            return
        if self.random.random() < self.interrupts:
            self._person()
        self.points += 1
        if self.crash_at is None:
            if self.random.random() < self.crashes:
                raise Crash(name)
        elif self.points in self.crash_at:
            raise Crash(name)

    def heard(self, side: SideName) -> None:
        """Send a hook: at once, late, twice, or never."""
        fate = self.random.random()
        if self.loses_hooks and fate < 0.3:
            self.lost_hooks += 1
        elif fate < 1 - self.late_hooks:
            self.looks.mark(side)
        else:
            for _ in range(2 if fate > 0.9 else 1):
                self.hooks.append((self.random.random() * 600, side))

    def answered(self, side: SideName, write: Write) -> None:
        """Send the hook of our own write, but for one that is surely it: its moment tells."""
        if side is PORTAL or not isinstance(write, UpdateItem):
            self.heard(side)

    def was_read(self, side: SideName, held: Held) -> None:
        """Tell the oracle what the engine saw."""
        self.oracle.was_read(side, held)

    def was_away(self, side: SideName) -> None:
        """Tell the oracle what the engine did not see."""
        self.oracle.was_away(side)

    def is_written(
        self, side: SideName, held: Held, values: Mapping[str, Value], changes: Mapping[str, Any]
    ) -> None:
        """Let the oracle judge a write."""
        self.oracle.is_written(side, held, values, changes, self.links.conflicts)

    def is_created(self, side: SideName, held: Held) -> None:
        """Tell the oracle of a new item."""
        self.oracle.is_created(side, held)

    def is_created_in_part(self, side: SideName, held: Held, agreed: Collection[str] = ()) -> None:
        """Tell the oracle that a new item may lack something yet."""
        self.oracle.is_created_in_part(side, held, agreed)

    def is_filled(self, side: SideName, held: Held, before: Mapping[str, Value]) -> None:
        """Tell the oracle what a new item has got."""
        self.oracle.is_filled(side, held, before)

    def was_refused(self, side: SideName, name: str, present: Value) -> None:
        """Tell the oracle of a field that a side refused in words."""
        self.oracle.was_refused(side, name, present)

    def saved(self, link: LinkState) -> None:
        """Tell the oracle what is agreed, and of which fields an answer is missing."""
        self.oracle.saved(link)

    def client_of(self, side: SideName, key: str) -> MemorySide:
        """Return what a link reads and writes on a side."""
        return self.sides[side]

    # What people do.

    def held(self, side: SideName) -> Held | None:
        """Return the item of a side that people work on."""
        alive = [
            held
            for held in self.sides[side].items.values()
            if not (held.is_deleted or held.moved_to or held.is_hidden)
        ]
        return alive[0] if alive else None

    def _person(self) -> None:
        side = self.random.choice(list(SideName))
        held = self.held(side)
        if held is None:
            return
        self.clock.sleep(1)
        act = self.random.choices(
            [self._edit, self._comment, self._recomment, self._log, self._relog, self._move],
            [12, 2, 2, 2, 2, 0.4],
        )[0]
        act(side, held)

    def _edit(self, side: SideName, held: Held) -> None:
        name = self.random.choice([TITLE, STATUS, TAGS, DESCRIPTION])
        before = dict(held.values)
        self.sides[side].edit(held, name, self._value(side, name, held.values[name]))
        self.oracle.edited(side, before, held)

    def _value(self, side: SideName, name: str, present: Value) -> Value:
        dice = self.random
        if name == TITLE:
            return dice.choice(words.TITLES)
        if name == STATUS:
            return dice.choice(words.STATUSES[side])
        if name == TAGS:
            elements = present if isinstance(present, frozenset) else frozenset[str]()
            return elements ^ {words.tag(side, dice.choice(list(words.TAG_NAMES)))}
        lines = words.lines(present)
        lines[dice.randrange(words.LINES)] = words.dialect(side, dice.choice(words.WORDS))
        return "\n".join(lines).rstrip()

    def _comment(self, side: SideName, held: Held) -> None:
        comment_id, text = self.sides[side].new_id(), f"t{self.random.randrange(1000)}"
        held.comments.append(Comment(comment_id, Author("ann"), text, self.clock.now()))
        self.texts[side, comment_id] = text
        self._touched(side, held)

    def _recomment(self, side: SideName, held: Held) -> None:
        chosen = [comment for comment in held.comments if (side, comment.id) in self.texts]
        if not chosen:
            return
        comment = self.random.choice(chosen)
        if self.random.random() < 0.5:
            text = f"u{self.random.randrange(1000)}"
            held.comments[:] = [
                replace(c, text=text) if c.id == comment.id else c for c in held.comments
            ]
            self.texts[side, comment.id] = text
            self._touched(side, held)
        else:  # some sides have no hook for it
            held.comments.remove(comment)
            del self.texts[side, comment.id]
            if self.loses_hooks:
                self.lost_hooks += 1
                self.sides[side].keep(held)
            else:
                self._touched(side, held)

    def _log(self, side: SideName, held: Held) -> None:
        choices = [90, 3600, 20] if self.youtrack or self.gitlab else [60, 3600, -60]
        entry_id, seconds = self.sides[side].new_id(), self._kept(side, self.random.choice(choices))
        held.time.append(TimeEntry(entry_id, Author("ann"), seconds, self.clock.now().date()))
        self.work[side, entry_id] = seconds
        self._touched(side, held)

    def _kept(self, side: SideName, seconds: int) -> int:
        """Return work as a side keeps it."""
        return rounded(seconds) if self.youtrack and side is TRACKER else seconds

    def _relog(self, side: SideName, held: Held) -> None:
        chosen = [entry for entry in held.time if (side, entry.id) in self.work]
        if not chosen:
            return
        entry = self.random.choice(chosen)
        held.time.remove(entry)
        if side is PORTAL and self.random.random() < 0.5:
            seconds = entry.seconds + 60
            held.time.append(replace(entry, seconds=seconds))
            self.work[side, entry.id] = seconds
        else:
            del self.work[side, entry.id]
        self._touched(side, held)

    def _move(self, side: SideName, held: Held) -> None:
        """Move an issue: in GitLab a new item with new ids goes on for it."""
        if side is PORTAL or len(self.sides[side].items) > 3:
            return
        client = self.sides[side]
        if self.youtrack:  # the id stays
            assert isinstance(client, YouTrackSide)
            project = client.elsewhere(held.address.project)
            held.address = replace(held.address, project=project, number=f"9-{client.new_id()}")
            self._touched(side, held)
            return
        if isinstance(client, RealGitLab):
            self._follow(side, held, client)
            return
        item_id = client.new_id()
        moved = replace(
            held,
            address=ItemAddress(item_id, "9", item_id),
            values=dict(held.values),
            edited_at=dict(held.edited_at),
            comments=[],
            time=[],
        )
        for comment in held.comments:
            copied = replace(comment, id=client.new_id())
            moved.comments.append(copied)
            if (side, comment.id) in self.texts:
                self.texts[side, copied.id] = self.texts.pop((side, comment.id))
        for entry in held.time:
            logged = replace(entry, id=client.new_id())
            moved.time.append(logged)
            if (side, entry.id) in self.work:
                self.work[side, logged.id] = self.work.pop((side, entry.id))
        held.moved_to = item_id
        client.items[item_id] = moved
        self._touched(side, moved)

    def _follow(self, side: SideName, held: Held, client: RealGitLab) -> None:
        """Move an issue as GitLab does: labels that are not there and its status do not follow."""
        before, lives = dict(held.values), (self.texts, self.work)
        for old, new in client.move(held).items():
            for life in lives:
                if (side, old) in life:
                    life[side, new] = life.pop((side, old))  # type: ignore[attr-defined]
        moved = self.held(side)
        assert moved is not None
        self.oracle.edited(side, before, moved)
        client.watcher.heard(side)

    def _touched(self, side: SideName, held: Held) -> None:
        self.sides[side].touch(held)
        self.sides[side].watcher.heard(side)

    def _hide(self) -> None:
        """Take our account's right away for a while."""
        side = self.random.choice(list(SideName))
        for held in self.sides[side].items.values():
            held.is_hidden = not held.is_hidden
        self.looks.mark(None)

    def _deliver(self, seconds: float) -> None:
        """Let hooks come that are late by so much."""
        for delay, side in self.hooks:
            if delay < seconds:
                self.looks.mark(side)
        self.hooks = [(delay - seconds, side) for delay, side in self.hooks if delay >= seconds]

    def _read_list(self) -> None:
        """Let a list show an end of a link of which nothing is waiting to be looked at."""
        if self.looks.is_clean:
            side = self.random.choice(list(SideName))
            self.looks.mark(side)
            self._list(side)

    def _list(self, side: SideName) -> None:
        address = self.links.state().addresses.get(side)
        held = self.sides[side].items.get(address.id) if address else None
        if held is not None and not held.is_hidden:
            self.oracle.was_read(side, held)
            self.looks.keep_listed(side, self.sides[side].item(held))

    # The worker.

    def run(self) -> World:
        """Live, come to rest, and ask the oracle."""
        with ExitStack() as stack:
            if self.mutate:
                stack.enter_context(self.mutate(self))
            self._work()
            for _ in range(ACTS):
                acts = [self._person, self._wait, self._read_list, self._hide]
                self.random.choices(acts, [10, 4, 2, 0.5])[0]()
                if self.random.random() < 0.6:
                    self._work()
            self._rest()
            self._check()
        return self

    def _wait(self) -> None:
        self.clock.sleep(self.random.choice([10, 120, 900]))
        self._deliver(300)

    def _work(self) -> None:
        for _ in range(6):
            if self.looks.is_clean:
                return
            version = self.looks.version
            try:
                self.is_working = True
                result = cycle.run_cycle(self._bench(), KEY, self.looks.hint())
            except Crash:
                continue
            finally:
                self.is_working = False
                self._note_unsure()
            if result.again:
                self.looks.causes.add(None)
                self.clock.sleep(20)
                return
            self.looks.looked(version)

    def pending_looks(self) -> list[PendingLooks]:
        """Return what waits to be looked at, by link."""
        return [self.looks]

    def _bench(self) -> Workbench:
        return Workbench(self.links, self.sides, lambda link: self.rules, self.clock)

    def _note_unsure(self) -> None:
        """Remember fields whose write may have landed unseen: there order is not known."""
        for planned in self.links.state().pending:
            self.oracle.unsure |= planned.intents.keys()

    def _rest(self) -> None:
        """Deliver what is under way; sweep only where hooks were lost."""
        self.is_calm = True
        for side in self.sides.values():
            for held in side.items.values():
                if held.is_hidden:
                    held.is_hidden = False
                    self.looks.mark(None)
        self._deliver(1_000)
        if self.lost_hooks:
            self.looks.mark(None)
        with without_faults(*self.sides.values()):
            for _ in range(20):
                link = self.links.state()
                if link.pause is not None:
                    assert link.pause.reason is not PauseReason.PERSON
                    self.links.kept = encode(acts.resume(link))
                    self.looks.mark(None)
                self._work()
                self._deliver(1_000)
                link = self.links.state()
                if link.moved_at is not None:
                    self.clock.sleep(AFTER_MOVE.total_seconds())
                    self.looks.mark(None)
                elif self.looks.is_clean and not link.pause:
                    return
        raise Broken(f"it never rests: {self.links.state()}")

    def _check(self) -> None:
        link = self.links.state()
        if link.waiting or link.pending:
            raise Broken(f"it waits for nothing: {link.waiting} {link.pending}")
        ends = {side: self.held(side) for side in SideName}
        tracker, portal = ends[TRACKER], ends[PORTAL]
        if tracker is None or portal is None:
            raise Broken("an end is missing")
        for side in SideName:
            keys = [held.key for held in self.sides[side].items.values() if held.key]
            alive = [h for h in self.sides[side].items.values() if h.key and not h.moved_to]
            if len(alive) > 1:
                raise Broken(f"created twice: {keys}")
        self._check_values(link, tracker, portal)
        self._check_entries(link, {TRACKER: tracker, PORTAL: portal})

    def _check_values(self, link: LinkState, tracker: Held, portal: Held) -> None:
        for key in words.watched():
            name = words.field_of(key)
            left = words.shown(TRACKER, tracker.values, key)
            right = words.shown(PORTAL, portal.values, key)
            if name in link.clashes and self.oracle.policy is Policy.ASK:
                continue
            if name in link.problems or key == f"{TAGS}:frozen":
                continue
            if not words.agree(key, left, right):
                raise Broken(f"{key} differs: {left!r} and {right!r}")

    def _is_covered(
        self, side: SideName, held: Held, logged: Iterable[int], hoped: Iterable[int]
    ) -> bool:
        """Whether copies too many are what people of the side have taken back already."""
        left, missing = Counter(logged) - Counter(hoped), Counter(hoped) - Counter(logged)
        own = (entry.seconds for entry in held.time if not entry.key and entry.seconds < 0)
        return not missing and 0 < sum(left.elements()) <= -sum(own)

    def _check_entries(self, link: LinkState, ends: dict[SideName, Held]) -> None:
        for side, held in ends.items():
            copies = sorted(comment.text for comment in held.comments if comment.key)
            wanted = sorted(
                f"ann: {text}" for (origin, _), text in self.texts.items() if origin is side.other
            )
            if copies != wanted:
                raise Broken(f"comments on the {side}: {copies}, not {wanted}")
            logged = sorted(entry.seconds for entry in held.time if entry.key)
            hoped = sorted(
                self._kept(side, seconds)
                for (origin, _), seconds in self.work.items()
                if origin is side.other
            )
            if side in self.rules.time.negative:
                is_right = logged == hoped
            else:  # what was taken back is taken off the rest
                is_right = sum(logged) == max(0, sum(hoped)) and min(logged, default=0) >= 0
            if not is_right and not self._is_covered(side, held, logged, hoped):
                raise Broken(f"work on the {side}: {logged}, not {hoped}")
        refused = [entry for entry in link.entries if entry.state is EntryState.REFUSED]
        assert all(entry.content.startswith("-") for entry in refused)


@dataclass(frozen=True)
class Figures:
    """What worlds were like."""

    worlds: int = 0
    writes: int = 0
    conflicts: int = 0
    excused: int = 0


def play(seeds: Sequence[int], **kind: bool) -> Figures:
    """Live the worlds of seeds; raises Broken with the seed of the first that is not right."""
    figures = Figures()
    for seed in seeds:
        try:
            world = World(seed, **kind).run()
        except (Broken, AssertionError, Later, LookupError) as error:
            raise Broken(f"seed {seed}: {error}") from error
        figures = Figures(
            figures.worlds + 1,
            figures.writes + sum(line.kind == "written" for line in world.links.story),
            figures.conflicts + len(world.links.conflicts),
            figures.excused + world.oracle.excused,
        )
    return figures


def points(seed: int, **kind: bool) -> int:
    """Return how many steps a life has at which its worker may die."""
    return World(seed, crash_at=(), **kind).run().points
