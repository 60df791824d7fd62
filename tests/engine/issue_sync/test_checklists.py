"""Checklists that people edit in the task and in its issue, through the real rooms."""

from __future__ import annotations

from typing import NoReturn

from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.methods import checklists
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_situations import _change, _edit, _later

__all__ = ["users"]


def _begun(users: Make, *titles: str) -> Users:
    made = users()
    made.sets("create: [issues], fields: {checklist: both}")
    made.asks("run")
    made.rest()
    lines = "".join(f"- [ ] {title}\n" for title in titles)
    _change(made.life, description=f"Intro\n\n{lines}\nOutro")
    made.rest()
    return made


def _change_lines(made: Users, old: str, new: str) -> None:
    """Let Bob edit the list in the issue."""
    assert old in made.issue.description
    _change(made.life, description=made.issue.description.replace(old, new))


def _tick(made: Users, title: str) -> None:
    """Let Rita tick an item of the task: the last of that title."""
    item = [item for item in made.portal.parts.checklist(2103) if item.title == title][-1]
    item.complete = True
    _edit(made.life)


def _of_task(made: Users) -> str:
    items = [item for item in made.portal.parts.checklist(2103) if item.parent_id]
    items.sort(key=lambda item: (item.sort, item.id))
    return " ".join(item.title + "!" * item.complete for item in items)


def _of_issue(made: Users) -> str:
    lines = [line[2:] for line in made.issue.description.split("\n") if line.startswith("- [")]
    return " ".join(line[4:] + "!" * (line[1] == "x") for line in lines)


def test_the_order_of_a_list_and_a_new_item_amid_it_cross(users: Make) -> None:
    made = _begun(users, "a", "b", "c")
    _change_lines(made, "- [ ] a\n- [ ] b\n- [ ] c", "- [ ] c\n- [ ] a\n- [x] b")
    made.rest()
    assert _of_task(made) == "c a b!"
    _change_lines(made, "- [ ] c\n", "- [ ] c\n- [ ] new\n")
    made.rest()
    assert _of_task(made) == "c new a b!"
    _later(made.life)
    assert (_of_issue(made), made.life.link().problems) == ("c new a b!", {})


def test_boxes_that_are_ticked_on_both_sides_at_once_are_both_ticked(users: Make) -> None:
    made = _begun(users, "dig", "fill", "dig")
    _tick(made, "dig")
    _change_lines(made, "- [ ] fill", "- [x] fill")
    made.rest()
    assert _of_task(made) == _of_issue(made) == "dig fill! dig!"


def test_an_order_here_and_an_item_that_goes_or_comes_there_both_stand(users: Make) -> None:
    made = _begun(users, "a", "b", "c")
    (item,) = (item for item in made.portal.parts.checklist(2103) if item.title == "b")
    made.portal.parts.drop_item(item.id)
    _edit(made.life)
    _change_lines(made, "- [ ] a\n- [ ] b\n- [ ] c", "- [ ] c\n- [ ] b\n- [ ] new\n- [ ] a")
    made.rest()
    assert _of_task(made) == _of_issue(made) == "c new a"
    assert made.life.link().problems == {}


def test_a_checklist_that_the_portal_refuses_to_show_empties_no_list(users: Make) -> None:
    made = _begun(users, "a", "b")

    def refuse(*_: object) -> NoReturn:
        raise RestError(400, "ACTION_NOT_ALLOWED", "Access denied")

    made.world.patch(checklists, "_shown", refuse)
    _edit(made.life, title="Goes on")
    made.rest(11)
    assert (made.issue.title, _of_issue(made)) == ("Goes on", "a b")
