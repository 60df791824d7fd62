"""Branches and merge requests created at an emulated GitLab, and what it refuses."""

from __future__ import annotations

import pytest

from sync.errors import Denied, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.new_work import create_branch, create_merge_request
from sync.net import guarded_session
from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture
def shop(gitlab: GitLabEmulator):
    for name in ("ann", "bob"):
        gitlab.state.add_user(name)
    return gitlab.state.add_project("acme/shop", members={"ann": 30, "bob": 20})


def client(gitlab: GitLabEmulator, who: str) -> GitLab:
    token = gitlab.state.add_token(who).value
    return GitLab(gitlab.url, token, session=guarded_session(["127.0.0.0/8"]))


def test_a_branch_begins_at_the_default_branch_and_is_proposed_as_a_draft(gitlab, shop):
    ann = client(gitlab, "ann")
    branch = create_branch(ann, shop.id, "B24-7-pay")
    assert (branch.name, shop.branches["B24-7-pay"].head) == (
        "B24-7-pay",
        shop.branches["main"].head,
    )
    made = create_merge_request(ann, shop.id, "B24-7-pay", "B24-7 Pay")
    (mr,) = shop.merge_requests.values()
    assert (made.name, mr.title, mr.draft) == ("acme/shop!1", "Draft: B24-7 Pay", True)
    assert made.url.endswith("/acme/shop/-/merge_requests/1")


@pytest.mark.parametrize(
    ("name", "text"),
    [("main", "already exists"), ("a..b", "is invalid"), ("a b", "is invalid")],
)
def test_a_branch_that_cannot_be_is_refused(gitlab, shop, name, text):
    with pytest.raises(Refused, match=text):
        create_branch(client(gitlab, "ann"), shop.id, name)


def test_a_second_merge_request_and_a_missing_branch_are_refused(gitlab, shop):
    ann = client(gitlab, "ann")
    with pytest.raises(Refused):
        create_merge_request(ann, shop.id, "none", "Pay")
    create_branch(ann, shop.id, "pay")
    create_merge_request(ann, shop.id, "pay", "Pay")
    with pytest.raises(Refused, match="already exists"):
        create_merge_request(ann, shop.id, "pay", "Pay")


def test_a_reporter_may_create_nothing(gitlab, shop):
    with pytest.raises((Denied, Refused)):
        create_branch(client(gitlab, "bob"), shop.id, "pay")
    assert "pay" not in shop.branches
