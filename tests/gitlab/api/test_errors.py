import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from sync.errors import Denied, Later, Refused
from sync.gitlab.api.client import GitLab

API = "https://git.acme.test/api/v4"
TOKEN = "glpat-never-to-be-seen"
CHANGE_BASE_URL = "Set the connection's base URL to the address that GitLab shows in the browser"


@pytest.fixture
def client():
    return GitLab("https://git.acme.test", TOKEN, session=requests.Session())


def failure(call, *arguments):
    with pytest.raises((Later, Denied, Refused)) as caught:
        call(*arguments)
    assert TOKEN not in str(caught.value)
    return caught.value


def answered(client, *, verb="GET", **answer):
    """The error that an answer to a read (GET) or a write (POST) becomes."""
    with responses.RequestsMock() as web:
        web.add(verb, f"{API}/projects/7", **answer)
        if verb == "GET":
            return failure(client.get, "/projects/7")
        return failure(client.post, "/projects/7", {})


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, Later, "301"),
        (302, Later, "302"),
        (307, Later, "307"),
        (400, Refused, "400"),
        (401, Denied, "401"),
        (403, Refused, "403"),
        (404, Refused, "404"),
        (405, Refused, "405"),
        (408, Later, "408"),
        (409, Refused, "409"),
        (412, Refused, "412"),
        (413, Refused, "413"),
        (422, Refused, "422"),
        (425, Later, "425"),
        (429, Later, "429"),
        (500, Later, "500"),
        (502, Later, "502"),
        (503, Later, "503"),
        (504, Later, "504"),
        (524, Later, "524"),
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_status_means_one_of_three_errors(client, verb, status, kind, code):
    error = answered(client, verb=verb, status=status, json={"message": "oops"})
    assert (type(error), error.code) == (kind, code)
    if kind is Later:
        assert error.sent is (verb == "POST" and status >= 500)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (
            {"status": 401, "json": {"message": "401 Unauthorized"}},
            Denied,
            "GET /api/v4/projects/7 was answered 401 (401 Unauthorized). The access token is "
            "wrong, revoked or expired. Issue a new token with the scope `api` and put it into "
            "the connection.",
        ),
        (
            {
                "status": 403,
                "json": {
                    "error": "insufficient_scope",
                    "error_description": "The request requires higher privileges.",
                    "scope": "api",
                },
            },
            Denied,
            "GET /api/v4/projects/7 was answered 403 (The request requires higher privileges.). "
            "The access token lacks the scope `api`. Issue a token with the scope `api`.",
        ),
        (
            {"status": 403, "json": {"message": "403 Forbidden"}},
            Refused,
            "GET /api/v4/projects/7 was answered 403 (403 Forbidden). The token's user may not do "
            "this. Give that user the role Maintainer in the project (Owner in the group).",
        ),
        (
            {"status": 422, "json": {"message": {"url": ["is blocked"]}}},
            Refused,
            'GET /api/v4/projects/7 was answered 422 ({"url": ["is blocked"]}). GitLab does not '
            "accept this request. See GitLab's answer above.",
        ),
        (
            {"status": 400, "body": "<html>"},
            Refused,
            "GET /api/v4/projects/7 was answered 400. GitLab does not accept this request. See "
            "GitLab's answer above.",
        ),
        (
            {"status": 502, "body": "<html>Bad gateway</html>"},
            Later,
            "GET /api/v4/projects/7 was answered 502. GitLab is down, restarting or overloaded.",
        ),
    ],
)
def test_an_error_says_what_happened_why_and_what_to_change(client, answer, kind, told):
    error = answered(client, **answer)
    assert (type(error), str(error)) == (kind, told)


SIGN_IN_PAGE = "The base URL leads to another site or to a sign-in page in front of GitLab"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_redirect_is_not_followed_and_names_the_right_address(client, verb):
    location = {"Location": "https://gitlab.acme.test/api/v4/projects/7?private_token=x"}
    error = answered(client, verb=verb, status=301, headers=location)
    assert error.message == (
        f"{verb} /api/v4/projects/7 was answered 301 and sent to "
        "https://gitlab.acme.test/api/v4/projects/7"
    )
    assert error.change == CHANGE_BASE_URL


