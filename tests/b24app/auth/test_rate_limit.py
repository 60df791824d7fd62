"""Nobody makes us ask others without end."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from functools import partial

import pytest

from b24app.auth import rate_limit
from b24app.auth.rate_limit import (
    ACTS,
    APP_EVENTS,
    PAGES,
    PORTAL_EVENTS,
    PORTAL_PAGES,
    TRUST_SECONDS,
    Rate,
    RateLimits,
)
from b24app.errors import RequestRejected
from b24app.routes import events
from b24app.services import install_steps
from tests.b24app.pages import post

RATES = {"address": Rate(1, 3), "all": Rate(2, 5)}


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def admitted(limits: RateLimits, count: int, address: str = "a") -> int:
    done = 0
    for _ in range(count):
        try:
            limits.admit("x", RATES, address=address)
        except RequestRejected:
            continue
        done += 1
    return done


def test_a_burst_passes_and_then_a_steady_flow() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    assert admitted(limits, 10) == 3
    clock.at = 2
    assert admitted(limits, 10) == 2


def test_one_address_leaves_room_for_others_and_all_have_a_limit() -> None:
    limits = RateLimits(Clock())
    assert admitted(limits, 10, "a") == 3
    assert admitted(limits, 10, "b") == 2


def test_who_is_refused_takes_nothing_from_others() -> None:
    limits = RateLimits(Clock())
    admitted(limits, 1000, "a")
    assert admitted(limits, 2, "b") == 2


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("no:address", "no:other", False),
    ],
)
def test_a_network_of_ipv6_is_limited_as_one_client(first: str, second: str, shared: bool) -> None:
    limits = RateLimits(Clock())
    assert admitted(limits, 3, first) == 3
    assert admitted(limits, 1, second) == (0 if shared else 1)


def test_the_answer_says_when_to_come_again() -> None:
    limits = RateLimits(Clock())
    admitted(limits, 3)
    with pytest.raises(RequestRejected) as refused:
        limits.admit("x", RATES, address="a")
    error = refused.value
    assert (error.status, error.code, error.retry_after) == (429, "too_many", 1)


FRAME = {"AUTH_ID": "0" * 70, "member_id": "m" * 32}


@pytest.mark.parametrize("path", ["/b24/install", "/b24/app", "/b24/task"])
def test_pages_that_prove_nothing_ask_the_portal_for_so_long_only(beside, emulator, path):
    query = {"DOMAIN": emulator.host, "PROTOCOL": "0"}
    frame = FRAME | {"SERVER_ENDPOINT": f"{emulator.oauth_url}/rest/"}
    beside.deps.limits.now = Clock()
    codes = [
        beside.client.post(path, query_string=query, data=frame).status_code for _ in range(110)
    ]
    assert codes == [401] * int(PAGES["address"].burst) + [429] * 10
    page = beside.client.post(path, query_string=query | {"LANG": "ru"}, data=frame)
    assert "Слишком много запросов сразу" in page.text
    assert int(page.headers["Retry-After"]) >= 1


def test_forged_installation_events_ask_the_portal_for_so_long_only(beside, emulator):
    form = {
        "event": "ONAPPINSTALL",
        "auth[member_id]": "m" * 32,
        "auth[access_token]": "0" * 70,
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    }
    beside.deps.limits.now = Clock()
    codes = [beside.client.post("/b24/events", data=form).status_code for _ in range(40)]
    assert codes == [401] * int(APP_EVENTS["address"].burst) + [429] * 10


def test_a_stranger_spends_nothing_of_a_portal_that_it_names(beside, emulator):
    """Events and pages that prove nothing name the portal; its own still come through."""
    member = emulator.state.member_id
    beside.deps.limits.now = Clock()
    assert post(beside, emulator.install_page()).status_code == 200
    forged = FRAME | {"member_id": member, "SERVER_ENDPOINT": f"{emulator.oauth_url}/rest/"}
    event = {
        "event": "ONAPPINSTALL",
        "auth[member_id]": member,
        "auth[access_token]": "0" * 70,
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    }
    query = {"DOMAIN": emulator.host, "PROTOCOL": "0"}
    for number in range(6):
        stranger = {"REMOTE_ADDR": f"203.0.113.{number}"}
        for _ in range(60):
            beside.client.post("/b24/events", data=event, environ_base=stranger)
            beside.client.post("/b24/app", query_string=query, data=forged, environ_base=stranger)
    levels = {key[:2]: level for key, (level, _, _) in beside.deps.limits._buckets.items()}
    assert levels["page", "portal"] > PORTAL_PAGES["portal"].burst - 3
    assert levels.get(("event", "portal"), 20) == PORTAL_EVENTS["portal"].burst
    assert post(beside, emulator.application_page(1)).status_code == 200
    emulator.lifecycle.install_silently(handler=f"{beside.deps.config.public_url}/b24/events")
    emulator.flush_events()
    assert beside.portal(member).state_reason == install_steps.PENDING


def test_strangers_of_many_addresses_leave_room_for_who_proved_themselves():
    limits = RateLimits(Clock())
    limits.trust("2001:db8:5::1")
    assert sum(admitted(limits, 1, f"192.0.2.{number}") for number in range(100)) == 5
    assert admitted(limits, 1, "2001:db8:5::2") == 1


def test_strangers_leave_a_place_to_ask_for_who_proved_themselves(beside, emulator, monkeypatch):
    assert post(beside, emulator.install_page()).status_code == 200  # from 127.0.0.1
    form = {
        "event": "ONAPPUPDATE",
        "auth[member_id]": emulator.state.member_id,
        "auth[access_token]": emulator.token().access,
        "auth[client_endpoint]": f"{emulator.portal_url}/rest/",
        "auth[server_endpoint]": f"{emulator.oauth_url}/rest/",
    }
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(events._ASKING_FOR_STRANGERS)
            held.enter_context(events._ASKING)
        send = partial(beside.client.post, "/b24/events", data=form)
        assert send(environ_base={"REMOTE_ADDR": "203.0.113.1"}).status_code == 503
        assert send().status_code == 200


def test_trust_ends_with_the_hour():
    clock = Clock()
    limits = RateLimits(clock)
    limits.trust("192.0.2.1")
    clock.at = TRUST_SECONDS
    assert sum(admitted(limits, 1, f"192.0.2.{number}") for number in range(2, 100)) == 5
    assert admitted(limits, 1, "192.0.2.1") == 0


def test_very_many_addresses_make_no_limit_begin_anew(monkeypatch):
    monkeypatch.setattr(rate_limit, "MAX_KEYS", 50)
    clock = Clock()
    limits = RateLimits(clock)
    assert admitted(limits, 9, "the greedy") == 3
    for number in range(500):
        clock.at += 0.001
        with suppress(RequestRejected):
            limits.admit("y", {"address": Rate(0.01, 2)}, address=number)
    assert admitted(limits, 9, "the greedy") == 0
    assert len(limits._buckets) <= 52


def test_an_employee_leaves_the_colleagues_their_turns():
    """What anybody in a portal may start is limited by person, below the portal's own limit."""
    limits = RateLimits(Clock())
    done = []
    for user in (1, 2):
        for _ in range(20):
            with suppress(RequestRejected):
                limits.admit("act", ACTS, user=(7, user), portal=7)
                done.append(user)
    assert done == [1] * 10 + [2] * 10
