"""Forms as PHP reads and writes them: `a[b][]=1`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

_KEY = re.compile(r"^([^\[]+)((?:\[[^\]]*\])*)$")
_PART = re.compile(r"\[([^\]]*)\]")


def read_form(text: str) -> dict[str, Any]:
    """The nested value of an urlencoded form; numbered keys from 0 become lists."""
    root: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(key)
        parts = [match[1], *_PART.findall(match[2])] if match else [key]
        _put(root, parts, value)
    return {key: _listed(value) for key, value in root.items()}


def write_form(values: Mapping[str, Any]) -> str:
    """The urlencoded form of a nested value."""
    return "&".join(f"{key}={quote(str(value), safe='')}" for key, value in _flat(values))


def _put(node: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = node.setdefault(part or str(len(node)), {})
        if not isinstance(inner, dict):
            node[part] = inner = {}
        node = inner
    node[parts[-1] or str(len(node))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {key: _listed(inner) for key, inner in value.items()}
    if list(items) == [str(number) for number in range(len(items))]:
        return list(items.values())
    return items


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        pairs: Any = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        yield prefix, value
        return
    for key, inner in pairs:
        name = quote(str(key), safe="")
        yield from _flat(inner, f"{prefix}%5B{name}%5D" if prefix else name)
