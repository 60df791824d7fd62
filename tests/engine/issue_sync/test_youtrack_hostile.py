"""What a project of YouTrack may refuse, hide or take back, through the real rooms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.depth import is_quick
from tests.emulators.youtrack.records import WorkType
from tests.emulators.youtrack.server import Reply
from tests.engine.issue_sync.test_youtrack_rows import (
    MIDNIGHT,
    begin,
    files,
    hours,
    messages,
    name_of,
    set_field,
    work,
)
from tests.engine.youtrack_world import RITA, YouTrackLife


@pytest.fixture
def life(database_url: str) -> Iterator[YouTrackLife]:
    life = begin(database_url, "create: [issues]")
    life.import_all()
    life.rest()
    yield life
    life.world.close()


def later(life: YouTrackLife) -> None:
    if is_quick():
        life.rest(27 * 60)
        return
    for _ in range(3):
        life.rest(9 * 60)


def test_a_project_without_time_tracking_says_so_and_takes_it_when_it_is_on(
    life: YouTrackLife,
) -> None:
    life.project.time_tracking = False
    life.world.b24.state.user_logs_time(RITA, 2103, 1800, "Dug")
    life.edit_task(title="Meanwhile")
    life.rest(11)
    assert (life.issue.summary, work(life)) == ("Meanwhile", [])
    assert "ime tracking" in life.said(), life.said()
    life.project.time_tracking = True
    later(life)
    assert [(login, minutes, text[:3]) for login, minutes, text in work(life)] == [
        ("rita", 30, "Dug")
    ]


def test_a_comment_that_is_deleted_and_restored(life: YouTrackLife) -> None:
    comment = life.state.add_comment(life.issue, life.boris, "Seen it")
    life.rest()
    assert sum("Seen it" in text for text in messages(life)) == 1
    comment.deleted = True
    life.state.record(life.issue, life.boris, "CommentsCategory", removed=comment)
    life.rest(11)
    held = life.world.b24.state.discussion(2103)
    assert not [m for m in held if "Seen it" in m.text and not m.deleted]
    comment.deleted = False
    life.state.record(life.issue, life.boris, "CommentsCategory", added=comment)
    life.rest(11)
    held = life.world.b24.state.discussion(2103)
    assert len([m for m in held if "Seen it" in m.text and not m.deleted]) == 1
    before = len(life.state.activities)
    later(life)
    assert len(life.state.activities) == before


def test_a_field_that_only_administrators_write_stops_no_other(life: YouTrackLife) -> None:
    life.world.bridge.admin = False
    life.project.readers.add(life.world.bridge.id)
    life.project.writers.add(life.world.bridge.id)
    life.field("Priority").private = True
    life.edit_task(priority=2, title="Meanwhile", time_estimate=3600)
    life.rest(11)
    assert life.issue.summary == "Meanwhile"
    assert life.issue.values["Estimation"].minutes == 60
    assert "permission" in life.said()
    life.field("Priority").private = False
    later(life)
    assert life.issue.values["Priority"].name == "Major"


def test_a_required_field_without_a_value_is_said_at_a_creation(database_url: str) -> None:
    life = begin(database_url, "create: [issues]")
    life.state.add_field(life.project, "Customer", "string", can_be_empty=False)
    life.import_all()
    life.rest(11)
    assert (life.state.issues, "Customer" in life.said()) == ({}, True), life.said()
    life.field("Customer").can_be_empty = True
    later(life)
    assert life.issue.summary == life.task.title
    life.world.close()


def test_files_of_one_name_and_of_no_bytes_cross_once(life: YouTrackLife) -> None:
    for content in (b"1", b"2", b""):
        life.world.b24.state.user_attaches(RITA, 2103, "a.txt", content)
    for content in (b"3", b"4"):
        life.state.attach(life.issue, life.boris, "a.txt", content)
    life.rest(11)
    later(life)
    assert sorted(file.content for file in life.issue.attachments) == [b"", b"1", b"2", b"3", b"4"]
    assert len(files(life)) == 5


@pytest.mark.deep
def test_an_estimate_of_seconds_and_of_years_comes_to_rest(life: YouTrackLife) -> None:
    for seconds in (1, 89, 10 * 365 * 86_400):
        life.edit_task(time_estimate=seconds)
        life.rest(11)
    before = len(life.state.activities)
    later(life)
    assert len(life.state.activities) == before
    assert abs(life.issue.values["Estimation"].minutes * 60 - life.task.time_estimate) < 60
    assert hours(life) == []
    set_field(life, "Estimation", None)
    life.rest(11)
    assert not life.task.time_estimate


def test_a_state_that_stops_on_its_way_goes_on_later(database_url: str) -> None:
    """What our events have led to is nobody's edit: the task keeps its status."""
    transitions = (
        "transitions: [{start: Submitted, event: open, end: Open}, "
        "{start: Open, event: begin, end: In Progress}, "
        "{start: In Progress, event: check, end: Fixed}]"
    )
    life = begin(database_url, f"create: [issues], {transitions}")
    machine = {"Submitted": {"open": "Open"}, "Open": {"begin": "In Progress"}, "In Progress": {}}
    life.field("State").machine = machine
    life.import_all()
    life.rest()
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert (name_of(life.issue.values["State"]), life.task.status) == ("In Progress", 5)
    assert "No event is known" in life.said()
    machine["In Progress"]["check"] = "Fixed"
    later(life)
    assert (name_of(life.issue.values["State"]), life.task.status) == ("Fixed", 5)
    life.world.close()


