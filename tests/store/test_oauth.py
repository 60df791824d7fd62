"""Sign-ins that are under way, what was granted, and the applications registered for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from sync.core.model.common import PortalUser
from sync.store import (
    connections,
    oauth_applications,
    oauth_grants,
    oauth_sign_ins,
    people,
    portals,
)
from sync.store.db.database import write
from sync.store.oauth_grants import OWN, GrantTokens
from sync.store.oauth_sign_ins import LIFE, MOST_OPEN, SignInDraft
from sync.store.tables import oauth_application, oauth_grant, oauth_sign_in, portal
from tests.store.factories import NOW, VAULT, a_connection, a_portal, after

ANN, BOB = 7, 8
PAIR = GrantTokens("access-1", "refresh-1", after(hours=2))


@pytest.fixture
def conn(engine: Engine):
    with write(engine) as transaction:
        yield transaction


@pytest.fixture
def portal_id(conn):
    return a_portal(conn)


@pytest.fixture
def main(conn, portal_id):
    return a_connection(conn, portal_id)


def begin(conn, portal_id, connection_id, ticket="ticket-1", user_id=ANN, at=NOW):
    draft = SignInDraft(portal_id, connection_id, user_id, "i-1", False, "https://git.test")
    return oauth_sign_ins.begin(conn, VAULT, draft, ticket, access_token="theirs", now=at)


def send(conn, ticket="ticket-1", browser="browser-1", at=NOW):
    return oauth_sign_ins.send(
        conn, VAULT, ticket, state=f"state of {ticket}", browser=browser, verifier="v-1", now=at
    )


def use(conn, state="state of ticket-1", browser="browser-1", at=NOW):
    return oauth_sign_ins.use(conn, VAULT, state, browser, at)


def granted(conn, connection_id, user_id=OWN, tokens=PAIR):
    account = {"id": 5, "username": "ann"}
    oauth_grants.save(conn, VAULT, connection_id, user_id, tokens, account, NOW)
    return oauth_grants.find(conn, connection_id, user_id)


# --- sign-ins


def test_a_state_serves_once(conn, portal_id, main):
    begin(conn, portal_id, main)
    assert send(conn).verifier == ""
    used = use(conn)
    assert (used.user_id, used.connection_id, used.verifier) == (ANN, main, "v-1")
    assert use(conn) is None


def test_a_ticket_serves_once(conn, portal_id, main):
    begin(conn, portal_id, main)
    assert send(conn) is not None
    assert send(conn) is None


def test_another_browser_cannot_use_a_state_and_does_not_spoil_it(conn, portal_id, main):
    begin(conn, portal_id, main)
    send(conn)
    assert use(conn, browser="another") is None
    assert use(conn, browser="") is None
    assert use(conn) is not None


def test_a_state_ends_after_ten_minutes(conn, portal_id, main):
    begin(conn, portal_id, main)
    send(conn)
    assert use(conn, at=NOW + LIFE) is None
    begin(conn, portal_id, main, "ticket-2")
    assert send(conn, "ticket-2", at=NOW + LIFE) is None


def test_states_do_not_pile_up(conn, portal_id, main):
    for number in range(26):
        begin(conn, portal_id, main, f"ticket-{number}")
    begin(conn, portal_id, main, "of bob", BOB)
    count = select(func.count()).select_from(oauth_sign_in)
    assert conn.scalar(count) == MOST_OPEN + 1
    assert send(conn, "ticket-0") is None
    assert send(conn, "ticket-25") is not None
    begin(conn, portal_id, main, "later", at=NOW + LIFE)
    assert conn.scalar(count) == 1


def test_only_who_began_a_sign_in_learns_how_it_ended(conn, portal_id, main):
    sign_in_id = begin(conn, portal_id, main)
    oauth_sign_ins.finish(conn, sign_in_id, "refused", "GitLab refused", "Try again")
    where = {"portal_id": portal_id, "user_id": ANN, "now": NOW}
    ended = oauth_sign_ins.find(conn, sign_in_id, **where)
    assert (ended.state, ended.problem, ended.change) == ("refused", "GitLab refused", "Try again")
    assert oauth_sign_ins.find(conn, sign_in_id, **where | {"user_id": BOB}) is None
    assert oauth_sign_ins.find(conn, sign_in_id, **where | {"portal_id": portal_id + 1}) is None


def test_nothing_that_opens_a_sign_in_is_stored_as_it_is(conn, portal_id, main):
    begin(conn, portal_id, main)
    send(conn)
    (row,) = conn.execute(select(oauth_sign_in)).mappings()
    for secret in ("ticket-1", "browser-1", "v-1"):
        assert secret not in str(dict(row))
    use(conn)
    assert conn.scalar(select(oauth_sign_in.c.verifier_sealed)) is None


# --- grants


def test_tokens_are_sealed_and_shown_nowhere(conn, main):
    grant = granted(conn, main)
    (row,) = conn.execute(select(oauth_grant)).mappings()
    for secret in ("access-1", "refresh-1"):
        assert secret not in str(dict(row)) + repr(grant) + repr(PAIR)
    assert oauth_grants.tokens(conn, VAULT, grant.id) == PAIR


def test_a_grant_that_ended_has_no_tokens_until_it_is_given_again(conn, main):
    grant = granted(conn, main, ANN)
    oauth_grants.end(conn, grant.id, "GitLab refused")
    ended = oauth_grants.find(conn, main, ANN)
    assert (ended.state, ended.state_reason) == ("ended", "GitLab refused")
    assert oauth_grants.tokens(conn, VAULT, grant.id) is None
    assert not oauth_grants.replace_tokens(conn, VAULT, grant.id, PAIR)
    assert oauth_grants.mark_told(conn, grant.id, NOW)
    assert not oauth_grants.mark_told(conn, grant.id, NOW)
    assert granted(conn, main, ANN).state == "active"
    assert oauth_grants.mark_told(conn, grant.id, NOW)


def test_a_dismissed_employees_grant_serves_no_more(conn, portal_id, main):
    users = [PortalUser(ANN, "Ann", "", True), PortalUser(BOB, "Bob", "", True)]
    people.replace_portal_users(conn, portal_id, users)
    granted(conn, main)
    granted(conn, main, ANN)
    granted(conn, main, BOB)
    assert set(oauth_grants.usable_by_person(conn, main)) == {ANN, BOB}
    assert oauth_grants.of_dismissed(conn, portal_id) == ()
    people.replace_portal_users(conn, portal_id, [PortalUser(ANN, "Ann", "", False)])
    assert oauth_grants.usable_by_person(conn, main) == {}
    assert {grant.user_id for grant in oauth_grants.of_dismissed(conn, portal_id)} == {ANN, BOB}


def test_people_lose_their_grants_with_the_connection_or_the_portal(conn, portal_id, main):
    granted(conn, main)
    granted(conn, main, ANN)
    oauth_applications.save(conn, VAULT, portal_id, "https://git.test", "id-1", "s3cret")
    begin(conn, portal_id, main)
    connections.mark_removed(conn, main, NOW)
    assert oauth_grants.find(conn, main, ANN) is None
    assert oauth_grants.find(conn, main) is not None
    granted(conn, main, ANN)
    portals.mark_removed(conn, portal_id, "uninstalled", NOW)
    assert oauth_grants.find(conn, main, ANN) is None
    conn.execute(portal.delete())
    for table in (oauth_grant, oauth_sign_in, oauth_application):
        assert conn.scalar(select(func.count()).select_from(table)) == 0


# --- applications


def test_an_application_keeps_its_secret_until_it_is_told_another(conn, portal_id):
    def secret():
        found = oauth_applications.find(conn, VAULT, portal_id, "https://git.test")
        return found and (found.client_id, found.client_secret)

    oauth_applications.save(conn, VAULT, portal_id, "https://git.test", "id-1", None)
    assert secret() is None
    assert oauth_applications.usable_addresses(conn, portal_id) == frozenset()
    oauth_applications.save(conn, VAULT, portal_id, "https://git.test", "id-1", "s3cret")
    oauth_applications.save(conn, VAULT, portal_id, "https://git.test", "id-2", None)
    assert secret() == ("id-2", "s3cret")
    assert "s3cret" not in str(conn.execute(select(oauth_application)).all())
    assert oauth_applications.usable_addresses(conn, portal_id) == {"https://git.test"}
    oauth_applications.keep_only(conn, portal_id, [])
    assert secret() is None


def test_a_sign_in_lasts_minutes():
    assert timedelta(minutes=5) <= LIFE <= timedelta(minutes=15)
