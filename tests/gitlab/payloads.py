"""Webhook bodies for tests: our own fixtures and copies of them with something changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
OPENED = "merge_request_hook__opened"
PUSHED = "push_hook__two_commits"
FAILED = "pipeline_hook__failed_in_merge_request"
EVENTS = {OPENED: "Merge Request Hook", PUSHED: "Push Hook", FAILED: "Pipeline Hook"}
LEFT_OUT = object()


def fixture(name: str, **changes: Any) -> dict[str, Any]:
    """A fixture; `object_attributes__title="x"` sets that field, LEFT_OUT removes it."""
    payload = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    for path, value in changes.items():
        put(payload, [int(at) if at.isdigit() else at for at in path.split("__")], value)
    return payload


def put(payload: Any, path: list[Any], value: Any) -> None:
    *parents, last = path
    for part in parents:
        payload = payload[part]
    if value is LEFT_OUT:
        del payload[last]
    else:
        payload[last] = copy.deepcopy(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inside:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


def body(payload: Any) -> bytes:
    return json.dumps(payload).encode()
