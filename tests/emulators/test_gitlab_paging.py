"""Pages of the REST API: sizes, links, totals, and parameters that are none."""

import pytest

from tests.emulators.gitlab.acme import Acme


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("state=open", "state does not have a valid value"),
        ("scope=mine", "scope does not have a valid value"),
        ("order_by=iid", "order_by does not have a valid value"),
        ("sort=up", "sort does not have a valid value"),
        ("updated_after=yesterday", "updated_after is invalid"),
        ("page=0", "page does not have a valid value"),
        ("per_page=0", "per_page does not have a valid value"),
        ("per_page=x", "per_page is invalid"),
    ],
)
def test_bad_parameters_are_told(acme, query, error):
    acme.open_mr()
    got = acme.call("GET", f"/projects/1/merge_requests?{query}")
    assert (got.status_code, got.json()) == (400, {"error": error})


def test_pages_are_linked_and_counted(acme):
    for number in range(5):
        acme.open_mr(branch=f"b{number}")
    got = acme.call("GET", "/projects/1/merge_requests?per_page=2&page=2&state=opened")
    counts = {name: got.headers[name] for name in got.headers if name.startswith("X-")}
    assert [one["iid"] for one in got.json()] == [3, 2]
    assert counts == {
        "X-Page": "2",
        "X-Per-Page": "2",
        "X-Next-Page": "3",
        "X-Prev-Page": "1",
        "X-Total": "5",
        "X-Total-Pages": "3",
    }
    assert {rel: link["url"].split("&page=")[1] for rel, link in got.links.items()} == {
        "prev": "1&per_page=2",
        "next": "3&per_page=2",
        "first": "1&per_page=2",
        "last": "3&per_page=2",
    }


def test_a_page_holds_twenty_and_at_most_a_hundred(acme):
    for number in range(101):
        acme.gitlab.state.add_user(f"u{number}")
    sizes = [len(acme.call("GET", f"/users{query}").json()) for query in ("", "?per_page=500")]
    assert sizes == [20, 100]


def test_projects_page_by_key(acme):
    for name in "abc":
        acme.gitlab.state.add_project(f"acme/{name}", members={"ann": 40})
    query = "/projects?membership=true&pagination=keyset&order_by=id&sort=asc&per_page=3"
    first = acme.call("GET", query)
    second = acme.call("GET", first.links["next"]["url"].split("/api/v4")[1])
    assert [one["id"] for one in first.json() + second.json()] == [1, 2, 3, 4]
    assert ("next" in second.links, "X-Total" in first.headers) == (False, False)


@pytest.mark.parametrize(
    "path", ["/projects/1/merge_requests?pagination=keyset", "/users?pagination=keyset"]
)
def test_keyset_paging_is_refused_where_gitlab_has_none(acme, path):
    got = acme.call("GET", path)
    assert got.status_code == 405


@pytest.mark.parametrize("kind", ["branches", "tags"])
def test_branches_and_tags_page_by_name(acme, kind):
    for name in "abc":
        acme.gitlab.create_branch(acme.shop, name, "ann")
        acme.gitlab.tag(acme.shop, name, "ann")
    order = "&order_by=name&sort=asc" if kind == "tags" else ""
    path = f"/projects/1/repository/{kind}?pagination=keyset&per_page=2{order}"
    first = acme.call("GET", path)
    second = acme.call("GET", first.links["next"]["url"].split("/api/v4")[1])
    names = [one["name"] for one in (*first.json(), *second.json())]
    assert names[:3] == ["a", "b", "c"]
    assert ("next" in second.links, "X-Total" in first.headers) == (False, False)
    assert acme.call("GET", f"{path}&page_token=gone").status_code == 422
