"""Boris' own GitLab account, from the database to the note, with workers between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.model.common import PortalUser
from sync.engine.issue_sync.own_accounts import end_dismissed
from sync.engine.upkeep.sweep import refresh_people
from sync.errors import Denied
from sync.gitlab.api.client import GitLab
from sync.store import oauth_grants, people
from sync.store.db.database import read, write
from sync.store.oauth_grants import GrantRecord, GrantTokens
from sync.store.rows import ConnectionRecord
from tests.engine.issue_sync.test_life import BORIS, RITA, Life
from tests.engine.world import HOST, World


class OwnLife(Life):
    """Boris signed in as bob, whose hooks name another e-mail: the sign-in says who he is."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.is_refused = False
        self.ended: list[int] = []
        self.bob = world.gitlab.state.user("bob")
        tokens = GrantTokens("a", "r", world.clock.now() + timedelta(hours=2))
        account = {"id": self.bob.id, "username": "bob", "name": "Bob"}
        with write(world.database) as conn:
            oauth_grants.save(
                conn, world.vault, world.connection_id, BORIS, tokens, account, world.clock.now()
            )
        made = world.deps

        def deps(owner: str = "one") -> Any:
            return replace(
                made(owner), personal_code_host_for=self.open, end_sign_in=self.end_sign_in
            )

        object.__setattr__(world, "deps", deps)

    def open(self, record: ConnectionRecord, user_id: int) -> GitLab:
        assert user_id == BORIS
        if self.is_refused:
            raise Denied("The sign-in at GitLab is over", code="invalid_grant")
        return GitLab(HOST, self.bobs_token, session=self.world.session())

    def end_sign_in(self, record: ConnectionRecord, grant: GrantRecord) -> None:
        self.ended.append(grant.user_id)
        with write(self.world.database) as conn:
            oauth_grants.remove(conn, record.id, grant.user_id)

    def notes(self) -> list[str]:
        notes = self.issue.notes.list(get_all=True, sort="asc", order_by="created_at")
        return [note.author["username"] for note in notes if not note.system]

    def told(self) -> list[str]:
        notifications = self.world.b24.state.notifications.values()
        return [sent.text for sent in notifications if sent.user_id == BORIS]


@pytest.fixture
def life(make_world: Callable[..., World]) -> OwnLife:
    made = OwnLife(make_world().with_task(description="First", created_by=BORIS))
    made.import_all()
    made.rest()
    return made


def test_a_comment_goes_out_under_the_name_of_who_wrote_it(life: OwnLife) -> None:
    life.world.b24.state.user_comments(BORIS, 2103, "Hello")
    life.rest()
    assert life.notes() == ["bob"]
    count = life.written()
    life.rest()
    assert life.written() == count
    assert life.told() == []


def _actors(life: OwnLife) -> list[tuple[str, str]]:
    """Return who wrote what GitLab keeps of the issue: its author, and of its last edit."""
    issue = life.world.shop.issues[life.issue.iid]
    users = life.world.gitlab.state.users
    return [users[number].username for number in (issue.author_id, issue.updated_by_id) if number]


def test_a_new_issue_and_edits_stand_in_the_name_of_who_wrote_them(life: OwnLife) -> None:
    assert life.issue.author["username"] == "bob"
    life.world.b24.state.user_edits_task(BORIS, 2103, title="Mine", tags=["ui"])
    life.rest()
    assert (life.issue.title, life.issue.labels, _actors(life)) == ("Mine", ["ui"], ["bob", "bob"])
    life.world.b24.state.user_edits_task(RITA, 2103, title="Hers")
    life.rest()
    assert (life.issue.title, _actors(life)) == ("Hers", ["bob", "bridge"])
    life.world.b24.state.user_edits_task(RITA, 2103, title="Of both")
    life.world.b24.state.user_edits_task(BORIS, 2103, tags=["api"])
    life.rest()
    assert (life.issue.title, life.issue.labels, _actors(life)[1]) == ("Of both", ["api"], "bridge")


def test_what_a_person_may_not_set_is_set_by_us(life: OwnLife) -> None:
    life.world.shop.members[life.bob.id] = 10
    life.world.b24.state.user_edits_task(BORIS, 2103, title="As a guest", tags=["ui"])
    life.rest()
    assert (life.issue.title, life.issue.labels) == ("As a guest", ["ui"])
    assert life.link().problems == {}
    assert life.link().refused == {}


def test_an_account_that_ends_in_the_midst_of_the_work_loses_nothing(life: OwnLife) -> None:
    life.is_refused = True
    life.world.b24.state.user_edits_task(BORIS, 2103, title="Meanwhile")
    life.world.b24.state.user_comments(BORIS, 2103, "Hello")
    life.rest()
    assert (life.issue.title, _actors(life), life.notes()) == (
        "Meanwhile", ["bob", "bridge"], ["bridge"],
    )  # fmt: skip
    assert len(life.told()) == 1


def test_a_person_is_told_once_that_their_account_serves_no_more(life: OwnLife) -> None:
    life.is_refused = True
    for text in ("Hello", "Again"):
        life.world.b24.state.user_comments(BORIS, 2103, text)
        life.rest()
    assert life.notes() == ["bridge", "bridge"]
    (message,) = life.told()
    assert message.startswith("GitLab does not accept the sign-in of your account @bob at")


def test_the_sign_in_of_a_dismissed_employee_ends_with_the_next_look(life: OwnLife) -> None:
    deps, portal_id = life.world.deps(), life.world.portal_id
    with write(life.world.database) as conn:
        people.save_portal_users(conn, portal_id, [PortalUser(BORIS, "Boris", "b@x", False)])
        assert oauth_grants.usable_by_person(conn, life.world.connection_id) == {}
    assert end_dismissed(deps, portal_id) == 1
    assert life.ended == [BORIS]
    assert end_dismissed(deps, portal_id) == 0


def test_the_daily_look_at_people_ends_sign_ins(life: OwnLife) -> None:
    life.world.b24.state.dismiss_user(BORIS)
    refresh_people(life.world.deps(), life.world.portal_id)
    assert life.ended == [BORIS]


@pytest.mark.deep
def test_where_nobody_is_shown_nobody_counts_as_dismissed(life: OwnLife) -> None:
    with write(life.world.database) as conn:
        people.replace_portal_users(conn, life.world.portal_id, [])
    with read(life.world.database) as conn:
        assert set(oauth_grants.usable_by_person(conn, life.world.connection_id)) == {BORIS}
