"""A task and a YouTrack issue through the real rooms, over both emulators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from b24app.texts import translate
from sync.bitrix24.tasks.fields import STATUS_CODES
from sync.core.clock import ManualClock
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import ProjectPair, StatusMatch
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.issue_sync.rules import Direction, LinkRules
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.link_rules import PairWorld, build_rules, status_lines
from sync.engine.issue_sync.link_texts import LinkTexts, People
from sync.engine.issue_sync.trackers import TRACKERS
from sync.text.sides import TASK, tracker
from tests.contract import bitrix24_room, youtrack_room
from tests.contract.bitrix24_room import ANN, BOB, BitrixRoom
from tests.contract.youtrack_room import YouTrackRoom
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.youtrack.records import App, Issue
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.engine.issue_sync.test_two_rooms import MemoryLinks, Pair, shown

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
STATUSES = (
    StatusMatch("Open", TaskStatus.WAITING),
    StatusMatch("Submitted", TaskStatus.WAITING),
    StatusMatch("In Progress", TaskStatus.IN_PROGRESS),
    StatusMatch("To Verify", TaskStatus.AWAITING_CONTROL),
    StatusMatch("Fixed", TaskStatus.COMPLETED),
    StatusMatch("Done", TaskStatus.COMPLETED),
    StatusMatch("Duplicate", TaskStatus.COMPLETED),
    StatusMatch("Won't fix", TaskStatus.COMPLETED),
)


class YouTrackPair(Pair):
    """A workgroup and a project of YouTrack, with their people, and one link between them."""

    key = "y1"

    def __init__(self, b24: BitrixEmulator, youtrack: YouTrackEmulator, clock: ManualClock) -> None:
        self.clock, self.b24, self.youtrack = clock, b24, youtrack
        self.portal = BitrixRoom(b24, clock)
        self.tracker = YouTrackRoom(youtrack, clock, youtrack_room.FIELDS, "UTC")
        self.sides = {TRACKER: self.tracker.client, PORTAL: self.portal.client}
        projects = {TRACKER: self.tracker.project, PORTAL: self.portal.project}
        self.capabilities = {
            side: client.capabilities(projects[side]) for side, client in self.sides.items()
        }
        self.links, self.problems = MemoryLinks(), ()
        ann, bob = self.tracker.person("ann"), self.tracker.person("bob")
        who = {ann: str(ANN), bob: str(BOB)}
        names = {ann: "Ann", bob: "Bob"}
        self.people = People(
            {TRACKER: who, PORTAL: {portal: person for person, portal in who.items()}},
            {TRACKER: names, PORTAL: {str(ANN): "Ann", str(BOB): "Bob"}},
            {ann: "ann", bob: "bob"},
        )
        self.pair = ProjectPair(
            bitrix24_room.GROUP,
            self.tracker.project,
            creates=frozenset(SideName),
            statuses=STATUSES,
        )

    def world(self, statuses: tuple[StatusMatch, ...]) -> PairWorld:
        codes = {status: str(code) for status, code in STATUS_CODES.items()}
        pair = replace(self.pair, statuses=statuses)
        return PairWorld(pair, self.capabilities, codes, lambda to, other: None)

    def rules(self, link: LinkState) -> LinkRules:
        world = self.world(self.pair.statuses)
        kind = TRACKERS["youtrack"]
        dialects = {TRACKER: tracker(kind.dialect), PORTAL: TASK}
        own = frozenset(self.people.counterparts[PORTAL]) if kind.writes_for_all else frozenset()
        texts = LinkTexts(dialects, self.people, link, kind.name, own_accounts=own)
        rules, self.problems = build_rules(world, texts)
        return rules

    @property
    def issue(self) -> Issue:
        return self.tracker._issue(self.links.state().addresses[TRACKER])


@pytest.fixture
def pair() -> Iterator[YouTrackPair]:
    clock = ManualClock(bitrix24_room.START)
    with ExitStack() as stack:
        b24 = stack.enter_context(BitrixEmulator(clock, scopes=bitrix24_room.SCOPES))
        b24.state.limits.on = False
        yield YouTrackPair(b24, stack.enter_context(YouTrackEmulator(clock)), clock)


@pytest.fixture
def linked(pair: YouTrackPair) -> YouTrackPair:
    task = pair.b24.state.create_task(
        "Fix", description="First\n\nSecond", group_id=10, created_by=BOB, responsible_id=BOB
    )
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
    return pair


def set_state(pair: YouTrackPair, name: str) -> None:
    """Let Bob move the issue on his board."""
    field = pair.issue.project.field_named("State")
    value = next(value for value in field.bundle.values if value.name == name)
    bob = pair.youtrack.state.user("bob")
    pair.youtrack.state.set_value(pair.issue, bob, field, value)


def test_a_task_becomes_an_issue_and_rests(pair: YouTrackPair) -> None:
    task = pair.b24.state.create_task(
        "Fix the till", description="[B]Bold[/B] words\n[LIST]\n[*]one\n[*]two\n[/LIST]",
        group_id=10, created_by=BOB, responsible_id=ANN, tags=["ui"],
        priority=2, status=3, time_estimate=5400,
    )  # fmt: skip
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
    issue = pair.issue
    visible = (issue.description or "").partition("\n\n[//]: #")[0]  # behind it stands our key
    assert (issue.summary, visible) == ("Fix the till", "**Bold** words\n\n- one\n- two")
    assert issue.values["Assignee"].login == "ann"
    assert issue.values["State"].name == "In Progress"
    assert issue.values["Estimation"].minutes == 90
    assert [tag.name for tag in issue.tags] == ["ui"]
    assert pair.links.conflicts == []
    assert pair.cycle(3).writes == 0


def test_an_issue_becomes_a_task_and_rests(pair: YouTrackPair) -> None:
    """A single line end is a break in YouTrack."""
    pair.begin(TRACKER, pair.tracker.create("Slow search", "See **this**\nnow\n\n1. a\n1. b"))
    assert pair.task.title == "Slow search"
    assert shown(pair.task.description) == "See [b]this[/b]\nnow\n\n[list=1]\n[*]a\n[*]b\n[/list]"
    assert pair.cycle(3).writes == 0


def test_a_status_crosses_both_ways(linked: YouTrackPair) -> None:
    linked.b24.state.user_moves_task(BOB, linked.task.id, 3)
    linked.rest()
    assert linked.issue.values["State"].name == "In Progress"
    set_state(linked, "Fixed")
    linked.rest()
    assert linked.task.status == 5
    set_state(linked, "In Progress")
    linked.rest()
    assert linked.task.status == 3
    assert linked.cycle(3).writes == 0


def test_comments_time_and_files_cross_once(linked: YouTrackPair) -> None:
    address = linked.addresses()[TRACKER]
    linked.tracker.comment(address, "Look at **this**")
    linked.tracker.log(address, 3600, date(2026, 2, 27), "Bob's hour")
    linked.tracker.attach(address, "plan.txt", b"plan")
    linked.b24.state.user_comments(BOB, linked.task.id, "Seen")
    linked.b24.state.log_time(
        linked.task, ANN, 1800, "Half an hour", datetime(2026, 2, 27, 8, tzinfo=UTC)
    )
    linked.rest()
    task_id = linked.task.id
    texts = [each.text for each in linked.b24.state.discussion(task_id)]
    assert [text for text in texts if "[b]this[/b]" in text.lower()] != []
    assert len([text for text in linked.tracker.texts(address) if "Seen" in text]) == 1
    assert linked.tracker.seconds(address) == 5400
    rows = [each for each in linked.b24.state.elapsed.values() if each.task_id == task_id]
    assert sum(each.seconds for each in rows) == 5400
    booked = {item.author.login: item.creator.login for item in linked.issue.work_items}
    assert booked == {"bob": "bob", "ann": "bridge"}
    assert linked.cycle(3).writes == 0


def test_edits_on_both_sides_cross_and_each_stands(linked: YouTrackPair) -> None:
    linked.b24.state.user_edits_task(BOB, linked.task.id, title="Fix the till", tags=["ui"])
    address = linked.addresses()[TRACKER]
    linked.tracker.add_to_set(address, "tags", "api")
    field = linked.issue.project.field_named("Due Date")
    bob = linked.youtrack.state.user("bob")
    noon = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
    linked.youtrack.state.set_value(linked.issue, bob, field, noon)
    linked.rest()
    assert linked.issue.summary == "Fix the till"
    assert {tag.name for tag in linked.issue.tags} == {"ui", "api"}
    assert set(linked.task.tags) == {"ui", "api"}
    assert linked.task.deadline.date() == date(2026, 6, 1)
    assert linked.links.conflicts == []
    assert linked.cycle(3).writes == 0


def test_an_issue_that_moves_to_another_project_stays_linked(linked: YouTrackPair) -> None:
    linked.tracker.move(linked.addresses()[TRACKER])
    linked.tracker.set_title(linked.addresses()[TRACKER], "Moved")
    linked.rest()
    assert linked.issue.readable == "OTHER-1"
    assert linked.cycle(3).writes == 0


def install_app(pair: YouTrackPair) -> None:
    values = {"ACCOUNT": "bridge", "VERSION": "1.0.0"}
    shop = pair.youtrack.state.project("SHOP")
    pair.youtrack.state.apps.append(App("130-1", "b24bridge", "1.0.0", values, {shop.id}))


def test_with_our_app_people_write_under_their_own_names(pair: YouTrackPair) -> None:
    install_app(pair)
    task = pair.b24.state.create_task("Till", group_id=10, created_by=BOB, responsible_id=ANN)
    address = ItemAddress(str(task.id), "10", str(task.id))
    pair.begin(PORTAL, address)
    pair.portal.comment(address, "It rattles")
    pair.cycle(2)
    issue = pair.issue
    assert issue.reporter.login == "bob"
    (comment,) = issue.comments
    assert comment.author.login == "bob"
    assert comment.text.startswith("It rattles")
    pair.tracker.comment(pair.links.state().addresses[TRACKER], "Mended")
    pair.cycle(2)
    texts = pair.portal.texts(address)
    assert [("rattles" in text, "Mended" in text) for text in texts] == [
        (True, False), (False, True)
    ]  # fmt: skip
    assert (len(issue.comments), pair.cycle(2).writes) == (2, 0)


def test_a_task_is_created_by_who_wrote_the_issue(pair: YouTrackPair) -> None:
    """An id of YouTrack, or of GitLab, is nobody's on the portal."""
    pair.begin(TRACKER, pair.tracker.create("Slow search"))
    task = pair.b24.state.tasks[int(pair.links.state().addresses[PORTAL].id)]
    assert task.created_by == BOB


