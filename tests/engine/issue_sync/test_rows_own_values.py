"""Values of the rows at their edges: cleared, cut, of every type, tied to other items."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.emulators.gitlab.issues.records import CustomField
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_rows_both_ways import _mutate
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _project
from tests.engine.world import HOST

__all__ = ["users"]


def _stored(made: Users) -> Any:
    """Return the emulator's own record of the task's issue."""
    return made.world.shop.issues[1]


@pytest.mark.deep
def test_a_title_of_256_characters_waits_alone_until_it_is_shorter(users: Make) -> None:
    made = _begun(users())
    long = "Ж" * 250 + " words"
    made.task.title = long  # of a portal that keeps more than 255
    _edit(made.life, description="Changed")
    made.rest()
    assert (made.issue.title, made.issue.description[:7]) == ("Task 2103", "Changed")
    assert "256 of 255 characters" in _said_in_both(made)
    _change(made.life, description="By Bob")
    made.rest()
    assert (made.task.title, made.task.description) == (long, "By Bob")
    _edit(made.life, title=long[:255])
    made.rest()
    assert (made.issue.title, made.life.link().problems) == (long[:255], {})


@pytest.mark.deep
def test_a_deadline_and_an_estimate_are_taken_away_on_either_side(users: Make) -> None:
    day = datetime(2027, 2, 28, 21, 30, tzinfo=UTC)
    made = _begun(users(deadline=day, time_estimate=9_000))
    assert (made.issue.due_date, made.issue.time_stats()["time_estimate"]) == ("2027-02-28", 9_000)
    _edit(made.life, deadline=None, time_estimate=0)
    made.rest()
    assert (made.issue.due_date, made.issue.time_stats()["time_estimate"]) == (None, 0)
    _change(made.life, due_date="2028-02-29")
    made.issue.time_estimate("1w 2d 3h 4m")
    made.rest()
    assert made.task.deadline.date() == date(2028, 2, 29)
    assert made.task.time_estimate == ((7 * 8 + 3) * 60 + 4) * 60
    _change(made.life, due_date="")
    made.issue.reset_time_estimate()
    made.rest()
    assert (made.task.deadline, made.task.time_estimate) == (None, 0)
    assert made.life.link().problems == {}


def test_a_tag_with_a_comma_stays_and_is_named_and_the_others_cross(users: Make) -> None:
    made = _begun(users(tags=["ui, api", "ops"]))
    assert made.issue.labels == ["ops"]
    assert "ui, api" in str(made.life.link().problems["tags"])
    _change(made.life, add_labels="one", remove_labels="ops")
    made.rest()
    assert set(made.task.tags) == {"ui, api", "one"}
    _edit(made.life, tags=["one", "ui"])
    made.rest()
    assert set(made.issue.labels) == {"one", "ui"}
    assert made.life.link().problems == {}


def test_a_scope_is_kept_to_one_label_on_either_side(users: Make) -> None:
    made = _begun(users(tags=["team::red"]))
    _change(made.life, add_labels="team::blue")  # the licence takes the other one off
    made.rest()
    assert made.task.tags == ["team::blue"]
    _edit(made.life, tags=["team::green", "ui"])
    made.rest()
    assert set(made.issue.labels) == {"team::green", "ui"}


FIELDS = {
    "UF_TEXT": ("string", "a <b> & ё", "TEXT"),
    "UF_WHOLE": ("double", "42", "NUMBER"),
    "UF_PART": ("double", "2.5", "NUMBER"),
    "UF_DAY": ("string", "2027-01-31", "DATE"),
}


def test_fields_of_every_type_cross_both_ways(users: Make) -> None:
    made = users(uf=dict.fromkeys(FIELDS, ""))
    for number, (name, (kind, _, field)) in enumerate(FIELDS.items(), 1):
        made.portal.add_user_field(name, kind)
        made.gitlab.planned.fields.setdefault("acme", []).append(
            CustomField(number, name[3:], field)
        )
    pairs = ", ".join(f"{name}: {{field: {name[3:]}}}" for name in FIELDS)
    _begun(made, f"create: [issues], custom: {{{pairs}}}")
    _edit(made.life, uf={name: value for name, (_, value, _) in FIELDS.items()})
    made.rest()
    custom = {number: str(value) for number, value in _stored(made).custom.items()}
    assert custom == {1: "a <b> & ё", 2: "42.0", 3: "2.5", 4: "2027-01-31"}, _said_in_both(made)
    head = 'customFieldId: "gid://gitlab/Issuables::CustomField/'
    values = ('textValue: "b"', "numberValue: 7", "numberValue: 0.25", 'dateValue: "2028-02-29"')
    sent = ", ".join(f'{{{head}{n}", {value}}}' for n, value in enumerate(values, 1))
    _mutate(made, f"customFieldsWidget: [{sent}]")
    made.rest()
    shown = [str(made.task.uf[name]) for name in FIELDS]
    assert shown == ["b", "7.0", "0.25", "2028-02-29"]
    _edit(made.life, uf=dict.fromkeys(FIELDS, ""))
    made.rest()
    assert not any(_stored(made).custom.values()), _stored(made).custom
    before = made.life.written()
    _later(made.life)
    assert made.life.written() == before


@pytest.mark.deep
def test_parents_and_links_cross_both_ways(users: Make) -> None:
    made, titles = users(), ("Parent", "Before")
    made.portal.create_task("Parent", id=31, created_by=RITA, responsible_id=RITA, group_id=3)
    made.portal.create_task("Before", id=32, created_by=RITA, responsible_id=RITA, group_id=3)
    _begun(made, "create: [issues], fields: {parent: both, links: both}, child_type: task")
    made.portal.create_task(
        "Child", id=33, created_by=RITA, responsible_id=RITA, group_id=3, parent_id=31
    )
    made.rest(11)
    issues = {issue.title: issue for issue in made.world.shop.issues.values()}
    parent, before = (issues[title] for title in titles)
    assert issues["Child"].parent_id == parent.id, _said_in_both(made)
    answer = made.world.session().post(
        f"{HOST}/api/graphql",
        json={
            "query": f'mutation {{ workItemUpdate(input: {{id: "gid://gitlab/WorkItem/'
            f'{issues["Child"].id}", hierarchyWidget: {{parentId: "gid://gitlab/WorkItem/'
            f'{before.id}"}}}}) {{ errors }} }}'
        },
        headers={"PRIVATE-TOKEN": made.life.bobs_token},
    )
    assert answer.json()["data"]["workItemUpdate"]["errors"] == [], answer.text
    made.rest(11)
    assert made.portal.tasks[33].parent_id == 32
    target = {"target_project_id": made.world.shop.id, "target_issue_iid": parent.iid}
    _project(made.life).issues.get(issues["Task 2103"].iid).links.create(
        {**target, "link_type": "is_blocked_by"}
    )
    made.rest(11)
    links, waits = made.portal.parts.links, made.portal.parts.previous
    assert (31, 2103) in links or 31 in waits.get(2103, ()), (links, waits)


@pytest.mark.parametrize("child_first", [True, False])
def test_a_child_that_is_imported_with_its_parent_is_a_task(users: Make, child_first: bool) -> None:
    made = users()
    del made.portal.tasks[2103]
    parent, child, below = (30, 20, 10) if child_first else (10, 20, 30)
    people = {"created_by": RITA, "responsible_id": RITA, "group_id": 3}
    for number, title in sorted(((parent, "Parent"), (child, "Child"), (below, "Below"))):
        above = {"Child": parent, "Below": child}.get(title, 0)
        made.portal.create_task(title, id=number, parent_id=above, **people)
    _begun(made, "create: [issues], fields: {parent: both}, child_type: task")
    made.rest(11)
    issues = {issue.title: issue for issue in made.world.shop.issues.values()}
    kinds = {title: issue.kind for title, issue in issues.items()}
    assert kinds == {"Parent": "Issue", "Child": "Task", "Below": "Task"}
    assert issues["Child"].parent_id == issues["Parent"].id
    assert issues["Below"].parent_id is None  # no Task is the parent of another
    assert [made.portal.tasks[number].parent_id for number in (child, below)] == [parent, child]
    assert "Only an item of the type Task can have an issue as its parent" in _said_in_both(made)
