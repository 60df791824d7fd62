"""Writes carried out by the portal: in one batch with their reading back, kept apart by key."""

from __future__ import annotations

import pytest

from sync.bitrix24.issue_sync.creation import NO_AUTHOR, NO_KEY
from sync.bitrix24.tasks.transitions import AWAITS_CONTROL
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    PARENT,
    PRIORITY,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Author,
    ItemAddress,
)
from sync.core.issue_sync.writes import (
    CreateItem,
    Done,
    NotDone,
    SetChange,
    UpdateItem,
)
from sync.errors import Refused
from tests.bitrix24.issue_sync.conftest import ANNA, BORIS, OURS

TASK = ItemAddress("31", "3", "31")
SOMEBODY = Author("", "Carl in GitLab")


def no_bytes(file):
    raise AssertionError(f"nobody should ask for {file}")


def applied(site, *writes, fetch=no_bytes):
    return list(site.tasks.apply(writes, fetch))


def done(site, write, fetch=no_bytes):
    (outcome,) = applied(site, write, fetch=fetch)
    assert isinstance(outcome, Done), outcome
    return outcome


@pytest.fixture
def task(site):
    made = site.b24.state.create_task("Fix", id=31, group_id=3, created_by=ANNA, auditors=[OURS])
    site.item(31)
    site.counted()
    return made


def update(changes, before=None, key="u1"):
    return UpdateItem(key, TASK, changes, before or {})


# --- creation


def test_an_item_is_created_in_one_request_and_carries_its_key(site):
    state = site.b24.state
    state.create_task("Epic", id=30)
    column = state.stages_of(3)[1].id
    values = {
        TITLE: "  Fix it ",
        DESCRIPTION: "[B]x[/B]",
        LEAD: str(BORIS),
        ASSIGNEES: frozenset({str(ANNA)}),
        PRIORITY: "2",
        STATUS: "3",
        STAGE: str(column),
        DEADLINE: "2026-05-31T19:00:00",
        TAGS: frozenset({"ui", "api"}),
        ESTIMATE: 3600,
        PARENT: "30",
        CHECKLIST: "- [ ] Build\n- [x] Ship",
    }
    site.with_options(checklist=True)
    outcome = done(site, CreateItem("link-7", "3", values))
    assert outcome.item.values == {**values, TITLE: "Fix it"}
    assert (outcome.item.key, outcome.item.address.project) == ("link-7", "3")
    assert (outcome.dropped, site.counted()) == ({}, 2)  # the first asks for keys of ours
    assert state.tasks[int(outcome.item.address.id)].xml_id == "b24bridge:link-7"
    assert site.item(int(outcome.item.address.id)).values == outcome.item.values


def test_many_items_share_their_requests(site):
    writes = [CreateItem(f"k{n}", "3", {TITLE: f"Fix {n}"}) for n in range(100)]
    outcomes = applied(site, *writes)
    assert [outcome.item.key for outcome in outcomes] == [f"k{n}" for n in range(100)]
    assert [outcome.item.values[TITLE] for outcome in outcomes] == [f"Fix {n}" for n in range(100)]
    assert site.counted() == 1 + 3  # keys of ours; then forty-nine a batch, and one list


@pytest.mark.parametrize(
    ("status", "stored"), [("2", 2), ("3", 3), ("4", 4), ("5", 5), ("6", 6), (None, 2)]
)
def test_a_new_task_has_the_status_that_was_asked_for(site, status, stored):
    values = {TITLE: "Fix"} | ({STATUS: status} if status else {})
    outcome = done(site, CreateItem("k", "3", values))
    assert (outcome.item.values[STATUS], outcome.dropped) == (str(stored), {})


def test_a_task_is_created_in_its_authors_name_and_we_observe_it(site):
    write = CreateItem("k", "3", {TITLE: "Fix", LEAD: str(BORIS)}, author=Author(str(ANNA)))
    task = site.b24.state.tasks[int(done(site, write).item.address.id)]
    assert (task.created_by, task.responsible_id, task.auditors) == (ANNA, BORIS, [OURS])


def test_where_nobody_else_may_be_named_the_task_is_ours_and_it_is_said(site):
    write = CreateItem("k", "3", {TITLE: "Fix"}, author=Author("4711", "Gone"))
    outcome = done(site, write)
    assert outcome.dropped == {"author": NO_AUTHOR}
    assert outcome.item.author.id == str(OURS)
    assert site.b24.writes["tasks.task.add"] == 1


def test_a_portal_without_xml_id_says_that_the_key_is_not_kept(site):
    site.b24.state.quirks.xml_id_kept = False
    assert done(site, CreateItem("k", "3", {TITLE: "Fix"})).dropped == {"key": NO_KEY}


def test_a_new_task_needs_a_title_and_one_refusal_is_no_other(site):
    outcomes = applied(
        site, CreateItem("a", "3", {TITLE: " "}), CreateItem("b", "3", {TITLE: "Fix"})
    )
    assert isinstance(outcomes[0], NotDone)
    assert isinstance(outcomes[0].error, Refused)
    assert isinstance(outcomes[1], Done)


# --- fields


