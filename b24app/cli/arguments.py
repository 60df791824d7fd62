"""Parsers of arguments: moments, numbers, pairs and files."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync.sentences import sentence
from sync.settings.problems import Invalid, Problem

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str) -> timedelta | datetime:
    """Parse `2h` or `3d` (back from now), or a date, in UTC where it names no zone.

    Raises argparse.ArgumentTypeError.
    """
    if match := re.fullmatch(r"(\d{1,5})([mhdw])", text.strip()):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(
            sentence(
                "{text} is neither a span like 30m, 2h, 3d, 2w nor a date like 2026-03-02",
                text=repr(text),
            )
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def resolve_since(since: timedelta | datetime, now: datetime) -> datetime:
    """Return the moment that `since` means at `now`."""
    return since if isinstance(since, datetime) else now - since


def positive_int(text: str) -> int:
    """Parse a whole number above 0. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**9):
        raise argparse.ArgumentTypeError(
            sentence("{text} is not a whole number above 0", text=repr(text))
        )
    return int(text)


def number_between(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
            raise argparse.ArgumentTypeError(
                sentence("must be a number from {least} to {most}", least=least, most=most)
            )
        return int(text)

    return parse


def person_name(text: str) -> str:
    """Parse a name and put it on one line. Raises argparse.ArgumentTypeError."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise argparse.ArgumentTypeError(sentence("{text} names nobody", text=repr(text)))
    return name


def parse_pair(text: str) -> tuple[str, str]:
    """Parse `NAME=value`. Raises argparse.ArgumentTypeError."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(
            sentence("{text} is not of the form NAME=value", text=repr(text))
        )
    return name.strip(), value


def read_file(name: str) -> str:
    """Return the text of a settings file (`-`: standard input). Raises Invalid, OSError."""
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Invalid([Problem(line, "", "is not UTF-8 text")]) from None
