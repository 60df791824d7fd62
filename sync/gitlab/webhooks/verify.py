"""Verifies a webhook delivery: its signature or token, and names it. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from sync.core.clock import moment_at
from sync.gitlab.json_fields import text

CI_REPORT = "CI Report"  # the event of what a CI job reports to us, with its ID token
TIMESTAMP_TOLERANCE_SECONDS = 300  # the window of the Standard Webhooks specification, both ways


_REQUEST_NUMBERS = ("x-gitlab-webhook-uuid", "x-gitlab-event-uuid")
_MAX_DIGITS = 12  # of the seconds up to the year 9999, the last of a date
_KEY_LIMIT = 100  # a longer sender's key is kept as its hash


class UnverifiedDelivery(Exception):
    """The request is not from the GitLab we know; `reason` is for the log, not for the sender."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def verify_delivery(
    headers: Mapping[str, str],
    body: bytes,
    *,
    token: str,
    signing_token: str | None,
    now: datetime,
    must_be_signed: bool = False,
) -> bool:
    """Return whether the raw `body`, which came from our hook, is signed.

    With a signing token here, a signature that is present must be right; without a signature (a
    hook from before the signing token was set) X-Gitlab-Token decides, unless it `must_be_signed`:
    then somebody has the token alone. An empty secret proves nothing. Raises UnverifiedDelivery.
    https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens
    """
    values = _lowercase_names(headers)
    if signing_token and "webhook-signature" in values:
        _verify_signature(values, body, _signing_key(signing_token), now)
        return True
    if signing_token and must_be_signed:
        raise UnverifiedDelivery("the deliveries of this connection are signed, and this is not")
    if "x-gitlab-token" not in values:
        raise UnverifiedDelivery("the request has no X-Gitlab-Token")
    if not token or not _equal_in_constant_time(values["x-gitlab-token"], token):
        raise UnverifiedDelivery("X-Gitlab-Token is not ours")
    return False


SENT_AT = "webhook-timestamp"  # seconds; from 19.0 on


def sent_at(headers: Mapping[str, str], received_at: datetime) -> datetime | None:
    """Return when a stored delivery was sent, by GitLab's own clock where its header says.

    Else when it was received, also where the header names no moment that there is; None of one
    made up for from GitLab's log that has no such time.
    """
    if SENT_AT not in headers:
        return received_at
    seconds = headers[SENT_AT]
    if not seconds.isdecimal():
        return None
    return parse_moment(seconds) or received_at


def parse_moment(seconds: str) -> datetime | None:
    """Return the moment of decimal digits, seconds of Unix time; None where there is none.

    Who has the token alone may write anything into a header that is not signed.
    """
    if not seconds.isdecimal() or len(seconds) > _MAX_DIGITS:
        return None
    return moment_at(int(seconds))


def dedupe_key(headers: Mapping[str, str], body: bytes, received_at: datetime) -> str:
    """Return the key that a delivery shares with its resends (at most 100 characters).

    `webhook-id` (19.0) and `Idempotency-Key` (17.4) are the same value. Older instances never send
    again what was answered, and a flag that is switched on, off and on has equal bodies: there the
    request's own number (X-Gitlab-Webhook-UUID, 16.2), else the act's (X-Gitlab-Event-UUID), else
    the moment tells two events apart.
    """
    values = _lowercase_names(headers)
    key = values.get("webhook-id") or values.get("idempotency-key")
    if key and len(key) <= _KEY_LIMIT and key.isprintable():
        return key
    if key:
        return _hashed(key.encode("utf-8", "surrogatepass"))
    numbers = [values[name] for name in _REQUEST_NUMBERS if values.get(name)]
    told_apart_by = numbers or [received_at.isoformat()]
    parts = [event_name(headers), *told_apart_by]
    return _hashed("\n".join([*parts, ""]).encode("utf-8", "surrogatepass") + body)


def _hashed(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def event_name(headers: Mapping[str, str]) -> str:
    """Return X-Gitlab-Event, at most 64 characters; "" where it is missing, or a name of ours.

    What a CI job reports is stored under that name, and read as what its token proved.
    """
    name = text(_lowercase_names(headers).get("x-gitlab-event", ""))[:64]
    return "" if name == CI_REPORT else name


def _verify_signature(headers: Mapping[str, str], body: bytes, key: bytes, now: datetime) -> None:
    """Check a Standard Webhooks signature: any of the listed `v1` ones may be the right one."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signed = f"{webhook_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    matches = [
        _equal_in_constant_time(item, expected) for item in headers["webhook-signature"].split(" ")
    ]
    if not any(matches):
        raise UnverifiedDelivery("webhook-signature does not match")
    if abs(int(now.timestamp()) - _parse_timestamp(timestamp)) > TIMESTAMP_TOLERANCE_SECONDS:
        raise UnverifiedDelivery(
            f"webhook-timestamp is over {TIMESTAMP_TOLERANCE_SECONDS} s off: replay or wrong clock"
        )


def _parse_timestamp(timestamp: str) -> int:
    try:
        return int(timestamp)
    except ValueError:
        raise UnverifiedDelivery("webhook-timestamp is missing or not a number") from None


def _signing_key(signing_token: str) -> bytes:
    """Return the HMAC key: the decoded bytes after `whsec_`, not the token's own text."""
    try:
        key = base64.b64decode(signing_token.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or not signing_token.startswith("whsec_"):
        raise UnverifiedDelivery("the signing token kept here is not whsec_ and base64")
    return key


def _equal_in_constant_time(item: str, other: str) -> bool:
    """Equality in constant time, of any text."""
    encoded = (text.encode("utf-8", "surrogatepass") for text in (item, other))
    return hmac.compare_digest(*encoded)


def _lowercase_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
