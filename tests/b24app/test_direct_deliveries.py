"""The usual delivery needs no thread; whatever is unusual in any way is left to the route."""

from __future__ import annotations

import pytest

from b24app.direct_deliveries import MAX_BODY_BYTES, DirectDeliveries
from tests.b24app.routes.test_webhooks import signed

BODY = b'{"object_kind":"push"}'


@pytest.fixture
def secrets(world):
    return world.connect(world.install())


def raw(secrets, headers, body=BODY, *, line="", length=None):
    length = len(body) if length is None else length
    head = [line or f"POST /hooks/gitlab/{secrets.hook_key} HTTP/1.1", "Host: bridge.test"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*head, f"Content-Length: {length}", "", ""]).encode("latin-1") + body


def begin(world, request):
    """As the receiver does it, once the route has looked the connection up and heard it sign."""
    return DirectDeliveries(world.deps).begin(request)


@pytest.fixture
def headers(world, secrets):
    """Of a delivery of a webhook that is known to sign."""
    given = named(signed(world, secrets, BODY, webhook_id="delivery-0"))
    for _ in range(2):
        answer = world.client.post(f"/hooks/gitlab/{secrets.hook_key}", data=BODY, headers=given)
        assert answer.status_code == 200
    return named(signed(world, secrets, BODY, webhook_id="delivery-1"))


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def test_the_usual_delivery_is_stored_once(world, secrets, headers):
    before = world.deliveries()
    storing = begin(world, raw(secrets, headers))
    assert storing.keeps_open
    assert storing.stored.result(10) is not None
    assert begin(world, raw(secrets, headers)).stored.result(10) is None
    assert world.deliveries() == before + 1


def test_a_client_that_closes_is_answered_and_closed(world, secrets, headers):
    for request in (
        raw(secrets, {**headers, "Connection": "close"}),
        raw(secrets, headers, line=f"POST /hooks/gitlab/{secrets.hook_key} HTTP/1.0"),
    ):
        storing = begin(world, request)
        storing.stored.result(10)
        assert not storing.keeps_open


@pytest.mark.parametrize(
    "change",
    [
        {"Transfer-Encoding": "chunked"},
        {"Content-Encoding": "gzip"},
        {"Upgrade": "h2c"},
        {"Connection": "upgrade"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-timestamp": "1"},
        {"host": "twice.test"},
        {"X-Odd\x00": "a name that is none"},
        {"X-Odd": "a line\nof its own"},
    ],
    ids=str,
)
def test_what_is_unusual_is_left_to_the_route(world, secrets, headers, change):
    kept = {name: value for name, value in headers.items() if name not in change}
    assert begin(world, raw(secrets, kept | change)) is None


def test_so_is_another_request_than_the_whole_of_one(world, secrets, headers):
    key = secrets.hook_key
    for request in (
        raw(secrets, headers, line=f"GET /hooks/gitlab/{key} HTTP/1.1"),
        raw(secrets, headers, line=f"POST /hooks/gitlab/{key}?a=b HTTP/1.1"),
        raw(secrets, headers, line=f"POST /hooks/gitlab/%2e{key} HTTP/1.1"),
        raw(secrets, headers, line="POST /hooks/gitlab/unknown HTTP/1.1"),
        raw(secrets, headers, length=len(BODY) + 1),
        raw(secrets, headers, b" " * (MAX_BODY_BYTES + 1)),
    ):
        assert begin(world, request) is None


def test_what_was_looked_up_long_ago_is_not_believed(world, secrets, headers, monkeypatch):
    monkeypatch.setattr("b24app.auth.lookup_cache.TTL_SECONDS", 0)
    assert begin(world, raw(secrets, headers)) is None


def test_a_sender_that_waits_no_longer_ends_nothing(world, secrets, headers):
    world.deps.inbox.give_up(begin(world, raw(secrets, headers)).stored)
    again = named(signed(world, secrets, BODY, webhook_id="delivery-2"))
    assert begin(world, raw(secrets, again)).stored.result(10) is not None
