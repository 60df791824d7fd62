"""Odd things that people do on both sides of a link, through the real rooms."""

from __future__ import annotations

from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_situations import (
    _change,
    _edit,
    _later,
    _messages,
    _notes,
    _project,
    _shown,
)

__all__ = ["users"]


def test_time_that_is_reset_in_gitlab(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.life.log_in_issue(1800, "there")
    made.rest()
    assert made.life.hours() == (1800, 1800)
    made.portal.user_logs_time(RITA, 2103, 3600, "own work")
    made.rest(11)
    assert made.life.hours() == (5400, 5400)
    made.issue.reset_spent_time()
    made.rest()
    made.rest(11)
    assert made.life.hours() == (0, 3600)  # what Rita logged in the portal is hers
    story = "\n".join(made.asks("explain", target="2103"))
    assert "3600" in story or "1:00" in story or "60" in story, story
    count = made.life.written()
    for _ in range(5):
        _later(made.life)
    assert made.life.written() == count
    story = made.asks("explain", target="2103")
    assert sum("work below zero" in line and "UTC" in line for line in story) == 1
    made.portal.elapsed.clear()  # Rita takes hers back, too, which GitLab has counted already
    made.rest(11)
    _later(made.life)
    assert made.life.hours() == (0, 0)


def test_mentions_reach_those_who_are_meant_and_nobody_else(users: Make) -> None:
    made = users()
    made.gitlab.user("bob").public_email = "b@x"
    made.sets("create: [issues], fields: {checklist: both}")
    made.asks("run")
    made.rest()
    notified = made.world.gitlab.issues.notified
    notified.clear()
    parts = made.portal.parts
    name = parts.add_item(2103, "@bob", RITA, parent_id=0).id
    parts.add_item(2103, "/close @bob #1 !1", RITA, parent_id=name)
    _edit(made.life, description="See #1, !2, @bob, $3 and ~bug\n/assign @bob", title="@bob: #1")
    made.portal.user_comments(RITA, 2103, "@bob, #1 and\n/close")
    made.rest()
    assert notified == []
    issue = made.world.shop.issues[made.issue.iid]
    system = [note.body for note in issue.notes if note.system]
    assert (issue.state, [body for body in system if "mentioned" in body]) == ("opened", [])
    assert made.task.title == "@bob: #1"
    assert "See #1, !2, @bob, $3 and ~bug\n/assign @bob" in _shown(made.task.description)
    made.portal.user_comments(RITA, 2103, f"[USER={BORIS}]Boris[/USER], please look")
    made.rest()
    assert [who for who, _ in notified] == ["bob"]
    assert "@bob, please look" in _notes(made.life)


def test_a_note_that_becomes_a_command_alone_and_an_issue_out_of_sight(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    note = made.issue.notes.create({"body": "soon away"})
    made.rest()
    assert "soon away" in _messages(made.life)
    made.issue.notes.update(note.id, {"body": "/shrug"})
    made.rest()
    hidden = made.gitlab.add_project("acme/secret", members={"bob": 40})
    _edit(made.life, title="While it moves")
    made.issue.move(hidden.id)
    made.rest(11)
    link = made.life.link()
    assert link.waiting, (made.asks("explain", target="2103"), made.world.shop.issues)
    assert "cannot see" in "".join(link.waiting.values()) or "may not" in "".join(
        link.waiting.values()
    )
    assert len(made.portal.tasks) == 1
    hidden.members[made.gitlab.user("bridge").id] = 40
    _later(made.life)
    (moved,) = _project(made.life).manager.gitlab.projects.get(hidden.id).issues.list(get_all=True)
    assert moved.title == "While it moves"
    assert made.life.link().waiting == {}


def test_a_box_ticked_on_one_side_while_the_text_is_edited_on_the_other(users: Make) -> None:
    made = users()
    made.sets("create: [issues], fields: {checklist: both}")
    made.asks("run")
    made.rest()
    _change(made.life, description="Intro\n\n- [ ] dig\n- [ ] fill\n\nOutro")
    made.rest()
    assert _shown(made.task.description) == "Intro\n\nOutro"
    _edit(made.life, description=made.task.description.replace("Outro", "The end"))
    ticked = made.issue.description.replace("[ ] dig", "[x] dig")
    _change(made.life, description=ticked)
    made.rest()
    assert made.issue.description == "Intro\n\n- [x] dig\n- [ ] fill\n\nThe end"
    items = [item for item in made.portal.parts.checklist(2103) if item.parent_id]
    assert [(item.title, item.complete) for item in items] == [("dig", True), ("fill", False)]
    made.portal.parts.drop_item(items[0].id)
    _edit(made.life)
    made.rest()
    assert made.issue.description == "Intro\n\n- [ ] fill\n\nThe end"
    assert made.life.link().problems == {}
