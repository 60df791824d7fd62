"""A line of the doctor's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: of what, whether it is right, what was found, and what to change where it is not.

    `subject` is one word; `place` the portal or connection, "" for the whole installation.
    """

    subject: str
    ok: bool
    text: str
    change: str = ""
    place: str = ""
