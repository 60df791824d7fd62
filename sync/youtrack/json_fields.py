"""Tolerant readers of JSON values: what is missing or of another type reads as empty. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999  # 9999-12-31 in milliseconds


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, without its other items."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a string that every database stores: no NUL characters, no lone surrogates."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def whole(value: object) -> int | None:
    """Return a whole number; None for anything else, `true` included."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """Return the moment (UTC) that milliseconds since 1970 name; None where they name none."""
    number = whole(value)
    if number is None or not 0 <= number <= _LAST:
        return None
    return _EPOCH + timedelta(milliseconds=number)


def milliseconds(at: datetime) -> int:
    """Return a moment as YouTrack writes it."""
    return (at - _EPOCH) // timedelta(milliseconds=1)
