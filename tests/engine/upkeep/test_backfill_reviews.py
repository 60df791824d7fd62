"""Reviews of what is merged, closed and open: read together, else one by one, else left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sync.gitlab.api import approvals
from sync.store import backfill as table
from sync.store.db.database import read
from sync.store.rows import Delivery
from tests.emulators.gitlab import graphql_schema
from tests.engine.history import live, rows, small_pages, start
from tests.engine.upkeep.test_backfill import answering
from tests.engine.world import World

REVIEWS = {
    1: ("merged", True, ["bob"], ["approved"]),
    2: ("closed", False, [], ["unapproved"]),
    3: ("opened", True, ["bob"], ["approved"]),
}
UNREAD = {
    1: ("merged", False, [], ["unreviewed"]),
    2: ("closed", False, [], ["unreviewed"]),
    3: ("opened", False, [], ["unreviewed"]),
}
PART = {"parts": ["merge_requests"]}


@pytest.fixture
def deaf(make_world) -> World:
    world = make_world()
    world.hold_deliveries = True
    live(world)
    return world


@pytest.fixture
def straight(make_database) -> Iterator[World]:
    """The same, read by GraphQL."""
    world = World(make_database(True))
    world.hold_deliveries = True
    live(world)
    start(world, **PART)
    yield world
    world.close()


def with_commits_due(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows as before the commits are asked for, which the worker does later."""
    for row in tables["merge_request"]:
        del row["commits_of"], row["commits_due_at"]
    return tables


def read_reviews(world: World) -> dict[int, tuple[str, bool, list[str], list[str]]]:
    return {
        row["iid"]: (
            row["state"],
            row["body"]["approved"],
            [one["username"] for one in row["body"]["approved_by"]],
            [one["state"] for one in row["body"]["reviewers"]],
        )
        for row in rows(world)["merge_request"]
    }


def asked(world: World, of: str) -> list[str]:
    return [path for _, path in world.gitlab.requests if of in path]


def test_reviews_of_all_are_read(deaf) -> None:
    start(deaf, **PART)
    assert read_reviews(deaf) == REVIEWS
    assert asked(deaf, "/approvals") == asked(deaf, "/reviewers") == []


def test_an_approval_that_is_not_enough_is_read_as_such(deaf) -> None:
    deaf.gitlab.state.premium, deaf.shop.approvals_required = True, 2
    start(deaf, **PART)
    assert read_reviews(deaf)[1] == ("merged", False, ["bob"], ["approved"])


@pytest.mark.deep
@pytest.mark.parametrize("status", [401, 403, 404])
def test_where_graphql_is_shut_rest_is_asked_about_each(deaf, straight, status) -> None:
    small_pages(deaf, 2)
    answering(deaf, lambda request: (status, {}) if "/graphql" in request.url else None)
    deaf.gitlab.requests.clear()
    start(deaf, **PART)
    assert with_commits_due(rows(deaf)) == with_commits_due(rows(straight))
    assert len(asked(deaf, "/approvals")) == 3


def test_a_host_that_does_not_know_a_field_is_asked_once(deaf, straight, monkeypatch) -> None:
    monkeypatch.delitem(graphql_schema.TYPES["MergeRequest"], "approved")
    small_pages(deaf, 2)
    start(deaf, **PART)
    assert len(asked(deaf, "/graphql")) == 1
    assert with_commits_due(rows(deaf)) == with_commits_due(rows(straight))


def test_a_query_that_is_too_complex_for_the_host_is_no_end(deaf, straight, monkeypatch) -> None:
    much = " ".join(f"t{n}: title" for n in range(250))
    monkeypatch.setattr(approvals, "_QUERY", approvals._QUERY.replace("iid\n", f"iid {much}\n"))
    start(deaf, **PART)
    assert with_commits_due(rows(deaf)) == with_commits_due(rows(straight))


def test_one_that_graphql_does_not_tell_in_full_is_asked_for_alone(deaf, straight) -> None:
    deaf.gitlab.requests.clear()
    usual = approvals._parse_review

    def one_missing(node: dict[str, Any], project: Any) -> Any:
        told = {**node, "approved": None} if node["iid"] == "1" else node
        return usual(told, project)

    deaf.patch(approvals, "_parse_review", one_missing)
    start(deaf, **PART)
    assert with_commits_due(rows(deaf)) == with_commits_due(rows(straight))
    assert asked(deaf, "/approvals") == ["/api/v4/projects/1/merge_requests/1/approvals"]


def test_where_rest_refuses_too_they_are_left_out_and_that_is_said(deaf) -> None:
    small_pages(deaf, 2)
    shut = ("/graphql", "/approvals")
    answering(deaf, lambda request: (403, {}) if any(one in request.url for one in shut) else None)
    told: list[Any] = []
    start(deaf, report=told.append, **PART)
    assert read_reviews(deaf) == UNREAD
    assert len(asked(deaf, "/merge_requests/")) == 1  # the open one, whole
    with read(deaf.database) as conn:
        row = table.of_project(conn, deaf.connection_id, deaf.shop.id)["merge_requests"]
    assert (row.state, row.read) == ("done", 3)
    assert row.error.startswith(
        "reviews were left out: GET /api/v4/projects/1/merge_requests/1/approvals was answered 403"
    )
    assert told[-1].error == row.error


def test_what_hooks_told_of_reviews_stays_where_they_are_left_out(deaf) -> None:
    deaf.store(deaf.inbox_order)
    deaf.work()
    before = read_reviews(deaf)
    deaf.gitlab.update_mr(deaf.shop.merge_requests[3], "ann", title="Newer")
    shut = ("/graphql", "/approvals")
    answering(deaf, lambda request: (403, {}) if any(one in request.url for one in shut) else None)
    start(deaf, **PART)
    assert read_reviews(deaf) == before == REVIEWS
    assert rows(deaf)["merge_request"][2]["body"]["title"] == "Newer"


def _action(one: Delivery) -> str:
    return json.loads(one.body).get("object_attributes", {}).get("action", "")


def test_an_older_hook_takes_nothing_from_what_was_read(deaf) -> None:
    """The last hooks were lost, the ones before come late, the oldest last."""
    start(deaf, **PART)
    late = [one for one in deaf.inbox_order if _action(one) not in ("merge", "close")]
    assert len(deaf.inbox_order) - len(late) == 2
    deaf.store(list(reversed(late)))
    deaf.work()
    assert read_reviews(deaf) == REVIEWS
    actors = [row["body"]["actor"]["username"] for row in rows(deaf)["merge_request"][:2]]
    assert actors == ["bob", "bob"]
