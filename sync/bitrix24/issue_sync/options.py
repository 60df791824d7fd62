"""What of tasks is kept in step, as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

MAX_FILE_BYTES = 20_000_000
SCRUM = "scrum"


def _no_messages(task_id: int) -> Collection[int]:
    return ()


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """Which parts of tasks are read and written.

    `custom_fields`: names of the portal's own fields (UF_…). `sprint`: SCRUM for the sprints of a
    scrum team, a field (UF_…) that names one, "" for neither. `links`: which tasks a task waits
    for. `own_messages`: the messages of a
    task that this application wrote for another purpose, as cards of merge requests; they are no
    comments. `editors`: whether it is asked who last edited a field, a call a task.
    """

    comments: bool = True
    time: bool = True
    files: bool = True
    checklist: bool = False
    links: bool = False
    sprint: str = ""
    custom_fields: tuple[str, ...] = ()
    max_file_bytes: int = MAX_FILE_BYTES
    editors: bool = False
    own_messages: Callable[[int], Collection[int]] = _no_messages
