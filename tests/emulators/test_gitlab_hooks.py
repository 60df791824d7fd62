"""Webhooks through the API: what is kept, refused and hidden."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.receiver import Receiver

SIGNING = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
HOOKS = "/projects/1/hooks"


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def make(acme, url="https://bridge.example/x", **more):
    return acme.call("POST", HOOKS, json={"url": url, **more})


def on(hook):
    return sorted(name for name, value in hook.items() if name.endswith("_events") and value)


def test_a_new_hook_listens_to_pushes_unless_told_otherwise(acme):
    assert on(make(acme).json()) == ["push_events"]
    quiet = make(acme, push_events=False, merge_requests_events=True)
    assert (quiet.status_code, on(quiet.json())) == (201, ["merge_requests_events"])


def test_unknown_attributes_are_ignored(acme):
    made = make(acme, colour="red", id=77)
    assert (made.status_code, made.json()["id"], "colour" in made.json()) == (201, 1, False)


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({}, 400, {"error": "url is missing"}),
        ({"url": "not a url"}, 422, {"error": "Invalid url given"}),
        ({"url": "ftp://a.example"}, 422, {"error": "Invalid url given"}),
        (
            {"url": "https://a.example", "push_events": "perhaps"},
            400,
            {"error": "push_events is invalid"},
        ),
        (
            {"url": "https://a.example", "branch_filter_strategy": "all"},
            400,
            {"error": "branch_filter_strategy does not have a valid value"},
        ),
        (
            {"url": "https://a.example", "signing_token": "whsec_short"},
            422,
            {"message": {"signing_token": ["is invalid"]}},
        ),
    ],
)
def test_when_a_hook_is_refused(acme, body, status, answer):
    got = acme.call("POST", HOOKS, json=body)
    assert (got.status_code, got.json()) == (status, answer)
    assert acme.call("GET", HOOKS).json() == []


def test_a_local_address_may_be_refused(acme):
    acme.gitlab.state.allow_local_hooks = False
    assert make(acme, "http://127.0.0.1:9/x").json() == {"error": "Invalid url given"}


@pytest.mark.parametrize(("user", "status"), [("bob", 403), ("cat", 404)])
def test_only_maintainers_see_hooks(acme, user, status):
    assert acme.call("GET", HOOKS, token=getattr(acme, user)).status_code == status


def test_no_token_ever_comes_back_only_whether_there_is_one(acme):
    made = make(acme, token="s3cret", signing_token=SIGNING)
    assert "s3cret" not in made.text
    assert SIGNING not in made.text
    assert (made.json()["token_present"], made.json()["signing_token_present"]) == (True, True)
    plain = make(acme).json()
    assert (plain["token_present"], plain["signing_token_present"]) == (False, False)


def test_before_19_nothing_is_known_of_signing(acme):
    acme.gitlab.state.version = "18.11.0-ee"
    made = make(acme, token="s3cret", signing_token=SIGNING).json()
    assert ("token_present" in made, "signing_token_present" in made) == (False, False)
    assert acme.gitlab.state.hooks[1].signing_token == ""


def test_a_put_needs_the_url_and_keeps_what_it_does_not_name(acme):
    make(acme, token="s3cret", merge_requests_events=True, signing_token=SIGNING)
    refused = acme.call("PUT", f"{HOOKS}/1", json={"push_events": False})
    assert (refused.status_code, refused.json()) == (400, {"error": "url is missing"})
    changed = acme.call("PUT", f"{HOOKS}/1", json={"url": "https://b.example", "push_events": 0})
    assert (changed.json()["url"], on(changed.json())) == (
        "https://b.example",
        ["merge_requests_events"],
    )
    assert changed.json()["signing_token_present"] is True


def test_a_bad_put_changes_nothing(acme):
    make(acme)
    assert acme.call("PUT", f"{HOOKS}/1", json={"url": "nowhere"}).status_code == 422
    assert acme.call("GET", f"{HOOKS}/1").json()["url"] == "https://bridge.example/x"


def test_a_removed_hook_is_gone(acme):
    make(acme)
    gone = acme.call("DELETE", f"{HOOKS}/1")
    assert (gone.status_code, gone.text) == (204, "")
    assert acme.call("DELETE", f"{HOOKS}/1").json() == {"message": "404 Not found"}


def test_a_project_has_at_most_a_hundred_hooks(acme):
    for _ in range(100):
        acme.gitlab.add_hook(acme.shop, "https://bridge.example/x")
    assert make(acme).status_code == 422


@pytest.mark.parametrize(
    ("edition", "premium", "status"), [("ee", True, 201), ("ee", False, 403), ("ce", False, 404)]
)
def test_group_hooks_need_premium(acme, edition, premium, status):
    acme.gitlab.state.edition, acme.gitlab.state.premium = edition, premium
    got = acme.call("POST", "/groups/acme/hooks", json={"url": "https://bridge.example/x"})
    assert got.status_code == status


def test_a_group_hook_hears_its_projects_beside_the_projects_own(acme, receiver):
    make(acme, f"{receiver.url}/p", push_events=False, merge_requests_events=True)
    url = f"{receiver.url}/g"
    acme.call("POST", "/groups/acme/hooks", json={"url": url, "merge_requests_events": True})
    acme.gitlab.close(acme.open_mr(), "ann")
    closed = [one for one in receiver.heard if one.action == "close"]
    assert [one.path for one in closed] == ["/hook/p", "/hook/g"]
    assert len({one.headers["idempotency-key"] for one in closed}) == 2
