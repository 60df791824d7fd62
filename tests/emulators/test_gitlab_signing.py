"""The headers a delivery carries, and its signature."""

from datetime import UTC, datetime

import pytest

from tests.emulators.gitlab.signing import headers, key_of, signature

TOKEN = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ID = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
BODY = b'{"object_kind":"push"}'
SIGNATURE = "v1,qO0mK/QkPuCSH4sV+46Sbe0IHEagbnzF57rrlq+/SX8="
AT = datetime.fromtimestamp(1744578123, UTC)

COMMON = {
    "Content-Type": "application/json",
    "User-Agent": "GitLab/19.1.0",
    "X-Gitlab-Event": "Push Hook",
    "X-Gitlab-Webhook-UUID": "w",
    "X-Gitlab-Instance": "https://gitlab.acme.example",
    "X-Gitlab-Event-UUID": "e",
}


def sent(version="19.1.0", **more):
    return headers(
        "Push Hook",
        BODY,
        at=AT,
        delivery_id=ID,
        webhook_uuid="w",
        event_uuid="e",
        instance="https://gitlab.acme.example",
        version=version,
        **more,
    )


def test_the_key_is_what_stands_base64_after_the_prefix():
    assert key_of(TOKEN) == bytes(range(32))


def test_the_signature_of_the_known_vector():
    assert signature(TOKEN, ID, "1744578123", BODY) == SIGNATURE


@pytest.mark.parametrize("token", ["", "AAEC", "whsec_AAEC", "whsec_!!!", "whsec_"])
def test_another_text_is_no_signing_token(token):
    with pytest.raises(ValueError, match=r"signing|base64|padding"):
        key_of(token)


def test_all_headers_of_a_signed_delivery():
    assert sent(token="s3cret", signing_token=TOKEN) == COMMON | {
        "X-Gitlab-Token": "s3cret",
        "Idempotency-Key": ID,
        "webhook-id": ID,
        "webhook-timestamp": "1744578123",
        "webhook-signature": SIGNATURE,
    }


@pytest.mark.parametrize(
    ("version", "new"),
    [
        ("17.3.9", set()),
        ("17.4.0-ee", {"Idempotency-Key"}),
        ("18.11.2", {"Idempotency-Key"}),
        ("19.0.0", {"Idempotency-Key", "webhook-id", "webhook-timestamp", "webhook-signature"}),
    ],
)
def test_what_each_version_adds(version, new):
    assert sent(version, signing_token=TOKEN).keys() - COMMON.keys() == new


def test_a_custom_header_never_hides_one_of_gitlab():
    given = sent(custom={"X-Gitlab-Event": "Forged", "X-Team": "pay"})
    assert (given["X-Gitlab-Event"], given["X-Team"]) == ("Push Hook", "pay")


def test_line_breaks_of_a_token_are_not_sent():
    assert sent(token="a\r\nb")["X-Gitlab-Token"] == "ab"