def test_a_state_that_tasks_lack_is_explained_once(linked: YouTrackPair) -> None:
    """A duplicate closes the task, and its comment says why; a second look says nothing more."""
    task_id = linked.links.state().addresses[PORTAL]
    set_state(linked, "Duplicate")
    linked.cycle(3)
    assert linked.b24.state.tasks[int(task_id.id)].status == 5
    (note,) = linked.portal.texts(task_id)
    assert "“Duplicate” in YouTrack" in note
    assert "“Completed”" in note
    assert (linked.cycle(3).writes, linked.issue.comments) == (0, [])
    set_state(linked, "Fixed")
    linked.cycle(3)
    assert len(linked.portal.texts(task_id)) == 1


def test_a_duplicate_puts_the_task_on_hold_where_the_table_says_so(linked: YouTrackPair) -> None:
    hold = StatusMatch("Duplicate", TaskStatus.DEFERRED, direction=Direction.TO_PORTAL)
    kept = tuple(row for row in STATUSES if row.tracker != "Duplicate")
    linked.pair = replace(linked.pair, statuses=(*kept, hold))
    address = linked.links.state().addresses[PORTAL]
    set_state(linked, "Duplicate")
    linked.cycle(3)
    assert linked.task.status == 6
    (note,) = linked.portal.texts(address)
    assert "“Duplicate” in YouTrack" in note
    set_state(linked, "Open")
    linked.cycle(3)
    linked.b24.state.user_moves_task(BOB, linked.task.id, 6)
    linked.cycle(3)
    assert linked.issue.values["State"].name == "Open"  # no held task is a duplicate by itself


