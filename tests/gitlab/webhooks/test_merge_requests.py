from datetime import UTC, datetime

import pytest

from sync.core.model.activity import Push
from sync.core.model.common import Commit, Person, Project
from sync.core.model.events import MergeRequestEvent, PipelineEvent, UnrecognisedEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, Reviewer
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.gitlab.webhooks.parse import parse_events
from tests.gitlab.payloads import EVENTS, FAILED, LEFT_OUT, OPENED, PUSHED, body, fixture

SHOP = Project(3, 7, "web/shop", "https://git.acme.test/web/shop", "Shop", "main")
ALICE = Person(41, "alice", "Alice Novak", "alice@acme.test")
BORIS = Person(42, "boris", "Boris Petrov")
HEAD = "4f1c9e" + "0a" * 17
BRANCH = "feature/B24-2103-payment-gateway"


def heard(name, **changes):
    (told,) = parse_events(EVENTS[name], body(fixture(name, **changes)), connection_id=3)
    return told


def at(hour, minute, second):
    return datetime(2026, 3, 2, hour, minute, second, tzinfo=UTC)


def test_an_opened_merge_request_is_read_whole():
    assert heard(OPENED) == MergeRequestEvent(
        merge_request=MergeRequest(
            project=SHOP,
            iid=12,
            title="B24-2103 Payment gateway",
            description="Takes cards.",
            url="https://git.acme.test/web/shop/-/merge_requests/12",
            state=MergeRequestState.OPENED,
            draft=False,
            source_branch=BRANCH,
            target_branch="main",
            author=ALICE,
            updated_at=at(10, 0, 3),
            assignees=(ALICE,),
            reviewers=(Reviewer(BORIS, "unreviewed"),),
            labels=("backend", "priority::high"),
            head_sha=HEAD,
            actor=ALICE,
            source_project_id=7,
        ),
        action="open",
        actor=ALICE,
        author_id=ALICE.id,
    )


@pytest.mark.parametrize(
    ("action", "approval", "rules_met"),
    [
        ("approval", True, None),
        ("approved", True, True),
        ("unapproval", False, None),
        ("unapproved", False, False),
        ("open", None, None),
        ("update", None, None),
        ("merge", None, None),
        ("a word of the future", None, None),
    ],
)
def test_an_action_says_what_it_changes_in_the_approvals(action, approval, rules_met):
    told = heard(OPENED, object_attributes__action=action)
    assert (told.action, told.actor_approved, told.approval_rules_met) == (
        action,
        approval,
        rules_met,
    )
    assert (told.merge_request.approved, told.merge_request.approved_by) == (False, ())


@pytest.mark.parametrize(
    ("system_action", "reset"),
    [
        ("approvals_reset_on_push", True),
        ("code_owner_approvals_reset_on_push", False),
        (None, False),
    ],
)
def test_a_push_that_takes_approvals_back_is_nobodys_own_approval(system_action, reset):
    told = heard(
        OPENED,
        object_attributes__action="unapproved",
        object_attributes__system=True,
        object_attributes__system_action=system_action,
    )
    assert (told.approvals_reset, told.actor_approved, told.approval_rules_met) == (
        reset,
        None,
        False,
    )


@pytest.mark.parametrize("action", ["open", "close", "reopen", "merge", "approved", "unapproved"])
def test_who_made_the_milestone_is_kept(action):
    assert heard(OPENED, object_attributes__action=action).merge_request.actor == ALICE


def test_who_only_edited_made_no_milestone():
    told = heard(OPENED, object_attributes__action="update")
    assert (told.merge_request.actor, told.actor) == (None, ALICE)


