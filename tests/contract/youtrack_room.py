"""The emulated YouTrack as a room of the contract; its people act in its own pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from sync.core.clock import ManualClock
from sync.core.issue_sync.model import (
    ASSIGNEES,
    BLOCKED,
    BLOCKS,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LINKS,
    PARENT,
    PRIORITY,
    RELATES,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    ItemAddress,
)
from sync.core.issue_sync.side import SideClient
from sync.net import guarded_session
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues
from sync.youtrack.issues.options import IssueOptions
from tests.contract.room import Room, Sample, Traits
from tests.emulators.youtrack import records
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.emulators.youtrack.state import DEFAULT, day_start

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
FIELDS = {**DEFAULT, "Due Date": "date", "Estimation": "period"}
SEVERAL = {**FIELDS, "Assignee": "user[*]", "Sprints": "version[*]"}


class YouTrackRoom:
    """`fields`: of the projects, `Sprints` is what the board follows; `zone`: of our profile."""

    def __init__(
        self, emulator: YouTrackEmulator, clock: ManualClock, fields: dict[str, str], zone: str
    ) -> None:
        self._emulator, self._clock, self._state = emulator, clock, emulator.state
        names = ("ann", "bob", "bridge")
        self._people = {name: self._state.add_user(name) for name in names}
        self._people["bridge"].zone = zone
        members = list(self._people.values())
        self._shop = self._state.add_project("SHOP", members, fields)
        for project_field in self._shop.fields:
            project_field.can_be_empty |= project_field.field.name == "Priority"
        self._other = self._state.add_project("OTHER", members, fields)
        self.project, self.other_project = self._shop.id, self._other.id
        synced = "Sprints" if "Sprints" in fields else ""
        board = self._state.add_board("Team board", [self._shop], ("Sprint 1", "Sprint 2"), synced)
        sprints = [sprint.id for sprint in board.sprints]
        others = [self.create(f"Parent {number}").id for number in range(3)]
        self.traits = _traits(
            self._people, sprints, others, several=fields["Assignee"].endswith("[*]")
        )
        self.client: SideClient = self.new_client()

    def new_client(self) -> YouTrackIssues:
        session = guarded_session(["127.0.0.0/8"])
        self._client = YouTrack(self._emulator.url, "perm-bridge", session=session)
        return YouTrackIssues(
            self._client, IssueOptions(links=True, parents=True, sprints=True, max_file_bytes=1000)
        )

    def person(self, name: str) -> str:
        return self._people[name].id

    def wait(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def create(self, title: str, description: str = "") -> ItemAddress:
        issue = self._state.create_issue(self._shop, self._people["bob"], title, description)
        return ItemAddress(issue.id, issue.project.id, issue.readable)

    def set_title(self, address: ItemAddress, title: str) -> None:
        issue = self._issue(address)
        issue.summary = title
        self._state.record(issue, self._people["bob"], "SummaryCategory", added=title)

    def add_to_set(self, address: ItemAddress, field_name: str, member: str) -> None:
        issue, bob = self._issue(address), self._people["bob"]
        if field_name == TAGS:
            issue.tags.append(records.Tag(self._state.next_id("5"), member, bob))
            self._state.record(issue, bob, "TagsCategory", added=issue.tags[-1])
            return
        if field_name == LINKS:
            kind, _, other = member.partition(":")
            name, direction = {
                RELATES: ("Relates", "BOTH"),
                BLOCKS: ("Depend", "OUTWARD"),
                BLOCKED: ("Depend", "INWARD"),
            }[kind]
            link_type = next(each for each in self._state.link_types if each.name == name)
            self._state.link(bob, issue, self._state.issues[other], link_type, direction)
            return
        of_project = self._shop.field_named("Assignee")
        assert of_project is not None
        person = next(user for user in self._state.users if user.id == member)
        held = issue.values.get("Assignee") or []
        self._state.set_value(issue, bob, of_project, [*held, person])

    def comment(self, address: ItemAddress, text: str) -> str:
        return self._state.add_comment(self._issue(address), self._people["bob"], text).id

    def edit_comment(self, address: ItemAddress, comment_id: str, text: str) -> None:
        comment = self._comment(address, comment_id)
        comment.text, comment.updated = text, self._state.now()
        self._state.record(comment, self._people["bob"], "CommentTextCategory", added=text)

    def delete_comment(self, address: ItemAddress, comment_id: str) -> None:
        self._comment(address, comment_id).deleted = True

    def log(self, address: ItemAddress, seconds: int, on: date, text: str) -> str:
        bob, day = self._people["bob"], day_start(datetime(on.year, on.month, on.day))
        return self._state.log_work(self._issue(address), bob, bob, seconds // 60, day, text).id

    def attach(self, address: ItemAddress, name: str, content: bytes) -> None:
        self._state.attach(self._issue(address), self._people["bob"], name, content)

    def texts(self, address: ItemAddress) -> list[str]:
        return [each.text for each in self._issue(address).comments if not each.deleted]

    def seconds(self, address: ItemAddress) -> int:
        return sum(each.minutes for each in self._issue(address).work_items) * 60

    def notified(self) -> list[str]:
        return self._state.mentioned

    def count(self) -> int:
        return sum(issue.project is self._shop for issue in self._state.issues.values())

    def delete(self, address: ItemAddress) -> None:
        del self._state.issues[address.id]

    def hide(self, address: ItemAddress) -> None:
        self._issue(address).seen_by = {self._people["bob"].id}

    def lock_out(self) -> None:
        self._shop.readers.discard(self._people["bridge"].id)
        self._shop.writers.discard(self._people["bridge"].id)

    def archive(self) -> None:
        self._shop.archived = True

    def move(self, address: ItemAddress) -> None:
        self._state.move(self._issue(address), self._people["bob"], self._other)

    def drop_rights(self) -> None:
        for of_project in self._shop.fields:
            of_project.private = True

    def lose_answers(self, count: int) -> None:
        self._emulator.cut_after = count

    def cut_off(self, count: int) -> None:
        self._emulator.cut_before = count

    def refuse(self) -> None:
        self._state.refusing = True

    def throttle(self) -> None:
        self._emulator.throttled = True

    def requests(self) -> int:
        return self._client.requests_sent

    def _issue(self, address: ItemAddress) -> records.Issue:
        return self._state.issues[address.id]

    def _comment(self, address: ItemAddress, comment_id: str) -> records.Comment:
        return next(each for each in self._issue(address).comments if each.id == comment_id)


def _traits(
    people: dict[str, records.User], sprints: list[str], others: list[str], *, several: bool
) -> Traits:
    """Work is kept in minutes; an issue keeps its id when it moves; a refusal is never silent."""
    kinds = (BLOCKED, BLOCKS, RELATES)
    first, second, third = (f"{kind}:{other}" for kind, other in zip(kinds, others, strict=True))
    ids = [people[name].id for name in ("ann", "bob", "bridge")]
    return Traits(
        name="YouTrack",
        samples={
            TITLE: Sample("First title", "Second title"),
            DESCRIPTION: Sample("First\n\n- a\n- b", "Second text"),
            ASSIGNEES: Sample(frozenset({ids[0]}), frozenset({ids[1]})),
            PRIORITY: Sample("Critical", "Minor"),
            STATUS: Sample("In Progress", "Fixed"),
            DEADLINE: Sample("2026-04-01", "2026-05-01"),
            TAGS: Sample(frozenset({"bug"}), frozenset({"bug", "ui"})),
            ESTIMATE: Sample(5400, 7200),
            SPRINT: Sample(sprints[0], sprints[1]),
            PARENT: Sample(others[0], others[1]),
            LINKS: Sample(frozenset({first}), frozenset({first, second})),
        },
        set_fields={TAGS: ("bug", "ui", "slow"), LINKS: (first, second, third)}
        | ({ASSIGNEES: (ids[0], ids[1], ids[2])} if several else {}),
        longest_title=1000,
        hostile=(
            "State Fixed",
            "Words\nfor me State Fixed work 2h",
            "{html}<b>x</b>{html}",
            "/close",
        ),
        has_negative_time=False,
        moves_to_new_item=False,
        drops_in_silence=False,
        time_unit=60,
        page_size=100,
        kinds_of_absence=frozenset({"not_found", "denied", "archived"}),
    )


@contextmanager
def open_room(fields: dict[str, str], zone: str = "UTC") -> Iterator[Room]:
    clock = ManualClock(START)
    with YouTrackEmulator(clock) as emulator:
        yield YouTrackRoom(emulator, clock, fields, zone)
