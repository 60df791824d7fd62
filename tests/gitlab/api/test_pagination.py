"""Reading lists page by page: whatever changes meanwhile, nothing is left out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
import responses

from sync.errors import Refused
from sync.gitlab.api import pagination
from sync.gitlab.api.client import GitLab
from tests.emulators.gitlab.server import GitLabEmulator

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ISSUES, BRANCHES = "/projects/1/issues", "/projects/1/repository/branches"
RELEASES = "/projects/1/releases"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch) -> None:
    monkeypatch.setattr("sync.gitlab.api.client.PER_PAGE", 3)
    monkeypatch.setattr("sync.gitlab.api.pagination.PER_PAGE", 3)


def open_issues(gitlab: GitLabEmulator, clock, count: int, *, apart: float) -> None:
    for number in range(count):
        clock.sleep(apart)
        gitlab.tracking.open_issue("web/shop", f"I{number}", "alice")


def read(client: GitLab, between=lambda number: None) -> list[pagination.Page]:
    """The pages of the issues; `between` them something may happen."""
    found, cursor = [], None
    for number in range(100):
        found.append(pagination.read_changed(client, ISSUES, cursor, SINCE))
        cursor = found[-1].cursor
        if cursor is None:
            return found
        between(number)
    raise AssertionError("the pages have no end")


def titles(found: list[pagination.Page]) -> list[str]:
    return [one["title"] for page in found for one in page.items]


@pytest.mark.parametrize("apart", [60, 1, 0.4, 0])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_what_changed_is_read_once_each_however_close_together(
    gitlab, connect, clock, count, apart
) -> None:
    open_issues(gitlab, clock, count, apart=apart)
    found = read(connect())
    assert sorted(titles(found)) == [f"I{number}" for number in range(count)]


def test_what_changes_while_it_is_read_moves_to_the_end(gitlab, connect, clock) -> None:
    open_issues(gitlab, clock, 10, apart=60)
    issues = gitlab.state.projects[1].issues

    def change(number: int) -> None:
        clock.sleep(60)
        if number == 0:  # of those read and of those not read
            gitlab.tracking.update_issue(issues[1], "alice", title="I0 again")
            gitlab.tracking.update_issue(issues[8], "alice", title="I7 again")

    found = titles(read(connect(), change))
    assert set(found) == {*(f"I{n}" for n in range(10) if n != 7), "I0 again", "I7 again"}


def test_what_is_deleted_while_it_is_read_takes_nothing_else_away(gitlab, connect, clock) -> None:
    open_issues(gitlab, clock, 10, apart=60)
    issues = gitlab.state.projects[1].issues
    found = titles(read(connect(), lambda number: issues.pop(number + 1, None)))
    assert {f"I{number}" for number in range(4, 10)} <= set(found)


def test_what_is_left_is_told_where_it_is_counted(gitlab, connect, clock) -> None:
    open_issues(gitlab, clock, 7, apart=60)
    assert [page.remaining for page in read(connect())] == [4, 2, 0]


def branches(gitlab: GitLabEmulator, *names: str) -> None:
    for name in names:
        gitlab.create_branch("web/shop", name, "alice")


def names_of(client: GitLab, path: str, between=lambda number: None, **query) -> list[str]:
    found, cursor = [], None
    for number in range(100):
        page = pagination.read_all(client, path, cursor, **query)
        found += [one["name"] for one in page.items]
        cursor = page.cursor
        if cursor is None:
            return found
        between(number)
    raise AssertionError("the pages have no end")


def test_branches_are_read_by_key(gitlab, connect) -> None:
    branches(gitlab, "a", "b", "c", "d", "e")

    def grow(number: int) -> None:
        if number == 0:
            branches(gitlab, "aa")

    assert names_of(connect(), BRANCHES, grow, keyset=True) == ["a", "b", "c", "d", "e", "main"]


def test_where_the_key_of_a_page_is_gone_the_list_is_read_again(gitlab, connect) -> None:
    branches(gitlab, "a", "b", "c", "d", "e")

    def shrink(number: int) -> None:
        if number == 0:
            gitlab.delete_branch("web/shop", "c", "alice")

    found = names_of(connect(), BRANCHES, shrink, keyset=True)
    assert found == ["a", "b", "c", "a", "b", "d", "e", "main"]


def publish(gitlab: GitLabEmulator, clock, *names: str) -> None:
    for name in names:
        clock.sleep(60)
        gitlab.tag("web/shop", name, "alice")
        gitlab.shipping.publish("web/shop", name, "alice")


def test_by_number_what_is_added_leaves_nothing_out(gitlab, connect, clock) -> None:
    publish(gitlab, clock, *"abcdefg")
    added = iter("xy")
    found = names_of(connect(), RELEASES, lambda number: publish(gitlab, clock, *next(added, "")))
    assert set("abcdefg") <= set(found)


def test_by_number_a_list_that_shrank_is_read_again(gitlab, connect, clock) -> None:
    publish(gitlab, clock, *"abcdefg")
    there = gitlab.state.projects[1].releases

    def shrink(number: int) -> None:
        if number == 0:
            del there["g"], there["f"]

    found = names_of(connect(), RELEASES, shrink)
    assert found == [*"gfe", *"edc", *"ba"]


@responses.activate
def test_an_old_instance_without_keys_is_read_by_number() -> None:
    base = "https://git.acme.test/api/v4"
    query = responses.matchers.query_param_matcher
    refused = {"error": "Keyset pagination is not yet available for this type of request"}
    responses.get(
        base + BRANCHES,
        match=[query({"per_page": "3", "pagination": "keyset"})],
        status=405,
        json=refused,
    )
    responses.get(base + BRANCHES, match=[query({"per_page": "3"})], json=[{"name": "a"}])
    client = GitLab("https://git.acme.test", "glpat-x", session=requests.Session())
    page = pagination.read_all(client, BRANCHES, None, keyset=True)
    assert (page.items, page.cursor) == (({"name": "a"},), None)


@responses.activate
def test_an_instance_that_refuses_every_further_page_is_not_asked_for_ever() -> None:
    base, cursor = "https://git.acme.test/api/v4", None
    link = {"Link": f'<{base}{BRANCHES}?page_token=a>; rel="next"'}

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        further = "page_token" in str(request.url)
        return (422, {}, "{}") if further else (200, link, '[{"name": "a"}]')

    responses.add_callback("GET", base + BRANCHES, callback=answer)
    client = GitLab("https://git.acme.test", "glpat-x", session=requests.Session())
    with pytest.raises(Refused):
        for _ in range(20):
            cursor = pagination.read_all(client, BRANCHES, cursor).cursor
    assert len(responses.calls) == 12
