"""Issues written with python-gitlab: what is stored, dropped in silence and refused."""

from __future__ import annotations

import gitlab as python_gitlab
import pytest

from tests.emulators.issue_world import IssueWorld

P = "/projects/1/issues"


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        yield emulated


def test_what_is_created_reads_back_the_same(world):
    made = world.create(
        "Slow search",
        description="Steps\n\n- [ ] one\n- [x] two",
        labels=["bug", "ui"],
        assignee_ids=[2, 3],
        due_date="2026-04-01",
    )
    read = world.project().issues.get(made.iid)
    assert read.attributes == made.attributes | {"project_id": 1}
    assert (read.labels, read.due_date) == (["bug", "ui"], "2026-04-01")
    assert [who["username"] for who in read.assignees] == ["max", "dan"]
    assert read.task_completion_status == {"count": 2, "completed_count": 1}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"title": "  Slow  "}, {"title": "Slow"}),
        ({"description": "a\r\nb  \n\n"}, {"description": "a\nb"}),
        ({"labels": "a, b ,,c"}, {"labels": ["a", "b", "c"]}),
        ({"labels": ["x,y"]}, {"labels": ["x", "y"]}),
        ({"due_date": "soon"}, {"due_date": None}),
        ({"assignee_ids": [2, 999]}, {"assignees": ["max"]}),
        ({"assignee_ids": [999]}, {"assignees": []}),
        ({"colour": "red"}, {"title": "Slow"}),
    ],
)
def test_normalisations(world, sent, stored):
    made = world.create(**{"title": "Slow", **sent})
    shown = made.attributes | {"assignees": [who["username"] for who in made.assignees]}
    assert {name: shown[name] for name in stored} == stored


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        ({"title": ""}, 400, "can't be blank"),
        ({"title": "x" * 256}, 400, "is too long (maximum is 255 characters)"),
        ({"description": "x" * 1_048_577}, 400, "maximum is 1048576"),
        ({"title": ["x"]}, 400, "title is invalid"),
        ({"assignee_ids": ["ann"]}, 400, "assignee_ids is invalid"),
        ({"labels": {"a": 1}}, 400, "labels is invalid"),
        ({"confidential": "perhaps"}, 400, "confidential is invalid"),
        ({"state_event": "duplicate"}, 400, "state_event does not have a valid value"),
        ({"milestone_id": "one"}, 400, "milestone_id is invalid"),
        ({}, 400, "at least one parameter must be provided"),
        ({"lock_version": 3}, 400, "at least one parameter must be provided"),
    ],
)
def test_what_is_refused(world, sent, status, text):
    world.create()
    answer = world.call("PUT", f"{P}/1", json=sent)
    assert (answer.status_code, text in answer.text) == (status, True)


def test_a_guest_writes_words_and_nothing_else(world):
    made = world.create(
        "Help", "gus", labels=["bug"], assignee_ids=[2], due_date="2026-04-01", description="Words"
    )
    assert (made.labels, made.assignees, made.due_date) == ([], [], None)
    assert made.description == "Words"
    world.create("Of Ann")
    with pytest.raises(python_gitlab.GitlabUpdateError) as refused:
        world.project("gus").issues.update(2, {"title": "Mine"})
    assert refused.value.response_code == 403


@pytest.mark.parametrize(("name", "kept"), [("ann", True), ("max", False), ("pia", False)])
def test_only_owners_set_times_and_numbers(world, name, kept):
    made = world.create("Old", name, created_at="2020-01-01T00:00:00Z", iid=77)
    assert (made.created_at.startswith("2020"), made.iid == 77) == (kept, kept)


def test_assignees_without_a_licence_for_several(world):
    world.state.premium = False
    made = world.create(assignee_ids=[3, 2])
    assert [who["id"] for who in made.assignees] == [3]
    assert "weight" not in made.attributes


def test_people_are_taken_off(world):
    world.create(assignee_ids=[2])
    answers = [
        world.call("PUT", f"{P}/1", json={"assignee_ids": value}).json()["assignees"]
        for value in ([999], [0])
    ]
    assert ([who["id"] for who in answers[0]], answers[1]) == ([2], [])


@pytest.mark.parametrize(
    ("premium", "left"), [(True, {"p::b", "x"}), (False, {"p::a", "p::b", "x"})]
)
def test_scopes_exclude_only_where_they_are_licensed(world, premium, left):
    world.state.premium = premium
    world.create(labels=["p::a", "x"])
    after = world.project().issues.update(1, {"add_labels": "p::b", "remove_labels": "unknown"})
    assert set(after["labels"]) == left


