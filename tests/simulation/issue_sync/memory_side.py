"""A side of a link in memory: it normalises, drops in silence, fails, and loses answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from random import Random
from typing import Any, Protocol

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Absence,
    Author,
    Capabilities,
    Comment,
    File,
    Item,
    ItemAddress,
    SideName,
    TimeEntry,
    Unreachable,
    Value,
)
from sync.core.issue_sync.side import Census, Page
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    CreateItem,
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    NotDone,
    Outcome,
    SetChange,
    Unknown,
    UpdateItem,
    Write,
)
from sync.errors import Later

LOCKED = {SideName.TRACKER: "frozen", SideName.PORTAL: "Frozen"}  # the tracker takes it not from us
LONGEST = 12  # characters of the portal's titles
BOT = Author("bot", "The bridge", is_bridge=True)


@dataclass
class Held:
    """An item as the side keeps it."""

    address: ItemAddress
    values: dict[str, Value]
    at: datetime
    key: str = ""
    comments: list[Comment] = field(default_factory=list)
    time: list[TimeEntry] = field(default_factory=list)
    edited_at: dict[str, datetime] = field(default_factory=dict)
    updated_at: datetime = datetime.min
    moved_to: str = ""
    is_deleted: bool = False
    is_hidden: bool = False


class Watcher(Protocol):
    """Who sees what happens on a side: the world and its oracle."""

    def point(self, name: str) -> None:
        """A moment at which the worker may die, and at which people may act."""

    def heard(self, side: SideName) -> None:
        """The side changed in a way that its hooks tell."""

    def answered(self, side: SideName, write: Write) -> None:
        """A write of the engine was stored, and its answer arrives."""

    def was_read(self, side: SideName, held: Held) -> None:
        """The engine read an item."""

    def was_away(self, side: SideName) -> None:
        """The engine could not read an item."""

    def is_written(
        self, side: SideName, held: Held, values: Mapping[str, Value], changes: Mapping[str, Any]
    ) -> None:
        """The engine's write is about to leave these values."""

    def is_created(self, side: SideName, held: Held) -> None:
        """The engine's write created an item."""

    def is_created_in_part(self, side: SideName, held: Held, agreed: Collection[str] = ()) -> None:
        """An item that was just created lacks some of what it was to hold, but for the agreed."""

    def is_filled(self, side: SideName, held: Held, before: Mapping[str, Value]) -> None:
        """A further request of the creation stored more."""

    def was_refused(self, side: SideName, name: str, present: Value) -> None:
        """The side left a field out of the engine's write, and said so."""


