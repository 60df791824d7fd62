"""Column types: aware UTC moments, text that every database accepts, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from sync.sentences import decode_sentence, encode_sentence

Json = JSON(none_as_null=True)  # not JSONB: that forgets the order of keys in people's settings

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(value: str) -> str:
    """Replace what PostgreSQL refuses in text: NUL and halves of surrogate pairs."""
    if value.isascii() and "\0" not in value:
        return value
    if "\0" in value:
        value = value.replace("\0", REPLACEMENT)
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _storable_tree(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(str(key)): _storable_tree(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable_tree(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value that is written as JSON already, as `dump_json` writes it."""

    text: str


def dump_json(value: Any) -> str:
    """Write a value as JSON for a column, with unstorable characters replaced."""
    if isinstance(value, Encoded):
        return value.text
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\\u0000" not in text and storable(text) is text:
        return text
    return json.dumps(_storable_tree(value), ensure_ascii=False, separators=(",", ":"))


def _storable_or_none(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _moment_to_text(value: datetime | None) -> str | None:
    """Write a moment as SQLAlchemy writes one for SQLite, which has no type for it."""
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[:_NAIVE_LENGTH]


def _moment_from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _moment_or_none(value: datetime | None) -> datetime | None:
    return None if value is None else _in_utc(value)


def _in_utc(value: datetime) -> datetime:
    """Return the moment in UTC. Raises ValueError for a naive one."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return value.astimezone(UTC)


_NAIVE_LENGTH = len("2000-01-01 00:00:00.000000")


class SafeText(TypeDecorator[str]):
    """Text from outside; characters that PostgreSQL cannot hold become U+FFFD everywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace the characters that cannot be stored."""
        return None if value is None else storable(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return the same without what SQLAlchemy wraps around it: it runs for every text."""
        return _storable_or_none


class ReasonText(TypeDecorator[str]):
    """A text that says why: a sentence is kept as data and read back as one, to be translated."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write a sentence as JSON, other texts as they are."""
        return None if value is None else storable(encode_sentence(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read a sentence back; texts of older versions as they are."""
        return None if value is None else decode_sentence(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which has no time zones, stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC; raise ValueError for a naive one."""
        value = _moment_or_none(value)
        return value.replace(tzinfo=None) if value and dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Return the same without what SQLAlchemy wraps around it: every row has moments."""
        return _moment_to_text if dialect.name == "sqlite" else _moment_or_none

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """Return the same without what SQLAlchemy wraps around it."""
        return _moment_from_text if dialect.name == "sqlite" else _moment_or_none
