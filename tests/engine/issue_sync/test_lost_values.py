"""Labels, options and milestones that are gone take nothing from the task: nobody edited it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators.gitlab.issues.records import CustomField
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_mended import _rename_label
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _project

__all__ = ["users"]

PAIR = "create: [issues], custom: {UF_SIZE: {field: Size}}"
SIZE = "custom:UF_SIZE"


def _sized(users: Make, **values: Any) -> Users:
    """Begin with a task whose own field a label stands for."""
    made = users(premium=False, uf={"UF_SIZE": "XL"}, **values)
    made.portal.add_user_field("UF_SIZE", "string")
    _begun(made, PAIR)
    assert made.issue.labels == ["Size::XL"]
    return made


def _deleted(made: Users) -> None:
    _project(made.life).labels.delete("Size::XL")


def _size(made: Users) -> Any:
    return made.task.uf["UF_SIZE"]


@pytest.mark.deep
@pytest.mark.parametrize("soon", [True, False])
def test_a_deleted_label_of_an_own_field_empties_nothing(users: Make, soon: bool) -> None:
    made = _sized(users)
    _deleted(made)
    _change(made.life, title="Goes on")
    made.rest() if soon else _later(made.life)
    assert (made.task.title, _size(made)) == ("Goes on", "XL")
    said = _said_in_both(made)
    assert 'the tracker has no "XL" any more' in said
    _later(made.life)
    assert _said_in_both(made) == said  # once
    _edit(made.life, uf={"UF_SIZE": "S"})
    made.rest()
    assert (made.issue.labels, made.life.link().problems) == (["Size::S"], {})


@pytest.mark.deep
@pytest.mark.parametrize(
    ("act", "size", "tags"),
    [
        (lambda made: _change(made.life, remove_labels="Size::XL"), "", []),  # by a person
        (lambda made: _rename_label(made.life, "Size::XL", "Size::Huge"), "Huge", []),
        (lambda made: _rename_label(made.life, "Size::XL", "huge"), "XL", ["huge"]),
    ],
)
def test_an_own_field_follows_its_label(
    users: Make, act: Callable[[Users], None], size: str, tags: list[str]
) -> None:
    made = _sized(users)
    act(made)
    _change(made.life, title="Goes on")
    made.rest()
    assert (made.task.title, _size(made) or "", made.task.tags) == ("Goes on", size, tags)
    assert bool(made.life.link().problems) is (size == "XL")


@pytest.mark.deep
def test_a_deleted_label_that_is_made_again_lets_its_field_go_on(users: Make) -> None:
    made = _sized(users)
    _deleted(made)
    _change(made.life, title="Goes on")
    made.rest()
    assert SIZE in made.life.link().problems
    _change(made.life, add_labels="Size::XL")
    made.rest()
    assert (_size(made), made.life.link().problems) == ("XL", {})
    _change(made.life, remove_labels="Size::XL")
    made.rest()
    assert not _size(made)


def test_an_option_of_the_licence_that_was_deleted_empties_nothing(users: Make) -> None:
    made = users(uf={"UF_SIZE": "XL"})
    made.portal.add_user_field("UF_SIZE", "string")
    options = {5: "S", 6: "XL"}
    made.gitlab.planned.fields["acme"] = [CustomField(1, "Size", "SINGLE_SELECT", options)]
    _begun(made, PAIR)
    stored = made.world.shop.issues[1]
    assert stored.custom == {1: [6]}
    del options[6]
    stored.custom = {1: []}
    _change(made.life, title="Goes on")
    made.rest()
    assert (made.task.title, _size(made)) == ("Goes on", "XL")
    assert "the tracker has this value no more: it was deleted" in _said_in_both(made)
    _edit(made.life, uf={"UF_SIZE": "S"})
    made.rest()
    assert (stored.custom, made.life.link().problems) == ({1: [5]}, {})


@pytest.mark.deep
def test_a_milestone_that_was_deleted_leaves_the_sprint(users: Make) -> None:
    made = users(uf={"UF_SPRINT": "S1"})
    made.portal.add_user_field("UF_SPRINT", "string")
    for name in ("S1", "S2"):
        made.world.gitlab.keeping.create_milestone(made.world.shop, name)
    _begun(
        made,
        "create: [issues], fields: {sprint: both}, sprint: {issue: milestone, task: UF_SPRINT}",
    )
    assert made.issue.milestone["title"] == "S1"
    stored = made.world.shop.issues[1]
    del made.world.shop.milestones[stored.milestone_id or 0]
    stored.milestone_id = None
    _change(made.life, title="Goes on")
    made.rest()
    assert (made.task.title, made.task.uf["UF_SPRINT"]) == ("Goes on", "S1")
    assert "nobody emptied the field" in _said_in_both(made)
    _edit(made.life, uf={"UF_SPRINT": "S2"})
    made.rest()
    assert (made.issue.milestone["title"], made.life.link().problems) == ("S2", {})
    _change(made.life, milestone_id=0)
    made.rest()
    assert not made.task.uf["UF_SPRINT"]  # somebody did that


WORKFLOW = (
    "create: [issues], statuses: [{issue: 'workflow::todo', task: waiting}, {issue: "
    "'workflow::doing', task: in_progress}, {issue: closed, task: completed}]"
)


@pytest.mark.deep
@pytest.mark.parametrize("is_table", [True, False])
def test_a_status_whose_label_was_just_deleted_stays(users: Make, is_table: bool) -> None:
    made = users(premium=False)
    for name in ("workflow::todo", "workflow::doing"):
        _project(made.life).labels.create({"name": name, "color": "#112233"})
    _begun(made, WORKFLOW if is_table else "create: [issues]")
    _change(made.life, add_labels="workflow::doing", remove_labels="workflow::todo")
    made.rest()
    assert made.task.status == 3
    _project(made.life).labels.delete("workflow::doing")
    _change(made.life, title="Goes on")  # within the ten minutes that answers are kept
    made.rest()
    assert (made.task.title, made.task.status) == ("Goes on", 3)
    made.portal.user_moves_task(RITA, 2103, 5)
    made.rest(11)
    assert made.issue.state == "closed"


@pytest.mark.deep
def test_a_person_who_takes_the_label_of_a_status_off_moves_the_task(users: Make) -> None:
    made = users(premium=False)
    for name in ("workflow::todo", "workflow::doing"):
        _project(made.life).labels.create({"name": name, "color": "#112233"})
    _begun(
        made, WORKFLOW.replace("{issue: closed", "{issue: opened, task: waiting}, {issue: closed")
    )
    _change(made.life, add_labels="workflow::doing", remove_labels="workflow::todo")
    made.rest()
    assert made.task.status == 3
    _change(made.life, remove_labels="workflow::doing")
    made.rest()
    assert made.task.status == 2