@dataclass
class MemorySide:
    """A side. `faults`: the share of writes that fail somehow."""

    side: SideName
    clock: ManualClock
    random: Random
    watcher: Watcher
    faults: float = 0.0
    knows_edits: bool = True
    project: str = "7"
    items: dict[str, Held] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def new_id(self) -> str:
        """Return an id that was never given."""
        return f"{self.side[0]}{next(self.ids)}"

    def key_of(self, key: str) -> str:
        """Return the key that a created item gets."""
        return key

    def normalised(self, name: str, value: Value) -> Value:
        """Return a value as the side stores it."""
        if isinstance(value, str) and name == TITLE:
            return value.strip() if self.side is SideName.TRACKER else value[:LONGEST]
        if isinstance(value, str) and name == DESCRIPTION:
            return value.rstrip()
        return value

    def create(self, values: Mapping[str, Value], key: str = "") -> Held:
        """Create an item."""
        item_id = self.new_id()
        held = Held(ItemAddress(item_id, self.project, item_id), {}, self.clock.now(), key)
        defaults: dict[str, Value] = {
            TITLE: "",
            DESCRIPTION: "",
            STATUS: "todo" if self.side is SideName.TRACKER else "2",
            TAGS: frozenset(),
        }
        for name, value in {**defaults, **values}.items():
            held.values[name] = self.normalised(name, value)
            held.edited_at[name] = self.clock.now()
        self.items[item_id] = held
        return held

    def edit(self, held: Held, name: str, value: Value) -> None:
        """Store a person's edit."""
        value = self.normalised(name, value)
        if value == held.values[name]:
            return
        held.values[name] = value
        self.touch(held, name)
        self.watcher.heard(self.side)

    def keep(self, held: Held) -> None:
        """Keep what a person did to the entries of an item."""

    def touch(self, held: Held, name: str = "") -> None:
        """Note when something changed."""
        held.updated_at = self.clock.now()
        if name:
            held.edited_at[name] = self.clock.now()

    # What the engine sees.

    def capabilities(self, project: str) -> Capabilities:
        """Return that everything can be held."""
        return Capabilities(frozenset([TITLE, DESCRIPTION, STATUS, TAGS]))

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read items whole."""
        self.watcher.point("before a read")
        out = {address.id: self._read(address) for address in addresses}
        self.watcher.point("after a read")
        return out

    def _read(self, address: ItemAddress) -> Item | Unreachable:
        held = self.items.get(address.id)
        if held is None or held.is_deleted or held.is_hidden:
            self.watcher.was_away(self.side)
            absence = Absence.DENIED if held and held.is_hidden else Absence.NOT_FOUND
            return Unreachable(address, absence)
        self.watcher.was_read(self.side, held)
        return self.item(held)

    def item(self, held: Held) -> Item:
        """Return an item as it is."""
        return Item(
            held.address,
            dict(held.values),
            Author("ann"),
            held.at,
            max(held.updated_at.replace(tzinfo=held.at.tzinfo), held.at),
            comments=tuple(held.comments),
            time=tuple(held.time),
            files=(),
            edited_at=dict(held.edited_at) if self.knows_edits else {},
            moved_to=held.moved_to,
            key=held.key,
        )

    def changed(self, project: str, since: datetime, cursor: str | None = None) -> Page:
        """List what changed."""
        return Page(
            tuple(
                self.item(held)
                for held in self.items.values()
                if not held.is_deleted and held.updated_at.replace(tzinfo=since.tzinfo) >= since
            )
        )

    def census(self, project: str, cursor: str | None = None) -> Census:
        """List all ids."""
        return Census(
            {h.address.id: self.item(h).updated_at for h in self.items.values() if not h.is_deleted}
        )

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return no bytes."""
        return b""

    def apply(self, writes: Sequence[Write], fetch: Callable[[File], bytes]) -> Sequence[Outcome]:
        """Carry out writes with their faults; after one of unknown end none is tried."""
        outcomes: list[Outcome] = []
        for write in writes:
            if outcomes and isinstance(outcomes[-1], Unknown | NotDone):
                outcomes.append(NotDone(Later("after a failure")))
                continue
            outcomes.append(self._apply(write))
        return outcomes

    def _apply(self, write: Write) -> Outcome:
        fate = self.random.random()
        self.watcher.point("before a write")
        if fate < self.faults * 0.3:
            return NotDone(Later("busy"))
        if fate < self.faults * 0.6:
            return Unknown(Later("no answer, and nothing happened", sent=True))
        outcome = self._store(write)
        is_lost = fate < self.faults
        if isinstance(outcome, Done):
            if is_lost:
                self.watcher.heard(self.side)
            else:
                self.watcher.answered(self.side, write)
        self.watcher.point("after a write")
        if is_lost:
            return Unknown(Later("no answer", sent=True))
        return outcome

    def _store(self, write: Write) -> Outcome:
        match write:
            case CreateItem(key=key, values=values):
                found = self._by_key(key)
                if found is None:
                    found = self.create(values, self.key_of(key))
                    self.watcher.is_created(self.side, found)
                return Done(self._answered(found))
        held = self.items.get(write.address.id)
        if held is None or held.is_deleted or held.is_hidden:
            return NotDone(Later("it is not there"))
        done = self._stored(held, write)
        self.touch(held)
        return done

    def _stored(self, held: Held, write: Write) -> Done:
        match write:
            case UpdateItem(changes=changes):
                return self._update(held, changes)
            case AddComment(key=key, text=text):
                same = next((c for c in held.comments if c.key == key), None)
                if same is None:
                    same = Comment(self.new_id(), BOT, text, self.clock.now(), key=key)
                    held.comments.append(same)
                return Done(comment=same)
            case EditComment(comment_id=comment_id, text=text):
                held.comments[:] = [
                    replace(c, text=text) if c.id == comment_id else c for c in held.comments
                ]
            case DeleteComment(comment_id=comment_id):
                held.comments[:] = [c for c in held.comments if c.id != comment_id]
            case AddTime(key=key, seconds=seconds, on=on, text=text):
                logged = next((e for e in held.time if e.key == key), None)
                if logged is None:
                    logged = TimeEntry(self.new_id(), BOT, seconds, on, text, key)
                    held.time.append(logged)
                return Done(entry=logged)
            case DeleteTime(entry_id=entry_id):
                held.time[:] = [entry for entry in held.time if entry.id != entry_id]
        return Done()

    def _update(self, held: Held, changes: Mapping[str, Any]) -> Done:
        stored: dict[str, Value] = {}
        dropped: dict[str, str] = {}
        for name, change in changes.items():
            if isinstance(change, SetChange):
                add, present = change.add, held.values[name]
                assert isinstance(present, frozenset)
                if self.side is SideName.TRACKER and LOCKED[self.side] in add:
                    add, dropped = add - {LOCKED[self.side]}, {name: "it is locked"}
                stored[name] = (present - change.remove) | add
            else:
                stored[name] = self.normalised(name, change)
        self.watcher.is_written(self.side, held, stored, changes)
        held.values |= stored
        for name in stored:
            held.edited_at[name] = self.clock.now()
        return Done(replace(self._answered(held), comments=None, time=None), dropped=dropped)

    def _answered(self, held: Held) -> Item:
        """Return an item as a write answers: of one that has moved on no value is certain."""
        item = self.item(held)
        return replace(item, values={}) if held.moved_to else item

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Look writes up by their keys; an edit or deletion is simply not done."""
        self.watcher.point("before it settles")
        return [self._settled(write) for write in writes]

    def _settled(self, write: Write) -> Outcome:
        not_done = NotDone(Later("it never happened"))
        if isinstance(write, CreateItem):
            held = self._by_key(write.key)
            return Done(self._answered(held)) if held else not_done
        held = self.items.get(write.address.id)
        if held is None:
            return not_done
        match write:
            case AddComment(key=key):
                comment = next((c for c in held.comments if c.key == key), None)
                return Done(comment=comment) if comment else not_done
            case AddTime(key=key):
                entry = next((e for e in held.time if e.key == key), None)
                return Done(entry=entry) if entry else not_done
            case EditComment(comment_id=comment_id, text=text):
                edited = any(c.id == comment_id and c.text == text for c in held.comments)
                return Done() if edited else not_done
            case DeleteComment(comment_id=comment_id):
                gone = all(c.id != comment_id for c in held.comments)
                return Done() if gone else not_done
            case DeleteTime(entry_id=entry_id):
                gone = all(e.id != entry_id for e in held.time)
                return Done() if gone else not_done
            case AddFile() | UpdateItem():
                return not_done

    def _by_key(self, key: str) -> Held | None:
        return next((held for held in self.items.values() if held.key == key), None)


@contextmanager
def without_faults(*sides: MemorySide) -> Iterator[None]:
    """Let no write fail for a while."""
    before = [side.faults for side in sides]
    for side in sides:
        side.faults = 0.0
    yield
    for side, faults in zip(sides, before, strict=True):
        side.faults = faults
