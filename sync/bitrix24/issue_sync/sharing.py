"""Readings that several talks want of one batch, sent once behind all its writes. Pure.

Fifty tasks are listed by one call, and the newest messages of a chat by another, however many
writes want to see what became of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sync.bitrix24.rest.batch import Call

LISTED = "listed"  # names of calls that may be shared, behind the number of their talk
NEWEST = "newest"
MOST_TASKS = 50
MOST_MESSAGES = 50


def is_shared(call: Call) -> bool:
    """Whether other talks may use the answer to this call too."""
    return call.name.endswith((LISTED, NEWEST))


def sharing_key(call: Call) -> str:
    """Return what calls that are sent as one have in common."""
    params = dict(call.params)
    if call.name.endswith(LISTED):
        params.pop("filter")
    return json.dumps([call.method, params], default=str, sort_keys=True)


def shared_calls(calls: Iterable[Call]) -> dict[str, Call]:
    """Return the calls to be sent for those that may be shared, by their keys."""
    groups: dict[str, list[Call]] = {}
    for call in filter(is_shared, calls):
        groups.setdefault(sharing_key(call), []).append(call)
    return {key: _united(group) for key, group in groups.items()}


def _united(group: list[Call]) -> Call:
    first = group[0]
    if first.name.endswith(NEWEST):
        limit = min(first.params["LIMIT"] + len(group), MOST_MESSAGES)
        return replace(first, params={**first.params, "LIMIT": limit})
    ids: list[Any] = []
    for call in group:
        if call.params["filter"]["ID"] not in ids:
            ids.append(call.params["filter"]["ID"])
    wanted = ids if len(ids) > 1 else ids[0]
    return replace(first, params={**first.params, "filter": {"ID": wanted}})
