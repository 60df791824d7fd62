"""The one question GraphQL is asked: a pipeline's jobs and what they started."""

import pytest
import requests

from tests.emulators.gitlab.acme import Acme

QUERY = """
query($path: ID!, $iid: ID!) {
  project(fullPath: $path) {
    pipeline(iid: $iid) {
      status
      jobs(first: 100, retried: false) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id name status kind allowFailure retried webPath
          stage { name }
          downstreamPipeline { iid status path project { fullPath } }
        }
      }
      downstream { nodes { path status } }
    }
  }
}
"""


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


def ask(acme, query, variables=None, *, token=None, headers=None):
    sent = headers if headers is not None else {"Authorization": f"Bearer {token or acme.ann}"}
    body = {"query": query, "variables": variables or {}}
    return requests.post(f"{acme.gitlab.url}/api/graphql", json=body, headers=sent, timeout=30)


def test_the_jobs_of_a_pipeline(acme):
    run = acme.gitlab.run_pipeline(acme.shop, ref="main")
    acme.gitlab.working.set_job(run, "unit", "failed")
    acme.gitlab.working.retry_job(run, "unit")
    acme.gitlab.working.run_child(run, "e2e").set_status("success")
    told = ask(acme, QUERY, {"path": "acme/shop", "iid": "1"}).json()
    pipeline = told["data"]["project"]["pipeline"]
    nodes = pipeline["jobs"]["nodes"]
    assert [(one["name"], one["kind"], one["status"], one["stage"]["name"]) for one in nodes] == [
        ("e2e", "BRIDGE", "SUCCESS", "trigger"),
        ("unit", "BUILD", "PENDING", "test"),
        ("compile", "BUILD", "PENDING", "build"),
    ]
    assert (nodes[1]["id"], nodes[1]["webPath"], nodes[1]["retried"]) == (
        "gid://gitlab/Ci::Build/3",
        "/acme/shop/-/jobs/3",
        False,
    )
    assert nodes[0]["downstreamPipeline"] == {
        "iid": "2",
        "status": "SUCCESS",
        "path": "/acme/shop/-/pipelines/2",
        "project": {"fullPath": "acme/shop"},
    }
    assert pipeline["downstream"]["nodes"] == [
        {"path": "/acme/shop/-/pipelines/2", "status": "SUCCESS"}
    ]
    assert pipeline["jobs"]["pageInfo"]["hasNextPage"] is False


def test_jobs_come_in_pages(acme):
    acme.gitlab.run_pipeline(acme.shop, ref="main")
    query = (
        'query($after: String) { project(fullPath: "acme/shop") { pipeline(iid: 1) {'
        " jobs(first: 1, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } } }"
    )
    seen, after = [], None
    for _ in range(2):
        got = ask(acme, query, {"after": after}).json()["data"]["project"]["pipeline"]["jobs"]
        seen.append((got["nodes"][0]["name"], got["pageInfo"]["hasNextPage"]))
        after = got["pageInfo"]["endCursor"]
    assert seen == [("unit", True), ("compile", False)]


def test_what_is_hidden_is_null(acme):
    variables = {"path": "acme/shop", "iid": "1"}
    for more in ({"token": acme.cat}, {"headers": {}}):
        assert ask(acme, QUERY, variables, **more).json() == {"data": {"project": None}}
    told = ask(acme, QUERY, {"path": "acme/shop", "iid": "9"}).json()
    assert told == {"data": {"project": {"pipeline": None}}}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            'query { project(fullPath: "a") { colour } }',
            "Field 'colour' doesn't exist on type 'Project'",
        ),
        (
            'query { project(fullPath: "a") { pipeline(iid: 1) { jobs(sort: 1) { count } } } }',
            "Field 'jobs' doesn't accept argument 'sort'",
        ),
        ("{ project { id } }", "Field 'project' is missing required arguments: fullPath"),
        (
            '{ project(fullPath: "a") }',
            "Field must have selections (field 'project' returns Project but has no selections. "
            "Did you mean 'project { ... }'?)",
        ),
        (
            '{ project(fullPath: "a") { id { x } } }',
            "Selections can't be made on scalars (field 'id' returns ID but has "
            'selections ["x"])',
        ),
        (
            "query($p: ID!) { project(fullPath: $p) { id } }",
            "Variable $p of type ID! was provided invalid value",
        ),
        (
            "{ project(fullPath: $p) { id } }",
            "Variable $p is used by query but not declared",
        ),
        (
            "query($p: ID!) { __typename }",
            "Variable $p is declared by anonymous query but not used",
        ),
        ("{ project(", "Parse error on end of document"),
        ("", "Parse error on end of document"),
    ],
)
def test_a_question_that_is_wrong_gets_errors_alone(acme, query, message):
    got = ask(acme, query)
    assert (got.status_code, [one["message"] for one in got.json()["errors"]]) == (200, [message])
    assert "data" not in got.json()