CHANGES = {
    TITLE: ("Fix", "Fix it"),
    DESCRIPTION: ("", "[B]x[/B] $result[a]"),
    LEAD: (str(OURS), str(BORIS)),
    PRIORITY: ("1", "2"),
    DEADLINE: (None, "2026-05-31T19:00:00"),
    ESTIMATE: (None, 5400),
    CUSTOM + "UF_SPRINT": (None, "May"),
    STATUS: ("2", "3"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_is_changed_and_emptied_again(site, task, name):
    site.b24.state.add_user_field("UF_SPRINT", "string")
    site.with_options(custom_fields=("UF_SPRINT",))
    site.item(31)
    site.counted()
    before, after = CHANGES[name]
    outcome = done(site, update({name: after}, {name: before}))
    assert outcome.dropped == {}
    assert site.counted() == 1
    stored = site.item(31).values[name]
    assert outcome.item.values[name] == stored
    assert str(stored).replace("\u2060", "") == str(after)
    back = done(site, update({name: before}, {name: after}))
    assert (back.item.values[name], back.dropped) == (before, {})


def test_elements_of_sets_come_and_go_and_the_rest_stays(site, task):
    task.tags, task.accomplices = ["ui", "api"], [ANNA]
    changes = {
        TAGS: SetChange(frozenset({"db"}), frozenset({"api"})),
        ASSIGNEES: SetChange(frozenset({str(BORIS)}), frozenset({str(ANNA)})),
    }
    outcome = done(site, update(changes))
    assert outcome.item.values[TAGS] == frozenset({"ui", "db"})
    assert outcome.item.values[ASSIGNEES] == frozenset({str(BORIS)})
    emptied = SetChange(frozenset(), frozenset({"ui", "db"}))
    before = {TAGS: frozenset({"ui", "db"})}
    site.counted()
    assert done(site, update({TAGS: emptied}, before)).item.values[TAGS] == frozenset()
    assert site.counted() == 1


STATUSES = [(a, b) for a in "23456" for b in "23456" if a != b]


@pytest.mark.parametrize(("start", "target"), STATUSES)
def test_every_status_is_reached_from_every_other(site, task, start, target):
    task.status = int(start)
    outcome = done(site, update({STATUS: target}, {STATUS: start}))
    assert (outcome.item.values[STATUS], outcome.dropped) == (target, {})


def test_a_status_that_somebody_changed_meanwhile_is_reached_all_the_same(site, task):
    task.status = 5
    outcome = done(site, update({STATUS: "3"}, {STATUS: "2"}))
    assert (outcome.item.values[STATUS], outcome.dropped) == ("3", {})


def test_completion_under_control_stays_with_the_creator_and_is_said(site, task):
    task.task_control, task.status = True, 3
    outcome = done(site, update({STATUS: "5"}, {STATUS: "3"}))
    assert (outcome.item.values[STATUS], site.counted()) == ("4", 1)
    assert outcome.dropped == {STATUS: AWAITS_CONTROL}


def test_a_column_and_a_status_are_written_together(site, task):
    column = str(site.b24.state.stages_of(3)[2].id)
    changes = {STATUS: "5", STAGE: column, TITLE: "Done"}
    outcome = done(site, update(changes, {STATUS: "2", STAGE: None, TITLE: "Fix"}))
    assert {name: outcome.item.values[name] for name in changes} == changes
    assert site.counted() == 1


def test_a_column_of_another_workgroup_is_refused_and_the_rest_is_stored(site, task):
    site.b24.state.add_group("Other", id=4)
    foreign = str(site.b24.state.stages_of(4)[0].id)
    outcome = done(site, update({STAGE: foreign, TITLE: "New"}, {STAGE: None, TITLE: "Fix"}))
    assert outcome.item.values[TITLE] == "New"
    assert list(outcome.dropped) == [STAGE]
    assert "task.stages.movetask" in outcome.dropped[STAGE]


def test_an_old_task_gets_its_description_in_bbcode(site, task):
    task.description, task.in_bbcode = "<b>x</b>", False
    outcome = done(site, update({DESCRIPTION: "[I]y[/I]"}, {DESCRIPTION: "[b]x[/b]"}))
    assert (outcome.item.values[DESCRIPTION], task.in_bbcode) == ("[I]y[/I]", True)


def test_what_a_portal_trims_is_what_it_stored_and_no_loss(site, task):
    outcome = done(site, update({TITLE: "  New  "}, {TITLE: "Fix"}))
    assert (outcome.item.values[TITLE], outcome.dropped) == ("New", {})


def test_a_checklist_is_made_to_say_what_was_asked_and_its_items_stay(site, task):
    parts = site.b24.state.parts
    steps = parts.add_item(31, "BX_CHECKLIST_1", 1, parent_id=0)
    build = parts.add_item(31, "Build", 1, parent_id=steps.id)
    parts.add_item(31, "Old", 1, parent_id=steps.id)
    site.with_options(checklist=True)
    wanted = "- [x] Build\n  - [ ] Compile\n- [ ] Ship\n## More\n- [ ] Rest"
    outcome = done(site, update({CHECKLIST: wanted}, {CHECKLIST: "- [ ] Build\n- [ ] Old"}))
    assert (outcome.item.values[CHECKLIST], outcome.dropped) == (wanted, {})
    assert parts.items[build.id].complete
    assert done(site, update({CHECKLIST: None})).item.values[CHECKLIST] is None


def test_a_task_that_is_gone_or_hidden_is_refused_alone(site, task):
    gone = UpdateItem("u", ItemAddress("99"), {TITLE: "x"}, {TITLE: "y"})
    outcomes = applied(site, gone, update({TITLE: "x"}, {TITLE: "Fix"}))
    assert isinstance(outcomes[0], NotDone)
    assert isinstance(outcomes[0].error, Refused)
    assert isinstance(outcomes[1], Done)
