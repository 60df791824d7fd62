"""What a history costs: pages of a hundred and a constant, and what no list tells."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import pytest

from sync.gitlab.api import client
from tests.engine.history import start
from tests.engine.world import World

MANY = 250
PAGES = ceil(MANY / 100)
FIFTIES = 2 * PAGES  # GraphQL is asked about half a page
PROJECT = 1  # the request for the project itself
SECONDS = 5.0


def many(world: World, make: Callable[[int], object]) -> None:
    for number in range(MANY):
        world.tick(SECONDS)
        make(number)


def branches(world: World) -> None:
    many(world, lambda n: world.gitlab.create_branch(world.shop, f"b{n:03}", "ann"))


def commits(world: World) -> None:
    many(world, lambda n: world.gitlab.push(world.shop, "main", [f"C{n}"], "ann"))


def beside(world: World) -> None:
    """Commits on twenty branches."""
    for n in range(20):
        world.gitlab.push(world.shop, f"side{n}", [f"C{n}.{m}" for m in range(12)], "ann")


def finished(world: World) -> None:
    requests(world)
    for mr in world.shop.merge_requests.values():
        world.tick(SECONDS)
        world.gitlab.close(mr, "ann")


def requests(world: World, reviewed: int = 0) -> None:
    def open_one(n: int) -> None:
        world.gitlab.push(world.shop, f"b{n:03}", ["C"], "ann")
        reviewers = ["bob"] if n < reviewed else []
        world.gitlab.open_mr(world.shop, f"b{n:03}", f"M{n}", "ann", reviewers=reviewers)

    many(world, open_one)


def reviewed(world: World) -> None:
    requests(world, 50)


def run(world: World) -> None:
    """Pipelines of forty that are open and of forty that are closed."""
    requests(world)
    for mr in list(world.shop.merge_requests.values())[:80]:
        world.gitlab.run_pipeline(mr)
        if mr.iid > 40:
            world.gitlab.close(mr, "ann")


def pipelines(world: World) -> None:
    many(world, lambda n: world.gitlab.run_pipeline(world.shop, ref="main"))


def deployments(world: World, status: str = "failed") -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    many(world, lambda n: world.gitlab.deploy(run, "production", status))


def successes(world: World) -> None:
    deployments(world, "success")


def tags(world: World) -> None:
    many(world, lambda n: world.gitlab.tag(world.shop, f"v{n}", "ann"))


def releases(world: World) -> None:
    def publish(n: int) -> None:
        world.gitlab.tag(world.shop, f"v{n}", "ann")
        world.gitlab.shipping.publish(world.shop, f"v{n}", "ann")

    many(world, publish)


def issues(world: World) -> None:
    many(world, lambda n: world.gitlab.tracking.open_issue(world.shop, f"I{n}", "ann"))


def discussed(world: World) -> None:
    """Of the issues ten have comments, twenty each."""
    issues(world)
    for n in range(1, 11):
        for m in range(20):
            world.gitlab.comment(world.shop.issues[n], f"No {m}", "bob")


def remarked(world: World) -> None:
    """Ten on snippets, the others on a line of a commit."""
    world.gitlab.push(world.shop, "main", ["C"], "ann")
    one = next(reversed(world.shop.commits.values()))
    snippets = [world.gitlab.talking.add_snippet(world.shop, f"S{n}", "ann") for n in range(10)]

    def remark(n: int) -> None:
        world.gitlab.comment(snippets[n] if n < 10 else one, "No", "bob", line=("a.py", n + 1))

    many(world, remark)


@pytest.mark.deep
@pytest.mark.parametrize(("make", "more"), [(finished, MANY), (requests, 2 * MANY)])
def test_without_graphql_each_is_asked_for(make_world, make, more) -> None:
    """Its approvals, and while it is open what lists do not tell of it."""
    world = make_world()
    world.hold_deliveries = True
    world.patch(client, "GRAPHQL", "/api/none")
    make(world)
    world.tick(SECONDS)
    before = len(world.gitlab.requests)
    start(world, parts=["merge_requests"])
    tried = 1
    assert len(world.gitlab.requests) - before == PROJECT + PAGES + tried + more


@pytest.mark.parametrize(
    ("part", "make", "count", "more"),
    [
        ("branches", branches, MANY + 1, 0),
        ("commits", commits, MANY + 1, 1),  # a page of branches
        ("commits", beside, 241, 20 - PAGES + 2),  # one of main, one of branches, each branch
        ("merge_requests", finished, MANY, FIFTIES),
        ("merge_requests", requests, MANY, FIFTIES),
        ("merge_requests", reviewed, MANY, FIFTIES),
        ("merge_requests", run, MANY, FIFTIES + 40),  # the pipeline of each that is open
        ("pipelines", pipelines, MANY, 0),
        ("deployments", deployments, MANY, 1),  # the environments
        ("deployments", successes, MANY, 1 + MANY),  # and what each brought
        ("tags", tags, MANY, 0),
        ("releases", releases, MANY, 0),
        ("issues", issues, MANY, 0),
        ("issue_comments", discussed, 200, 10),  # each that has any
        ("code_comments", remarked, MANY, 10),  # each snippet
    ],
)
def test_a_part_costs_its_pages_and_what_no_list_tells(make_world, part, make, count, more) -> None:
    world = make_world()
    world.hold_deliveries = True
    make(world)
    world.tick(SECONDS)
    before = len(world.gitlab.requests)
    done = start(world, parts=[part])
    assert done is not None
    assert (done[part].state, done[part].read) == ("done", count)
    assert len(world.gitlab.requests) - before == PROJECT + PAGES + more
