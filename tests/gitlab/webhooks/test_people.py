import pytest

from sync.core.model.common import Person
from sync.gitlab.json_fields import email, people, person, pusher


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("alice@acme.test", "alice@acme.test"),
        (" alice@acme.test ", "alice@acme.test"),
        ("[REDACTED]", None),
        ("", None),
        (None, None),
        ("nobody", None),
        ("@acme.test", None),
        (7, None),
    ],
)
def test_a_hidden_email_is_none(told, read):
    assert email(told) == read


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"id": 5, "username": "eva", "name": "Eva"}, Person(5, "eva", "Eva")),
        ({"id": 5, "username": None, "name": []}, Person(5, "")),
        (
            {"id": 5, "username": "eva", "public_email": "e@x.test", "email": "[REDACTED]"},
            Person(5, "eva", "", "e@x.test"),
        ),
        ({"id": 5, "username": "eva", "public_email": ""}, Person(5, "eva")),
        ({"username": "root", "name": "Administrator"}, None),
        ({"id": 0}, None),
        ("eva", None),
        (None, None),
    ],
)
def test_a_person_is_who_has_an_id(told, read):
    assert person(told) == read


def test_a_list_of_people_leaves_out_what_is_nobody():
    assert people([{"id": 1}, None, {"name": "x"}, {"id": 2}]) == (Person(1, ""), Person(2, ""))
    assert people({"id": 1}) == ()


def test_a_push_names_its_person_in_flat_fields():
    told = {"user_id": 4, "user_username": "jo", "user_name": "Jo", "user_email": "jo@x.test"}
    assert pusher(told) == Person(4, "jo", "Jo", "jo@x.test")
    assert pusher({"user_name": "Jo"}) is None
