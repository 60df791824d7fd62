"""Who of the portal is who on the code host."""

from __future__ import annotations

import pytest

from sync.bitrix24.people import by_email, match
from sync.core.model import Person, PortalUser

USERS = (
    PortalUser(1, "Anna", "Anna@Example.com"),
    PortalUser(2, "Boris", "boris@example.com"),
    PortalUser(3, "Gone", "gone@example.com", active=False),
    PortalUser(4, "Shared one", "team@example.com"),
    PortalUser(5, "Shared two", "team@example.com"),
    PortalUser(6, "Hidden", None),
)


@pytest.mark.parametrize(
    ("person", "commit_email", "user"),
    [
        (Person(10, "Mapped", email="anna@example.com"), None, 9),
        (Person(11, "anna", email="anna@example.com"), None, 1),
        (Person(11, "anna", email="ANNA@EXAMPLE.COM "), "boris@example.com", 1),
        (Person(12, "b", email=None), "boris@example.com", 2),
        (Person(12, "b", email="b@users.noreply.gitlab.com"), "boris@example.com", 2),
        (Person(13, "gone", email="gone@example.com"), None, None),
        (Person(14, "team", email="team@example.com"), None, None),
        (Person(15, "nobody", email=""), None, None),
    ],
)
def test_mapping_first_then_public_email_then_commits(person, commit_email, user):
    emails = by_email(USERS)
    assert match(person, explicit={"mapped": 9}, emails=emails, commit_email=commit_email) == user
