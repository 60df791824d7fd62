"""People of a project are known before any webhook named them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete

from sync.core.model.common import Person
from sync.engine.issue_sync import trackers
from sync.errors import Refused
from sync.store.db.database import write
from sync.store.tables import host_user
from tests.engine.issue_sync.test_bad_input import _texts
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_hostile_rights import _begun
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_situations import _edit, _project

__all__ = ["users"]


def _nobody_was_named(made: Users) -> Users:
    with write(made.world.database) as conn:
        conn.execute(delete(host_user))
    return made


def test_members_of_the_project_are_matched_at_the_first_import(users: Make) -> None:
    made = _nobody_was_named(users(accomplices=[BORIS]))
    made.world.rules = replace(made.world.rules, people={"Ann": RITA, "bob": BORIS})
    _begun(made)
    assert sorted(person["username"] for person in made.issue.assignees) == ["ann", "bob"]
    assert made.life.link().problems == {}


def test_a_member_without_a_counterpart_is_named_by_the_first_preview(users: Make) -> None:
    made = _nobody_was_named(users())
    cid = made.gitlab.user("cid")
    made.world.shop.members[cid.id] = 30
    _project(made.life).issues.create({"title": "One", "assignee_ids": [cid.id]})
    made.sets("create: [tasks]")
    text = "no counterpart of a person, add one under `people`: Cid"
    assert any(text in line for line in made.asks("preview"))
    made.asks("run")
    made.rest()
    assert text in str(made.life.link().problems)
    assert not any("`people`: 3" in line for line in _texts(made.life))


@pytest.mark.deep
def test_a_token_that_may_not_list_members_stops_nothing(
    users: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _begun(users())

    def refuse(*_: object) -> tuple[Person, ...]:
        raise Refused("403 Forbidden")

    monkeypatch.setattr(trackers, "read_members", refuse)
    made.rest(61)
    _edit(made.life, title="Goes on", accomplices=[BORIS])
    made.rest()
    assert made.issue.title == "Goes on"
    assert sorted(person["username"] for person in made.issue.assignees) == ["ann", "bob"]
