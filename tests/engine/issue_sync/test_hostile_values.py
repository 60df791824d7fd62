"""Values that look harmless and are not, through the real rooms of the portal and GitLab."""

from __future__ import annotations

import pytest

from tests.emulators.gitlab.issues.records import CustomField
from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_situations import (
    _change,
    _edit,
    _later,
    _project,
    _shown,
    _stories,
)
from tests.engine.world import PORTAL

__all__ = ["users"]


def test_issues_that_moved_out_of_sight_before_the_import_make_no_tasks(users: Make) -> None:
    made = users()
    hidden = made.gitlab.add_project("acme/secret", members={"bob": 40})
    for title in ("Finished", "Away"):
        issue = _project(made.life).issues.create({"title": title})
        if title == "Away":
            issue.move(hidden.id)
        else:
            _project(made.life).issues.update(issue.iid, {"state_event": "close"})
    made.sets("create: [tasks]")
    lines = made.asks("preview")
    assert "  tasks that would be created: 1" in lines, lines
    made.asks("run")
    made.rest(11)
    titles = sorted(task.title for task in made.portal.tasks.values())
    assert titles == ["Finished", "Task 2103"]
    _later(made.life)
    assert len(made.portal.tasks) == 2


@pytest.mark.deep
def test_a_version_is_no_number(users: Make) -> None:
    made = users(uf={"UF_RELEASE": "2.0", "UF_BUILD": "1.10"})
    for name in ("UF_RELEASE", "UF_BUILD"):
        made.portal.add_user_field(name, "string")
    made.gitlab.planned.fields["acme"] = [
        CustomField(1, "Release", "SINGLE_SELECT", {5: "2.0", 6: "3.0"}),
        CustomField(2, "Build", "TEXT"),
    ]
    made.sets("create: [issues], custom: {UF_RELEASE: {field: Release}, UF_BUILD: {field: Build}}")
    made.asks("run")
    made.rest()
    stored = made.world.shop.issues[made.issue.iid]
    assert (stored.custom[1], stored.custom[2]) == ([5], "1.10")
    assert made.life.link().problems == {}
    made.portal.user_edits_task(RITA, 2103, uf={"UF_RELEASE": "3.0", "UF_BUILD": "3.00"})
    made.rest()
    assert (stored.custom[1], stored.custom[2]) == ([6], "3.00")
    count = made.life.written()
    _later(made.life)
    assert made.life.written() == count


@pytest.mark.deep
def test_files_of_one_name_of_no_bytes_and_of_odd_names_cross_once(users: Make) -> None:
    made = users()
    made.world.b24.app.scopes |= {"disk"}
    made.portal.url = lambda: PORTAL  # of files
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    names = ("a.txt", "a.txt", "empty.txt", "]( x)<b>.png", "отчёт №1.txt", "x" * 200 + ".txt")
    for place, name in enumerate(names):
        content = b"" if name == "empty.txt" else f"{place}".encode()
        made.portal.user_attaches(RITA, 2103, name, content)
    made.rest(11)
    notes = "\n".join(note.body for note in made.issue.notes.list(get_all=True))
    text = made.issue.description + notes
    uploads = text.count("/uploads/")
    assert uploads == len(names), text
    count = made.life.written()
    _later(made.life)
    assert made.life.written() == count


def test_two_tags_of_one_scope_come_to_rest(users: Make) -> None:
    made = users(tags=["team::a", "team::b", "UI", "~x", '"q"', "ё", "👍"])
    made.sets("create: [issues]")
    made.asks("run")
    made.rest(11)
    labels = set(made.issue.labels)
    assert labels >= {"UI", "~x", '"q"', "ё", "👍"}, labels
    tags = set(made.task.tags)
    _later(made.life)  # what GitLab left out is tried again each day
    assert (set(made.issue.labels), set(made.task.tags)) == (labels, tags)
    assert len({"team::a", "team::b"} & labels) == 1
    assert "one label of a scope" in made.life.link().problems["tags"]
    _change(made.life, remove_labels=next(iter(labels & {"team::a", "team::b"})))
    _later(made.life)
    assert len({"team::a", "team::b"} & set(made.issue.labels)) == 1  # now there is room
    assert len({"team::a", "team::b"} & set(made.task.tags)) == 1


@pytest.mark.deep
def test_titles_of_codes_and_entities_are_words(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    for title in ("A &amp; B <b>c</b> [b]d[/b] &lt;", "  /close  ~ui @bob #1  ", "a\u2028b\tc"):
        _edit(made.life, title=title)
        made.rest()
        assert _shown(made.issue.title) == " ".join(title.split()), made.issue.title
        assert made.issue.state == "opened"
    for title in ("&quot;x&quot; &#91;", "$result[1]", "<script>"):
        _change(made.life, title=title)
        made.rest()
        assert _shown(made.task.title) == title
    count = made.life.written()
    _later(made.life)
    assert made.life.written() == count


def test_a_token_that_may_only_read_says_so_and_goes_on_with_the_right_one(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    right = made.world.token
    made.world.token = made.gitlab.add_token("bridge", scopes=("read_api",))
    _edit(made.life, title="Meanwhile")
    made.rest(11)
    _change(made.life, description="In GitLab")
    made.rest(11)
    assert made.issue.title == "Task 2103"
    story = "\n".join(made.asks("explain", target="2103"))
    assert "scope" in story, story
    made.world.token = right
    _later(made.life)
    assert made.issue.title == "Meanwhile"
    assert "In GitLab" in made.task.description


@pytest.mark.deep
def test_parents_in_a_circle_are_left_where_they_are(users: Make) -> None:
    made = users()
    other = made.portal.create_task("Other", created_by=RITA, responsible_id=RITA, group_id=3)
    made.sets("create: [issues], fields: {parent: both}, child_type: task")
    made.asks("run")
    made.rest()
    made.portal.user_edits_task(RITA, 2103, parent_id=other.id)
    made.portal.user_edits_task(RITA, other.id, parent_id=2103)
    made.rest(11)
    titles = {str(issue.id): issue.title for issue in made.world.shop.issues.values()}
    parents = [issue.parent_id for issue in made.world.shop.issues.values()]
    assert len(titles) == 2
    assert None in parents, parents  # GitLab keeps no circle
    made.rest(540)
    tasks = [made.portal.tasks[number].parent_id for number in (2103, other.id)]
    assert tasks == [other.id, 2103]  # what GitLab refused is no edit of it
    made.rest(540)
    lines = _stories(made.life)
    _later(made.life)
    assert _stories(made.life) == lines  # it is tried again each day, and said once more


@pytest.mark.deep
def test_a_person_who_is_blocked_in_gitlab_stops_nothing_else(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    bob = made.gitlab.user("bob")
    made.world.shop.members.pop(bob.id, None)
    made.portal.user_edits_task(RITA, 2103, responsible_id=BORIS, title="Still renamed")
    made.rest(11)
    assert made.world.shop.issues[1].title == "Still renamed"
