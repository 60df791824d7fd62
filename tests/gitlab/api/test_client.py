import json

import pytest
import requests
import responses

from sync.errors import Later, Refused
from sync.gitlab.api.client import GitLab, clean_base_url, encode_segment
from sync.net import guarded_session

BASE = "https://git.acme.test/gitlab"
API = f"{BASE}/api/v4"


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client():
    return GitLab(BASE, "glpat-x", session=requests.Session())


def test_a_request_carries_the_token_our_name_and_nothing_of_the_query_in_errors(web, client):
    web.get(f"{API}/user", json={"id": 1})
    assert client.get("/user", with_custom_attributes=True, empty=None) == {"id": 1}
    (call,) = web.calls
    assert call.request.headers["PRIVATE-TOKEN"] == "glpat-x"
    assert call.request.headers["User-Agent"].startswith("b24bridge/")
    assert call.request.url == f"{API}/user?with_custom_attributes=true"
    assert call.request.req_kwargs["timeout"] == (5.0, 20.0)


def test_a_list_is_followed_page_by_page_at_our_own_address(web, client):
    further = 'https://internal:8080/gitlab/api/v4/projects?page=2&per_page=100>; rel="next"'
    query = responses.matchers.query_param_matcher
    first = {"per_page": "100", "archived": "false"}
    web.get(
        f"{API}/projects",
        json=[{"id": 1}, {"id": 2}],
        headers={"Link": f"<{further}"},
        match=[query(first)],
    )
    web.get(f"{API}/projects", json=[{"id": 3}], match=[query({"page": "2", "per_page": "100"})])
    assert [item["id"] for item in client.list("/projects", archived=False)] == [1, 2, 3]


@pytest.mark.parametrize(
    "base",
    [
        "https://api.acme.test",
        "https://apigit.acme.test/tools",
        "https://acme.test/api",
        "https://acme.test/apis/git",
        "https://acme.test/git/api",
    ],
)
@pytest.mark.parametrize("path", ["/projects", "/projects/api%2Fapi-shop/hooks"])
def test_lists_are_followed_on_hosts_and_paths_that_begin_with_api(web, base, path):
    client = GitLab(base, "glpat-x", session=requests.Session())
    query = responses.matchers.query_param_matcher
    for page in (1, 2, 3):
        link = f'<{base}/api/v4{path}?page={page + 1}&per_page=100>; rel="next"'
        asked = {"per_page": "100"} | ({"page": str(page)} if page > 1 else {})
        web.get(
            f"{base}/api/v4{path}",
            json=[{"id": page}],
            headers={"Link": link} if page < 3 else {},
            match=[query(asked)],
        )
    assert [item["id"] for item in client.list(path)] == [1, 2, 3]


def test_a_next_page_elsewhere_is_asked_for_here_and_the_token_stays(web, client):
    elsewhere = {"Link": '<https://evil.test/steal?page=2>; rel="next"'}
    query = responses.matchers.query_param_matcher
    web.get(
        f"{API}/projects", json=[{"id": 1}], headers=elsewhere, match=[query({"per_page": "100"})]
    )
    web.get(f"{API}/projects", json=[], match=[query({"per_page": "100", "page": "2"})])
    assert [item["id"] for item in client.list("/projects")] == [1]


@pytest.mark.parametrize("link", ["https://evil.test/steal", "https://evil.test/?per_page=100"])
def test_a_link_that_leads_nowhere_ends_the_list_with_an_error(web, client, link):
    web.get(f"{API}/projects", json=[{"id": 1}], headers={"Link": f'<{link}>; rel="next"'})
    with pytest.raises(Refused, match="the link to the next page leads to no other page"):
        list(client.list("/projects"))
    assert len(web.calls) <= 2


