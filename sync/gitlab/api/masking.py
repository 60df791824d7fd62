"""What the audit log shows of a request to GitLab: everything but its secrets. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sync.log import MASK, masked

LIMIT = 4000  # characters kept of a request
# People put secrets into CI variables, and into inputs (GitLab itself does not store those).
_TYPED_BY_PEOPLE = ("variables", "inputs")


def shown(query: Any, body: Any, token: str) -> str:
    """Query and body as one line of JSON; `token` is hidden wherever it stands."""
    parts = {"query": _plain(query), "body": _plain(body)}
    told = masked({name: _hidden(part) for name, part in parts.items() if part})
    line = without(json.dumps(told, ensure_ascii=False, default=str), token) if told else ""
    return line if len(line) <= LIMIT else line[:LIMIT] + "…"


def without(text: str, token: str) -> str:
    """A text of GitLab's or ours without secrets, the connection's own token first."""
    hidden = text.replace(token, MASK) if token else text
    return str(masked(hidden))


def _plain(value: Any) -> dict[str, Any]:
    """A JSON body or a query as it is; a form as pairs; anything else only by its length."""
    match value:
        case Mapping():
            return {str(name): item for name, item in value.items()}
        case bytes():
            return dict(parse_qsl(value.decode(errors="replace"), keep_blank_values=True))
        case None | "":
            return {}
    return {"other": type(value).__name__}


def _hidden(part: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, item) for name, item in part.items()}


def _value(name: str, item: Any) -> Any:
    if name.split("[")[0] not in _TYPED_BY_PEOPLE:
        return item
    match item:
        case Mapping():
            return dict.fromkeys(item, MASK)
        case list():
            return [dict(one) | {"value": MASK} for one in item if isinstance(one, Mapping)]
    return MASK
