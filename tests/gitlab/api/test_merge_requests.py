from datetime import UTC, datetime

import pytest
import requests
import responses

from sync.core.model.common import Person, Project
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, Reviewer
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.errors import Refused
from sync.gitlab.api import merge_requests as api_merge_requests
from sync.gitlab.api.client import GitLab

BASE = "https://git.acme.test"
API = f"{BASE}/api/v4"
MR = f"{API}/projects/7/merge_requests/12"
SHOP = Project(3, 7, "web/shop", f"{BASE}/web/shop", "Shop", "main")
ALICE = Person(41, "alice", "Alice Novak")
BORIS = Person(42, "boris", "Boris Petrov")
SHOP_TOLD = {
    "id": 7,
    "name": "Shop",
    "path_with_namespace": "web/shop",
    "web_url": f"{BASE}/web/shop",
    "default_branch": "main",
}
ALICE_TOLD = {"id": 41, "username": "alice", "name": "Alice Novak", "state": "active"}
BORIS_TOLD = {"id": 42, "username": "boris", "name": "Boris Petrov", "state": "active"}
PIPELINE_TOLD = {
    "id": 77,
    "project_id": 7,
    "status": "success",
    "ref": "refs/merge-requests/12/head",
    "sha": "4f" * 20,
    "web_url": f"{BASE}/web/shop/-/pipelines/77",
    "updated_at": "2026-03-02T10:02:11.874Z",
    "source": "merge_request_event",
    "duration": 121,
}
MR_TOLD = {
    "id": 901,
    "iid": 12,
    "project_id": 7,
    "title": "B24-2103 Payment gateway",
    "description": None,
    "state": "opened",
    "draft": False,
    "source_branch": "feature/B24-2103-payment-gateway",
    "target_branch": "main",
    "author": ALICE_TOLD,
    "assignees": [ALICE_TOLD],
    "reviewers": [BORIS_TOLD],
    "labels": ["backend"],
    "sha": "4f" * 20,
    "updated_at": "2026-03-02T10:00:03.512Z",
    "web_url": f"{BASE}/web/shop/-/merge_requests/12",
    "head_pipeline": PIPELINE_TOLD,
    "merge_user": None,
    "merged_by": None,
    "closed_by": None,
}
APPROVED = {"approved": True, "approved_by": [{"user": BORIS_TOLD}]}
UNAPPROVED = {"approved": False, "approved_by": []}


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client():
    return GitLab(BASE, "glpat-x", connection_id=3, session=requests.Session())


def tell(web, told=MR_TOLD, approvals=APPROVED):
    web.get(MR, json=told)
    web.get(f"{MR}/approvals", json=approvals)
    if told.get("reviewers"):
        web.get(f"{MR}/reviewers", json=[{"user": BORIS_TOLD, "state": "approved"}])


def read(web, client, **changes):
    tell(web, told=MR_TOLD | changes)
    return api_merge_requests.read_merge_request(client, 7, 12, known_project=SHOP)


def test_a_merge_request_is_read_with_approvals_reviewers_and_head_pipeline(web, client):
    web.get(f"{API}/projects/7", json=SHOP_TOLD)
    tell(web)
    assert api_merge_requests.read_merge_request(client, 7, 12) == MergeRequest(
        project=SHOP,
        iid=12,
        title="B24-2103 Payment gateway",
        description="",
        url=f"{BASE}/web/shop/-/merge_requests/12",
        state=MergeRequestState.OPENED,
        draft=False,
        source_branch="feature/B24-2103-payment-gateway",
        target_branch="main",
        author=ALICE,
        updated_at=datetime(2026, 3, 2, 10, 0, 3, tzinfo=UTC),
        assignees=(ALICE,),
        reviewers=(Reviewer(BORIS, "approved"),),
        labels=("backend",),
        approved=True,
        approved_by=(BORIS,),
        head_sha="4f" * 20,
        pipeline=Pipeline(
            project=SHOP,
            id=77,
            status=PipelineStatus.SUCCESS,
            ref="feature/B24-2103-payment-gateway",  # as hooks name it
            sha="4f" * 20,
            url=f"{BASE}/web/shop/-/pipelines/77",
            updated_at=datetime(2026, 3, 2, 10, 2, 11, tzinfo=UTC),
            source="merge_request_event",
            merge_request_iid=12,
            duration_seconds=121,
        ),
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"state": "merged", "merge_user": BORIS_TOLD}, "actor", BORIS),
        ({"state": "merged", "merged_by": ALICE_TOLD}, "actor", ALICE),
        ({"state": "closed", "closed_by": ALICE_TOLD}, "actor", ALICE),
        ({"reviewers": []}, "reviewers", ()),
        ({"head_pipeline": None}, "pipeline", None),
        ({"head_pipeline": PIPELINE_TOLD | {"project_id": 8}}, "pipeline", None),
        ({"work_in_progress": True}, "draft", True),
        ({"labels": None}, "labels", ()),
    ],
)
def test_a_field_is_read_however_it_is_told(web, client, changes, field, expected):
    assert getattr(read(web, client, **changes), field) == expected