@pytest.mark.parametrize("verb", ["post", "put"])
def test_a_write_names_the_event_that_caused_it_so_that_its_echo_is_spared(web, client, verb):
    web.add(verb.upper(), f"{API}/projects/7/hooks", json={"id": 9})
    write = getattr(client, verb)
    assert write("/projects/7/hooks", {"url": "https://b.test"}, event_uuid="uuid-1") == {"id": 9}
    (call,) = web.calls
    assert call.request.headers["X-Gitlab-Event-UUID"] == "uuid-1"
    assert json.loads(call.request.body) == {"url": "https://b.test"}
    assert "?" not in call.request.url


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_write_is_sent_once_whatever_the_answer(web, client, status):
    web.post(f"{API}/projects", status=status, headers={"Retry-After": "1"})
    with pytest.raises(Later):
        client.post("/projects", {})
    assert len(web.calls) == 1


def test_a_question_to_graphql_is_asked_with_its_variables(web, client):
    answer = {"data": None, "errors": [{"message": "No"}]}
    body = {"query": "query($iids: [String!]) { x }", "variables": {"iids": ["1"]}}
    web.post(
        f"{BASE}/api/graphql", json=answer, match=[responses.matchers.json_params_matcher(body)]
    )
    assert client.graphql(body["query"], iids=["1"]) == answer


def test_a_question_to_graphql_writes_nothing_so_it_may_be_asked_again(web, client):
    web.post(f"{BASE}/api/graphql", status=502)
    with pytest.raises(Later) as caught:
        client.graphql("{ x }")
    assert (caught.value.sent, len(web.calls)) == (False, 1)


def test_an_answer_without_content_is_empty(web, client):
    web.post(f"{API}/projects/7/hooks/1/test/push_events", status=204)
    web.delete(f"{API}/projects/7/hooks/1", status=204)
    assert client.post("/projects/7/hooks/1/test/push_events", {}) == {}
    assert client.delete("/projects/7/hooks/1") is None


@pytest.mark.parametrize(
    ("answer", "type_told"),
    [
        ({"body": "<html>Sign in</html>", "content_type": "text/html"}, "text/html"),
        ({"body": "{", "content_type": "application/json"}, "broken JSON"),
    ],
)
def test_another_site_at_the_base_url_is_told_so(web, client, answer, type_told):
    web.get(f"{API}/user", **answer)
    with pytest.raises(Later) as caught:
        client.get("/user")
    assert caught.value.message == f"GET /user was answered with {type_told}, not with JSON"


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "<html>Sign in</html>", "content_type": "text/html"},
        {"json": {"message": "hello"}},
        {"json": 7},
    ],
)
def test_a_list_from_another_site_is_told_so(web, client, answer):
    web.get(f"{API}/projects", **answer)
    with pytest.raises(Later, match="not with JSON"):
        list(client.list("/projects"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://git.acme.test", "https://git.acme.test"),
        (" https://git.acme.test/ ", "https://git.acme.test"),
        ("http://git.acme.test:8080/gitlab/", "http://git.acme.test:8080/gitlab"),
        ("https://git.acme.test/api/v4/", "https://git.acme.test"),
        ("https://git.acme.test/?x=1#y", "https://git.acme.test"),
    ],
)
def test_a_base_url_is_cleaned(written, meant):
    assert clean_base_url(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "git.acme.test",
        "ftp://git.acme.test",
        "https://",
        "https://root:pw@git.acme.test",
        "https://[::1",
        "https://git.acme.test:99999",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_web_address_is_refused_and_not_repeated(written):
    with pytest.raises(Refused) as caught:
        GitLab(written, "glpat-x", session=requests.Session())
    assert str(caught.value) == (
        "The base URL is not a web address. Write it like https://gitlab.example.com, without a "
        "user name."
    )


def test_a_path_is_one_segment_of_an_address():
    assert encode_segment("web/shop") == "web%2Fshop"
    assert encode_segment(7) == "7"


def test_a_private_address_is_reached_only_where_it_is_allowed():
    with pytest.raises(Refused, match="private network"):
        GitLab("http://127.0.0.1:9", "glpat-x").get("/user")
    session = guarded_session(["127.0.0.0/8"])
    allowed = GitLab("http://127.0.0.1:9", "glpat-x", session=session)
    with pytest.raises(Later, match="cannot be reached"):
        allowed.get("/user")
