"""The real room of YouTrack over its emulator as one side of a simulated link.

Requests go without sockets. Before and after each one the worker may die, people may act, and the
answer may be lost: also in the midst of a write that takes several requests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests

from sync.core.issue_sync.mapping import Transition
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
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
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues
from sync.youtrack.issues.keys import unmarked, without_definition
from sync.youtrack.issues.options import IssueOptions
from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.server import CONTEXT, YouTrackEmulator
from tests.engine.world import Wire, _bytes, _response
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import BOT, Held
from tests.simulation.issue_sync.youtrack_side import EVENTS, YouTrackSide

HOST = "http://youtrack.test"
_NAMES = {"summary": TITLE, "customFields": STATUS}  # of what a request sends
HERE, THERE = "0-7", "0-9"  # the ids of the project, and of that to which issues are moved
TRANSITIONS = tuple(
    Transition(start, f"to {end}", end) for start, ends in EVENTS.items() for end in ends
)


@dataclass
class RealYouTrack(YouTrackSide):
    """The tracker of a link: what people see is `items`, what the engine sees is the room."""

    writing: Write | None = None  # whose requests are on their way
    stored: set[str] = field(default_factory=set)  # what they have changed so far

    def __post_init__(self) -> None:
        emulator = YouTrackEmulator(self.clock)
        self.emulator, self.state = emulator, emulator.state
        self.ann, bridge = self.state.add_user("ann"), self.state.add_user("bridge")
        self.project, self.places = HERE, dict[str, r.Project]()
        for project_id, name in ((HERE, "SHOP"), (THERE, "OTHER")):
            project = self.state.add_project(name, [self.ann, bridge], {})
            project.id, self.places[project_id] = project_id, project
            of_project = self.state.add_field(
                project, "State", "state[1]", words.STATUSES[SideName.TRACKER]
            )
            of_project.machine = {
                start: {f"to {end}": end for end in ends} for start, ends in EVENTS.items()
            }
        self.room = self.new_client(self._answer)
        self.observer = self.new_client(self._plain)

    def new_client(self, answer: Callable[..., requests.Response]) -> YouTrackIssues:
        session = requests.Session()
        session.mount(HOST, Wire(answer))
        client = YouTrack(HOST + CONTEXT, "perm-bridge", session=session)
        return YouTrackIssues(client, IssueOptions(transitions=TRANSITIONS), clock=self.clock)

    # Requests.

    def _plain(self, request: requests.PreparedRequest) -> requests.Response:
        headers: Any = request.headers
        reply = self.emulator.answer(
            str(request.method), request.path_url, headers, _bytes(request.body)
        )
        return _response(request, *reply)

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request of the engine, if it is not lost, and let the oracle judge a write."""
        if self.writing is None:
            return self._plain(request)
        self.watcher.point("before a request")
        is_write = request.method != "GET"
        fate = self.random.random() if is_write else 1.0
        if fate < self.faults * 0.15:
            return _response(request, 429, b"{}", "application/json")
        if fate < self.faults * 0.3:
            raise requests.ConnectionError("cut off before it arrived")
        self._show()
        before = {key: dict(held.values) for key, held in self.items.items()}
        answer = self._plain(request)
        asked = self._asked(request) if answer.ok else {}
        if is_write or asked:
            self._take_over(before, asked)
        self.watcher.point("after a request")
        if fate < self.faults * 0.5:
            raise requests.ConnectionError("cut off before the answer")
        return answer

    def new_id(self) -> str:
        """Return an id of a comment or of work that was never given."""
        return f"12-{100_000 + next(self.ids)}"

    def elsewhere(self, project: str) -> str:
        """Return the other project."""
        return THERE if project == HERE else HERE

    def _show(self) -> None:
        """Hide from our account what is hidden; what it has just created is found by its key."""
        is_new = isinstance(self.writing, CreateItem)
        for held in self.items.values():
            issue = self.state.issues[held.address.id]
            issue.seen_by = {self.ann.id} if held.is_hidden and not is_new else None

    def _asked(self, request: requests.PreparedRequest) -> dict[str, Change]:
        """Return which changes of the present write a request asks for.

        One that reads asks for those that it shows to be there: people have made them before.
        """
        write, changes = self.writing, self._changes()
        path, _, query = request.path_url.removeprefix(f"{CONTEXT}/api/").partition("?")
        match request.method, path.split("/"):
            case "POST", ["issues", *_] if path.count("/") < 2:
                sent = json.loads(_bytes(request.body))
                asked = {_NAMES[name] for name in sent if sent[name] and name in _NAMES}
                asked |= {DESCRIPTION} if "description" in sent else set()
                return {name: changes[name] for name in asked if name in changes}
            case "POST", ["issues", _, "tags"]:
                tag_id = json.loads(_bytes(request.body))["id"]
                return {TAGS: SetChange(add=self._tag_names(tag_id))}
            case "DELETE", ["issues", _, "tags", tag_id]:
                return {TAGS: SetChange(remove=self._tag_names(tag_id))}
            case "GET", ["issues", issue_id] if isinstance(write, UpdateItem):
                shown = self._values(self.state.issues[issue_id])
                if query.startswith("fields=tags"):
                    present, change = shown[TAGS], changes[TAGS]
                    assert isinstance(present, frozenset)
                    assert isinstance(change, SetChange)
                    return {TAGS: SetChange(remove=change.remove - present)}
                if query.startswith("fields=customFields") and shown[STATUS] == changes[STATUS]:
                    return {STATUS: changes[STATUS]}
        return {}

    def _changes(self) -> dict[str, Change]:
        match self.writing:
            case UpdateItem(changes=changes):
                return dict(changes)
            case CreateItem(values=values):
                return {name: value for name, value in values.items() if value is not None}
        return {}

    def _tag_names(self, tag_id: str) -> frozenset[str]:
        return frozenset(tag.name for tag in self.state.tags if tag.id == tag_id)

    def _take_over(
        self, before: Mapping[str, Mapping[str, Value]], asked: Mapping[str, Change]
    ) -> None:
        """Show people what a request has stored, and let the oracle judge it."""
        self.stored |= asked.keys()
        for issue in self.state.issues.values():
            held = self.items.get(issue.id)
            if held is None:
                held = self.items[issue.id] = self._pulled(issue)
                self.watcher.is_created(self.side, held)
                self.watcher.is_created_in_part(self.side, held)
                continue
            write, after = self.writing, self._values(issue)
            if isinstance(write, UpdateItem) and write.address.id == issue.id and asked:
                held.values = dict(before[issue.id])
                values = {name: after[name] for name in asked}
                self.watcher.is_written(self.side, held, values, asked)
            self._pull(held, issue)
            if isinstance(write, CreateItem) and write.key == held.key:
                self.watcher.is_filled(self.side, held, before[issue.id])
                present = {name: held.values[name] for name in asked}
                self.watcher.is_written(self.side, held, present, asked)

    # What people see.

    def _pulled(self, issue: r.Issue) -> Held:
        at = datetime.fromtimestamp(issue.created / 1000, UTC)
        held = Held(ItemAddress(issue.id, issue.project.id, issue.readable), {}, at)
        self._pull(held, issue)
        return held

    def _pull(self, held: Held, issue: r.Issue) -> None:
        held.address = ItemAddress(issue.id, issue.project.id, issue.readable)
        held.values = self._values(issue)
        held.key = without_definition(issue.description or "")[1] or held.key
        held.comments[:] = [self._comment(each) for each in issue.comments if not each.deleted]
        held.time[:] = [self._entry(each) for each in issue.work_items]

    def _values(self, issue: r.Issue) -> dict[str, Value]:
        return {
            TITLE: issue.summary,
            DESCRIPTION: without_definition(issue.description or "")[0],
            STATUS: issue.values["State"].name,
            TAGS: frozenset(tag.name for tag in issue.tags),
        }

    def _comment(self, comment: r.Comment) -> Comment:
        text, key = unmarked(comment.text)
        author = Author("ann") if comment.author is self.ann else BOT
        return Comment(comment.id, author, text, self.clock.now(), key=key)

    def _entry(self, item: r.WorkItem) -> TimeEntry:
        text, key = unmarked(item.text or "")
        author = Author("ann") if item.creator is self.ann else BOT
        day = datetime.fromtimestamp(item.date / 1000, UTC).date()
        return TimeEntry(item.id, author, item.minutes * 60, day, text, key)

    # What people do.

    def create(self, values: Mapping[str, Value], key: str = "") -> Held:
        """Let a person create an issue."""
        issue = self.state.create_issue(self.places[HERE], self.ann, "")
        held = self.items[issue.id] = self._pulled(issue)
        for name, value in values.items():
            self._store_value(issue, name, self.normalised(name, value))
        self._pull(held, issue)
        return held

    def edit(self, held: Held, name: str, value: Value) -> None:
        """Store a person's edit."""
        value = self.normalised(name, value)
        if value == held.values[name]:
            return
        issue = self.state.issues[held.address.id]
        self._store_value(issue, name, value)
        self._pull(held, issue)
        self.watcher.heard(self.side)

    def _store_value(self, issue: r.Issue, name: str, value: Value) -> None:
        if name == TITLE:
            issue.summary = str(value or "")
            self.state.record(issue, self.ann, "SummaryCategory")
        elif name == DESCRIPTION:
            key = issue.description and issue.description[len(self._own_text(issue)) :]
            issue.description = f"{value or ''}{key or ''}" or None
            self.state.record(issue, self.ann, "DescriptionCategory")
        elif name == STATUS:
            of_project = issue.project.field_named("State")
            assert of_project is not None
            assert of_project.bundle is not None
            state = next(each for each in of_project.bundle.values if each.name == value)
            self.state.set_value(issue, self.ann, of_project, state)
        else:
            assert isinstance(value, frozenset)
            issue.tags = [self._tag(each) for each in sorted(value)]
            self.state.record(issue, self.ann, "TagsCategory")

    def _own_text(self, issue: r.Issue) -> str:
        return without_definition(issue.description or "")[0]

    def _tag(self, name: str) -> r.Tag:
        held = next((tag for tag in self.state.tags if tag.name == name), None)
        if held is None:
            held = r.Tag(self.state.next_id("5"), name, self.ann)
            self.state.tags.append(held)
        return held

    def touch(self, held: Held, name: str = "") -> None:
        """Store what a person did; the instance itself knows when."""
        self.keep(held)

    def keep(self, held: Held) -> None:
        """Store what a person did to comments, work and the place of an issue."""
        issue = self.state.issues[held.address.id]
        if held.address.project != issue.project.id:
            self.state.move(issue, self.ann, self.places[held.address.project])
        texts = {comment.id: comment.text for comment in held.comments}
        for comment in issue.comments:
            text, key = unmarked(comment.text)
            if comment.id not in texts:
                comment.deleted = True
            elif not key and text != texts[comment.id]:
                comment.text, comment.updated = texts[comment.id], self.state.now()
        own = {comment.id for comment in issue.comments}
        for comment_id, text in texts.items():
            if comment_id not in own:
                self.state.add_comment(issue, self.ann, text).id = comment_id
        kept = {entry.id for entry in held.time}
        issue.work_items = [item for item in issue.work_items if item.id in kept]
        booked = {item.id for item in issue.work_items}
        for entry in held.time:
            if entry.id not in booked:
                noon = datetime(entry.on.year, entry.on.month, entry.on.day, tzinfo=UTC)
                self.state.log_work(
                    issue, self.ann, self.ann, entry.seconds // 60,
                    int(noon.timestamp() * 1000), entry.text,
                ).id = entry.id  # fmt: skip
        self._pull(held, issue)

    # What the engine sees.

    def capabilities(self, project: str) -> Capabilities:
        """Ask the room."""
        return self.observer.capabilities(project)

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read issues with the room."""
        self.watcher.point("before a read")
        self._show()
        out = self.room.read(addresses)
        for address in addresses:
            held = self.items.get(address.id)
            if held is None or held.is_hidden:
                self.watcher.was_away(self.side)
            else:
                self.watcher.was_read(self.side, held)
        self.watcher.point("after a read")
        return out

    def item(self, held: Held) -> Item:
        """Return an issue as the room reads it."""
        item = self.observer.read([held.address])[held.address.id]
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
            (outcome,) = self.room.apply([write], lambda file: b"")
            self._judge_unwritten(write, outcome)
        finally:
            self.writing = None
        if isinstance(outcome, Unknown):
            self.watcher.heard(self.side)
        if isinstance(outcome, Done):
            if isinstance(write, UpdateItem) and STATUS in outcome.dropped:
                held = self.items[write.address.id]
                self.watcher.was_refused(self.side, STATUS, held.values[STATUS])
            self.watcher.answered(self.side, write)
        return outcome

    def settle(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Ask the room what became of writes."""
        self.watcher.point("before it settles")
        outcomes: list[Outcome] = []
        for write in writes:
            self.writing, self.stored = write, set()
            self._show()
            try:
                outcomes += self.room.settle([write])
                if isinstance(write, CreateItem):
                    self._judge_unwritten(write, outcomes[-1])
            finally:
                self.writing = None
        return outcomes

    def _judge_unwritten(self, write: Write, outcome: Outcome) -> None:
        """Let the oracle judge what a creation needed no request for: it was there before."""
        if not isinstance(outcome, Done) or not isinstance(write, CreateItem | UpdateItem):
            return
        names = self._changes().keys() - self.stored - outcome.dropped.keys()
        if isinstance(write, UpdateItem):
            assert not names, f"nobody asked for {names}"
            return
        assert outcome.item is not None
        held = self.items[outcome.item.address.id]
        changes: dict[str, Change] = {name: write.values[name] for name in names}
        wanted, present = write.values.get(TAGS), held.values[TAGS]
        if TAGS in names and isinstance(wanted, frozenset) and isinstance(present, frozenset):
            changes[TAGS] = SetChange(wanted & present)
        values = {name: held.values[name] for name in names}
        self.watcher.is_written(self.side, held, values, changes)
