"""What of issues is kept in step, as the settings say."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.issue_sync.mapping import Transition

MAX_FILE_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class IssueOptions:
    """What is read and written.

    `status_field`: "" for the project's first field of a state's type. The other fields by their
    canonical names, and by their types. `transitions`: of state machines, where the names of
    events do not tell where they lead. `confidential`: whether issues that only some see are given
    to anybody. `work_type`: of the work items that we log, "" for none. `board`: whose sprints are
    meant, "" for the project's first board with sprints.
    """

    comments: bool = True
    time: bool = True
    files: bool = True
    custom_fields: bool = False
    links: bool = False
    parents: bool = False
    sprints: bool = False
    board: str = ""
    status_field: str = ""
    work_type: str = ""
    priority_field: str = "Priority"
    assignee_field: str = "Assignee"
    deadline_field: str = "Due Date"
    estimate_fields: tuple[str, ...] = ("Estimation", "Original estimation")
    transitions: tuple[Transition, ...] = ()
    max_file_bytes: int = MAX_FILE_BYTES
    confidential: bool = True
