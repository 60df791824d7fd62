"""Rights and tokens are lost in further ways: it is said in both languages, and it goes on."""

from __future__ import annotations

import re

import pytest
import requests

from b24app.texts import translate
from sync.errors import SyncError
from tests.engine.issue_sync.test_bad_input import _errors, _texts
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_situations import _change, _edit, _later

__all__ = ["users"]

# Words that are the same in Russian stand in quotes, code, parentheses or alone.
_ASIDE = re.compile(r"\([^()]*\)|`[^`]*`|«[^»]*»|\"[^\"]*\"")
_ENGLISH = re.compile(r"(?:\b[a-z']{2,}\b[ ,;]*){3,}")


def _begun(users: Users, pair: str = "create: [issues]") -> Users:
    users.sets(pair)
    users.asks("run")
    users.rest()
    return users


def _said_in_both(made: Users) -> str:
    """Return what people read of the links, and require that it is Russian in Russian."""
    texts = _texts(made.life)
    for text in texts:
        shown = translate("ru", text)
        left = _ENGLISH.search(_ASIDE.sub("", shown))
        assert left is None, (left, shown)
    return "\n".join(map(str, texts))


def test_a_guest_makes_the_issue_and_the_rest_follows_with_the_role(users: Make) -> None:
    made = users(tags=["ui"])
    members, bridge = made.world.shop.members, made.gitlab.user("bridge").id
    members[bridge] = 10
    _begun(made)
    assert (made.issue.title, made.issue.labels) == ("Task 2103", [])
    assert translate("ru", made.life.link().problems["assignees"]) == (
        "GitLab оставляет тех, кто может читать проект, на бесплатном тарифе — только первого; или "
        "владельцу токена этого нельзя: дайте роль Planner (до 17.7 — Reporter)"
    )
    members[bridge] = 40
    _later(made.life)
    assert (made.issue.labels, made.life.link().problems) == (["ui"], {})
    assert [person["username"] for person in made.issue.assignees] == ["ann"]


@pytest.mark.deep
def test_an_import_of_a_project_out_of_sight_says_so_and_begins_later(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    role = made.world.shop.members.pop(made.gitlab.user("bridge").id)
    for action in ("preview", "run"):
        with pytest.raises(SyncError, match="Check the project and that the token's user"):
            made.asks(action)
    made.world.shop.members[made.gitlab.user("bridge").id] = role
    _begun(made)
    assert made.issue.title == "Task 2103"


def test_a_task_that_the_application_may_not_edit_takes_the_edit_a_day_later(users: Make) -> None:
    made = _begun(users())
    made.world.refuse("tasks.task.update", "ACCESS_DENIED", times=2)
    _change(made.life, title="From the issue")
    made.issue.notes.create({"body": "goes on"})
    made.rest()
    assert "Give the employee who installed the application access" in _said_in_both(made)
    assert any("goes on" in message.text for message in made.portal.discussion(2103))
    _later(made.life)
    assert made.task.title == "From the issue"


@pytest.mark.deep
def test_an_expired_token_keeps_both_edits(users: Make) -> None:
    made = _begun(users())
    made.world.token.expires_at = made.world.clock.now().date()
    _edit(made.life, title="From the task")
    _change(made.life, description="From the issue")
    made.rest(11)
    assert "Issue a new token" in _said_in_both(made)
    made.world.token.expires_at = None
    _later(made.life)
    assert (made.issue.title, made.task.description) == ("From the task", "From the issue")
    assert _errors(made.life) == []


def test_a_blocked_account_waits_and_is_not_told_to_become_maintainer(users: Make) -> None:
    made = _begun(users())
    usual = made.world.host_answer

    def refuse(request: requests.PreparedRequest) -> requests.Response:
        if request.headers.get("PRIVATE-TOKEN") != made.world.token.value:
            return usual(request)
        answer = usual(request)
        answer.status_code = 403
        answer._content = b'{"message": "403 Forbidden - Your account has been blocked."}'
        return answer

    made.world.patch(made.world, "host_answer", refuse)
    _edit(made.life, title="From the task")
    made.rest()
    texts = _said_in_both(made)
    assert "Sign in to GitLab as this account, or ask its administrator" in texts
    assert "Maintainer" not in texts
    made.world.patch(made.world, "host_answer", usual)
    _later(made.life)
    assert (made.issue.title, _errors(made.life)) == ("From the task", [])
