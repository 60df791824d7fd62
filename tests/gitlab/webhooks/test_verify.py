import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from sync.gitlab.webhooks.verify import (
    TIMESTAMP_TOLERANCE_SECONDS,
    UnverifiedDelivery,
    dedupe_key,
    event_name,
    verify_delivery,
)

SIGNING_TOKEN = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
TOKEN = "s3cret-of-this-hook"
BODY = b'{"object_kind":"push"}'
SENT_AT = datetime.fromtimestamp(1744578123, UTC)
SIGNED = {
    "webhook-id": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    "webhook-timestamp": "1744578123",
    "webhook-signature": "v1,qO0mK/QkPuCSH4sV+46Sbe0IHEagbnzF57rrlq+/SX8=",
}
WRONG = "v1," + base64.b64encode(b"\0" * 32).decode()


def check(headers, *, body=BODY, token=TOKEN, signing_token=SIGNING_TOKEN, now=SENT_AT):
    """The reason of the refusal, "" where the sender is accepted."""
    try:
        verify_delivery(headers, body, token=token, signing_token=signing_token, now=now)
    except UnverifiedDelivery as unauthentic:
        return unauthentic.reason
    return ""


def signed_at(timestamp: str, key: bytes = bytes(range(32))) -> dict[str, str]:
    signed = f"{SIGNED['webhook-id']}.{timestamp}.".encode() + BODY
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {**SIGNED, "webhook-timestamp": timestamp, "webhook-signature": signature}


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED,
        {name.upper(): value for name, value in SIGNED.items()},
        {**SIGNED, "webhook-signature": f"{WRONG} {SIGNED['webhook-signature']}"},
        {**SIGNED, "webhook-signature": f"v1a,xyz {SIGNED['webhook-signature']} v2,abc"},
        {**SIGNED, "X-Gitlab-Token": TOKEN},
        {**SIGNED, "X-Gitlab-Token": "the token before the last change"},
    ],
)
def test_a_right_signature_is_accepted(headers):
    assert check(headers) == ""


NO_MATCH = "webhook-signature does not match"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({**SIGNED, "webhook-signature": WRONG}, NO_MATCH),
        ({**SIGNED, "webhook-signature": WRONG, "X-Gitlab-Token": TOKEN}, NO_MATCH),
        ({**SIGNED, "webhook-signature": "", "X-Gitlab-Token": TOKEN}, NO_MATCH),
        ({**SIGNED, "webhook-signature": SIGNED["webhook-signature"][3:]}, NO_MATCH),
        ({**SIGNED, "webhook-signature": "v1,ключ"}, NO_MATCH),
        ({**SIGNED, "webhook-signature": "v1,\udcff"}, NO_MATCH),
        ({**SIGNED, "webhook-id": "another"}, NO_MATCH),
        ({**SIGNED, "webhook-id": "\udcff"}, NO_MATCH),
        ({**SIGNED, "webhook-timestamp": "1744578124"}, NO_MATCH),
        ({"webhook-signature": SIGNED["webhook-signature"]}, NO_MATCH),
        (signed_at("1744578123", key=SIGNING_TOKEN.encode()), NO_MATCH),
        (signed_at(""), "webhook-timestamp is missing or not a number"),
        (signed_at("soon"), "webhook-timestamp is missing or not a number"),
        (signed_at("9" * 5000), "webhook-timestamp is missing or not a number"),
        (signed_at("9" * 400), "webhook-timestamp is over 300 s off: replay or wrong clock"),
        ({}, "the request has no X-Gitlab-Token"),
        ({"X-Gitlab-Token": "guess"}, "X-Gitlab-Token is not ours"),
        ({"X-Gitlab-Token": "ключ"}, "X-Gitlab-Token is not ours"),
        ({"X-Gitlab-Token": ""}, "X-Gitlab-Token is not ours"),
    ],
)
def test_anything_else_is_not_authentic(headers, reason):
    assert check(headers) == reason


