"""Which sprints a workgroup has, and whether tasks may wait for others there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.bitrix24.issue_sync.options import SCRUM, TaskOptions
from sync.bitrix24.issue_sync.planning import (
    PREVIOUS_METHODS,
    backlog_call,
    read_backlog,
    read_sprints,
    sprint_calls,
)
from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.core.issue_sync.model import BLOCKED, LINKS, SPRINT, Choice
from sync.errors import SyncError

NO_SCRUM = "The workgroup is no scrum team that the application's employee sees"
NO_PREVIOUS = "The portal has no method any more that tells which tasks a task waits for"
LINKS_OFF = "Links are not kept in step by the settings"
SPRINTS_OFF = "Sprints are not kept in step by the settings"
KINDS = (Choice(BLOCKED, "waits for"),)

Answers = Sequence[Answer | SyncError]


@dataclass(frozen=True, slots=True)
class Planning:
    """What of sprints and links can be written, with choices; `missing`: why not, by field."""

    writable: frozenset[str]
    choices: Mapping[str, tuple[Choice, ...]]
    missing: Mapping[str, str]


def planning_questions(options: TaskOptions, group_id: str) -> list[Call]:
    """Build the calls whose answers `read_planning` takes."""
    calls = []
    if options.sprint == SCRUM:
        calls += [backlog_call(as_int(group_id)), *sprint_calls(as_int(group_id))]
    if options.links:
        calls += [Call("method.get", {"name": name}, write=False) for name in PREVIOUS_METHODS]
    return calls


def read_planning(options: TaskOptions, answers: Answers) -> Planning:
    """Return what the workgroup offers; a sprint that is a field of the portal is left out."""
    count = len(answers) - (len(PREVIOUS_METHODS) if options.links else 0)
    writable: set[str] = set()
    choices: dict[str, tuple[Choice, ...]] = {}
    missing: dict[str, str] = {}
    if options.sprint == SCRUM and read_backlog(answers[0]):
        writable.add(SPRINT)
        choices[SPRINT] = read_sprints(answers[1:count])
    elif options.sprint in ("", SCRUM):
        missing[SPRINT] = NO_SCRUM if options.sprint else SPRINTS_OFF
    if options.links and all(map(_exists, answers[count:])):
        writable.add(LINKS)
        choices[LINKS] = KINDS
    else:
        missing[LINKS] = NO_PREVIOUS if options.links else LINKS_OFF
    return Planning(frozenset(writable), choices, missing)


def _exists(answer: Answer | SyncError) -> bool:
    """Whether a method may be called; what cannot be asked is tried."""
    if isinstance(answer, SyncError):
        return True
    return as_mapping(answer.result).get("isAvailable") is not False
