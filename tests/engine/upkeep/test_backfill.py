"""Reading a project's history: it goes on where it stopped, whatever stopped it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from sync.engine.lanes import hold
from sync.engine.upkeep import backfill
from sync.engine.upkeep.backfill import PARTS, Progress
from sync.errors import Denied, Later, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.rate_limit import RateLimiter
from sync.store import backfill as table
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord
from tests.emulators.gitlab.web import Request
from tests.engine.history import Killed, dying_after, live, rows, small_pages, start
from tests.engine.world import HOST, World, _response

REFUSED = (
    "GET /api/v4/projects/1/issues was answered 403 (403 Forbidden). The token's user may not do "
    "this. Give that user the role Maintainer in the project (Owner in the group)."
)
PIPELINES = "/1/pipelines?"  # the list


@pytest.fixture
def deaf(make_world) -> World:
    """Whose hooks never come; a page of any list holds two."""
    world = make_world()
    world.hold_deliveries = True
    live(world)
    small_pages(world, 2)
    return world


@pytest.fixture
def straight(make_database) -> Iterator[World]:
    """The same, read without a stop."""
    world = World(make_database(True))
    world.hold_deliveries = True
    live(world)
    small_pages(world, 2)
    start(world)
    yield world
    world.close()


def parts(world: World) -> dict[str, table.PartRow]:
    with read(world.database) as conn:
        return table.of_project(conn, world.connection_id, world.shop.id)


def read_of(world: World) -> dict[str, tuple[str, int]]:
    return {name: (row.state, row.read) for name, row in parts(world).items()}


@pytest.mark.dialect
def test_everything_is_read_once_each(deaf) -> None:
    told: list[Progress] = []
    done = start(deaf, report=told.append)
    assert done == parts(deaf)
    assert read_of(deaf) == {
        "branches": ("done", 3),
        "commits": ("done", 5),
        "merge_requests": ("done", 3),
        "pipelines": ("done", 4),
        "deployments": ("done", 2),
        "tags": ("done", 2),
        "releases": ("done", 1),
        "issues": ("done", 2),
        "comments": ("done", 3),
        "issue_comments": ("done", 1),
        "code_comments": ("done", 3),
    }
    of_pipelines = [(one.state, one.read, one.remaining) for one in told if one.part == "pipelines"]
    # Each further page begins with the last of the page before.
    assert of_pipelines == [("running", 2, 2), ("running", 3, 1), ("done", 4, 0)]
    assert list(dict.fromkeys(one.part for one in told)) == list(PARTS)


@pytest.mark.deep
@pytest.mark.parametrize("pages", [0, 1, 2])
def test_killed_after_any_page_it_goes_on_and_doubles_nothing(deaf, straight, pages) -> None:
    for _ in range(50):
        try:
            with dying_after(pages):
                start(deaf)
            break
        except Killed:
            before = parts(deaf)
            with dying_after(pages + 1):
                try:
                    start(deaf)
                except Killed:
                    assert parts(deaf) != before
    assert rows(deaf) == rows(straight)
    assert read_of(deaf) == read_of(straight)


def test_killed_at_any_request_it_goes_on_and_doubles_nothing(deaf, straight) -> None:
    """Each run ends one request later than the one before."""
    left = [0]

    def die(request) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    answering(deaf, die)
    asked = len(straight.gitlab.requests)
    for allowed in range(asked + 1):
        left[0] = allowed
        try:
            start(deaf)
            break
        except Killed:
            pass
    assert rows(deaf) == rows(straight)
    assert read_of(deaf) == read_of(straight)


@pytest.mark.deep
def test_stopped_between_pages_it_goes_on(deaf, straight) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 4

    for _ in range(20):
        asked.clear()
        start(deaf, should_stop=stop)
    assert rows(deaf) == rows(straight)


def test_what_was_read_is_not_asked_for_again(deaf) -> None:
    start(deaf)
    before = len(deaf.gitlab.requests)
    told: list[Progress] = []
    start(deaf, report=told.append)
    assert deaf.gitlab.requests[before:] == [("GET", "/api/v4/projects/acme%2Fshop")]
    assert {(one.state, one.new) for one in told} == {("done", 0)}


def test_two_never_read_one_project(deaf) -> None:
    lane = backfill.lane_name(deaf.connection_id, deaf.shop.id)
    with hold(deaf.deps("another"), lane):
        assert start(deaf) is None
    assert start(deaf) is not None


def answering(world: World, change: Callable[[Request], tuple[int, dict[str, str]] | None]) -> None:
    """Some requests to the host get another answer: a status with headers."""
    usual = world.host_answer

    def answer(request):
        instead = change(request)
        if instead is None:
            return usual(request)
        status, headers = instead
        made = _response(request, status, b'{"message": "403 Forbidden"}', "application/json")
        made.headers.update(headers)
        return made

    world.patch(world, "host_answer", answer)


def test_a_part_that_is_refused_is_told_and_the_others_go_on(deaf, straight) -> None:
    off = [403]
    answering(deaf, lambda request: (off[0], {}) if off and "/1/issues" in request.url else None)
    start(deaf)
    known = parts(deaf)
    assert {name for name, row in known.items() if row.state == "failed"} == {
        "issues",
        "issue_comments",
    }
    assert (known["issues"].error, known["issues"].read) == (REFUSED, 0)
    off.clear()
    start(deaf)
    assert (rows(deaf), read_of(deaf)) == (rows(straight), read_of(straight))


def test_it_waits_as_long_as_the_host_says(deaf, straight) -> None:
    pace, left, began = RateLimiter(600, deaf.clock), [3], deaf.clock.now()

    def throttle(request) -> tuple[int, dict[str, str]] | None:
        if PIPELINES in request.url and left[0]:
            left[0] -= 1
            return 429, {"Retry-After": "100"}
        return None

    answering(deaf, throttle)
    told: list[Progress] = []
    start(deaf, report=told.append, deps={"code_host_for": hosts(deaf, pace)})
    assert deaf.clock.now() - began >= timedelta(seconds=300)
    assert [one.error[:6] for one in told if one.state == "waiting"] == ["100 s:"] * 3
    assert rows(deaf) == rows(straight)


def hosts(world: World, pace: RateLimiter) -> Callable[[ConnectionRecord], GitLab]:
    def open_host(record: ConnectionRecord) -> GitLab:
        session = world.session()
        return GitLab(
            HOST, world.token.value, connection_id=record.id, session=session, rate_limiter=pace
        )

    return open_host


def test_no_minute_has_more_requests_than_the_pace_allows(deaf) -> None:
    began, sent = deaf.clock.now(), len(deaf.gitlab.requests)
    start(deaf, deps={"code_host_for": hosts(deaf, RateLimiter(60, deaf.clock))})
    count = len(deaf.gitlab.requests) - sent
    assert deaf.clock.now() - began == timedelta(seconds=count - 1)


def test_a_host_that_is_down_for_long_ends_it_until_it_is_started_again(deaf, straight) -> None:
    deaf.patch(backfill, "MAX_WAITS", 3)
    answering(deaf, lambda request: (502, {}) if PIPELINES in request.url else None)
    told: list[Progress] = []
    with pytest.raises(Later):
        start(deaf, report=told.append)
    assert len([one for one in told if one.state == "waiting"]) == 3
    row = parts(deaf)["pipelines"]
    assert (row.state, row.error[:46]) == (
        "waiting",
        "GET /api/v4/projects/1/pipelines was answered ",
    )
    deaf.patch(deaf, "host_answer", World.host_answer.__get__(deaf))
    start(deaf)
    assert rows(deaf) == rows(straight)


def test_a_token_that_ends_meanwhile_ends_it_and_the_part_says_so(deaf) -> None:
    answering(deaf, lambda request: (401, {}) if PIPELINES in request.url else None)
    with pytest.raises(Denied):
        start(deaf)
    row = parts(deaf)["pipelines"]
    assert (row.state, "revoked" in row.error) == ("failed", True)
    assert "deployments" not in parts(deaf)


def test_a_project_that_is_not_there_is_refused(deaf) -> None:
    deaf.gitlab.state.projects.clear()
    with pytest.raises(Refused):
        start(deaf)


def test_a_merge_request_that_is_deleted_while_it_is_read_is_left_out(deaf) -> None:
    def delete(request) -> None:
        if "/graphql" in request.url:
            deaf.shop.merge_requests.pop(3, None)

    answering(deaf, delete)
    start(deaf, parts=["merge_requests"])
    assert [row["iid"] for row in rows(deaf)["merge_request"]] == [1, 2]
    assert read_of(deaf)["merge_requests"] == ("done", 2)


# Periods


def days(world: World, count: int) -> dict[str, object]:
    return {"since": world.clock.now() - timedelta(days=count)}


def live_again(world: World) -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main")
    run.set_status("failed")


def test_only_what_changed_since_is_read(deaf) -> None:
    deaf.tick(timedelta(days=10).total_seconds())
    live_again(deaf)
    start(deaf, **days(deaf, 5))
    found = {name: count for name, (_, count) in read_of(deaf).items()}
    assert found == {
        **dict.fromkeys(PARTS, 0),
        "branches": 3,  # as they are now
        "tags": 2,
        "pipelines": 1,
    }


def test_of_a_longer_period_what_is_missing_is_read(deaf, straight) -> None:
    deaf.tick(timedelta(days=10).total_seconds())
    live_again(deaf)
    start(deaf, **days(deaf, 5))
    before = len(deaf.gitlab.requests)
    start(deaf, **days(deaf, 90))
    asked = [path for _, path in deaf.gitlab.requests[before:]]
    assert "/api/v4/projects/1/repository/branches" in asked  # of commits, all anew
    assert "/api/v4/projects/1/repository/tags" not in asked
    assert read_of(deaf)["pipelines"] == ("done", 5)
    assert read_of(deaf)["merge_requests"] == ("done", 3)
    start(straight, reread=True)
    seen = {name: len(found) for name, found in rows(deaf).items()}
    once = {name: len(found) for name, found in rows(straight).items()}
    assert seen == {**once, "pipeline": once["pipeline"] + 1}


def test_a_longer_period_that_was_stopped_goes_on(deaf) -> None:
    deaf.tick(timedelta(days=10).total_seconds())
    live_again(deaf)
    since = days(deaf, 90)
    start(deaf, **days(deaf, 5))
    for _ in range(30):
        try:
            with dying_after(1):
                start(deaf, **since)
            break
        except Killed:
            pass
    assert read_of(deaf)["pipelines"] == ("done", 5)
    assert len(rows(deaf)["pipeline"]) == 5


@pytest.mark.deep
def test_a_longer_period_while_a_shorter_one_was_stopped_begins_anew(deaf, straight) -> None:
    with dying_after(6), pytest.raises(Killed):
        start(deaf, **days(deaf, 5))
    start(deaf, **days(deaf, 90))
    assert rows(deaf) == rows(straight)


def test_a_shorter_period_is_already_read(deaf) -> None:
    start(deaf)
    before = len(deaf.gitlab.requests)
    start(deaf, **days(deaf, 5))
    assert len(deaf.gitlab.requests) == before + 1


def test_again_goes_on_as_again_when_it_was_stopped(deaf) -> None:
    start(deaf)
    with dying_after(len(PARTS) + 2), pytest.raises(Killed):
        start(deaf, reread=True)
    assert read_of(deaf)["tags"] == ("waiting", 0)
    start(deaf)
    assert read_of(deaf)["tags"] == ("done", 2)
