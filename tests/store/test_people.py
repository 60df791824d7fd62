"""People of the portals and of the code hosts."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from sync.core.model.common import Person, PortalUser
from sync.store import people
from sync.store.db.database import write
from tests.store.factories import ANN, BOB, a_connection, a_portal


def test_portal_users_are_found_by_an_email_of_their_own(engine: Engine) -> None:
    users = [
        PortalUser(1, "Ann", "ann@example.com"),
        PortalUser(2, "Gone", "gone@example.com", active=False),
        PortalUser(3, "Twin", "twin@example.com"),
        PortalUser(4, "Twin", "twin@example.com"),
        PortalUser(5, "Nobody"),
        PortalUser(6, "Empty", ""),
    ]
    with write(engine) as conn:
        p = a_portal(conn)
        people.save_portal_users(conn, p, users)
        assert people.portal_users(conn, p) == {user.id: user for user in users}
        assert people.active_by_email(conn, p) == {"ann@example.com": 1}
        people.save_portal_users(conn, p, [PortalUser(1, "Ann", "ANN@Example.org")])
        assert people.active_by_email(conn, p) == {"ann@example.org": 1}


def test_a_replaced_list_forgets_who_left(engine: Engine) -> None:
    with write(engine) as conn:
        one, two = a_portal(conn, "1"), a_portal(conn, "2")
        for portal_id in (one, two):
            people.save_portal_users(conn, portal_id, [PortalUser(1, "Ann"), PortalUser(2, "Bob")])
        people.replace_portal_users(conn, one, [PortalUser(2, "Bob")])
        assert list(people.portal_users(conn, one)) == [2]
        assert list(people.portal_users(conn, two)) == [1, 2]


def test_an_email_once_told_outlives_payloads_that_hide_it(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        people.save_host_people(conn, c, [ANN, BOB])
        people.save_commit_emails(conn, c, {ANN: "Ann@Home.test", BOB: "bob@home.test"})
        people.save_host_people(conn, c, [replace(ANN, email=None), BOB])
        assert people.emails_of(conn, c, [7, 8, 9]) == {
            7: ("ann@example.com", "ann@home.test"),
            8: ("bob@home.test",),
        }


def test_people_of_a_code_host_are_found_by_the_e_mails_of_their_commits(engine: Engine) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        ann = Person(1, "ann", "Ann", "Ann@acme.example")
        bob = Person(2, "bob", "Bob")
        people.save_host_people(conn, c, [ann, bob])
        people.save_commit_emails(conn, c, {bob: "Bob@home.example"})
        found = people.by_emails(
            conn, c, ["ann@acme.example", "bob@home.example", "x@acme.example"]
        )
        assert found == {"ann@acme.example": ann, "bob@home.example": bob}
