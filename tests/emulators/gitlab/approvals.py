"""How many approvals a merge request needs and still lacks. Pure.

https://docs.gitlab.com/user/project/merge_requests/approvals/ : required approvals are Premium;
without them anything is approved on EE, while CE says approved once somebody did.
"""

from __future__ import annotations

from tests.emulators.gitlab.entities import MergeRequest
from tests.emulators.gitlab.state import State


def required(state: State, mr: MergeRequest) -> int:
    return state.projects[mr.project_id].approvals_required if state.premium else 0


def left(state: State, mr: MergeRequest) -> int:
    return max(0, required(state, mr) - len(mr.approvals))


def approved(state: State, mr: MergeRequest) -> bool:
    """What `approved` of GET …/approvals says."""
    if state.edition == "ce":
        return bool(mr.approvals)
    return left(state, mr) == 0


def given(state: State, mr: MergeRequest) -> str:
    """The action of an approval's hook."""
    return "approved" if state.edition == "ce" or left(state, mr) == 0 else "approval"


def taken(state: State, mr: MergeRequest, *, was_approved: bool) -> str:
    """The action once approvals are gone: `unapproved` only where it is approved no more."""
    lost = was_approved and not approved(state, mr)
    return "unapproved" if state.edition == "ce" or lost else "unapproval"
