"""What people do, and the hooks each act fires."""

import pytest

from tests.emulators.gitlab.acme import BRANCH, Acme
from tests.emulators.gitlab.receiver import Receiver


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def actions(receiver):
    return [one.action for one in receiver.heard]


def listening(acme, receiver, *events):
    return acme.gitlab.add_hook(acme.shop, receiver.url, *events)


def test_the_life_of_a_merge_request_in_hooks(acme, receiver):
    listening(acme, receiver)
    gitlab = acme.gitlab
    acme.shop.approvals_required = 2
    mr = acme.open_mr("Draft: B24-1 Pay")
    gitlab.update_mr(mr, "bob", draft=False)
    gitlab.push(acme.shop, BRANCH, ["Fix"], "bob")
    gitlab.approve(mr, "ann")
    gitlab.approve(mr, "cat")
    gitlab.unapprove(mr, "cat")
    gitlab.unapprove(mr, "ann")
    gitlab.close(mr, "ann")
    gitlab.reopen(mr, "ann")
    gitlab.merge(mr, "ann")
    assert actions(receiver) == [
        "open",
        "update",
        "update",
        "approval",
        "approved",
        "unapproved",
        "unapproval",
        "close",
        "reopen",
        "merge",
    ]


@pytest.mark.parametrize(
    ("required", "approvers", "action"),
    [
        (1, ["ann"], "unapproved"),
        (1, ["ann", "cat"], "unapproval"),
        (2, ["ann", "cat"], "unapproved"),
        (2, ["ann"], "unapproval"),
        (0, ["ann"], "unapproval"),
    ],
)
def test_what_an_approval_taken_back_is_called(acme, receiver, required, approvers, action):
    acme.shop.approvals_required = required
    mr = acme.open_mr()
    for name in approvers:
        acme.gitlab.approve(mr, name)
    listening(acme, receiver)
    acme.gitlab.unapprove(mr, "ann")
    assert actions(receiver) == [action]


def test_asking_an_approver_again_takes_the_approval_without_telling(acme, receiver):
    mr = acme.open_mr()
    acme.gitlab.approve(mr, "ann")
    listening(acme, receiver)
    acme.gitlab.request_review(mr, "ann", "bob")
    assert (actions(receiver), mr.approvals) == (["update"], {})


@pytest.mark.parametrize(("reset", "acts"), [(True, ["update", "unapproved"]), (False, ["update"])])
def test_a_push_may_take_all_approvals(acme, receiver, reset, acts):
    acme.shop.reset_approvals_on_push = reset
    mr = acme.open_mr()
    acme.gitlab.approve(mr, "ann")
    listening(acme, receiver)
    acme.gitlab.push(acme.shop, BRANCH, ["Fix"], "bob")
    assert (actions(receiver), len(mr.approvals)) == (acts, 0 if reset else 1)


@pytest.mark.parametrize("note_first", [True, False])
def test_an_approval_may_carry_the_time_of_the_last_change(acme, receiver, note_first):
    acme.gitlab.reviewing.approval_note_first = note_first
    mr = acme.open_mr()
    listening(acme, receiver)
    acme.clock.move(60)
    acme.gitlab.approve(mr, "ann")
    attributes = receiver.heard[0].payload["object_attributes"]
    at = "2026-03-02 09:01:00 UTC" if note_first else "2026-03-02 09:00:00 UTC"
    assert (attributes["updated_at"], attributes["actioned_at"]) == (at, "2026-03-02 09:01:00 UTC")
    assert acme.call("GET", "/projects/1/merge_requests/1").json()["updated_at"] == (
        "2026-03-02T09:01:00.000Z"
    )


def test_a_merge_pushes_to_the_target_and_removes_the_branch(acme, receiver):
    mr = acme.open_mr()
    listening(acme, receiver, "push_events", "merge_requests_events")
    acme.gitlab.merge(mr, "ann")
    told = [(one.payload.get("ref", ""), one.action) for one in receiver.heard]
    assert told == [
        ("", "merge"),
        ("refs/heads/main", ""),
        (f"refs/heads/{BRANCH}", ""),
    ]
    assert receiver.heard[2].payload["checkout_sha"] is None


def test_an_edit_that_changes_nothing_is_not_told(acme, receiver):
    mr = acme.open_mr()
    listening(acme, receiver)
    acme.gitlab.update_mr(mr, "bob", title=mr.title, draft=False)
    assert receiver.heard == []


def test_a_hook_hears_only_what_it_listens_to(acme, receiver):
    listening(acme, receiver, "pipeline_events", "note_events")
    mr = acme.open_mr()
    acme.gitlab.comment(mr, "Hm", "ann")
    acme.gitlab.run_pipeline(mr).set_status("success")
    assert [one.headers["x-gitlab-event"] for one in receiver.heard] == [
        "Note Hook",
        "Pipeline Hook",
        "Pipeline Hook",
    ]


@pytest.mark.parametrize(
    ("strategy", "wanted", "heard"),
    [
        ("wildcard", "feature/*", [BRANCH]),
        ("regex", "^main$", ["main"]),
        ("all_branches", "feature/*", ["main", BRANCH]),
        ("wildcard", "", ["main", BRANCH]),
    ],
)
def test_the_branch_filter_is_for_pushes(acme, receiver, strategy, wanted, heard):
    hook = listening(acme, receiver, "push_events")
    hook.branch_filter_strategy, hook.push_events_branch_filter = strategy, wanted
    for branch in ("main", BRANCH):
        acme.gitlab.push(acme.shop, branch, ["Step"], "ann")
    refs = [one.payload["ref"].removeprefix("refs/heads/") for one in receiver.heard]
    assert refs == heard
