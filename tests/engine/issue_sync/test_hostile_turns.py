"""What goes wrong in the midst of the work: one thing waits, says so, and goes on when mended."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from b24app.texts import translate
from sync.core.issue_sync.model import BLOCKED
from tests.emulators.gitlab.issues import commenting
from tests.engine.issue_sync.test_bad_input import _days, _errors
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import (
    _change,
    _edit,
    _later,
    _messages,
    _notes,
    _project,
)
from tests.engine.world import PORTAL

__all__ = ["users"]

SPAM = "Let an administrator allow the token's user in the spam settings, or change the text"


def test_a_comment_that_was_taken_for_spam_is_tried_again_after_a_day(users: Make) -> None:
    made = _begun(users())
    made.world.gitlab.issues.obstacles.note_spam = True
    made.portal.user_comments(RITA, 2103, "buy now")
    _edit(made.life, title="Goes on")
    made.rest()
    assert (made.issue.title, "buy now" in _notes(made.life)) == ("Goes on", False)
    assert SPAM in _said_in_both(made)
    assert any(SPAM in line for line in made.asks("explain", target="2103"))
    made.world.gitlab.issues.obstacles.note_spam = False
    _later(made.life)
    assert _notes(made.life).count("buy now") == 1


def test_an_edit_of_a_comment_that_was_taken_for_spam_crosses_after_a_day(users: Make) -> None:
    made = _begun(users())
    message = made.portal.user_comments(RITA, 2103, "hello")
    made.rest()
    made.world.gitlab.issues.obstacles.note_spam = True
    made.portal.user_edits_message(RITA, message.id, "hello, buy now")
    _edit(made.life, title="Goes on")
    made.rest()
    assert (made.issue.title, "buy now" in _notes(made.life)) == ("Goes on", False)
    assert SPAM in _said_in_both(made)
    made.world.gitlab.issues.obstacles.note_spam = False
    _later(made.life)
    assert _notes(made.life).count("hello, buy now") == 1


def _answers(made: Users, act: Any) -> None:
    """Let `act(request, answer)` stand between GitLab and whoever asks it."""
    usual = made.world.host_answer

    def answer(request: requests.PreparedRequest) -> requests.Response:
        return act(request, usual(request))  # type: ignore[no-any-return]

    made.world.patch(made.world, "host_answer", answer)


def test_a_project_that_is_archived_while_files_are_under_way(users: Make) -> None:
    made = users()
    made.world.b24.app.scopes |= {"disk"}
    made.portal.url = lambda: PORTAL  # of files
    _begun(made)
    usual = made.world.host_answer

    def archive(request: requests.PreparedRequest, answer: requests.Response) -> Any:
        made.world.shop.archived |= str(request.url).endswith("/uploads")
        return answer

    _answers(made, archive)
    for name in ("a.txt", "b.txt"):
        made.portal.user_attaches(RITA, 2103, name, name.encode())
    made.portal.user_comments(RITA, 2103, "and a word")
    made.rest()
    assert "Unarchive the project" in _said_in_both(made)
    made.world.shop.archived = False
    made.world.patch(made.world, "host_answer", usual)
    _later(made.life)
    notes = _notes(made.life)
    assert [notes.count(word) for word in ("a.txt](", "b.txt](", "and a word")] == [1, 1, 1]
    assert _errors(made.life) == []


def test_links_rest_while_the_licence_has_none_and_go_on_with_it(users: Make) -> None:
    made = users()
    made.portal.create_task("First", id=31, created_by=RITA, responsible_id=RITA, group_id=3)
    _begun(made, "create: [issues], fields: {links: both}")
    made.portal.parts.previous[2103] = [31]
    _edit(made.life, title="Two")
    made.rest()
    issues = {issue.title: issue for issue in made.world.shop.issues.values()}
    waits = f"{BLOCKED}:{issues['First'].id}"
    assert waits in _links_of(made, issues["Two"].iid)
    made.gitlab.edition, made.gitlab.premium = "ce", False
    made.rest(61)
    _edit(made.life, title="Three")
    made.rest()
    assert issues["Two"].title == "Three"
    assert made.portal.parts.previous[2103] == [31]  # nobody took it away
    made.portal.parts.previous[2103] = []
    _edit(made.life, title="Four")
    made.rest()
    assert issues["Two"].title == "Four"
    _said_in_both(made)
    made.gitlab.edition, made.gitlab.premium = "ee", True
    _later(made.life)
    assert waits not in _links_of(made, issues["Two"].iid)
    assert made.portal.parts.previous[2103] == []


def _links_of(made: Users, number: int) -> set[str]:
    links = _project(made.life).issues.get(number).links.list(get_all=True)
    return {f"{link.link_type}:{link.id}" for link in links}


def test_a_project_made_anew_under_its_path_is_named_as_another_one(users: Make) -> None:
    made = _begun(users())
    old = made.world.shop
    del made.gitlab.projects[old.id]
    new = made.gitlab.add_project(old.path, members={"bob": 40, "bridge": 40})
    made.world.shop = new
    _project(made.life).issues.create({"title": "Another thing"})
    _edit(made.life, title="Meanwhile")
    _later(made.life)
    said = _said_in_both(made)
    assert f"its project {old.id} is not the one that the settings mean now, {new.id}" in said
    assert "the issue is in another project now" not in said
    waiting = next(iter(made.life.link().waiting.values()))
    assert "это другой проект с другими задачами. Завершите связь" in translate("ru", waiting)
    made.asks("unlink", target="2103")
    made.asks("link", task="2103", issue=f"{old.path}#1")
    _edit(made.life, title="Together")
    made.rest()
    assert [issue.title for issue in new.issues.values()] == ["Together"]


def test_a_cloned_issue_makes_a_task_of_its_own(users: Make) -> None:
    """Its text has the key of the issue that it was made of."""
    made = _begun(users(), "create: [issues, tasks]")
    made.world.tick(5)
    _project(made.life).issues.create({"title": "Clone", "description": made.issue.description})
    made.rest(11)
    titles = sorted(task.title for task in made.portal.tasks.values())
    assert titles == ["Clone", "Task 2103"]
    assert len(made.world.shop.issues) == 2
    _edit(made.life, title="Still the first")
    made.rest()
    assert sorted(issue.title for issue in made.world.shop.issues.values()) == [
        "Clone",
        "Still the first",
    ]


@pytest.mark.deep
def test_an_issue_with_the_most_comments_it_can_have(users: Make) -> None:
    made = _begun(users())
    made.world.patch(commenting, "MOST", 1)
    made.issue.notes.create({"body": "the last one"})
    made.portal.user_comments(RITA, 2103, "beyond")
    _edit(made.life, title="Goes on")
    made.rest()
    assert made.issue.title == "Goes on"
    assert "the last one" in _messages(made.life)
    assert "Maximum number of comments exceeded" in _said_in_both(made)


def test_work_beyond_a_year_is_said_and_the_rest_is_logged(users: Make) -> None:
    made = _begun(users())
    for hours in (8_000, 2_000, 1):
        made.portal.user_logs_time(RITA, 2103, hours * 3600, f"{hours} h")
        made.world.tick(60)
    made.rest(11)
    _later(made.life)
    assert made.issue.time_stats()["total_time_spent"] == 8_001 * 3600
    assert "year" in _said_in_both(made)


def test_an_account_that_is_replaced_by_another_copies_nothing_twice(users: Make) -> None:
    made = _begun(users())
    message = made.portal.user_comments(RITA, 2103, "hello")
    made.portal.user_logs_time(RITA, 2103, 3600, "work")
    made.rest()
    other = made.gitlab.add_user("bridge2", public=False)
    made.world.shop.members[other.id] = 40
    made.world.token = made.gitlab.add_token("bridge2")
    made.portal.user_edits_message(RITA, message.id, "hello again")
    made.portal.user_comments(RITA, 2103, "second")
    _later(made.life)
    assert [_messages(made.life).count(word) for word in ("hello again", "second")] == [1, 1]
    assert [_notes(made.life).count(word) for word in ("hello again", "second")] == [1, 1]
    assert made.life.hours() == (3600, 3600)
    assert made.life.link().problems == {}


def test_a_maintenance_of_hours_loses_no_edit_of_either_side(users: Make) -> None:
    made = _begun(users())

    def down(request: requests.PreparedRequest, answer: requests.Response) -> Any:
        answer.status_code, answer._content = 503, b"<html>GitLab is not responding</html>"
        return answer

    _change(made.life, description="From the issue")
    usual = made.world.host_answer
    _answers(made, down)
    _edit(made.life, title="From the task")
    made.portal.user_comments(RITA, 2103, "meanwhile")
    made.rest(61)
    made.world.patch(made.world, "host_answer", usual)
    _later(made.life)
    assert (made.issue.title, made.task.description) == ("From the task", "From the issue")
    assert _notes(made.life).count("meanwhile") == 1
    assert _errors(made.life) == []


def test_a_file_that_is_gone_before_it_was_copied_stops_nothing_else(users: Make) -> None:
    made = users()
    made.world.b24.app.scopes |= {"disk"}
    made.portal.url = lambda: PORTAL  # of files
    _begun(made)
    (upload,) = [_project(made.life).upload("a.txt", filedata=b"words")]
    made.world.shop.uploads.clear()
    made.issue.notes.create({"body": f"see {upload['markdown']}"})
    made.issue.notes.create({"body": "and this"})
    _change(made.life, title="Goes on")
    made.rest(11)
    assert made.task.title == "Goes on"
    assert "and this" in _messages(made.life)
    assert "a.txt" in _said_in_both(made) or "404" in _said_in_both(made)


def test_an_issue_that_becomes_an_incident_stays_in_step(users: Make) -> None:
    made = _begun(users(), "create: [issues], only: {types: [issue]}")
    made.world.shop.issues[1].kind = "Incident"
    _change(made.life, title="An incident now")
    made.rest()
    _edit(made.life, description="Of the task")
    made.rest()
    assert made.task.title == "An incident now"
    assert made.issue.description.startswith("Of the task")


@pytest.mark.deep
def test_a_webhook_that_is_deleted_costs_minutes_and_nothing_else(users: Make) -> None:
    made = _begun(users())
    made.gitlab.hooks.clear()
    _change(made.life, title="Unheard")
    note = made.issue.notes.create({"body": "unheard, too"})
    made.rest(11)
    assert made.task.title == "Unheard"
    assert "unheard, too" in _messages(made.life), note
    _days(made.life)
    assert made.life.link().problems == {}


@pytest.mark.deep
def test_a_link_of_two_labels_that_swap_their_names_comes_to_rest(users: Make) -> None:
    made = _begun(users(tags=["ui"]))
    project = _project(made.life)
    for name, new_name in (("ui", "x"), ("x", "api")):
        path = f"/projects/{project.id}/labels/{name}"
        project.manager.gitlab.http_put(path, post_data={"new_name": new_name})
    project.labels.create({"name": "ui", "color": "#112233"})
    _later(made.life)
    assert (made.task.tags, made.issue.labels) == (["api"], ["api"])
    count = made.life.written()
    _later(made.life)
    assert made.life.written() == count
