"""How fast a GitLab is asked, and that nobody asks while it said to wait."""

from __future__ import annotations

import pytest
import requests
import responses

from sync.core.clock import ManualClock
from sync.errors import Later
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.rate_limit import MIN_PAUSE, RateLimiter, RateLimiters

API = "https://git.acme.test/api/v4"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


def client(pace: RateLimiter) -> GitLab:
    return GitLab("https://git.acme.test", "glpat-x", session=requests.Session(), rate_limiter=pace)


def seconds(clock: ManualClock) -> float:
    return (clock.now() - ManualClock().now()).total_seconds()


@pytest.mark.parametrize(("per_minute", "count", "took"), [(600, 601, 60), (60, 3, 2), (1, 2, 60)])
def test_requests_are_spaced_so_that_no_minute_has_too_many(clock, per_minute, count, took) -> None:
    pace = RateLimiter(per_minute, clock)
    for _ in range(count):
        pace.acquire()
    assert round(seconds(clock), 3) == took


def test_who_was_idle_does_not_make_up_for_it(clock) -> None:
    pace = RateLimiter(60, clock)
    pace.acquire()
    clock.sleep(600)
    for _ in range(3):
        pace.acquire()
    assert seconds(clock) == 602


def test_clients_of_a_connection_share_its_pace(clock, web) -> None:
    paces = RateLimiters(lambda per_minute: RateLimiter(per_minute, clock))
    web.get(f"{API}/user", json={"id": 1})
    for _ in range(2):
        client(paces.for_connection(7, 60)).get("/user")
    client(paces.for_connection(8, 60)).get("/user")
    assert seconds(clock) == 1
    assert paces.for_connection(7, 60) is not paces.for_connection(7, 30)


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "42"}, 42), ({}, MIN_PAUSE)])
def test_after_a_429_no_client_asks_before_the_time_is_over(clock, web, headers, wait) -> None:
    pace = RateLimiter(600, clock)
    web.get(f"{API}/user", status=429, headers=headers)
    with pytest.raises(Later):
        client(pace).get("/user")
    clock.sleep(wait - 1)
    with pytest.raises(Later) as held:
        client(pace).get("/user")
    assert (len(web.calls), held.value.after, held.value.code) == (1, 1, "429")
    web.replace("GET", f"{API}/user", json={"id": 1})
    clock.sleep(1)
    assert client(pace).get("/user") == {"id": 1}


def test_every_request_is_counted_those_of_further_pages_too(web) -> None:
    asked, one = [], client(RateLimiter(60_000))
    one.before_request = lambda: asked.append(one.requests_sent)
    query, link = responses.matchers.query_param_matcher, f'<{API}/users?page=2>; rel="next"'
    first = [query({"per_page": "100"})]
    web.get(f"{API}/users", json=[{"id": 1}], headers={"Link": link}, match=first)
    web.get(f"{API}/users", json=[{"id": 2}], match=[query({"per_page": "100", "page": "2"})])
    assert [each["id"] for each in one.list("/users")] == [1, 2]
    assert (one.requests_sent, asked) == (2, [0, 1])
