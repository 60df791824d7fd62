"""Who gets into the REST API, what is refused and how, and how often one may ask."""

from datetime import date

import pytest

from tests.emulators.gitlab.acme import Acme


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


UNAUTHORIZED = {"message": "401 Unauthorized"}
EXPIRED = {
    "error": "invalid_token",
    "error_description": "Token is expired. You can either do re-authorization or token refresh.",
}


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 401, UNAUTHORIZED),
        ({"PRIVATE-TOKEN": "nonsense"}, 401, UNAUTHORIZED),
        ({"Authorization": "Bearer nonsense"}, 401, UNAUTHORIZED),
        ({"Authorization": "Basic nonsense"}, 401, UNAUTHORIZED),
        ({"PRIVATE-TOKEN": "old"}, 401, EXPIRED),
        (
            {"PRIVATE-TOKEN": "revoked"},
            401,
            {
                "error": "invalid_token",
                "error_description": "Token was revoked. You have to re-authorize from the user.",
            },
        ),
        ({"JOB-TOKEN": "job"}, 401, UNAUTHORIZED),
        ({"PRIVATE-TOKEN": "job"}, 401, UNAUTHORIZED),
    ],
)
def test_who_does_not_get_in(acme, headers, status, body):
    state = acme.gitlab.state
    state.add_token("ann", "old", expires_at=date(2026, 3, 2))
    state.add_token("ann", "revoked").revoked = True
    state.add_token("ann", "job", kind="job")
    got = acme.call("GET", "/user", headers=headers)
    assert (got.status_code, got.json()) == (status, body)


@pytest.mark.parametrize("header", ["PRIVATE-TOKEN", "Authorization"])
def test_a_token_in_either_header_is_the_users(acme, header):
    value = acme.bob if header == "PRIVATE-TOKEN" else f"Bearer {acme.bob}"
    got = acme.call("GET", "/user", headers={header: value}).json()
    assert (got["username"], got["email"], got["public_email"]) == ("bob", "bob@acme.example", "")


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read_api", "GET", "/projects/1", 200),
        ("read_api", "GET", "/user", 200),
        ("read_api", "POST", "/projects/1/hooks", 403),
        ("read_user", "GET", "/user", 200),
        ("read_user", "GET", "/version", 200),
        ("read_user", "GET", "/projects/1", 403),
        ("read_repository", "GET", "/user", 403),
        ("read_repository", "GET", "/personal_access_tokens/self", 200),
        ("api", "GET", "/projects/1/hooks", 200),
    ],
)
def test_what_each_scope_lets_do(acme, scope, method, path, status):
    acme.gitlab.state.add_token("ann", "scoped", scopes=(scope,))
    assert acme.call(method, path, token="scoped").status_code == status


def test_a_scope_that_lacks_is_named(acme):
    acme.gitlab.state.add_token("ann", "scoped", scopes=("read_user",))
    assert acme.call("GET", "/projects/1", token="scoped").json() == {
        "error": "insufficient_scope",
        "error_description": (
            "The request requires higher privileges than provided by the access token."
        ),
        "scope": "api read_api",
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/projects/1/merge_requests", 200),
        ("/projects/1/merge_requests/1", 200),
        ("/projects/1/merge_requests/1/notes", 200),
        ("/projects/1/pipelines", 200),
        ("/projects/1/repository/branches", 200),
        ("/projects/1/merge_requests/1/approvals", 404),
        ("/projects/1", 404),
        ("/projects/1/hooks", 401),
    ],
)
def test_what_a_job_token_may_read(acme, path, status):
    acme.open_mr()
    acme.gitlab.state.add_token("bob", "job", kind="job")
    assert acme.call("GET", path, headers={"JOB-TOKEN": "job"}).status_code == status


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/projects/99", "404 Project Not Found"),
        ("/projects/acme%2Fnothing", "404 Project Not Found"),
        ("/projects/1/merge_requests/99", "404 Not found"),
        ("/projects/1/merge_requests/x", "404 Not found"),
        ("/projects/1/pipelines/99", "404 Not found"),
        ("/projects/1/repository/commits/0000000", "404 Commit Not Found"),
        ("/projects/1/repository/branches/none", "404 Branch Not Found"),
        ("/groups/none", "404 Group Not Found"),
        ("/users/99", "404 User Not Found"),
    ],
)
def test_what_is_not_there(acme, path, message):
    got = acme.call("GET", path)
    assert (got.status_code, got.json()) == (404, {"message": message})


def test_a_hidden_project_is_not_there_for_others(acme):
    got = acme.call("GET", "/projects/acme%2Fshop", token=acme.cat)
    assert (got.status_code, got.json()) == (404, {"message": "404 Project Not Found"})


@pytest.mark.parametrize("key", ["1", "acme%2Fshop"])
def test_a_project_by_id_and_by_path(acme, key):
    got = acme.call("GET", f"/projects/{key}").json()
    assert (got["path_with_namespace"], got["web_url"]) == (
        "acme/shop",
        f"{acme.gitlab.url}/acme/shop",
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/nothing", 404, {"error": "404 Not Found"}),
        ("GET", "/projects/acme/shop", 404, {"error": "404 Not Found"}),
        ("PATCH", "/user", 405, {"error": "405 Not Allowed"}),
    ],
)
def test_routes_that_are_none(acme, method, path, status, body):
    got = acme.call(method, path)
    assert (got.status_code, got.json()) == (status, body)


def test_more_requests_than_the_limit_are_told_when_to_come_again(acme):
    acme.gitlab.api.limit.per_minute = 2
    acme.clock.move(15)
    answers = [acme.call("GET", "/user") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[1].headers["RateLimit-Remaining"] == "0"
    last = answers[2]
    assert (last.text, last.headers["Retry-After"], last.headers["RateLimit-Observed"]) == (
        "Retry later\n",
        "45",
        "3",
    )
    assert last.headers["RateLimit-ResetTime"] == "Mon, 02 Mar 2026 09:01:00 GMT"
    acme.clock.move(45)
    assert acme.call("GET", "/user").status_code == 200


def test_a_failing_gateway_answers_html(acme):
    acme.gitlab.failing = 502
    got = acme.call("GET", "/user")
    assert (got.status_code, got.headers["Content-Type"]) == (502, "text/html")
