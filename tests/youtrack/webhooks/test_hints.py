"""Who may send hints, and which issue they are about."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.model.events import IssueHint, UnrecognisedEvent
from sync.youtrack.webhooks.parse import EVENT, parse_events
from sync.youtrack.webhooks.verify import UnverifiedHint, dedupe_key, verify_hint

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
BODY = b'{"v":1,"issue":"SHOP-12","kinds":["fields"]}'


def signed(body: bytes = BODY, at: datetime = NOW, secret: str = "secret") -> dict[str, str]:
    stamp = str(int(at.timestamp() * 1000))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-B24bridge-Time": stamp, "X-B24bridge-Signature": f"v1={mac}"}


def verify(
    headers: dict[str, str], *, secret: str = "secret", must_be_signed: bool = False
) -> bool:
    return verify_hint(
        headers, BODY, token="token", secret=secret, now=NOW, must_be_signed=must_be_signed
    )


def test_a_signature_or_a_token_proves_a_hint() -> None:
    assert verify(signed()) is True
    assert verify({"X-YouTrack-Token": "token"}) is False
    assert verify({"Authorization": "Bearer token"}) is False


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no token of ours"),
        ({"X-YouTrack-Token": "secret"}, "no token of ours"),
        ({"Authorization": "Bearer тоkен"}, "no token of ours"),
        (signed(secret="other"), "the signature does not match"),
        (signed(b"{}"), "the signature does not match"),
        (signed() | {"X-B24bridge-Signature": ""}, "the signature does not match"),
        (signed() | {"X-B24bridge-Time": "٣"}, "X-B24bridge-Time is missing or not a number of"),
        (signed(at=NOW - timedelta(minutes=6)), "the time is over 300 s off"),
        (signed(at=NOW + timedelta(minutes=6)), "the time is over 300 s off"),
    ],
)
def test_anything_else_is_refused(headers: dict[str, str], reason: str) -> None:
    with pytest.raises(UnverifiedHint) as refused:
        verify(headers)
    assert refused.value.reason.startswith(reason)


def test_once_the_app_signs_a_token_alone_is_not_enough() -> None:
    assert verify(signed(), must_be_signed=True) is True
    with pytest.raises(UnverifiedHint):
        verify({"X-YouTrack-Token": "token"}, must_be_signed=True)


def test_an_empty_secret_proves_nothing() -> None:
    with pytest.raises(UnverifiedHint):
        verify(signed(secret=""), secret="")


def test_two_changes_with_equal_bodies_are_two_hints() -> None:
    token = {"X-YouTrack-Token": "token"}
    first, other = signed(), signed(at=NOW + timedelta(seconds=1))
    assert dedupe_key(first, BODY, NOW) != dedupe_key(other, BODY, NOW)
    assert dedupe_key(first, BODY, NOW) == dedupe_key(first, BODY, NOW + timedelta(seconds=9))
    assert dedupe_key(token, BODY, NOW) != dedupe_key(token, BODY, NOW + timedelta(seconds=1))


# Our app; JetBrains' Webhook Triggers; rules that people write.
READ = [
    ({"issue": "SHOP-12", "kinds": ["fields", "work"]}, ("SHOP-12", False, ("fields", "work"))),
    ({"issue": "SHOP-12", "kinds": ["removed"]}, ("SHOP-12", True, ("removed",))),
    ({"event": "commentAdded", "id": "A_B1-3"}, ("A_B1-3", False, ("commentAdded",))),
    ({"event": "issueDeleted", "id": "SHOP-12"}, ("SHOP-12", True, ("issueDeleted",))),
    ({"id": "2-14", "idReadable": "SHOP-12"}, ("SHOP-12", False, ())),
    ({"issue": {"id": "2-14", "idReadable": "SHOP-12"}}, ("SHOP-12", False, ())),
    ({"issueId": "SHOP-12", "kinds": [None, 5, "x" * 99]}, ("SHOP-12", False, ("x" * 40,))),
]


@pytest.mark.parametrize(("payload", "expected"), READ)
def test_an_issue_is_read_whoever_names_it(payload: dict, expected: tuple) -> None:
    assert parse_events(json.dumps(payload).encode(), 4) == (IssueHint(4, *expected),)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"id": "2-14"}', b'{"issue": "SHOP-12\\n"}'],
)
def test_what_is_not_understood_is_recorded(body: bytes) -> None:
    (event,) = parse_events(body, 4)
    assert isinstance(event, UnrecognisedEvent)
    assert event.kind == EVENT
