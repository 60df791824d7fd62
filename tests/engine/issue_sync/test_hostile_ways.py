"""Labels, people, fields and licences go away in further ways: said, and it goes on."""

from __future__ import annotations

import pytest

from b24app.texts import translate
from tests.emulators.gitlab.issues.records import CustomField
from tests.engine.issue_sync.test_bad_input import _texts
from tests.engine.issue_sync.test_every_row import TABLE, Make, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_mended import _rename_label
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _notes, _project

__all__ = ["users"]


def test_a_column_that_was_deleted_leaves_the_status_of_its_row(users: Make) -> None:
    made = users()
    column = made.portal.add_stage(3, "Review", sort=250)
    _begun(made, f"create: [issues], {TABLE}")
    made.portal.user_places_task(RITA, 2103, column.id)
    made.portal.user_moves_task(RITA, 2103, 3)
    made.rest()
    del made.portal.stages[column.id]
    made.task.stage_id = made.portal.stages_of(3)[0].id
    made.rest()
    lines = made.asks("preview")
    assert "    In progress <-> In progress" in lines, lines
    assert any("the workgroup has no column 'Review'; it has: " in line for line in lines)
    for status, state in ((5, "closed"), (3, "opened")):
        made.portal.user_moves_task(RITA, 2103, status)
        made.rest()
        assert made.issue.state == state
    assert made.world.shop.issues[1].status_id.endswith("/2")


@pytest.mark.deep
def test_a_label_of_the_filter_that_is_renamed_ends_nothing(users: Make) -> None:
    made = users()
    _project(made.life).labels.create({"name": "team::a", "color": "#112233"})
    issue = _project(made.life).issues.create({"title": "One", "labels": "team::a"})
    _begun(made, "create: [tasks], only: {labels: ['team::*']}")
    _rename_label(made.life, "team::a", "gang::a")
    issue.manager.update(issue.iid, {"title": "Two"})
    _later(made.life)
    tasks = [(task.title, task.tags) for task in made.portal.tasks.values() if task.id != 2103]
    assert tasks == [("Two", ["gang::a"])]


def test_a_participant_outside_of_the_project_is_named_and_follows_later(users: Make) -> None:
    made = _begun(users())
    bob, notified = made.gitlab.user("bob"), made.world.gitlab.issues.notified
    role = made.world.shop.members.pop(bob.id)
    _edit(made.life, accomplices=[BORIS], title="Meanwhile")
    made.portal.user_comments(RITA, 2103, f"[USER={BORIS}]Boris[/USER], look")
    made.rest()
    stored = made.world.shop.issues[1]
    assert (stored.title, len(stored.assignee_ids)) == ("Meanwhile", 1)
    assert "GitLab keeps people who may read the project" in _said_in_both(made)
    assert any("look" in note.body for note in stored.notes)
    made.world.shop.members[bob.id] = role
    notified.clear()
    _later(made.life)
    assert bob.id in stored.assignee_ids
    assert made.task.accomplices == [BORIS]


def test_an_employee_who_left_and_comes_back(users: Make) -> None:
    made = _begun(users())
    _change(made.life, assignee_ids=[made.gitlab.user("cid").id], title="Two")
    made.rest()
    assert "no counterpart of a person, add one under `people`" in _said_in_both(made)
    assert (made.task.title, made.task.responsible_id) == ("Two", RITA)
    _change(made.life, assignee_ids=[made.gitlab.user("bob").id])
    made.rest()
    assert BORIS in (made.task.responsible_id, *made.task.accomplices)
    assert made.life.link().problems == {}


