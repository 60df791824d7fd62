"""Requests to GitLab as the audit log shows them: everything but the secrets. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sync.log import MASK, mask_value

LIMIT = 4000  # characters kept of a request
# People put secrets into CI variables and inputs, so their values are never shown.
_USER_INPUT = ("variables", "inputs")


def mask_request(query: Any, body: Any, token: str) -> str:
    """Return query and body as one line of JSON, cut to LIMIT, with `token` masked."""
    parts = {"query": _to_object(query), "body": _to_object(body)}
    masked = mask_value({name: _mask_object(part) for name, part in parts.items() if part})
    line = mask_text(json.dumps(masked, ensure_ascii=False, default=str), token) if masked else ""
    return line if len(line) <= LIMIT else line[:LIMIT] + "…"


def mask_text(text: str, token: str) -> str:
    """Mask secrets in a text of GitLab's or ours, the connection's own token first."""
    hidden = text.replace(token, MASK) if token else text
    return str(mask_value(hidden))


def _to_object(value: Any) -> dict[str, Any]:
    """Return a query or a JSON body as it is, a form as pairs, anything else by its type only."""
    match value:
        case Mapping():
            return {str(name): item for name, item in value.items()}
        case bytes():
            return dict(parse_qsl(value.decode(errors="replace"), keep_blank_values=True))
        case None | "":
            return {}
    return {"other": type(value).__name__}


def _mask_object(part: dict[str, Any]) -> dict[str, Any]:
    return {name: _mask_value(name, item) for name, item in part.items()}


def _mask_value(name: str, item: Any) -> Any:
    if name.split("[")[0] not in _USER_INPUT:
        return item
    match item:
        case Mapping():
            return dict.fromkeys(item, MASK)
        case list():
            return [dict(entry) | {"value": MASK} for entry in item if isinstance(entry, Mapping)]
    return MASK