def test_the_board_moves_the_kanban_and_back(linked: YouTrackPair) -> None:
    linked.pair = replace(linked.pair, statuses=())
    columns = {stage.title: stage.id for stage in linked.b24.state.stages_of(bitrix24_room.GROUP)}
    set_state(linked, "In Progress")
    linked.rest()
    assert linked.task.stage_id == columns["In progress"]
    linked.b24.state.user_places_task(BOB, linked.task.id, columns["Done"])
    linked.b24.state.user_moves_task(BOB, linked.task.id, 5)
    linked.rest()
    assert linked.issue.values["State"].name == "Done"
    assert linked.cycle(3).writes == 0


def test_the_proposed_table_is_shown(pair: YouTrackPair) -> None:
    world = pair.world(statuses=())
    assert status_lines(world) == (
        "Submitted -> Pending",
        "Open <-> Pending",
        "In Progress <-> In progress, column In progress",
        "To Verify <-> Pending review",
        "Fixed <-> Completed",
        "Done <-> Completed, column Done",
        "Duplicate -> Completed",
        "Won't fix -> Completed",
    )


def test_priorities_that_nobody_understands_are_said(pair: YouTrackPair) -> None:
    field = pair.youtrack.state.projects[0].field_named("Priority")
    for place, value in enumerate(field.bundle.values):
        value.name = f"Tier {place}"
    pair.capabilities[TRACKER] = pair.tracker.client.capabilities(pair.tracker.project)
    pair.rules(LinkState("y1", {}))
    (problem,) = pair.problems
    assert problem.startswith("No priority of the tracker is understood"), problem
    assert translate("ru", problem).endswith(
        'или low. Есть: "Tier 0", "Tier 1", "Tier 2", "Tier 3", "Tier 4"'
    )
    pair.pair = replace(pair.pair, priorities={"Tier 0": "2", "Tier 4": "0"})
    pair.rules(LinkState("y1", {}))
    assert pair.problems == ()