@pytest.mark.parametrize(
    ("approvals", "approved", "approved_by"),
    [
        (APPROVED, True, (BORIS,)),
        (UNAPPROVED, False, ()),
        ({"approved": False, "approved_by": [{"user": BORIS_TOLD}]}, False, (BORIS,)),
        ({"approved": True, "approved_by": []}, False, ()),
        ({}, False, ()),
    ],
)
def test_approved_means_the_rules_are_met_and_somebody_did_it(
    web, client, approvals, approved, approved_by
):
    tell(web, approvals=approvals)
    told = api_merge_requests.read_merge_request(client, 7, 12, known_project=SHOP)
    assert (told.approved, told.approved_by) == (approved, approved_by)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"updated_at": None}, "the merge request has no iid or no date"),
        ({"iid": None}, "the merge request has no iid or no date"),
        ({"state": "frozen"}, "the merge request's state is frozen"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(web, client, changes, why):
    with pytest.raises(Refused) as caught:
        read(web, client, **changes)
    assert str(caught.value) == f"GET /projects/7/merge_requests/12 cannot be used: {why}."


def test_what_changed_since_is_listed_and_each_is_read_whole(web, client):
    since = datetime(2026, 3, 1, tzinfo=UTC)
    query = {
        "scope": "all",
        "state": "all",
        "order_by": "updated_at",
        "sort": "asc",
        "updated_after": "2026-03-01T00:00:00+00:00",
        "per_page": "100",
    }
    web.get(
        f"{API}/projects/7/merge_requests",
        json=[{"iid": 12}],
        match=[responses.matchers.query_param_matcher(query)],
    )
    web.get(f"{API}/projects/7", json=SHOP_TOLD)
    tell(web)
    (told,) = api_merge_requests.read_merge_requests_since(client, 7, since)
    assert (told.key.iid, told.approved, told.project) == (12, True, SHOP)


def test_where_nothing_changed_one_request_says_so(web, client):
    web.get(f"{API}/projects/7/merge_requests", json=[])
    assert (
        list(
            api_merge_requests.read_merge_requests_since(
                client, 7, datetime(2026, 3, 1, tzinfo=UTC)
            )
        )
        == []
    )
    assert len(web.calls) == 1


def test_chosen_projects_and_groups_are_each_read_once(web, client):
    web.get(f"{API}/projects/web%2Fshop", json=SHOP_TOLD)
    web.get(
        f"{API}/groups/web/projects",
        json=[SHOP_TOLD | {"id": 9, "path_with_namespace": "web/blog"}, SHOP_TOLD],
    )
    found = api_merge_requests.read_projects(client, {"projects": ["web/shop"], "groups": ["web"]})
    assert [(one.id, one.path) for one in found] == [(7, "web/shop"), (9, "web/blog")]


def test_without_a_choice_they_are_those_the_token_administers(web, client):
    query = {
        "membership": "true",
        "min_access_level": "40",
        "archived": "false",
        "pagination": "keyset",
        "order_by": "id",
        "sort": "asc",
        "per_page": "100",
    }
    web.get(
        f"{API}/projects",
        json=[SHOP_TOLD],
        match=[responses.matchers.query_param_matcher(query)],
    )
    assert api_merge_requests.read_projects(client, {}) == (SHOP,)


def test_the_head_pipeline_that_the_fork_runs_is_the_forks(web, client):
    told = PIPELINE_TOLD | {"project_id": 8, "web_url": f"{BASE}/ann/shop/-/pipelines/77"}
    pipeline = read(web, client, head_pipeline=told, source_project_id=8).pipeline
    assert (pipeline.project.id, pipeline.project.path) == (8, "ann/shop")
    assert (pipeline.merge_request_iid, pipeline.ref) == (None, "feature/B24-2103-payment-gateway")


def test_the_moments_of_opening_and_of_the_end_are_read():
    row = {**MR_TOLD, "state": "merged", "created_at": "2026-03-01T09:00:00.000Z",
           "merged_at": "2026-03-02T10:00:00.000Z"}  # fmt: skip
    built = api_merge_requests.build_merge_request(SHOP, row, UNAPPROVED, [])
    assert built.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert built.ended_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
