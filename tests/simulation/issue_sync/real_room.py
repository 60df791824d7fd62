"""A real room over its emulator as one side of a simulated link.

Requests go without sockets. Before and after each one the worker may die, people may act, and the
answer may be lost: also in the midst of a write that takes several requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Capabilities,
    File,
    Item,
    ItemAddress,
    Unreachable,
    Value,
)
from sync.core.issue_sync.side import SideClient
from sync.core.issue_sync.writes import (
    Change,
    CreateItem,
    Done,
    Outcome,
    SetChange,
    Unknown,
    UpdateItem,
    Write,
)
from tests.engine.world import _response
from tests.simulation.issue_sync.memory_side import Held, MemorySide


@dataclass
class RealRoom(MemorySide):
    """The tracker of a link: what people see is `items`, what the engine sees is the room.

    `room` is the engine's client, `observer` one whose requests are neither lost nor judged.
    """

    writing: Write | None = None  # whose requests are on their way
    stored: set[str] = field(default_factory=set)  # what they have changed so far
    room: SideClient = field(init=False)
    observer: SideClient = field(init=False)

    # What each system says for itself.

    def plain(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request."""
        raise NotImplementedError

    def is_write(self, request: requests.PreparedRequest) -> bool:
        """Whether a request may change anything."""
        return request.method != "GET"

    def asked(self, request: requests.PreparedRequest) -> dict[str, Change]:
        """Return which changes of the present write a request asks for.

        One that reads asks for those that it shows to be there: people have made them before.
        """
        raise NotImplementedError

    def issues(self) -> Iterator[tuple[str, Any]]:
        """Yield the ids of issues, and the issues as the emulator keeps them."""
        raise NotImplementedError

    def issue_values(self, issue: Any) -> dict[str, Value]:
        """Return the fields of an issue in the words of the tracker."""
        raise NotImplementedError

    def pull(self, held: Held, issue: Any) -> None:
        """Show people an issue as it is."""
        raise NotImplementedError

    def pulled(self, issue: Any) -> Held:
        """Return an issue as people see it."""
        raise NotImplementedError

    def show(self, *, is_new: bool) -> None:
        """Hide from our account what is hidden; `is_new`: not what it is just creating."""
        raise NotImplementedError

    # Requests.

    def answer(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request of the engine, if it is not lost, and let the oracle judge a write."""
        if self.writing is None:
            return self.plain(request)
        self.watcher.point("before a request")
        is_write = self.is_write(request)
        fate = self.random.random() if is_write else 1.0
        if fate < self.faults * 0.15:
            return _response(request, 429, b"{}", "application/json")
        if fate < self.faults * 0.3:
            raise requests.ConnectionError("cut off before it arrived")
        self.show(is_new=isinstance(self.writing, CreateItem))
        before = {key: dict(held.values) for key, held in self.items.items()}
        answer = self.plain(request)
        asked = self.asked(request) if answer.ok else {}
        if is_write or asked:
            self._take_over(before, asked)
        self.watcher.point("after a request")
        if fate < self.faults * 0.5:
            raise requests.ConnectionError("cut off before the answer")
        return answer

    def changes(self) -> dict[str, Change]:
        """Return the changes of the present write."""
        match self.writing:
            case UpdateItem(changes=changes):
                return dict(changes)
            case CreateItem(values=values):
                return {name: value for name, value in values.items() if value is not None}
        return {}

    def _take_over(
        self, before: Mapping[str, Mapping[str, Value]], asked: Mapping[str, Change]
    ) -> None:
        """Show people what a request has stored, and let the oracle judge it."""
        self.stored |= asked.keys()
        for issue_id, issue in self.issues():
            held = self.items.get(issue_id)
            if held is None:
                held = self.items[issue_id] = self.pulled(issue)
                self.watcher.is_created(self.side, held)
                self.watcher.is_created_in_part(self.side, held)
                continue
            write, after = self.writing, self.issue_values(issue)
            if isinstance(write, UpdateItem) and write.address.id == issue_id and asked:
                held.values = dict(before[issue_id])
                values = {name: after[name] for name in asked}
                self.watcher.is_written(self.side, held, values, asked)
            self.pull(held, issue)
            if isinstance(write, CreateItem) and write.key == held.key:
                self.watcher.is_filled(self.side, held, before[issue_id])
                present = {name: held.values[name] for name in asked}
                self.watcher.is_written(self.side, held, present, asked)

    # What people do.

    def create(self, values: Mapping[str, Value], key: str = "") -> Held:
        """Let a person create an issue."""
        held = self.new_issue()
        for name, value in values.items():
            self.store_value(held, name, self.normalised(name, value))
        return held

    def new_issue(self) -> Held:
        """Let a person create an issue that says nothing yet."""
        raise NotImplementedError

    def store_value(self, held: Held, name: str, value: Value) -> None:
        """Let a person change a field."""
        raise NotImplementedError

    def edit(self, held: Held, name: str, value: Value) -> None:
        """Store a person's edit."""
        value = self.normalised(name, value)
        if value != held.values[name]:
            self.store_value(held, name, value)
            self.watcher.heard(self.side)

    def touch(self, held: Held, name: str = "") -> None:
        """Store what a person did; the instance itself knows when."""
        self.keep(held)

    # What the engine sees.

    def capabilities(self, project: str) -> Capabilities:
        """Ask the room."""
        return self.observer.capabilities(project)

    def said(self, item: Item | Unreachable) -> Item | Unreachable:
        """Return an item in the words of the tracker."""
        return item

    def meant(self, write: Write) -> Write:
        """Return a write in the terms of the room."""
        return write

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read issues with the room."""
        self.watcher.point("before a read")
        self.show(is_new=False)
        items = self.room.read(addresses)
        for address in addresses:
            held = self.items.get(address.id)
            if held is None or held.is_hidden:
                self.watcher.was_away(self.side)
            else:
                self.watcher.was_read(self.side, held)
        self.watcher.point("after a read")
        return {item_id: self.said(item) for item_id, item in items.items()}

    def item(self, held: Held) -> Item:
        """Return an issue as the room reads it."""
        item = self.said(self.observer.read([held.address])[held.address.id])
        assert isinstance(item, Item)
        return item

    def download(self, address: ItemAddress, file: File) -> bytes:
        """Return no bytes."""
        return b""

    def _store(self, write: Write) -> Outcome:
        raise NotImplementedError("the room stores")

    def _apply(self, write: Write) -> Outcome:
        if isinstance(write, CreateItem):
            write = replace(write, key=self.key_of(write.key))
        self.writing, self.stored = write, set()
        try:
            (outcome,) = self.room.apply([self.meant(write)], lambda file: b"")
            self._judge_unwritten(write, outcome)
        finally:
            self.writing = None
        if isinstance(outcome, Unknown):
            self.watcher.heard(self.side)
        if isinstance(outcome, Done):
            if isinstance(write, CreateItem) and outcome.item and outcome.item.moved_to:
                held = self.items[outcome.item.moved_to]  # what was written later is not in it
                self.watcher.is_created_in_part(self.side, held, outcome.item.values.keys())
            if isinstance(write, UpdateItem) and STATUS in outcome.dropped:
                held = self.items[write.address.id]
                self.watcher.was_refused(self.side, STATUS, held.values[STATUS])
            self.watcher.answered(self.side, write)
        return self._told(outcome)

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Ask the room what became of writes."""
        self.watcher.point("before it settles")
        outcomes: list[Outcome] = []
        for write in writes:
            self.writing, self.stored = write, set()
            self.show(is_new=isinstance(write, CreateItem))
            try:
                outcomes += map(self._told, self.room.settle([self.meant(write)]))
                if isinstance(write, CreateItem):
                    self._judge_unwritten(write, outcomes[-1])
            finally:
                self.writing = None
        return outcomes

    def _told(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Done) and outcome.item is not None:
            item = self.said(outcome.item)
            assert isinstance(item, Item)
            return replace(outcome, item=item)
        return outcome

    def _judge_unwritten(self, write: Write, outcome: Outcome) -> None:
        """Let the oracle judge what a creation needed no request for: it was there before."""
        if not isinstance(outcome, Done) or not isinstance(write, CreateItem | UpdateItem):
            return
        unwritten = outcome.dropped.keys() | outcome.deferred.keys()
        names = self.changes().keys() - self.stored - unwritten
        if isinstance(write, UpdateItem):
            assert not names, f"nobody asked for {names}"
            return
        assert outcome.item is not None
        held = self.items[outcome.item.address.id]
        if held.values[STATUS] != write.values.get(STATUS):
            names -= {STATUS}  # a person has changed it since: that crossed not
        changes: dict[str, Change] = {name: write.values[name] for name in names}
        wanted, present = write.values.get(TAGS), held.values[TAGS]
        if TAGS in names and isinstance(wanted, frozenset) and isinstance(present, frozenset):
            changes[TAGS] = SetChange(wanted & present)
        values = {name: held.values[name] for name in names}
        self.watcher.is_written(self.side, held, values, changes)


WATCHED = (TITLE, DESCRIPTION, STATUS, TAGS)
