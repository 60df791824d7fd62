"""Writes without an answer: whether they landed, asked by their keys."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.core.issue_sync.model import (
    STATUS,
    TAGS,
    TITLE,
    Author,
    File,
    ItemAddress,
)
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
    SetChange,
    Unknown,
    UpdateItem,
)
from sync.errors import Denied, Later
from tests.bitrix24.issue_sync.conftest import ANNA, OURS, STRANGER, opened_site
from tests.bitrix24.issue_sync.test_writing import (
    SOMEBODY,
    TASK,
    applied,
    done,
    no_bytes,
    task,
    update,
)

__all__ = ["task"]  # fixtures


def lost(site, write, fetch=no_bytes, method=""):
    site.b24.lose_answer(method=method)
    (outcome,) = applied(site, write, fetch=fetch)
    assert isinstance(outcome, Unknown), outcome
    return outcome


def settled(site, write):
    (outcome,) = site.tasks.settle([write])
    return outcome


WRITES = {
    "create": CreateItem("k", "3", {TITLE: "Made"}),
    "update": update(
        {TITLE: "New", TAGS: SetChange(frozenset({"ui"}))}, {TITLE: "Fix", TAGS: frozenset()}
    ),
    "comment": AddComment("c", TASK, "hello", SOMEBODY),
    "time": AddTime("t", TASK, 60, date(2026, 3, 1), "x", Author(str(ANNA), "Anna")),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_a_write_whose_answer_was_lost_is_found_to_have_landed(site, task, name):
    write = WRITES[name]
    lost(site, write)
    outcome = settled(site, write)
    assert isinstance(outcome, Done)
    made = outcome.item or outcome.comment or outcome.entry
    if not isinstance(write, UpdateItem):
        assert made.key == write.key
    assert outcome.dropped == {}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_never_arrived_is_found_not_to_have_landed(site, task, name):
    outcome = settled(site, WRITES[name])
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)


def test_a_file_is_settled_by_its_folder_and_its_attachment(site, task):
    write = AddFile("f", TASK, "b.png", File("9", "b.png"), ItemAddress("77"))
    assert isinstance(settled(site, write), NotDone)
    lost(site, write, fetch=lambda file: b"12345", method="tasks.task.files.attach")
    outcome = settled(site, write)
    assert (outcome.file.name, outcome.file.key) == ("b.png", "f")


def test_edits_and_deletions_are_settled_by_what_is_there(site, task):
    made = done(site, AddComment("c", TASK, "one", SOMEBODY)).comment
    entry = done(site, AddTime("t", TASK, 60, date(2026, 3, 1), "x", SOMEBODY)).entry
    writes = [
        EditComment("e", TASK, made.id, "two"),
        DeleteComment("d", TASK, made.id),
        DeleteTime("x", TASK, entry.id),
    ]
    for write in writes:
        assert isinstance(settled(site, write), NotDone)
        lost(site, write)
        assert isinstance(settled(site, write), Done)


def test_half_an_update_says_which_half_is_missing(site, task):
    write = update({TITLE: "New", STATUS: "3"}, {TITLE: "Fix", STATUS: "2"})
    site.b24.state.user_edits_task(OURS, 31, title="New")
    outcome = settled(site, write)
    assert isinstance(outcome, Done)
    assert list(outcome.dropped) == [STATUS]


def test_after_an_answer_was_lost_nothing_more_is_written_to_that_task(site, task):
    site.item(31)
    writes = [AddComment(f"c{n}", TASK, f"m{n}", SOMEBODY) for n in range(60)]
    site.b24.lose_answer()
    outcomes = applied(site, *writes)
    unknown = [outcome for outcome in outcomes if isinstance(outcome, Unknown)]
    assert (len(unknown), len(outcomes) - len(unknown)) == (49, 11)
    assert all(isinstance(outcome, NotDone) for outcome in outcomes[49:])
    assert len(site.b24.state.discussion(31)) == 49


def test_a_portal_that_refuses_us_is_said_once_and_nothing_is_written(site, task):
    site.b24.require_payment()
    outcomes = applied(site, *[update({TITLE: "x"}, {TITLE: "Fix"}) for _ in range(60)])
    assert all(isinstance(outcome.error, Denied) for outcome in outcomes)
    with pytest.raises(Denied):
        site.read(31)
    assert task.title == "Fix"


def test_a_portal_that_is_away_is_later_and_nothing_is_written(site, task):
    site.b24.offline()
    (outcome,) = applied(site, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcome, NotDone)
    assert isinstance(outcome.error, Later)


def test_an_employee_without_rights_is_refused_and_the_task_stays(task_of_others):
    site = task_of_others
    (outcome,) = applied(site, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcome, NotDone)
    assert site.b24.state.tasks[31].title == "Fix"


@pytest.fixture
def task_of_others():
    site = opened_site(user_id=STRANGER)
    site.b24.state.create_task("Fix", id=31, created_by=ANNA, auditors=[STRANGER])
    yield site
    site.b24.stop()


def test_values_read_back_are_those_that_a_later_reading_shows(site, task):
    moment = datetime(2026, 5, 31, 17, tzinfo=UTC)
    task.deadline = moment
    outcome = done(site, update({TITLE: " New "}, {TITLE: "Fix"}))
    assert outcome.item.values == site.item(31).values


def test_many_writes_without_an_answer_are_looked_for_together(site):
    """A process that was killed has up to fifty links' writes to look for."""
    numbers = range(31, 71)
    for number in numbers:
        site.b24.state.create_task("Fix", id=number, group_id=3, created_by=ANNA, auditors=[OURS])
    tasks = [ItemAddress(str(number), "3", str(number)) for number in numbers]
    texts = [
        AddComment(f"{task.id}/c{place}", task, f"Text {place}", SOMEBODY)
        for task in tasks
        for place in range(4)
    ]
    time = [AddTime(f"{task.id}/t", task, 60, date(2026, 3, 1), "Work", SOMEBODY) for task in tasks]
    new = [CreateItem(f"{number}/create", "3", {TITLE: f"New {number}"}) for number in range(20)]
    writes = [*texts, *time, *new]
    answered = applied(site, *writes[1::2])
    site.with_options()
    site.counted()
    settled = site.tasks.settle(writes)
    assert site.counted() <= 6
    assert all(isinstance(outcome, NotDone) for outcome in settled[::2])
    for sent, outcome in zip(answered, settled[1::2], strict=True):
        assert isinstance(sent, Done)
        assert isinstance(outcome, Done)
        assert (outcome.comment, outcome.entry) == (sent.comment, sent.entry)
        assert getattr(outcome.item, "address", None) == getattr(sent.item, "address", None)
