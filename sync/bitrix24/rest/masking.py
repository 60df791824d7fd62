"""Masking of secrets in requests and answers of a portal, for logs and errors. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

HIDDEN = "***"
LOG_LIMIT = 16_000  # characters kept of a request or an answer

_SECRET_KEYS = frozenset(
    {"auth", "access_token", "refresh_token", "client_secret", "application_token", "auth_id",
     "refresh_id", "event_token", "token"}
)  # fmt: skip
_SIGNS = (  # lower case; whatever is masked has one of them
    '"auth"', '"token"', "auth%5b", "auth[", "auth=", "auth_id", "_token", "client_secret",
    "refresh_id", "/rest/",
)  # fmt: skip
_KEY_VALUE = re.compile(
    r"(?i)\b(auth|access_token|refresh_token|client_secret|application_token|auth_id|refresh_id)"
    r"(?:%5B\w+%5D|\[\w+\])?=[^&\s\"'<>]+"
)
_WEBHOOK = re.compile(r"(/rest/(?:api/)?)\d+/[^/\s\"'?#]+")
_TOKEN = re.compile(r"\b(?=[A-Za-z]*\d)[A-Za-z0-9]{30,}\b")


def mask(value: Any) -> Any:
    """Return a JSON value with its tokens masked: secret keys, `key=value` pairs, webhook paths."""
    match value:
        case dict():
            return {key: _mask_entry(str(key), item) for key, item in value.items()}
        case list() | tuple():
            return [mask(item) for item in value]
        case str():
            return _mask_string(value)
        case _:
            return value


def _mask_string(text: str) -> str:
    """Mask a text; looking for one character first is quicker than the pattern."""
    if "=" in text:
        text = _KEY_VALUE.sub(rf"\g<1>={HIDDEN}", text)
    return _WEBHOOK.sub(rf"\g<1>{HIDDEN}", text) if "/rest/" in text else text


def _mask_entry(key: str, value: Any) -> Any:
    if key.lower() in _SECRET_KEYS and not isinstance(value, dict | list | tuple):
        return HIDDEN if value else value
    return mask(value)


def has_secrets(line: str) -> bool:
    """Tell whether there may be something to mask in a JSON text; quicker than to look at all."""
    lowered = line.lower()
    return any(sign in lowered for sign in _SIGNS)


def mask_line(value: Any) -> str:
    """Return a value as one masked line for the audit log, cut to LOG_LIMIT characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if has_secrets(text):
        text = value if isinstance(value, str) else json.dumps(mask(value), ensure_ascii=False)
        text = _mask_string(text)
    return text if len(text) <= LOG_LIMIT else text[:LOG_LIMIT] + "…"


def mask_error_text(description: str) -> str:
    """Return a vendor's error text for people: one line, no markup, no tokens, ≤ 300 characters."""
    plain = re.sub(r"<[^>]*>", " ", description)
    return " ".join(_TOKEN.sub(HIDDEN, mask(plain)).split())[:300]
