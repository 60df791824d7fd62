"""Tolerant readings of a JSON value: what is missing or of another type reads as empty. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")
_MAX_INTEGER = 2**63 - 1  # what a database's integer column holds


class UnreadablePayload(Exception):
    """A payload lacks what the event stands on; the text says what, for the person who looks."""


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects in a list; anything else in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """A string every database stores: without NUL characters and lone surrogates."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def web_url(value: object) -> str:
    """A web address, "" where the value is anything else (it will be shown as a link)."""
    address = text(value)
    return address if address.startswith(("https://", "http://")) else ""


def positive_int(value: object) -> int | None:
    """A positive id or number; None for anything else, `true` included."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= _MAX_INTEGER else None


def whole_seconds(value: object) -> int | None:
    """A duration in whole seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _MAX_INTEGER else None


def count(value: object) -> int:
    """How many there are of something; 0 where it is not told."""
    return positive_int(value) or 0


def require(value: _T | None, why: str) -> _T:
    """`value`, which the event stands on. Raises Unreadable."""
    if value is None or value == "":
        raise UnreadablePayload(why)
    return value


def require_kind(payload: dict[str, Any], *kinds: str) -> str:
    """Which of `kinds`, those that its header stands for, the body is. Raises Unreadable.

    Old system hooks tell it in `event_name`. https://docs.gitlab.com/administration/system_hooks/
    """
    told = text(payload.get("object_kind")) or text(payload.get("event_name"))
    if told not in kinds:
        raise UnreadablePayload(
            f"object_kind is {told or 'missing'}, not {' or '.join(kinds)}: a custom webhook "
            "template? Remove the template in the webhook's settings"
        )
    return told
