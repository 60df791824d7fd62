"""How a write ended, from what was raised, and from what was stored."""

from __future__ import annotations

from collections.abc import Callable

from sync.core.issue_sync.failures import outcome_of_error
from sync.core.issue_sync.writes import NotDone, Outcome
from sync.errors import Denied, Later, Refused, SyncError
from sync.sentences import sentence
from sync.youtrack.issues.projects import Instance


def outcome_of(step: Callable[[], Outcome], instance: Instance, project_id: str) -> Outcome:
    """Return how a step ended. A write that may have happened is Unknown."""
    try:
        return step()
    except SyncError as error:
        return failed(error, instance, project_id)


def failed(error: SyncError, instance: Instance, project_id: str) -> Outcome:
    """Return the outcome of an error; of a refusal in an archived project, that it is archived."""

    def is_archived() -> bool:
        return bool(project_id) and instance.project(project_id, fresh=True).archived

    return outcome_of_error(error, is_archived, _archived)


def _archived(request: str) -> Refused:
    return Refused(
        sentence("{request} was refused", request=request),
        cause="The project is archived",
        change="Restore the project, or end its links",
        code="archived",
    )


def not_landed(what: str = "The write") -> NotDone:
    """Return that a write did not happen and may be tried again."""
    return NotDone(Later(sentence("{what} did not reach YouTrack", what=what), code="not_landed"))


def as_sent(error: SyncError) -> SyncError:
    """Return an error in the midst of a write as one of which parts are stored."""
    if isinstance(error, Denied):
        return error  # the connection pauses; the write is looked up when it goes on
    return Later(error.message, sent=True, cause=error.cause, change=error.change, code=error.code)