REQUESTS = """
query($path: ID!, $ref: String!) {
  project(fullPath: $path) {
    one: mergeRequest(iid: "1") { title state author { name } commits { nodes { sha message } } }
    own: mergeRequests(sourceBranches: [$ref], state: opened) { nodes { iid sourceProjectId } }
    merged: mergeRequests(targetBranches: ["main"], state: merged, sort: MERGED_AT_DESC, first: 1) {
      nodes { iid mergeCommitSha diffHeadSha webUrl }
    }
    passed: pipelines(ref: "main", status: SUCCESS, first: 1) { nodes { id sha } }
    tags: pipelines(scope: TAGS) { count }
  }
}
"""


def test_merge_requests_with_their_commits_and_pipelines(acme):
    gitlab, shop = acme.gitlab, acme.shop
    for branch in ("feature/one", "feature/two", "feature/three"):
        gitlab.push(shop, branch, ["First", "Second"], "ann")
        mr = gitlab.open_mr(shop, branch, branch, "ann")
        if branch != "feature/three":
            last = gitlab.merge(mr, "ann")
    gitlab.run_pipeline(shop, ref="main").set_status("running")
    run = gitlab.run_pipeline(shop, ref="main")
    run.set_status("running")
    run.set_status("success")
    told = ask(acme, REQUESTS, {"path": "acme/shop", "ref": "feature/three"}).json()
    place = told["data"]["project"]
    assert [one["message"] for one in place["one"]["commits"]["nodes"]] == ["Second", "First"]
    assert (place["one"]["state"], place["one"]["author"]["name"]) == ("merged", "Ann Oak")
    assert place["own"]["nodes"] == [{"iid": "3", "sourceProjectId": shop.id}]
    [newest] = place["merged"]["nodes"]
    assert (newest["iid"], newest["mergeCommitSha"]) == ("2", last.id)
    passed = {"id": f"gid://gitlab/Ci::Pipeline/{run.id}", "sha": run.sha}
    assert place["passed"]["nodes"] == [passed]
    assert place["tags"]["count"] == 0


@pytest.mark.parametrize(
    ("scopes", "kind", "status"),
    [
        (("read_api",), "personal", 200),
        (("read_user",), "personal", 401),
        (("api",), "job", 401),
    ],
)
def test_which_tokens_may_ask(acme, scopes, kind, status):
    token = acme.gitlab.state.add_token("ann", scopes=scopes, kind=kind).value
    header = {"JOB-TOKEN": token} if kind == "job" else {"PRIVATE-TOKEN": token}
    assert ask(acme, "{ __typename }", headers=header).status_code == status
    assert ask(acme, "{ __typename }", headers={"PRIVATE-TOKEN": "x"}).status_code == 401


REVIEWS = """
query($path: ID!, $iids: [String!]) {
  project(fullPath: $path) {
    mergeRequests(iids: $iids) {
      nodes {
        iid approved
        approvedBy { nodes { username } }
        reviewers { nodes { username mergeRequestInteraction { reviewState approved } } }
        headPipeline { id }
      }
      pageInfo { hasNextPage }
    }
  }
}
"""


def reviewed(acme):
    acme.gitlab.push(acme.shop, "a", ["A"], "ann")
    mr = acme.gitlab.open_mr(acme.shop, "a", "A", "ann", reviewers=["bob"])
    acme.gitlab.approve(mr, "bob")
    acme.gitlab.merge(mr, "bob")
    return mr


def test_the_reviews_of_merge_requests_by_their_numbers(acme):
    mr = reviewed(acme)
    told = ask(acme, REVIEWS, {"path": "acme/shop", "iids": [str(mr.iid), "77"]}).json()
    (node,) = told["data"]["project"]["mergeRequests"]["nodes"]
    assert node == {
        "iid": str(mr.iid),
        "approved": True,
        "approvedBy": {"nodes": [{"username": "bob"}]},
        "reviewers": {
            "nodes": [
                {
                    "username": "bob",
                    "mergeRequestInteraction": {"reviewState": "APPROVED", "approved": True},
                }
            ]
        },
        "headPipeline": None,
    }


def titles(count):
    return " ".join(f"t{n}: title" for n in range(count))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (  # 1 + 2 and 100 hundredths of them, for the list, and 1 for the project
            '{ project(fullPath: "acme/shop") { mergeRequests { nodes {'
            f" {titles(130)} }} }} }} }}",
            "Query has complexity of 265, which exceeds max complexity of 250",
        ),
        (
            '{ project(fullPath: "acme/shop") { pipeline(iid: 1) '
            + "{ upstream " * 14
            + "{ iid }"
            + " }" * 16,
            "Query has depth of 17, which exceeds max depth of 15",
        ),
        (f"{{ {titles(2000)} }}", "Query too large"),
    ],
)
def test_a_query_that_asks_for_too_much_is_refused(acme, query, said):
    assert [one["message"] for one in ask(acme, query).json()["errors"]] == [said]


def test_a_list_by_numbers_costs_nothing_by_its_length(acme):
    query = (
        '{ project(fullPath: "acme/shop") { mergeRequests(iids: ["1"]) { nodes {'
        f" {titles(130)} }} }} }} }}"
    )
    assert "errors" not in ask(acme, query).json()
