"""The real room of GitLab over its emulator as the tracker of a simulated link.

The namespace has statuses of its own, which the room writes by a mutation after the rest. An issue
that moves gets new ids, and so do its comments and its time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from sync.core.issue_sync.key_marks import without_definition
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Comment,
    Item,
    ItemAddress,
    SideName,
    TimeEntry,
    Unreachable,
    Value,
)
from sync.core.issue_sync.writes import Change, CreateItem, SetChange, UpdateItem, Write
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.keys import unmarked
from sync.gitlab.issues.options import IssueOptions
from tests.emulators.gitlab.entities import DEVELOPER, OWNER, Note
from tests.emulators.gitlab.issues import commenting, moving, statuses
from tests.emulators.gitlab.issues.records import Lifecycle, Status, Timelog
from tests.emulators.gitlab.server import GitLabEmulator, _encoded
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import Request
from tests.engine.world import _bytes, _response
from tests.simulation.issue_sync import words
from tests.simulation.issue_sync.memory_side import BOT, Held
from tests.simulation.issue_sync.real_room import RealRoom
from tests.simulation.issue_sync.wire import WiredSession

HOST = "http://gitlab.test"
PREFIX = "gid://gitlab/WorkItems::Statuses::Custom::Status/"
CATEGORIES = {"todo": "to_do", "triage": "triage", "doing": "in_progress", "done": "done"}
NAMES = {f"{PREFIX}{n}": name for n, name in enumerate(words.STATUSES[SideName.TRACKER], 1)}
IDS = {name: key for key, name in NAMES.items()}
FIRST_ID = 100_000  # of what people write


@dataclass
class RealGitLab(RealRoom):
    """GitLab as the tracker of a link."""

    knows_edits: bool = False

    def __post_init__(self) -> None:
        self.emulator = GitLabEmulator(self.clock)
        self.emulator.issues.obstacles.notes_per_minute = None
        self.state = self.emulator.state
        self.state.url, self.state.edition, self.state.premium = HOST, "ee", True
        self.state.version = "19.2.1-ee"
        self.ann = self.state.add_user("ann", "Ann", public=True)
        self.bridge = self.state.add_user("bridge", "The bridge", public=True)
        members = {"ann": OWNER, "bridge": DEVELOPER}
        self.state.add_group("acme", members={"ann": OWNER})
        self.here, self.there = (
            self.state.add_project(f"acme/{name}", members=dict(members))
            for name in ("shop", "other")
        )
        self.project = str(self.here.id)
        self.state.planned.lifecycles["acme"] = Lifecycle(
            [
                Status(key, name, CATEGORIES.get(name, "in_progress"), "#737278", number)
                for number, (key, name) in enumerate(NAMES.items(), 1)
            ],
            IDS["todo"],
            IDS["done"],
            IDS["done"],
        )
        token = self.state.add_token("bridge").value
        self.room = self.new_client(self.answer, token)
        self.observer = self.new_client(self.plain, token)

    def new_client(self, answer: Callable[..., requests.Response], token: str) -> GitLabIssues:
        client = GitLab(HOST, token, session=WiredSession(answer))
        return GitLabIssues(client, IssueOptions(), self.clock)

    # Requests.

    def plain(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request."""
        url = urlsplit(str(request.url))
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(
            str(request.method), url.path, headers, url.query, _bytes(request.body), HOST
        )
        reply = self.emulator.answer(asked)
        answer = _response(request, reply.status, *_encoded(reply))
        answer.headers.update(reply.headers)
        return answer

    def is_write(self, request: requests.PreparedRequest) -> bool:
        """Whether a request may change anything."""
        if request.path_url == "/api/graphql":
            return b"mutation" in _bytes(request.body)[:40]
        return request.method != "GET"

    def asked(self, request: requests.PreparedRequest) -> dict[str, Change]:
        """Return which changes of the present write a request asks for."""
        if not self.is_write(request) or not isinstance(self.writing, CreateItem | UpdateItem):
            return {}
        sent, changes = json.loads(_bytes(request.body)), self.changes()
        if "variables" in sent:
            asked = {STATUS} if "statusWidget" in sent["variables"].get("input", {}) else set()
            return {name: changes[name] for name in asked if name in changes}
        tags = {name: _members(sent.get(f"{name}_labels")) for name in ("add", "remove")}
        asked = {name for name in (TITLE, DESCRIPTION) if name in sent}
        of_tags = {TAGS: SetChange(**tags)} if tags["add"] | tags["remove"] else {}
        return {name: changes[name] for name in asked if name in changes} | of_tags

    def show(self, *, is_new: bool) -> None:
        """Hide from our account what is hidden; `is_new`: not what it is just creating."""
        is_hidden = any(held.is_hidden for held in self.items.values()) and not is_new
        for place in (self.here, self.there):
            place.members.pop(self.bridge.id, None)
            if not is_hidden:
                place.members[self.bridge.id] = DEVELOPER

    def said(self, item: Item | Unreachable) -> Item | Unreachable:
        """Return an item whose status has its name."""
        if isinstance(item, Unreachable):
            return item
        status = item.values.get(STATUS)
        named = {STATUS: NAMES[status]} if isinstance(status, str) and status in NAMES else {}
        return replace(item, values={**item.values, **named})

    def meant(self, write: Write) -> Write:
        """Return a write whose status has its id."""
        if isinstance(write, CreateItem):
            return replace(write, values=_with_ids(write.values))
        if isinstance(write, UpdateItem):
            changes, before = _with_ids(write.changes), _with_ids(write.before)
            return replace(write, changes=changes, before=before)
        return write

    # What people see.

    def issues(self) -> Iterator[tuple[str, Issue]]:
        """Yield the ids of issues, and the issues."""
        for place in (self.here, self.there):
            for issue in list(place.issues.values()):
                yield str(issue.id), issue

    def new_id(self) -> str:
        """Return an id of a comment or of work that was never given."""
        return str(FIRST_ID + next(self.ids))

    def pulled(self, issue: Issue) -> Held:
        """Return an issue as people see it."""
        held = Held(ItemAddress("", "", ""), {}, issue.created_at)
        self.pull(held, issue)
        return held

    def pull(self, held: Held, issue: Issue) -> None:
        """Show people an issue as it is."""
        held.address = ItemAddress(str(issue.id), str(issue.project_id), str(issue.iid))
        held.values = self.issue_values(issue)
        held.key = without_definition(issue.description)[1] or held.key
        held.moved_to = str(issue.moved_to_id or "")
        held.comments[:] = [self._comment_of(note) for note in issue.notes if not note.system]
        held.time[:] = [self._entry_of(entry) for entry in issue.timelogs]

    def issue_values(self, issue: Issue) -> dict[str, Value]:
        """Return the fields of an issue."""
        status = statuses.current(self.state, issue)
        return {
            TITLE: issue.title,
            DESCRIPTION: without_definition(issue.description)[0],
            STATUS: NAMES[status.id] if status else None,
            TAGS: frozenset(label.title for label in issue.labels),
        }

    def _comment_of(self, note: Note) -> Comment:
        text, key, _ = unmarked(note.body)
        return Comment(str(note.id), self._author(note.author_id), text, note.created_at, key=key)

    def _entry_of(self, entry: Timelog) -> TimeEntry:
        text, key, _ = unmarked(entry.summary)
        author, day = self._author(entry.user_id), entry.spent_at.date()
        return TimeEntry(str(entry.id), author, entry.seconds, day, text, key)

    def _author(self, user_id: int) -> Author:
        return Author("ann") if user_id == self.ann.id else BOT

    # What people do.

    def new_issue(self) -> Held:
        """Let a person create an issue that says nothing yet."""
        issue = self.emulator.issues.create(self.here, self.ann, {"title": "-"})
        held = self.items[str(issue.id)] = self.pulled(issue)
        return held

    def store_value(self, held: Held, name: str, value: Value) -> None:
        """Let a person change a field."""
        issue, wanted = self._issue(held), dict[str, Any]()
        if name == TITLE:
            wanted["title"] = value
        elif name == DESCRIPTION:
            own = without_definition(issue.description)[0]
            wanted["description"] = f"{value or ''}{issue.description[len(own) :]}"
        elif name == STATUS:
            status = statuses.lifecycle(self.state, self.here).status(IDS[str(value)])
            assert status is not None
            self.emulator.issues.set_status(issue, self.ann, status)
        else:
            assert isinstance(value, frozenset)
            present = {label.title for label in issue.labels}
            wanted["add_labels"] = sorted(value - present)
            wanted["remove_labels"] = sorted(present - value)
        if wanted:
            self.emulator.issues.update(issue, self.ann, wanted)
        self.emulator.issues.flush()
        self.pull(held, issue)

    def keep(self, held: Held) -> None:
        """Store what a person did to comments and work."""
        issue, issues = self._issue(held), self.emulator.issues
        texts = {comment.id: comment.text for comment in held.comments}
        for note in [each for each in issue.notes if not each.system]:
            text, key, _ = unmarked(note.body)
            if str(note.id) not in texts:
                commenting.delete(issue, note)
            elif not key and text != texts[str(note.id)]:
                commenting.update(issues, issue, note, self.ann, texts[str(note.id)], "")
        own = {str(note.id) for note in issue.notes}
        for comment_id in [each for each in texts if each not in own]:
            made = commenting.create(issues, issue, self.ann, texts[comment_id])
            assert isinstance(made, Note)
            made.id = int(comment_id)
        kept = {entry.id for entry in held.time}
        for logged in [each for each in issue.timelogs if str(each.id) not in kept]:
            issues.timing.delete(issue, logged, self.ann)
        booked = {str(each.id) for each in issue.timelogs}
        for entry in [each for each in held.time if each.id not in booked]:
            at = datetime(entry.on.year, entry.on.month, entry.on.day, 8, tzinfo=UTC)
            issues.timing.log(
                issue, self.ann, entry.seconds, spent_at=at, summary=entry.text
            ).id = int(entry.id)
        issues.flush()
        self.pull(held, issue)

    def move(self, held: Held) -> Mapping[str, str]:
        """Let a person move an issue; return the new ids of its comments and work."""
        issue = self._issue(held)
        target = self.there if issue.project_id == self.here.id else self.here
        moved = moving.move(self.emulator.issues, issue, target, self.ann)
        self.emulator.issues.copies.run(self.state, now=True)
        self.emulator.issues.flush()
        self.pull(held, issue)
        self.items[str(moved.id)] = self.pulled(moved)
        places = [(issue.notes, moved.notes), (issue.timelogs, moved.timelogs)]
        return {
            str(before.id): str(after.id)
            for old, new in places
            for before, after in zip(old, new, strict=False)
        }

    def _issue(self, held: Held) -> Issue:
        return next(issue for issue_id, issue in self.issues() if issue_id == held.address.id)


def _members(names: object) -> frozenset[str]:
    return frozenset(str(names).split(",")) if names else frozenset()


def _with_ids(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: IDS.get(str(value), value) if name == STATUS else value
        for name, value in values.items()
    }
