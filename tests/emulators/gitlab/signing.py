"""The headers of a webhook delivery, its signature among them. Pure.

https://docs.gitlab.com/user/project/integrations/webhooks/ ; signing as Standard Webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32


def key_of(signing_token: str) -> bytes:
    """The HMAC key: the base64-decoded bytes after `whsec_`. ValueError: not such a token."""
    if not signing_token.startswith(PREFIX):
        raise ValueError("a signing token starts with whsec_")
    key = base64.b64decode(signing_token.removeprefix(PREFIX), validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a signing key has 32 bytes")
    return key


def signature(signing_token: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 over `{id}.{timestamp}.{body}`."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    digest = hmac.new(key_of(signing_token), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(
    event: str,
    body: bytes,
    *,
    at: datetime,
    delivery_id: str,
    webhook_uuid: str = "8c7d4b0e-2a65-4f0b-9a37-0e5f3f2f6a11",
    event_uuid: str = "1f9a3c52-7b80-4d7e-8f55-6a2b9c0d4e22",
    instance: str = "http://gitlab.example",
    version: str = "19.2.1-ee",
    token: str = "",
    signing_token: str = "",
    custom: dict[str, str] | None = None,
) -> dict[str, str]:
    """All headers GitLab `version` sends with `body`; a custom header never hides one of ours."""
    since = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    timestamp = str(int(at.timestamp()))
    sent = dict(custom or {}) | {
        "Content-Type": "application/json",
        "User-Agent": f"GitLab/{version}",
        "X-Gitlab-Event": event,
        "X-Gitlab-Webhook-UUID": webhook_uuid,
        "X-Gitlab-Instance": instance,
        "X-Gitlab-Event-UUID": event_uuid,
    }
    if since >= (17, 4):
        sent["Idempotency-Key"] = delivery_id
    if token:
        sent["X-Gitlab-Token"] = token.replace("\r", "").replace("\n", "")
    if since >= (19, 0):
        sent |= {"webhook-id": delivery_id, "webhook-timestamp": timestamp}
        if signing_token:
            sent["webhook-signature"] = signature(signing_token, delivery_id, timestamp, body)
    return sent