def test_labels_are_made_with_the_default_colour_and_found_in_groups_first(world):
    from tests.emulators.gitlab.entities import Label

    group = next(iter(world.state.groups.values()))
    group.labels[50] = Label(50, "bug", "#ff0000", group_id=group.id)
    world.create(labels=["bug", "new"])
    listed = {label.name: label for label in world.project().labels.list(get_all=True)}
    assert listed["new"].color == "#428bca"
    assert (listed["bug"].id, listed["bug"].is_project_label) == (50, False)
    details = world.project().issues.list(with_labels_details=True, get_all=True)[0].labels
    assert {(label["name"], label["color"]) for label in details} == {
        ("bug", "#ff0000"),
        ("new", "#428bca"),
    }


def test_labels_are_renamed_without_a_touch_or_a_hook(world):
    made = world.create(labels=["bug"])
    world.acts()
    world.clock.move(60)
    label = world.project().labels.list(get_all=True)[0]
    world.call("PUT", f"/projects/1/labels/{label.id}", json={"new_name": "defect"})
    read = world.project().issues.get(1)
    assert (read.labels, read.updated_at, world.acts()) == (["defect"], made.updated_at, [])
    with pytest.raises(python_gitlab.GitlabCreateError) as second:
        world.project().labels.create({"name": "defect", "color": "#fff"})
    assert second.value.response_code == 409


@pytest.mark.parametrize(
    ("name", "value", "status", "text"),
    [
        ("captcha", True, 409, "needs_captcha_response"),
        ("spam", True, 400, "recognized as spam"),
        ("resource_lock", 1, 409, "Resource lock"),
    ],
)
def test_obstacles(world, name, value, status, text):
    world.create()
    setattr(world.gitlab.issues.obstacles, name, value)
    answer = world.call("PUT", f"{P}/1", json={"title": "Buy cheap"})
    assert (answer.status_code, text in answer.text) == (status, True)


def test_nothing_is_written_in_an_archived_project(world):
    world.create()
    world.shop.archived = True
    codes = [
        world.call("POST", P, json={"title": "x"}).status_code,
        world.call("PUT", f"{P}/1", json={"title": "x"}).status_code,
        world.call("POST", f"{P}/1/notes", json={"body": "x"}).status_code,
        world.call("GET", f"{P}/1").status_code,
        world.call("GET", "/projects/1").json()["archived"],
    ]
    assert codes == [403, 403, 403, 200, True]


@pytest.mark.parametrize(
    ("name", "status"), [("ann", 204), ("max", 403), ("pia", 403), ("zoe", 404)]
)
def test_who_deletes_an_issue(world, name, status):
    world.create()
    world.acts()
    assert world.call("DELETE", f"{P}/1", name).status_code == status
    assert world.acts() == []
    assert world.create().iid == 2


def test_the_inclusive_watermark(world):
    for title in ("a", "b", "c"):
        world.create(title)
        world.clock.move(10)
    listed = world.project().issues.list(
        updated_after="2026-03-02T09:00:10Z", order_by="updated_at", sort="asc", get_all=True
    )
    assert [issue.title for issue in listed] == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "left", "ran"),
    [
        ("Words\n\n/close", "Words", ["close"]),
        ("/CLOSE\nWords", "Words", ["close"]),
        ("/title New name\n/due 2026-05-01", "", ["title", "due"]),
        ("`/close`", "`/close`", []),
        ("```\n/close\n```", "```\n/close\n```", []),
        ("> a\n> /close", "> a\n> /close", []),
        (">>>\n/close\n>>>", ">>>\n/close\n>>>", []),
        ("    /close", "    /close", []),
        ("\\/close", "\\/close", []),
        (" /close", " /close", []),
        ("/\u2060close", "/\u2060close", []),
        ("/etc/hosts", "/etc/hosts", []),
        ("/unknown thing", "/unknown thing", []),
        ("<div>\n/close\n</div>", "<div>\n/close\n</div>", []),
        ("a\n/shrug b", "a\nb ¯\\＿(ツ)＿/¯", []),
    ],
)
def test_quick_actions_in_a_description(world, text, left, ran):
    made = world.create(description=text)
    assert made.description == left
    assert [action.name for _, action in world.gitlab.issues.executed] == ran
    assert made.state == ("closed" if "close" in ran else "opened")


def test_only_new_quick_actions_of_an_edit_run(world):
    world.create(description="a")
    world.shop.issues[1].description = "a\n/close"  # as an old text may hold it
    world.project().issues.update(1, {"description": "b\n/close"})
    issue = world.project().issues.get(1)
    assert (issue.state, issue.description) == ("opened", "b")


def test_guests_run_no_quick_actions(world):
    world.create("Help", "gus", description="Words\n/close\n/label ~bug")
    issue = world.project().issues.get(1)
    assert (issue.state, issue.description) == ("opened", "Words")