def test_a_field_of_the_portal_that_was_deleted_empties_nothing(users: Make) -> None:
    made = users(uf={"UF_SIZE": "XL", "UF_SPRINT": "S1"})
    for name in ("UF_SIZE", "UF_SPRINT"):
        made.portal.add_user_field(name, "string")
    made.gitlab.planned.fields["acme"] = [
        CustomField(1, "Size", "SINGLE_SELECT", {5: "S", 6: "XL"})
    ]
    for number in (1, 2):
        made.world.gitlab.keeping.create_milestone(made.world.shop, f"S{number}")
    _begun(
        made,
        "create: [issues], custom: {UF_SIZE: {field: Size}}, fields: {sprint: both}, "
        "sprint: {issue: milestone, task: UF_SPRINT}",
    )
    stored = made.world.shop.issues[1]
    assert (stored.custom, made.issue.milestone["title"]) == ({1: [6]}, "S1")
    fields = dict(made.portal.user_fields)
    made.portal.user_fields.clear()
    _edit(made.life, title="Meanwhile")
    made.rest()
    assert (stored.title, stored.custom, made.issue.milestone["title"]) == (
        "Meanwhile", {1: [6]}, "S1",
    )  # fmt: skip
    assert "The portal has no field UF_SIZE for tasks" in _said_in_both(made)
    made.portal.user_fields.update(fields)
    made.portal.user_edits_task(RITA, 2103, uf={"UF_SIZE": "S", "UF_SPRINT": "S2"})
    _later(made.life)
    assert (stored.custom, made.issue.milestone["title"]) == ({1: [5]}, "S2")
    assert made.life.link().problems == {}


def test_a_captcha_then_an_archive_and_the_issue_is_made_once(users: Make) -> None:
    made = users()
    made.world.gitlab.issues.obstacles.captcha = True
    made.sets("create: [issues]")
    with pytest.raises(LookupError, match="1 could not be brought in step"):
        made.asks("run")
    assert "Let an administrator allow the token's user" in _said_in_both(made)
    made.world.gitlab.issues.obstacles.captcha = False
    made.world.shop.archived = True
    _later(made.life)
    assert "Unarchive the project" in _said_in_both(made)
    made.world.shop.archived = False
    _later(made.life)
    assert [issue.title for issue in made.world.shop.issues.values()] == ["Task 2103"]


@pytest.mark.deep
def test_comments_and_work_wait_for_an_archived_project(users: Make) -> None:
    made = _begun(users())
    made.world.shop.archived = True
    made.portal.user_comments(RITA, 2103, "meanwhile")
    made.portal.user_logs_time(RITA, 2103, 3600, "work")
    made.rest()
    assert "Take its project out of the archive" in _said_in_both(made)
    made.world.shop.archived = False
    _later(made.life)
    assert (_notes(made.life).count("meanwhile"), made.life.hours()) == (1, (3600, 3600))


def test_scoped_labels_that_the_licence_lost_say_one_priority(users: Make) -> None:
    made = users(tags=["team::a"], priority=2)
    _begun(made, "create: [issues], priorities: {'priority::high': high, 'priority::low': low}")
    made.gitlab.edition, made.gitlab.premium = "ce", False
    made.rest(61)
    _edit(made.life, priority=0, tags=["team::a", "team::b"])
    made.rest()
    assert made.issue.labels == ["priority::low", "team::a", "team::b"]
    made.gitlab.edition, made.gitlab.premium = "ee", True
    _later(made.life)
    assert made.issue.labels == ["priority::low", "team::a", "team::b"]
    assert (made.task.priority, set(made.task.tags)) == (0, {"team::a", "team::b"})


def test_a_plain_issue_gets_no_parent_and_says_what_to_change(users: Make) -> None:
    made = users()
    other = made.portal.create_task("Other", created_by=RITA, responsible_id=RITA, group_id=3)
    _begun(made, "create: [issues], fields: {parent: both}, child_type: task")
    made.portal.user_edits_task(RITA, 2103, parent_id=other.id, title="Meanwhile")
    made.rest()
    titles = sorted(issue.title for issue in made.world.shop.issues.values())
    assert titles == ["Meanwhile", "Other"]
    texts = [translate("ru", text) for text in _texts(made.life)]
    assert any("Преобразуйте её в Task в GitLab" in text for text in texts), texts
