"""Convert frozen dataclasses to plain JSON values and back; unknown keys are ignored."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Convert a dataclass, or a tuple of them, to dicts, lists and text."""
    return _adapter(cast(Hashable, type(value))).dump_python(value, mode="json")


def from_json(kind: type[T], value: Any) -> T:
    """Read a `kind` that `to_json` wrote; raise pydantic.ValidationError for anything else."""
    result: T = _adapter(cast(Hashable, kind)).validate_python(value)
    return result


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