def test_a_changed_body_is_not_authentic():
    assert check(SIGNED, body=BODY + b" ") == NO_MATCH


@pytest.mark.parametrize("side", [-1, 1])
def test_a_signature_is_good_for_five_minutes_on_either_side(side):
    at_the_edge = SENT_AT + side * timedelta(seconds=TIMESTAMP_TOLERANCE_SECONDS)
    assert check(SIGNED, now=at_the_edge) == ""
    assert check(SIGNED, now=at_the_edge + side * timedelta(seconds=1)) == (
        "webhook-timestamp is over 300 s off: replay or wrong clock"
    )


def test_without_a_signature_the_token_decides():
    assert check({"X-Gitlab-Token": TOKEN}) == ""
    assert check({"x-gitlab-token": TOKEN}, signing_token=None) == ""
    assert check({**SIGNED, "x-gitlab-token": TOKEN}, signing_token=None) == ""
    assert check(SIGNED, signing_token=None) == "the request has no X-Gitlab-Token"


@pytest.mark.parametrize("headers", [{}, {"X-Gitlab-Token": ""}, {"X-Gitlab-Token": TOKEN}])
def test_an_empty_token_here_accepts_nobody(headers):
    assert check(headers, token="", signing_token=None) != ""


@pytest.mark.parametrize(
    "kept",
    ["whsec_", "whsec_%%%", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_ключ"],
)
def test_a_broken_signing_token_here_accepts_no_signature_and_is_not_told(kept):
    reason = check(SIGNED, signing_token=kept)
    assert reason == "the signing token kept here is not whsec_ and base64"


def test_a_delivery_and_its_resend_have_the_same_key():
    assert dedupe_key({"Webhook-Id": "abc", "Idempotency-Key": "other"}, BODY, SENT_AT) == "abc"
    assert dedupe_key({"idempotency-key": "abc"}, BODY, SENT_AT) == "abc"
    assert dedupe_key({"webhook-id": "abc", "X-Gitlab-Event-UUID": "1"}, b"", SENT_AT) == "abc"


def test_without_a_key_event_body_and_moment_tell_deliveries_apart():
    push, tag = {"X-Gitlab-Event": "Push Hook"}, {"X-Gitlab-Event": "Tag Push Hook"}
    later = SENT_AT + timedelta(seconds=1)
    moments = [
        (h, b, at) for h in (push, tag) for b in (BODY, BODY + b" ") for at in (SENT_AT, later)
    ]
    assert len({dedupe_key(*moment) for moment in moments}) == 8


@pytest.mark.parametrize("name", ["X-Gitlab-Event-UUID", "X-Gitlab-Webhook-UUID"])
def test_without_a_key_the_number_of_the_request_tells_equal_bodies_apart(name):
    push = {"X-Gitlab-Event": "Push Hook", "webhook-id": ""}
    later = SENT_AT + timedelta(seconds=1)
    first, second = {**push, name: "1"}, {**push, name: "2"}
    assert dedupe_key(first, BODY, SENT_AT) == dedupe_key(first, BODY, later)
    assert dedupe_key(first, BODY, SENT_AT) != dedupe_key(second, BODY, SENT_AT)


@pytest.mark.parametrize("sent", ["k" * 5000, "a\x00b", "\udcff"])
def test_a_key_that_no_column_holds_is_kept_as_its_hash(sent):
    key = dedupe_key({"webhook-id": sent}, BODY, SENT_AT)
    assert key.startswith("sha256:")
    assert len(key) == 71
    assert key == dedupe_key({"webhook-id": sent}, b"another body", SENT_AT)


def test_the_event_name_fits_its_column():
    assert event_name({"x-GITLAB-event": "Push Hook"}) == "Push Hook"
    assert event_name({}) == ""
    assert event_name({"X-Gitlab-Event": "CI Report"}) == ""  # no webhook tells what a job proved
    assert event_name({"X-Gitlab-Event": "x\x00" * 100}) == "x" * 64