UPDATED = {"object_attributes__action": "update"}  # another than the author did it


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        (UPDATED | {"object_attributes__author_id": 42}, "author", BORIS),
        (UPDATED | {"object_attributes__author_id": 99}, "author", None),
        ({"object_attributes__author_id": None}, "author", None),
        ({"object_attributes__draft": True}, "draft", True),
        (
            {
                "object_attributes__draft": LEFT_OUT,
                "object_attributes__work_in_progress": True,
            },
            "draft",
            True,
        ),
        ({"object_attributes__draft": "yes"}, "draft", False),
        (
            {"object_attributes__state": "merged", "object_attributes__action": "merge"},
            "state",
            MergeRequestState.MERGED,
        ),
        ({"object_attributes__state": "locked"}, "state", MergeRequestState.LOCKED),
        (
            {"object_attributes__state": LEFT_OUT, "object_attributes__state_id": 2},
            "state",
            MergeRequestState.CLOSED,
        ),
        ({"object_attributes__description": None}, "description", ""),
        (
            {"object_attributes__url": LEFT_OUT},
            "url",
            "https://git.acme.test/web/shop/-/merge_requests/12",
        ),
        (
            {"object_attributes__url": "javascript:alert(1)"},
            "url",
            "https://git.acme.test/web/shop/-/merge_requests/12",
        ),
        ({"project__id": LEFT_OUT}, "project", SHOP),
        ({"labels": None}, "labels", ("backend",)),
        ({"labels": [], "object_attributes__labels": None}, "labels", ()),
        ({"assignees": [None, 1, {"id": "41"}, {"username": "x"}]}, "assignees", ()),
        ({"reviewers": {"id": 42}}, "reviewers", ()),
        (
            {"reviewers__0__state": "requested_changes"},
            "reviewers",
            (Reviewer(BORIS, "requested_changes"),),
        ),
        ({"reviewers__0__state": None}, "reviewers", (Reviewer(BORIS, "unreviewed"),)),
        ({"object_attributes__last_commit": None}, "head_sha", ""),
        ({"object_attributes__head_pipeline_id": 77}, "pipeline", None),
        ({"object_attributes__updated_at": "2026-03-02T10:00:03.987Z"}, "updated_at", at(10, 0, 3)),
        ({"object_attributes__title": "a\x00b\ud800"}, "title", "ab?"),
    ],
)
def test_a_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(heard(OPENED, **changes).merge_request, field) == expected


NO_PROJECT = "the body names no project (id, path and web address)"


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        (OPENED, {"object_attributes__iid": LEFT_OUT}, "the merge request has no iid"),
        (OPENED, {"object_attributes__iid": "12"}, "the merge request has no iid"),
        (OPENED, {"object_attributes__iid": True}, "the merge request has no iid"),
        (OPENED, {"object_attributes__iid": 2**63}, "the merge request has no iid"),
        (OPENED, {"object_attributes": None}, "the merge request has no iid"),
        (OPENED, {"project": LEFT_OUT}, NO_PROJECT),
        (OPENED, {"project": "web/shop"}, NO_PROJECT),
        (OPENED, {"project__web_url": "javascript:1"}, NO_PROJECT),
        (OPENED, {"object_attributes__updated_at": None}, "the merge request has no date"),
        (
            OPENED,
            {"object_attributes__state": "frozen"},
            "the merge request's state is frozen",
        ),
        (
            OPENED,
            {"object_attributes__state": None, "object_attributes__state_id": None},
            "the merge request's state is not told",
        ),
        (PUSHED, {"ref": "refs/tags/v1.0"}, "the push is to refs/tags/v1.0, not to a branch"),
        (PUSHED, {"ref": None}, "the push is to no ref, not to a branch"),
        (PUSHED, {"project": None}, NO_PROJECT),
        (FAILED, {"object_attributes__id": None}, "the pipeline has no id"),
        (FAILED, {"project": LEFT_OUT}, NO_PROJECT),
        (
            FAILED,
            {"object_attributes__source": "parent_pipeline"},
            "child pipeline: its parent pipeline tells the result",
        ),
        (
            FAILED,
            {
                "object_attributes__created_at": None,
                "object_attributes__finished_at": None,
                "builds": None,
            },
            "the pipeline has no date",
        ),
    ],
)
def test_without_what_it_stands_on_an_event_is_recorded_only(name, changes, why):
    assert heard(name, **changes) == UnrecognisedEvent(EVENTS[name], why)


