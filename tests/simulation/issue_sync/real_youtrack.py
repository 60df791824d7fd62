"""The real room of YouTrack over its emulator as the tracker of a simulated link."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from sync.core.issue_sync.key_marks import without_definition
from sync.core.issue_sync.mapping import Transition
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
from sync.core.issue_sync.writes import Change, SetChange, UpdateItem
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues
from sync.youtrack.issues.keys import unmarked
from sync.youtrack.issues.options import IssueOptions
from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.server import CONTEXT, YouTrackEmulator
from tests.engine.world import _bytes, _response
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import BOT, Held
from tests.simulation.issue_sync.real_room import RealRoom
from tests.simulation.issue_sync.wire import WiredSession
from tests.simulation.issue_sync.youtrack_side import EVENTS, YouTrackSide

HOST = "http://youtrack.test"
_NAMES = {"summary": TITLE, "customFields": STATUS}  # of what a request sends
HERE, THERE = "0-7", "0-9"  # the ids of the project, and of that to which issues are moved
TRANSITIONS = tuple(
    Transition(start, f"to {end}", end) for start, ends in EVENTS.items() for end in ends
)


@dataclass
class RealYouTrack(RealRoom, YouTrackSide):
    """YouTrack as the tracker of a link."""

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
        self.room = self.new_client(self.answer)
        self.observer = self.new_client(self.plain)

    def new_client(self, answer: Callable[..., requests.Response]) -> YouTrackIssues:
        client = YouTrack(HOST + CONTEXT, "perm-bridge", session=WiredSession(answer))
        return YouTrackIssues(client, IssueOptions(transitions=TRANSITIONS), clock=self.clock)

    def plain(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request."""
        headers: Any = request.headers
        reply = self.emulator.answer(
            str(request.method), request.path_url, headers, _bytes(request.body)
        )
        return _response(request, *reply)

    def new_id(self) -> str:
        """Return an id of a comment or of work that was never given."""
        return f"12-{100_000 + next(self.ids)}"

    def elsewhere(self, project: str) -> str:
        """Return the other project."""
        return THERE if project == HERE else HERE

    def show(self, *, is_new: bool) -> None:
        """Hide from our account what is hidden; `is_new`: not what it is just creating."""
        for held in self.items.values():
            issue = self.state.issues[held.address.id]
            issue.seen_by = {self.ann.id} if held.is_hidden and not is_new else None

    def asked(self, request: requests.PreparedRequest) -> dict[str, Change]:
        """Return which changes of the present write a request asks for.

        One that reads asks for those that it shows to be there: people have made them before.
        """
        write, changes = self.writing, self.changes()
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
            case "DELETE", ["issues", issue_id, "tags", tag_id]:
                # People may have one of the same name each: the last that goes is seen to go.
                left = self.issue_values(self.state.issues[issue_id])[TAGS]
                assert isinstance(left, frozenset)
                gone = self._tag_names(tag_id) - left
                return {TAGS: SetChange(remove=gone)} if gone else {}
            case "GET", ["issues", issue_id] if isinstance(write, UpdateItem):
                shown = self.issue_values(self.state.issues[issue_id])
                if query.startswith("fields=tags"):
                    present, change = shown[TAGS], changes[TAGS]
                    assert isinstance(present, frozenset)
                    assert isinstance(change, SetChange)
                    return {TAGS: SetChange(remove=change.remove - present)}
                if query.startswith("fields=customFields") and shown[STATUS] == changes[STATUS]:
                    return {STATUS: changes[STATUS]}
        return {}

    def _tag_names(self, tag_id: str) -> frozenset[str]:
        return frozenset(tag.name for tag in self.state.tags if tag.id == tag_id)

    # What people see.

    def issues(self) -> Iterator[tuple[str, r.Issue]]:
        """Yield the ids of issues, and the issues."""
        yield from list(self.state.issues.items())

    def pulled(self, issue: r.Issue) -> Held:
        """Return an issue as people see it."""
        at = datetime.fromtimestamp(issue.created / 1000, UTC)
        held = Held(ItemAddress(issue.id, issue.project.id, issue.readable), {}, at)
        self.pull(held, issue)
        return held

    def pull(self, held: Held, issue: r.Issue) -> None:
        """Show people an issue as it is."""
        held.address = ItemAddress(issue.id, issue.project.id, issue.readable)
        held.values = self.issue_values(issue)
        held.key = without_definition(issue.description or "")[1] or held.key
        held.comments[:] = [self._comment(each) for each in issue.comments if not each.deleted]
        held.time[:] = [self._entry(each) for each in issue.work_items]

    def issue_values(self, issue: r.Issue) -> dict[str, Value]:
        """Return the fields of an issue."""
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

    def new_issue(self) -> Held:
        """Let a person create an issue that says nothing yet."""
        issue = self.state.create_issue(self.places[HERE], self.ann, "")
        held = self.items[issue.id] = self.pulled(issue)
        return held

    def store_value(self, held: Held, name: str, value: Value) -> None:
        """Let a person change a field."""
        issue = self.state.issues[held.address.id]
        self._store_value(issue, name, value)
        self.pull(held, issue)

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
            kept = [tag for tag in issue.tags if tag.name in value]  # two may have one name
            new = set(value) - {tag.name for tag in kept}
            issue.tags = kept + [self._tag(each) for each in sorted(new)]
            self.state.record(issue, self.ann, "TagsCategory")

    def _own_text(self, issue: r.Issue) -> str:
        return without_definition(issue.description or "")[0]

    def _tag(self, name: str) -> r.Tag:
        held = next((tag for tag in self.state.tags if tag.name == name), None)
        if held is None:
            held = r.Tag(self.state.next_id("5"), name, self.ann)
            self.state.tags.append(held)
        return held

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
        self.pull(held, issue)
