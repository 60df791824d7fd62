"""How a write ended, from what was raised, and from what was stored."""

from __future__ import annotations

from collections.abc import Callable

from sync.core.issue_sync.failures import outcome_of_error
from sync.core.issue_sync.writes import NotDone, Outcome
from sync.errors import Later, SyncError
from sync.gitlab.api.errors import error_archived
from sync.gitlab.issues.projects import Projects
from sync.sentences import sentence

HALF_LANDED = "This part of the write did not reach GitLab"


def outcome_of(step: Callable[[], Outcome], projects: Projects, project_id: str) -> Outcome:
    """Return how a step ended. A write that may have happened is Unknown."""
    try:
        return step()
    except SyncError as error:
        return failed(error, projects, project_id)


def failed(error: SyncError, projects: Projects, project_id: str) -> Outcome:
    """Return the outcome of an error; of a refusal in an archived project, that it is archived."""

    def is_archived() -> bool:
        return bool(project_id) and projects.get(project_id, fresh=True).archived

    return outcome_of_error(error, is_archived, error_archived)


def not_landed(what: str = "The write") -> NotDone:
    """Return that a write did not happen and may be tried again."""
    return NotDone(Later(sentence("{what} did not reach GitLab", what=what), code="not_landed"))
