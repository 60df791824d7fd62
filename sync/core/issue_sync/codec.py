"""A link's state as plain JSON values and back. Pure.

Sets, moments, dates, and dataclasses are tagged; keys that a class does not have any more are
ignored, and those it has gained get their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sync.core.issue_sync import link, model, writes
from sync.core.issue_sync.link import LinkState

T = TypeVar("T")

_CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        link.ValuePair,
        link.Entry,
        link.FieldIntent,
        link.PlannedWrite,
        link.Pause,
        link.LinkState,
        model.ItemAddress,
        model.Author,
        model.File,
        writes.SetChange,
        writes.CreateItem,
        writes.UpdateItem,
        writes.AddComment,
        writes.EditComment,
        writes.DeleteComment,
        writes.AddTime,
        writes.DeleteTime,
        writes.AddFile,
    )
}
_WORDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (link.EntryKind, link.EntryState, link.PauseReason, model.SideName)
}


def encode(state: LinkState) -> dict[str, Any]:
    """Return the link as dicts, lists and text."""
    return encode_part(state)


def encode_part(part: Any) -> dict[str, Any]:
    """Return a part of a link, as an entry, as dicts, lists and text."""
    encoded: dict[str, Any] = _encoded(part)
    return encoded


def decode_part(kind: type[T], values: Mapping[str, Any]) -> T:
    """Read what `encode_part` wrote; raises ValueError for anything else."""
    part = _decoded(values)
    if not isinstance(part, kind):
        raise ValueError(f"this is no {kind.__name__}")
    return part


def decode(values: Mapping[str, Any]) -> LinkState:
    """Read what `encode` wrote; raises ValueError for anything else."""
    return decode_part(LinkState, values)


def _encoded(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        named = {item.name: _encoded(getattr(value, item.name)) for item in fields(value)}
        return {"is": type(value).__name__, **named}
    match value:
        case None | bool() | int():
            return value
        case str():
            kind = type(value).__name__
            return {"is": kind, "word": str(value)} if kind in _WORDS else value
        case datetime():
            return {"is": "moment", "at": value.isoformat()}
        case date():
            return {"is": "date", "on": value.isoformat()}
        case frozenset():
            return {"is": "set", "of": sorted(map(_encoded, value), key=str)}
        case tuple():
            return [_encoded(item) for item in value]
        case Mapping():
            return {"is": "map", "of": [[_encoded(k), _encoded(v)] for k, v in value.items()]}
    raise ValueError(f"a {type(value).__name__} cannot be kept")


def _decoded(value: Any) -> Any:
    match value:
        case list():
            return tuple(_decoded(item) for item in value)
        case {"is": "moment", "at": str(text)}:
            return datetime.fromisoformat(text)
        case {"is": "date", "on": str(text)}:
            return date.fromisoformat(text)
        case {"is": "set", "of": list(items)}:
            return frozenset(_decoded(item) for item in items)
        case {"is": "map", "of": list(pairs)}:
            return {_decoded(key): _decoded(item) for key, item in pairs}
        case {"is": str(name), "word": str(word)} if name in _WORDS:
            return _WORDS[name](word)
        case {"is": str(name)} if name in _CLASSES:
            kind = _CLASSES[name]
            present = {item.name for item in fields(kind)} & value.keys()
            return kind(**{key: _decoded(value[key]) for key in present})
        case None | bool() | int() | str():
            return value
    raise ValueError(f"{str(value)[:80]} is no kept value")
