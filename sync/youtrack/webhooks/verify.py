"""Verifies a hint from YouTrack: our app signs it, other senders show a token. Pure.

The Webhook Triggers app sends its token as it is, in a header that its settings name (by default
X-YouTrack-Token); people's own rules mostly as a bearer.
https://www.jetbrains.com/help/youtrack/cloud/webhook-triggers.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

SIGNATURE, TIME = "x-b24bridge-signature", "x-b24bridge-time"
TOKEN = "x-youtrack-token"  # noqa: S105 - the header's name
TOLERANCE_SECONDS = 300  # between the clocks of the server and ours, both ways
_BEARER = "Bearer "


class UnverifiedHint(Exception):
    """The request is not from the YouTrack we know; `reason` is for the log alone."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def verify_hint(
    headers: Mapping[str, str],
    body: bytes,
    *,
    token: str,
    secret: str,
    now: datetime,
    must_be_signed: bool = False,
) -> bool:
    """Return whether the raw `body` is signed by our app. Raises UnverifiedHint.

    `must_be_signed`: the app has signed before, so who shows the token alone may send nothing. An
    empty secret proves nothing.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    if SIGNATURE in lowered:
        _verify_signature(lowered, body, secret, now)
        return True
    if must_be_signed:
        raise UnverifiedHint("the hints of this connection are signed, and this is not")
    offered_token = lowered.get(TOKEN) or lowered.get("authorization", "").removeprefix(_BEARER)
    if not token or not _equal(offered_token, token):
        raise UnverifiedHint("no token of ours")
    return False


def dedupe_key(headers: Mapping[str, str], body: bytes, received_at: datetime) -> str:
    """Return the key of a hint: its signature, which holds its time; else the moment and the body.

    A hint may come twice without harm, and two equal ones may tell of two changes.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    told_apart_by = lowered.get(SIGNATURE) or received_at.isoformat()
    content = told_apart_by.encode("utf-8", "surrogatepass") + b"\n" + body
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _verify_signature(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
    stamp = headers.get(TIME, "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 15:
        raise UnverifiedHint("X-B24bridge-Time is missing or not a number of milliseconds")
    signed = stamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not secret or not _equal(headers[SIGNATURE], f"v1={digest}"):
        raise UnverifiedHint("the signature does not match")
    if abs(now.timestamp() * 1000 - int(stamp)) > TOLERANCE_SECONDS * 1000:
        raise UnverifiedHint(f"the time is over {TOLERANCE_SECONDS} s off: replay or wrong clock")


def _equal(text: str, expected: str) -> bool:
    """Equality in constant time, of any text."""
    encoded = (each.encode("utf-8", "surrogatepass") for each in (text, expected))
    return hmac.compare_digest(*encoded)
