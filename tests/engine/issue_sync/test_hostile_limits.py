"""Texts that are too long in several ways: the field waits alone, says so, and crosses shorter."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import DESCRIPTION
from sync.gitlab.issues import capabilities
from tests.emulators.gitlab.issues import fields
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import _edit, _later, _messages
from tests.engine.world import PORTAL

__all__ = ["users"]

LONGEST = 6_000  # instead of GitLab's 1,048,576, which test_bad_input has
SHORTEN = "shorten it or attach it as a file"


@pytest.fixture(autouse=True)
def _less_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "LONGEST_TEXT", LONGEST)
    monkeypatch.setitem(capabilities.LONGEST, DESCRIPTION, LONGEST)


def _waits_then_crosses(made: Users, text: str, shorter: str) -> None:
    """Require that a text that is too long stays alone, and crosses when it is shorter."""
    before = made.issue.description
    _edit(made.life, title="Two", description=text)
    made.rest(11)
    assert (made.issue.title, made.issue.description) == ("Two", before)
    assert SHORTEN in _said_in_both(made).lower()
    assert made.task.description == text
    _edit(made.life, description=shorter)
    made.rest(11)
    assert made.life.link().problems == {}
    assert made.task.description == shorter


@pytest.mark.deep
def test_a_text_of_letters_of_several_bytes_is_measured_in_characters(users: Make) -> None:
    made = _begun(users())
    _waits_then_crosses(made, "👍ё" * (LONGEST // 2 + 1), "👍ё" * (LONGEST // 4))
    assert made.issue.description.startswith("👍ё👍ё")


@pytest.mark.deep
def test_a_text_that_grows_by_what_we_add_is_measured_as_it_is_sent(users: Make) -> None:
    made = _begun(users())
    _waits_then_crosses(made, "/close *a*\n" * (LONGEST // 11), "/close *a*\n" * 10)
    assert made.issue.state == "opened"


def test_a_text_of_many_pictures_is_measured_as_it_is_sent(users: Make) -> None:
    made = users()
    made.world.b24.app.scopes |= {"disk"}
    made.portal.url = lambda: PORTAL  # of files
    _begun(made)
    made.portal.user_attaches(RITA, 2103, "shot.png", b"\x89PNG")
    made.rest(11)
    (attachment,) = made.portal.parts.attached(2103)
    picture = f"[DISK FILE ID=n{attachment.object_id}]\n\n"
    _waits_then_crosses(made, picture * (LONGEST // 60), picture * 3)
    assert made.issue.description.count("/uploads/") >= 3


def test_a_checklist_for_which_a_text_leaves_no_room_waits_alone(users: Make) -> None:
    made = _begun(users(), "create: [issues], fields: {checklist: both}")
    text = "x" * (LONGEST - 20)
    _edit(made.life, description=text)
    made.rest()
    assert made.issue.description.startswith(text[:100])
    parts = made.portal.parts
    head = parts.add_item(2103, "Steps", RITA, parent_id=0).id
    for number in range(5):
        parts.add_item(2103, f"Dig hole {number}", RITA, parent_id=head)
    _edit(made.life, title="Two")
    made.rest()
    assert (made.issue.title, "Dig hole" in made.issue.description) == ("Two", False)
    assert SHORTEN in _said_in_both(made).lower()
    _edit(made.life, description="short")
    made.rest()
    _later(made.life)
    assert made.issue.description.count("- [ ] Dig hole") == 5
    assert made.life.link().problems == {}


def test_a_task_whose_text_is_too_long_gets_its_issue_without_it(users: Make) -> None:
    made = _begun(users(description="x" * (LONGEST + 1), tags=["ui"]))
    assert (made.issue.title, made.issue.labels) == ("Task 2103", ["ui"])
    assert len(made.issue.description) < 200
    assert SHORTEN in made.life.link().problems["description"]
    _edit(made.life, description="short")
    made.rest()
    assert (made.issue.description[:5], made.life.link().problems) == ("short", {})


def test_a_task_whose_title_is_too_long_gets_its_issue_with_a_part_of_it(users: Make) -> None:
    made = users()
    made.task.title = long = "Ж" * 250 + " words"  # of a portal that keeps more than 255
    _begun(made)
    assert made.issue.title == f"{long[:254]}…"
    assert "256 of 255 characters" in _said_in_both(made)
    assert made.task.title == long
    _edit(made.life, title="Short")
    made.rest()
    assert (made.issue.title, made.life.link().problems) == ("Short", {})


def test_a_comment_that_the_chat_cannot_hold_waits_alone(users: Make) -> None:
    made = _begun(users())
    note = made.issue.notes.create({"body": "long " * 5_000})
    made.issue.notes.create({"body": "goes on"})
    made.rest()
    assert "goes on" in _messages(made.life)
    assert "long long" not in _messages(made.life)
    assert "Shorten it, or attach it as a file" in _said_in_both(made)
    made.issue.notes.update(note.id, {"body": "shorter"})
    made.rest()
    assert "shorter" in _messages(made.life)
