"""A call of the portal, as a command of a batch. Pure.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

MOST_CALLS = 50  # of one batch


@dataclass(frozen=True)
class Call:
    """`about`: what it does, in words for the job's log."""

    method: str
    params: Mapping[str, object]
    about: str = ""


def encode(call: Call) -> str:
    """The call as a command of a batch: `method?a=1&b[c]=2`, as PHP reads it."""
    pairs = [pair for name, value in call.params.items() for pair in pairs_of(name, value)]
    query = "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in pairs)
    return f"{call.method}?{query}"


def pairs_of(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        rows = value.items()
    elif isinstance(value, (list, tuple)):
        rows = enumerate(value)
    else:
        return [(name, str(value))]
    return [pair for key, inner in rows for pair in pairs_of(f"{name}[{key}]", inner)]