def test_a_type_of_work_is_shown_edited_and_given(database_url: str) -> None:
    life = begin(database_url, "create: [issues], work_type: development")
    kinds = life.project.work_types
    kinds += [WorkType("7-1", "Development"), WorkType("7-2", "Testing")]
    life.import_all()
    life.rest()
    item = life.state.log_work(life.issue, life.boris, life.boris, 60, MIDNIGHT, "Filled")
    item.type = kinds[1]
    life.rest(11)
    assert [text.startswith("Testing: Filled") for _, _, text in hours(life)] == [True]
    item.type, item.updated = kinds[0], life.state.now()
    life.state.record(item, life.boris, "WorkItemTypeCategory")
    life.world.b24.state.user_logs_time(RITA, 2103, 1800, "Dug")
    life.rest(11)
    assert [text.startswith("Development: Filled") for _, _, text in hours(life)] == [False, True]
    assert [each.type for each in life.issue.work_items] == [kinds[0], kinds[0]]
    kinds.remove(kinds[0])  # a type that is gone stops no work
    life.world.b24.state.user_logs_time(RITA, 2103, 600, "Looked")
    life.rest(5)
    assert [each.type and each.type.name for each in life.issue.work_items][2:] == [None]


@pytest.mark.parametrize(("back_to", "agreed"), [(2, ("To Verify", 4)), (5, ("Fixed", 5))])
def test_what_a_person_does_to_a_task_while_its_state_is_deferred(
    database_url: str, back_to: int, agreed: tuple[str, int]
) -> None:
    """Taken back, it was no edit, and the other side's stands; any other is weighed with it."""
    life = begin(database_url, "create: [issues]")
    every = ("Submitted", "Open", "In Progress", "To Verify", "Fixed")
    life.field("State").machine = {name: {each: each for each in every} for name in every}
    life.import_all()
    life.rest()
    answer, once = life.world.youtrack.answer, [1]

    def meanwhile(method: str, target: str, headers: Any, body: bytes) -> Reply:
        if once and b'"event"' in body:
            once.pop()
            life.world.tick(1)
            life.set_state(life.issue, "To Verify")
            life.world.tick(1)
            life.world.b24.state.user_moves_task(RITA, 2103, back_to)
            return 400, b'{"error": "bad_request"}', "application/json"
        return answer(method, target, headers, body)

    life.world.youtrack.answer = meanwhile  # type: ignore[method-assign]
    life.edit_task(title="Meanwhile")
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest(11)
    assert not once
    assert (name_of(life.issue.values["State"]), life.task.status) == agreed, life.said()
    assert life.issue.summary == "Meanwhile"
    assert ("both sides changed status" in life.said()) is (back_to == 5)
    life.world.close()
