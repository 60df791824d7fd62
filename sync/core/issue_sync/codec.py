"""A link's state as plain JSON values and back. Pure.

Sets, moments, dates, and dataclasses are tagged. What a class holds by default is left out; keys
that it does not have any more are ignored, and those it has gained get their defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

from sync.core.issue_sync import history, link, model, writes
from sync.core.issue_sync.link import LinkState
from sync.sentences import Sentence, decode_sentence, encode_sentence

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
        history.FieldChange,
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
_WORDS: dict[str, type[StrEnum]] = {
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
    write = _WRITERS.get(type(value))
    if write is None:
        raise ValueError(f"a {type(value).__name__} cannot be kept")
    return write(value)


def _same(value: Any) -> Any:
    return value


def _word_reader(kind: type[StrEnum]) -> Callable[[Mapping[str, Any]], Any]:
    words = {str(word): word for word in kind}
    return lambda value: words.get(value["word"]) or kind(value["word"])


def _encoded_word(word: StrEnum) -> dict[str, Any]:
    return {"is": type(word).__name__, "word": word.value}


def _encoded_object(value: Any) -> dict[str, Any]:
    kind: type = type(value)
    encoded: dict[str, Any] = {"is": kind.__name__}
    for name, default in _defaults(cast(Hashable, kind)):
        held = getattr(value, name)
        if held is not default and (held != default or type(held) is not type(default)):
            encoded[name] = held if type(held) in _PLAIN else _encoded(held)
    return encoded


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a class with what they hold by default, MISSING for nothing."""
    return tuple(
        (
            item.name,
            item.default if item.default_factory is MISSING else item.default_factory(),
        )
        for item in fields(kind)
    )


_PLAIN = frozenset({type(None), bool, int, str})
_WRITERS: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys(_PLAIN, _same),
    **dict.fromkeys(_CLASSES.values(), _encoded_object),
    **dict.fromkeys(_WORDS.values(), _encoded_word),
    Sentence: lambda text: {"is": "sentence", "text": encode_sentence(text)},
    datetime: lambda moment: {"is": "moment", "at": moment.isoformat()},
    date: lambda day: {"is": "date", "on": day.isoformat()},
    frozenset: lambda items: {"is": "set", "of": sorted(map(_encoded, items), key=str)},
    tuple: lambda items: [_encoded(item) for item in items],
    dict: lambda items: {"is": "map", "of": [[_encoded(k), _encoded(v)] for k, v in items.items()]},
}


def _decoded(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return tuple([_decoded(item) for item in value])
    if kind is dict:
        tag = value.get("is")
        read = _READERS.get(tag) if type(tag) is str else None
        if read is not None:
            return read(value)
    raise ValueError(f"{str(value)[:80]} is no kept value")


def _object_reader(kind: type) -> Callable[[Mapping[str, Any]], Any]:
    names = frozenset(item.name for item in fields(kind))

    def read(value: Mapping[str, Any]) -> Any:
        return kind(
            **{
                name: held if type(held) in _PLAIN else _decoded(held)
                for name, held in value.items()
                if name in names
            }
        )

    return read


def _read_map(value: Mapping[str, Any]) -> dict[Any, Any]:
    return {
        key if type(key) in _PLAIN else _decoded(key): (
            item if type(item) in _PLAIN else _decoded(item)
        )
        for key, item in value["of"]
    }


_READERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    **{name: _object_reader(kind) for name, kind in _CLASSES.items()},
    **{name: _word_reader(kind) for name, kind in _WORDS.items()},
    "sentence": lambda value: decode_sentence(value["text"]),
    "moment": lambda value: datetime.fromisoformat(value["at"]),
    "date": lambda value: date.fromisoformat(value["on"]),
    "set": lambda value: frozenset(_decoded(item) for item in value["of"]),
    "map": _read_map,
}