@pytest.mark.parametrize("location", ["https://sso.acme.test/login?rd=x", "/users/sign_in"])
def test_a_redirect_to_a_sign_in_page_is_called_so(client, location):
    error = answered(client, status=302, headers={"Location": location})
    assert error.cause == SIGN_IN_PAGE
    assert (error.code, error.message.endswith(f"sent to {location.split('?')[0]}")) == (
        "302", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "verb", "kind"),
    [
        (401, "GET", Denied),
        (401, "POST", Denied),
        (403, "GET", Later),
        (403, "POST", Refused),  # a firewall may refuse what is in it, whenever it is sent
        (404, "GET", Later),  # what a proxy says while GitLab is restarted: nothing is missing
        (404, "POST", Later),
        (200, "GET", Later),
        (200, "POST", Later),
    ],
)
def test_a_page_in_place_of_json_is_not_gitlabs(client, status, verb, kind):
    error = answered(client, verb=verb, status=status, body="<html>Just a moment</html>")
    assert type(error) is kind
    assert status == 404 or error.cause == SIGN_IN_PAGE
    assert getattr(error, "sent", False) is (status == 200 and verb == "POST")


DATE = {"Date": "Mon, 02 Mar 2026 10:00:00 GMT"}  # Unix time 1772445600


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "999999"}, 3600.0),
        ({"Retry-After": "9" * 500}, 3600.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        (DATE | {"Retry-After": "Mon, 02 Mar 2026 10:01:30 GMT"}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 10:01:30 GMT"}, None),
        (DATE | {"RateLimit-Reset": "1772445645"}, 45.0),
        (DATE | {"RateLimit-Reset": "1772445500"}, 0.0),
        (DATE | {"RateLimit-Reset": "9" * 30}, None),
        (DATE | {"RateLimit-Reset": "later", "Retry-After": ""}, None),
        ({"RateLimit-Reset": "1772445645"}, None),
        (DATE | {"RateLimit-Reset": "1772445645", "Retry-After": "7"}, 7.0),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(client, headers, after):
    error = answered(client, status=429, headers=headers)
    assert (type(error), error.after, error.sent) == (Later, after, False)


NEVER_CONNECTED = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))
)
UNREADABLE_CA = "the connection's ca_file cannot be read"


@pytest.mark.parametrize(
    ("error", "kind", "sent", "told"),
    [
        (requests.ConnectTimeout(), Later, False, "failed: GitLab cannot be reached in time"),
        (requests.ReadTimeout(), Later, True, "got no answer in time"),
        (NEVER_CONNECTED, Later, False, "failed: GitLab cannot be reached"),
        (requests.ConnectionError(ProtocolError("reset")), Later, True, "was cut off"),
        (requests.exceptions.ChunkedEncodingError(), Later, True, "was cut off"),
        (requests.exceptions.ProxyError(), Later, False, "failed at the proxy"),
        (
            requests.exceptions.SSLError(),
            Refused,
            None,
            "failed: the certificate of GitLab is not trusted",
        ),
        (
            requests.exceptions.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            Refused,
            None,
            "failed: GitLab speaks no HTTPS there",
        ),
        (requests.exceptions.InvalidURL(), Refused, None, "cannot be sent (InvalidURL)"),
        (OSError("invalid path"), Refused, None, f"cannot be sent: {UNREADABLE_CA}"),
    ],
)
def test_a_request_without_an_answer_means_one_of_three_errors(client, error, kind, sent, told):
    for verb in ("GET", "POST"):
        failed = answered(client, verb=verb, body=error)
        assert (type(failed), failed.message) == (kind, f"{verb} /api/v4/projects/7 {told}")
        if kind is Later:
            assert failed.sent is (sent and verb == "POST")


def test_an_untrusted_certificate_names_the_ca_file(client):
    error = answered(client, body=requests.exceptions.SSLError())
    assert "ca_file" in error.change


def test_a_refusal_of_the_session_itself_passes_unchanged(client):
    private = Refused("The address is private", code="private_address")
    assert answered(client, body=private) is private


LOCK = {"message": "409 Conflict: Resource lock"}
CAPTCHA = {"needs_captcha_response": True, "message": {"error": "Solve the captcha"}}
SPAM = {"message": {"error": "Your issue has been recognized as spam and has been discarded."}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (409, LOCK, Later, "409"),
        (409, CAPTCHA, Refused, "spam"),
        (409, {"message": "Duplicated issue"}, Refused, "409"),
        (400, SPAM, Refused, "spam"),
    ],
)
def test_what_keeps_an_issue_from_being_written(client, status, body, kind, code):
    error = answered(client, verb="POST", status=status, json=body)
    assert (type(error), error.code, getattr(error, "sent", False)) == (kind, code, False)
    assert error.cause


def test_a_lost_answer_to_a_mutation_may_have_changed_something(client):
    with responses.RequestsMock() as web:
        cut = requests.ConnectionError("cut")
        web.add("POST", "https://git.acme.test/api/graphql", body=cut)
        web.add("POST", "https://git.acme.test/api/graphql", body=cut)
        asked = failure(client.graphql, "query { currentUser { id } }")
        changed = failure(client.graphql, "mutation { timelogDelete { errors } }")
    assert (asked.sent, changed.sent) == (False, True)
