"""How a write ended that a tracker refused or did not answer, alike for all trackers."""

from __future__ import annotations

from collections.abc import Callable

from sync.core.issue_sync.writes import NotDone, Outcome, Unknown
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence

_NO_WRITE = ("403", "404")  # what trackers answer where a project may be archived


def outcome_of_error(
    error: SyncError, is_archived: Callable[[], bool], archived: Callable[[str], Refused]
) -> Outcome:
    """Return how a write with this error ended: Unknown where it may have happened.

    A tracker answers alike for any lack of a right, so `is_archived` looks at the project, which
    may raise SyncError; `archived` makes the error of what was asked: method and path.
    """
    if isinstance(error, Later) and error.sent:
        return Unknown(error)
    if isinstance(error, Refused) and error.code in _NO_WRITE:
        try:
            if is_archived():
                return NotDone(archived(error.message.partition(" was ")[0]))
        except SyncError:
            return NotDone(error)
    return NotDone(error)


def too_large_file(name: str, size: int, most: int) -> Refused:
    """Return the error of a file beyond the limit of a connection's settings; sizes in bytes."""
    return Refused(
        sentence(
            "The file {name} has {size} bytes, more than the {most} that are copied",
            name=name,
            size=size,
            most=most,
        ),
        change="Raise the limit for files in the settings of the connection",
        code="too_large",
    )
