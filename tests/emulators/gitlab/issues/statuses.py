"""The status of an issue: what it is, what its state falls to, what sets it.

https://docs.gitlab.com/user/work_items/status/ : Premium, with 18.2.
"""

from __future__ import annotations

from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.issues.records import Lifecycle, Status, system_lifecycle
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue

SINCE = (18, 2)
KINDS = ("Issue", "Task")


def licensed(state: State) -> bool:
    return state.edition == "ee" and state.premium and state.at_least(*SINCE)


def root(place: Project) -> str:
    return place.path.split("/")[0]


def lifecycle(state: State, place: Project) -> Lifecycle:
    """The namespace's own, which replaces that of the system wholly."""
    return state.planned.lifecycles.get(root(place)) or system_lifecycle()


def current(state: State, issue: Issue) -> Status | None:
    """None where nothing is licensed, or its type has no status. A stored status that is gone
    counts as the default of the issue's state."""
    if not licensed(state) or issue.kind not in KINDS:
        return None
    cycle = lifecycle(state, state.projects[issue.project_id])
    status = cycle.status(issue.status_id)
    if status and status.closed == (issue.state == "closed"):
        return status
    return cycle.status(default(cycle, issue))


def default(cycle: Lifecycle, issue: Issue) -> str:
    if issue.state == "opened":
        return cycle.default_open
    elsewhere = issue.moved_to_id or issue.duplicated_to_id
    return cycle.default_duplicate if elsewhere else cycle.default_closed


def hook_part(status: Status | None) -> dict | None:
    """As `changes.status` has it; its inner keys are not documented."""
    if status is None:
        return None
    number = int(status.id.rsplit("/", 1)[1])
    return {"id": number, "name": status.name, "category": status.category}
