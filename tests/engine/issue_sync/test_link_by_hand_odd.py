"""Linking and unlinking by hand where it is odd: what is said, and what becomes of both items."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from b24app.texts import translate
from sync.errors import SyncError
from sync.sentences import as_text
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _project
from tests.engine.world import HOST, PORTAL

__all__ = ["users"]


def _begun(users: Make, *titles: str) -> Users:
    """Begin with a task and issues that nothing links."""
    made = users()
    made.sets("fields: {}")
    for title in titles:
        _project(made.life).issues.create({"title": title})
    made.asks("run")
    return made


def _refused(made: Users, action: str, **given: object) -> tuple[str, str]:
    """Return what a command says instead of doing it, in both languages."""
    with pytest.raises((LookupError, SyncError)) as raised:
        made.asks(action, **given)
    text = as_text(raised.value)
    return str(text), translate("ru", text)


def _link(made: Users, issue: str = "acme/shop#1", task: str = "2103") -> None:
    made.asks("link", task=task, issue=issue)
    made.rest()


@pytest.mark.deep
def test_what_has_ended_is_not_ended_again(users: Make) -> None:
    made = _begun(users, "An issue")
    _link(made)
    made.asks("unlink", target="2103")
    story = made.asks("explain", target="2103")
    for action in ("unlink", "pause", "resume", "replay"):
        english, russian = _refused(made, action, target="2103", reason="x")
        assert english.startswith(
            "2103 ⇄ acme/shop#1: the link has ended already (ended by a person"
        )
        assert russian.startswith("2103 ⇄ acme/shop#1: связь уже завершена (завершена человеком")
    assert made.asks("explain", target="2103") == story


def test_an_act_that_nothing_needs_says_so(users: Make) -> None:
    made = _begun(users, "An issue")
    _link(made)
    assert _refused(made, "resume", target="2103") == (
        "2103 ⇄ acme/shop#1: it does not stand still, nothing to do",
        "2103 ⇄ acme/shop#1: не стоит, делать нечего",
    )
    assert _refused(made, "replay", target="acme/shop#1") == (
        "2103 ⇄ acme/shop#1: nothing was refused there, nothing to do",
        "2103 ⇄ acme/shop#1: отклонённого нет, делать нечего",
    )
    made.asks("pause", target="2103", reason="away")
    made.asks("resume", target="2103")


@pytest.mark.deep
def test_what_is_linked_already_is_named(users: Make) -> None:
    made = _begun(users, "First", "Second")
    made.portal.create_task("Other", id=31, created_by=RITA, responsible_id=RITA, group_id=3)
    _link(made)
    _link(made, "acme/shop#2", "31")
    for task, issue, of in (
        ("2103", "acme/shop#1", "2103 ⇄ acme/shop#1"),
        ("2103", "acme/shop#2", "2103 ⇄ acme/shop#1"),
        ("31", "acme/shop#1", "31 ⇄ acme/shop#2"),
    ):
        english, russian = _refused(made, "link", task=task, issue=issue)
        assert english == f"The task {task} is linked already: {of}; unlink that first"
        assert russian.startswith(f"Уже есть связь (задача {task})")
    english, _ = _refused(made, "link", task="77777", issue="acme/shop#1")
    assert english.startswith("The issue acme/shop#1 is linked already: 2103")


@pytest.mark.deep
def test_an_address_of_another_system_is_no_number_of_ours(users: Make) -> None:
    made = _begun(users, "An issue")
    elsewhere = "https://other.test/company/personal/user/1/tasks/task/view/2103/"
    english, russian = _refused(made, "link", task=elsewhere, issue="acme/shop#1")
    assert english.startswith("The address is of another portal: other.test; this one is ")
    assert russian.startswith("Это адрес другого портала: other.test; этот — ")
    english, _ = _refused(
        made, "link", task="2103", issue="https://gitlab.com/acme/shop/-/issues/1"
    )
    assert english.startswith("The address is of another system: gitlab.com; the pairs")
    own = PORTAL.removesuffix("/rest/").rstrip("/")
    here = f"{own}/workgroups/group/3/tasks/task/view/2103/?IFRAME=Y"
    _link(made, f"{HOST}/acme/shop/-/work_items/1#note_7", here)
    _edit(made.life, title="Both")
    made.rest()
    assert made.issue.title == "Both"


@pytest.mark.parametrize(
    ("task", "issue", "text"),
    [
        ("2103", "acme/shop", "acme/shop is neither a task's number nor an issue"),
        ("acme/shop#1", "2103", "Name the task first, then the issue"),
        ("2103", "acme/none#1", "The settings name no pair of the project acme/none"),
        ("2103", "acme/shop#99", "The issue acme/shop#99 was not found: it does not exist"),
        ("77777", "acme/shop#1", "Task 77777: "),
    ],
)
def test_what_is_not_there_is_said(users: Make, task: str, issue: str, text: str) -> None:
    made = _begun(users, "An issue")
    english, russian = _refused(made, "link", task=task, issue=issue)
    assert text in english
    assert russian != english


def test_a_task_of_a_workgroup_without_a_pair_is_not_linked(users: Make) -> None:
    made = _begun(users, "An issue")
    made.portal.add_group("Other", id=4, members=[1, RITA])
    made.portal.create_task("Other", id=31, created_by=RITA, responsible_id=RITA, group_id=4)
    english, russian = _refused(made, "link", task="31", issue="acme/shop#1")
    assert english.startswith("No pair of the settings has that task's workgroup and that issue's")
    assert russian.startswith("Ни в одной паре настроек нет группы этой задачи")


@pytest.mark.deep
def test_a_closed_issue_and_an_open_task_agree_by_the_policy(users: Make) -> None:
    made = _begun(users, "An issue")
    _change(made.life, state_event="close")
    made.world.tick(60)
    _link(made)
    made.rest(11)
    assert (made.issue.state, made.task.status == 5) in (("closed", True), ("opened", False))
    assert made.life.link().problems == {}
    _change(made.life, state_event="reopen" if made.issue.state == "closed" else "close")
    made.rest()
    assert (made.issue.state, made.task.status == 5) in (("closed", True), ("opened", False))


def test_an_issue_that_has_moved_is_linked_as_what_it_became(users: Make) -> None:
    made = _begun(users, "An issue")
    other = made.gitlab.add_project("acme/other", members={"bob": 40, "bridge": 40})
    made.issue.move(other.id)
    _link(made)
    _edit(made.life, title="After the move")
    made.rest(11)
    assert [issue.title for issue in other.issues.values()] == ["After the move"]
    assert made.world.shop.issues[1].title == "An issue"
    assert "another project" in _said_in_both(made)


def test_an_issue_out_of_sight_is_not_linked_before_it_can_be_seen(users: Make) -> None:
    made = _begun(users, "An issue")
    role = made.world.shop.members.pop(made.gitlab.user("bridge").id)
    english, _ = _refused(made, "link", task="2103", issue="acme/shop#1")
    assert "that our account is a member of its project" in english
    made.world.shop.members[made.gitlab.user("bridge").id] = role
    _link(made)
    _edit(made.life, title="Both")
    made.rest()
    assert made.issue.title == "Both"


def test_a_link_that_ends_while_its_issue_is_being_made(users: Make) -> None:
    """The answer to the creation was lost: the issue stays, and may be linked again."""
    made = users()
    made.sets("create: [issues]")
    usual = made.world.host_answer

    def lose(request: requests.PreparedRequest) -> requests.Response:
        answer = usual(request)
        if request.method == "POST" and str(request.url).endswith("/issues"):
            raise requests.ReadTimeout("lost")
        return answer

    made.world.patch(made.world, "host_answer", lose)
    made.life.import_all()
    made.rest()
    assert len(made.world.shop.issues) == 1
    made.asks("unlink", target="2103")
    made.world.patch(made.world, "host_answer", usual)
    _edit(made.life, title="Alone")
    _later(made.life)
    assert [issue.title for issue in made.world.shop.issues.values()] == ["Task 2103"]
    lines: list[Any] = made.asks("explain", target="2103")
    assert "  ended by a person; both items stay as they are" in lines
    _link(made)
    assert [issue.title for issue in made.world.shop.issues.values()] == ["Alone"]
