"""Convert frozen dataclasses to plain JSON values and back; unknown keys are ignored."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from sync.store.db.types import Encoded, dump_json

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Convert a dataclass, or a tuple of them, to dicts, lists and text."""
    return _adapter(cast(Hashable, type(value))).dump_python(value, mode="json")


def encode(value: Any) -> Encoded:
    """Write a dataclass as a column of JSON stores it: `to_json`, and text, in one step."""
    try:
        text = _adapter(cast(Hashable, type(value))).dump_json(value).decode()
    except PydanticSerializationError:  # halves of surrogate pairs
        return Encoded(dump_json(to_json(value)))
    return Encoded(dump_json(to_json(value)) if "\\u0000" in text else text)


def from_json(kind: type[T], value: Any) -> T:
    """Read a `kind` that `to_json` wrote; raise pydantic.ValidationError for anything else."""
    result: T = _adapter(cast(Hashable, kind)).validate_python(value)
    return result


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
