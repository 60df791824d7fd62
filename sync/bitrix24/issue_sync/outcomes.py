"""How a write ended, told from the portal's answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.bitrix24.rest.batch import Answer
from sync.core.issue_sync.writes import NotDone, Outcome, Unknown
from sync.errors import Later, SyncError

# The task was created although this was answered: its chat alone could not be.
# https://github.com/bitrix-tools/b24-rest-docs/issues/362
CREATED_ANYWAY = "ERROR_UNKNOWN_ADD_TASK_ERROR"


def failed(error: SyncError) -> Outcome:
    """Return the outcome of a refused or unanswered write."""
    lost = isinstance(error, Later) and error.sent
    return Unknown(error) if lost or error.code == CREATED_ANYWAY else NotDone(error)


def first_error(answers: Iterable[Answer | SyncError]) -> SyncError | None:
    """Return the first of the answers that is an error."""
    return next((answer for answer in answers if isinstance(answer, SyncError)), None)