def test_a_push_is_read_with_its_commits():
    commit_url = "https://git.acme.test/web/shop/-/commit/"
    written = at(9, 58, 40)
    assert heard(PUSHED) == Push(
        project=SHOP,
        branch=BRANCH,
        commits=(
            Commit(
                "2" * 40, "Add the gateway\n", "Boris Petrov", None, commit_url + "2" * 40, written
            ),
            Commit(
                HEAD,
                "Validate card numbers\n\nCloses B24-2103\n",
                "Alice Novak",
                "alice@acme.test",
                commit_url + HEAD,
                written,
            ),
        ),
        actor=Person(41, "alice", "Alice Novak"),
        after=HEAD,
        before="1" * 40,
        total=2,
        protected=False,
    )


@pytest.mark.parametrize(
    ("changes", "created", "deleted"),
    [
        ({"before": "0" * 40}, True, False),
        ({"after": "0" * 40, "checkout_sha": None, "commits": []}, False, True),
        ({"after": "0" * 64}, False, True),
        ({"before": None, "after": None}, False, False),
    ],
)
def test_zeros_say_that_a_branch_was_created_or_deleted(changes, created, deleted):
    told = heard(PUSHED, **changes)
    assert (told.created, told.deleted) == (created, deleted)


def test_a_failed_pipeline_of_a_merge_request_is_read():
    assert heard(FAILED) == PipelineEvent(
        Pipeline(
            project=SHOP,
            id=77,
            status=PipelineStatus.FAILED,
            ref="refs/merge-requests/12/head",
            sha=HEAD,
            url="https://git.acme.test/web/shop/-/pipelines/77",
            updated_at=at(10, 2, 11),
            source="merge_request_event",
            merge_request_iid=12,
            duration_seconds=121,
            commit=Commit(
                HEAD,
                "Validate card numbers\n\nCloses B24-2103\n",
                "Alice Novak",
                "alice@acme.test",
                f"https://git.acme.test/web/shop/-/commit/{HEAD}",
                at(9, 58, 40),
            ),
            actor=Person(41, "alice", "Alice Novak", "alice@acme.test"),
            failed_stages=("test",),
        )
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"object_attributes__status": "paused"}, "status", PipelineStatus.UNKNOWN),
        ({"object_attributes__status": None}, "status", PipelineStatus.UNKNOWN),
        ({"object_attributes__status": "canceling"}, "status", PipelineStatus.CANCELING),
        ({"merge_request": None}, "merge_request_iid", None),
        ({"merge_request__target_project_id": 8}, "merge_request_iid", None),
        ({"merge_request__target_project_id": LEFT_OUT}, "merge_request_iid", 12),
        (
            {"object_attributes__url": LEFT_OUT},
            "url",
            "https://git.acme.test/web/shop/-/pipelines/77",
        ),
        ({"object_attributes__duration": 12.9}, "duration_seconds", 12),
        ({"object_attributes__duration": float("nan")}, "duration_seconds", None),
        ({"object_attributes__duration": None}, "duration_seconds", None),
        ({"object_attributes__source": "pipeline"}, "source", "pipeline"),
        ({"commit": None}, "commit", None),
        ({"user": None}, "actor", None),
        ({"object_attributes__finished_at": None}, "updated_at", at(10, 2, 10)),
        ({"object_attributes__finished_at": None, "builds": []}, "updated_at", at(10, 0, 5)),
    ],
)
def test_a_pipelines_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(heard(FAILED, **changes).pipeline, field) == expected


def test_a_retried_job_makes_its_pipeline_newer_than_its_first_end():
    first = heard(FAILED).pipeline
    job = {"created_at": "2026-03-02 10:30:00 UTC", "started_at": None, "finished_at": None}
    again = heard(FAILED, object_attributes__status="running", builds=[job]).pipeline
    assert again.updated_at > first.updated_at


def test_a_hook_tells_when_the_merge_request_was_opened():
    assert heard(OPENED).merge_request.created_at == at(10, 0, 0)
