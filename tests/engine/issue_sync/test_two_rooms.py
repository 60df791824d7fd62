"""A task and its issue through the real rooms, over both emulators: what people see there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from sync.bitrix24.tasks.fields import STATUS_CODES
from sync.core.clock import ManualClock
from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.forecast import Cost, foresee
from sync.core.issue_sync.link import Conflict, LinkState, StoryLine
from sync.core.issue_sync.mapping import ItemFilter, ProjectPair, StatusMatch
from sync.core.issue_sync.model import Item, ItemAddress, SideName
from sync.core.issue_sync.rules import LinkRules
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.cycle import CycleResult, LinkChange, Workbench, run_cycle
from sync.engine.issue_sync.link_rules import PairWorld, build_rules
from sync.engine.issue_sync.link_texts import LinkTexts, People
from sync.text.markdown.dialect import GITLAB
from sync.text.sides import TASK, tracker
from tests.contract import bitrix24_room, gitlab_room
from tests.contract.bitrix24_room import ANN, BOB, BitrixRoom
from tests.contract.gitlab_room import GitLabRoom
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.gitlab.server import GitLabEmulator

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL


@dataclass
class MemoryLinks:
    """One link, kept as a database keeps it."""

    kept: Any = None
    story: list[StoryLine] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def state(self) -> LinkState:
        return decode(self.kept)

    def load(self, keys: Sequence[str]) -> dict[str, LinkState]:
        return {key: self.state() for key in keys}

    def save(self, changes: Sequence[LinkChange]) -> None:
        for change in changes:
            self.kept = encode(change.link)
            self.story += change.story
            self.conflicts += change.conflicts


class Pair:
    """A workgroup and a project, with their people, and one link between them."""

    key = "p1"

    def __init__(
        self,
        b24: BitrixEmulator,
        gitlab: GitLabEmulator,
        clock: ManualClock,
        portal: BitrixRoom | None = None,
    ) -> None:
        gitlab.issues.obstacles.notes_per_minute = None
        self.clock = clock
        self.portal = portal or BitrixRoom(b24, clock)
        self.tracker = GitLabRoom(gitlab, clock, gitlab_room.FULL)
        self.b24, self.gitlab = b24, gitlab
        self.sides = {TRACKER: self.tracker.client, PORTAL: self.portal.client}
        projects = {TRACKER: self.tracker.project, PORTAL: self.portal.project}
        self.capabilities = {
            side: client.capabilities(projects[side]) for side, client in self.sides.items()
        }
        self.links = MemoryLinks()
        who = {self.tracker.person("ann"): str(ANN), self.tracker.person("bob"): str(BOB)}
        back = {portal: person for person, portal in who.items()}
        names = {self.tracker.person("ann"): "Ann", self.tracker.person("bob"): "Bob"}
        logins = {person: name.lower() for person, name in names.items()}
        portal_names = {str(ANN): "Ann", str(BOB): "Bob"}
        self.people = People(
            {TRACKER: who, PORTAL: back}, {TRACKER: names, PORTAL: portal_names}, logins
        )
        self.pair = ProjectPair(
            bitrix24_room.GROUP, self.tracker.project, creates=frozenset(SideName),
            statuses=(
                StatusMatch("To do", TaskStatus.WAITING),
                StatusMatch("In progress", TaskStatus.IN_PROGRESS),
                StatusMatch("Done", TaskStatus.COMPLETED),
                StatusMatch("Won't do", TaskStatus.COMPLETED),
                StatusMatch("Duplicate", TaskStatus.COMPLETED),
            ),
        )  # fmt: skip
        self.problems: tuple[str, ...] = ()
        self.ends: dict[str, str] = {}  # of other linked items, both ways

    def rules(self, link: LinkState) -> LinkRules:
        codes = {status: str(code) for status, code in STATUS_CODES.items()}
        ends = self.ends
        world = PairWorld(self.pair, self.capabilities, codes, lambda to, other: ends.get(other))
        dialects = {TRACKER: tracker(GITLAB), PORTAL: TASK}
        texts = LinkTexts(dialects, self.people, link, "GitLab")
        rules, self.problems = build_rules(world, texts)
        return rules

    def cycle(self, times: int = 1) -> CycleResult:
        bench = Workbench(self.links, self.sides, self.rules, self.clock)
        for _ in range(times):
            self.clock.sleep(61)
            result = run_cycle(bench, self.key)
        return result

    def begin(self, side: SideName, address: ItemAddress) -> None:
        self.links.kept = encode(LinkState(self.key, {side: address}))
        self.rest()

    def rest(self) -> None:
        """Work until nothing is written any more."""
        for _ in range(4):
            result = self.cycle()
            assert result.error is None, (result.error, self.links.story)
            if not result.writes and not result.again:
                return
        raise AssertionError(self.links.story)

    @property
    def task(self) -> Any:
        address = self.links.state().addresses[PORTAL]
        return self.b24.state.tasks[int(address.id)]

    @property
    def issue(self) -> Any:
        return self.tracker._issue(self.links.state().addresses[TRACKER])

    def addresses(self) -> dict[SideName, ItemAddress]:
        return dict(self.links.state().addresses)


@pytest.fixture
def pair() -> Iterator[Pair]:
    clock = ManualClock(bitrix24_room.START)
    with ExitStack() as stack:
        b24 = BitrixEmulator(clock, scopes=bitrix24_room.SCOPES)
        b24 = stack.enter_context(b24)
        b24.state.limits.on = False
        yield Pair(b24, stack.enter_context(GitLabEmulator(clock)), clock)


def shown(text: str) -> str:
    return "".join(c for c in text if ord(c) not in {0x2060, 0x2063, *range(0xFE00, 0xFE10)})


def test_a_task_becomes_an_issue_and_rests(pair):
    task = pair.b24.state.create_task(
        "Fix the till", description="[B]Bold[/B] words\n[LIST]\n[*]one\n[*]two\n[/LIST]",
        group_id=10, created_by=BOB, responsible_id=ANN, accomplices=[BOB], tags=["ui"],
        priority=2, status=3, time_estimate=5400,
    )  # fmt: skip
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
    issue = pair.issue
    assert pair.problems == ()
    visible = issue.description.partition("\n\n[//]: #")[0]  # behind it stands our key
    assert (issue.title, visible) == ("Fix the till", "**Bold** words\n\n- one\n- two")
    assert {person["username"] for person in issue.assignees} == {"ann", "bob"}
    assert set(issue.labels) == {"ui", "priority::high"}
    assert issue.time_stats()["time_estimate"] == 5400
    assert pair.links.conflicts == []
    assert pair.cycle(3).writes == 0


def test_an_issue_becomes_a_task_and_rests(pair):
    address = pair.tracker.create("Slow search", "See **this**\n\n1. a\n1. b\n\n`x`")
    pair.tracker._project().issues.update(
        int(address.number), {"labels": "api,priority::low", "due_date": "2026-05-01"}
    )
    pair.begin(TRACKER, address)
    task = pair.task
    assert task.title == "Slow search"
    assert shown(task.description) == (
        "See [b]this[/b]\n\n[list=1]\n[*]a\n[*]b\n[/list]\n\n[code]x[/code]"
    )
    assert (task.tags, task.priority, task.deadline.date()) == (["api"], 0, date(2026, 5, 1))
    assert task.xml_id.startswith("b24bridge:")
    assert pair.cycle(3).writes == 0


@pytest.fixture
def linked(pair) -> Pair:
    task = pair.b24.state.create_task(
        "Fix", description="First\n\nSecond", group_id=10, created_by=BOB, responsible_id=BOB
    )
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
    return pair


def test_edits_on_both_sides_cross_and_each_stands(linked):
    linked.b24.state.user_edits_task(BOB, linked.task.id, title="Fix the till", tags=["ui"])
    linked.issue.manager.update(linked.issue.iid, {"add_labels": "api", "due_date": "2026-06-01"})
    linked.rest()
    assert (linked.issue.title, set(linked.issue.labels)) == ("Fix the till", {"ui", "api"})
    assert set(linked.task.tags) == {"ui", "api"}
    assert linked.task.deadline.date() == date(2026, 6, 1)
    assert linked.links.conflicts == []


def test_a_description_changed_on_both_sides_in_different_places_keeps_both(linked):
    linked.b24.state.user_edits_task(BOB, linked.task.id, description="First, edited\n\nSecond")
    linked.issue.manager.update(linked.issue.iid, {"description": "First\n\nSecond, edited"})
    linked.rest()
    assert linked.issue.description == "First, edited\n\nSecond, edited"
    assert shown(linked.task.description) == "First, edited\n\nSecond, edited"
    assert linked.links.conflicts == []


def test_a_status_crosses_both_ways(linked):
    linked.b24.state.user_moves_task(BOB, linked.task.id, 3)
    linked.rest()
    item = linked.sides[TRACKER].read([linked.addresses()[TRACKER]])
    (issue,) = item.values()
    names = {c.id: c.name for c in linked.capabilities[TRACKER].choices["status"]}
    assert names[issue.values["status"]] == "In progress"
    linked.issue.manager.update(linked.issue.iid, {"state_event": "close"})
    linked.rest()
    assert linked.task.status == 5
    assert linked.cycle(3).writes == 0


def test_people_come_and_go(linked):
    ann, bob = (int(linked.tracker.person(name)) for name in ("ann", "bob"))
    linked.issue.manager.update(linked.issue.iid, {"assignee_ids": [ann, bob]})
    linked.rest()
    assert (linked.task.responsible_id, linked.task.accomplices) == (BOB, [ANN])
    linked.issue.manager.update(linked.issue.iid, {"assignee_ids": [ann]})
    linked.rest()
    assert linked.task.responsible_id == ANN
    assert linked.task.accomplices == []


def test_comments_cross_once_with_their_authors_and_their_edits(linked):
    b24, task_id = linked.b24, linked.task.id
    message = b24.state.user_comments(BOB, task_id, "[B]Look[/B] at /close")
    note = linked.tracker.comment(linked.addresses()[TRACKER], "On it, *Ann*")
    linked.rest()
    texts = linked.tracker.texts(linked.addresses()[TRACKER])
    assert shown(texts[1]).startswith("**Bob (Bitrix24):**\n\n**Look** at /close")
    assert [shown(entry.text) for entry in b24.state.discussion(task_id)] == [
        "[B]Look[/B] at /close",
        "[b]Bob (GitLab):[/b]\n\nOn it, [i]Ann[/i]",
    ]
    b24.state.user_edits_message(BOB, message.id, "Never mind")
    linked.tracker.edit_comment(linked.addresses()[TRACKER], note, "Done")
    linked.rest()
    assert "Never mind" in linked.tracker.texts(linked.addresses()[TRACKER])[1]
    assert shown(b24.state.discussion(task_id)[1].text) == "[b]Bob (GitLab):[/b]\n\nDone"
    assert linked.issue.state == "opened"
    assert linked.cycle(3).writes == 0


def test_logged_work_crosses_once(linked):
    linked.b24.state.user_logs_time(BOB, linked.task.id, 3600, "in the task")
    linked.tracker.log(linked.addresses()[TRACKER], 1800, date(2026, 3, 1), "in the issue")
    linked.rest()
    assert linked.tracker.seconds(linked.addresses()[TRACKER]) == 5400
    assert linked.portal.seconds(linked.addresses()[PORTAL]) == 5400
    rows = [row for row in linked.b24.state.elapsed.values() if row.seconds == 1800]
    assert [(row.user_id, shown(row.text), row.created.date()) for row in rows] == [
        (BOB, "in the issue", date(2026, 3, 1))
    ]
    assert linked.cycle(3).writes == 0


def test_a_file_of_the_task_is_in_the_issue_and_is_not_copied_back(linked):
    linked.b24.state.user_attaches(BOB, linked.task.id, "shot.png", b"\x89PNG")
    linked.rest()
    item = linked.sides[TRACKER].read([linked.addresses()[TRACKER]])
    (issue,) = item.values()
    assert [file.name for file in issue.files] == ["shot.png"]
    assert len(linked.b24.state.parts.attached(linked.task.id)) == 1
    assert linked.cycle(3).writes == 0


@pytest.mark.deep
def test_a_disagreement_is_told_and_the_newer_one_stands(linked):
    linked.b24.state.user_edits_task(BOB, linked.task.id, title="From the task")
    linked.clock.sleep(30)
    linked.issue.manager.update(linked.issue.iid, {"title": "From the issue"})
    linked.rest()
    assert (linked.task.title, linked.issue.title) == ("From the issue", "From the issue")
    (conflict,) = linked.links.conflicts
    assert conflict.values.portal == {"title": "From the task"}


def test_a_forecast_counts_what_would_be_created_and_what_cannot_cross(pair):
    state = pair.b24.state
    for title in ("Parent", "Other parent"):  # as the workgroup has: they stand for linked ones
        pair.tracker.create(title)
    for number, title in ((201, "One"), (202, "Two")):
        state.create_task(title, id=number, group_id=10, created_by=BOB, responsible_id=BOB)
    state.user_comments(BOB, 201, "Hello")
    state.user_logs_time(BOB, 201, 60, "x")
    state.tasks[202].accomplices = [1]
    reading = {
        side: client.read([ItemAddress(number) for number in client.census(project).changed_at])
        for side, client, project in (
            (TRACKER, pair.sides[TRACKER], pair.tracker.project),
            (PORTAL, pair.sides[PORTAL], pair.portal.project),
        )
    }
    items = {
        side: [item for item in read.values() if isinstance(item, Item)]
        for side, read in reading.items()
    }
    linked = {
        side: frozenset(i.address.id for i in items[side] if "arent" in str(i.values["title"]))
        for side in SideName
    }
    forecast = foresee(pair.pair, pair.rules(LinkState("p1")), items, linked)
    assert (forecast.linked, dict(forecast.created)) == (5, {TRACKER: 2})
    assert dict(forecast.entries) == {TRACKER: 2}
    assert dict(forecast.problems) == {
        "assignees: no counterpart of a person, add one under `people`: 1": 1
    }
    costs = {TRACKER: Cost(1, 10.0), PORTAL: Cost(49, 2.0, reads=3)}
    assert forecast.requests(costs) == {TRACKER: 5, PORTAL: 2}  # with a page of each list
    assert forecast.minutes(costs) == 1
    read = foresee(pair.pair, pair.rules(LinkState("p1")), items, linked, SideName)
    assert read.requests(costs) == {TRACKER: 4, PORTAL: 1}


def test_what_a_filter_keeps_out_stays_alone(pair):
    address = pair.tracker.create("Words")
    (item,) = pair.sides[TRACKER].read([address]).values()
    only = replace(pair.pair, only=ItemFilter(labels=("bug",)))
    items = {TRACKER: [item], PORTAL: []}
    nothing = {side: frozenset() for side in SideName}
    forecast = foresee(only, pair.rules(LinkState("p1")), items, nothing)
    assert (dict(forecast.created), dict(forecast.passed_over)) == ({}, {TRACKER: 1})


def test_a_picture_in_an_issue_stands_in_its_place_in_the_task(linked):
    upload = linked.tracker._project().upload("shot.png", filedata=b"\x89PNG 1")
    text = f"First\n\n{upload['markdown']}\n\nSecond"
    linked.issue.manager.update(linked.issue.iid, {"description": text})
    linked.rest()
    (attachment,) = linked.b24.state.parts.attached(linked.task.id)
    entry = linked.b24.state.parts.drive[attachment.object_id]
    assert (entry.name, entry.content) == ("shot.png", b"\x89PNG 1")
    assert shown(linked.task.description) == (
        f"First\n\n[DISK FILE ID=n{attachment.object_id}]\n\nSecond"
    )
    assert linked.cycle(3).writes == 0
    linked.b24.state.user_edits_task(
        BOB, linked.task.id, description=linked.task.description.replace("Second", "2nd")
    )
    linked.rest()
    assert linked.issue.description.startswith(f"First\n\n{upload['markdown']}\n\n2nd")


def test_a_picture_in_a_message_stands_in_its_place_in_the_note(linked):
    linked.b24.state.user_comments(BOB, linked.task.id, "Look:", files={"till.png": b"\x89PNG 2"})
    linked.rest()
    (note,) = [
        text for text in linked.tracker.texts(linked.addresses()[TRACKER]) if "till.png" in text
    ]
    assert "Look:" in note
    assert "![till.png](/uploads/" in note
    assert linked.cycle(3).writes == 0


def test_a_task_that_is_deleted_ends_the_link_and_leaves_a_word(linked):
    linked.portal.delete(linked.addresses()[PORTAL])
    linked.cycle()
    waiting = linked.links.state().waiting
    assert list(waiting) == [PORTAL]
    assert linked.issue.state == "opened"
