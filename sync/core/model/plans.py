"""What a plan gives: commands, each with its reason and what it records when it ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.core.model.commands import Command
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.smart_commits import CommandKey, SmartCommitResult
from sync.core.model.tasks import Step


@dataclass(frozen=True, slots=True)
class NotifiedState:
    """The state of a subject that people were last notified of; `user_id` 0: whoever it was."""

    subject_key: str
    state: str
    user_id: int = 0


@dataclass(frozen=True, slots=True)
class Records:
    """What is recorded once a command is done, or refused for good.

    `step`: of the task it moves. `review_event`: the last one of a merge request that the task's
    people were told of. `smart_commit`: the command of a commit that ends with this one;
    `retryable`: somebody may change why it is not followed.
    """

    step: Step | None = None
    review_event: tuple[MergeRequestKey, ReviewEvent] | None = None
    notified: NotifiedState | None = None
    smart_commit: CommandKey | None = None
    retryable: bool = False


NOTHING = Records()


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """A command with the `reason` for it; `key` names it among those of its subject."""

    key: str
    command: Command
    reason: str
    records: Records = NOTHING


@dataclass(frozen=True, slots=True)
class Part:
    """What one domain plans for a task.

    `needs`: what must be read first (`task`, `stages`, `jobs`); then there is nothing else in it.
    `records`: what is to be recorded: with the command that carries the same, at once where none
    does. `remarks`: reasons beside those of commands. `problems`: settings that cannot be
    followed. `finished`: commands of commits that end without a command. `replaces_move`: its
    commands take the place of the move that merge requests ask for. `step`: of the task.
    """

    commands: tuple[PlannedCommand, ...] = ()
    needs: frozenset[str] = frozenset()
    records: tuple[Records, ...] = ()
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    finished: Mapping[CommandKey, SmartCommitResult] = field(default_factory=dict)
    replaces_move: bool = False
    step: Step | None = None


def encode_records(records: Records) -> dict[str, Any]:
    """Return the JSON form of what a command records, without what is empty."""
    values: dict[str, Any] = {}
    if records.step is not None:
        values["step"] = records.step.value
    if records.review_event is not None:
        key, event = records.review_event
        place = [key.connection_id, key.project_id, key.iid]
        values["review_event"] = {"merge_request": place, "event": event.value}
    if records.notified is not None:
        values["notified"] = {
            "subject_key": records.notified.subject_key,
            "user_id": records.notified.user_id,
            "state": records.notified.state,
        }
    if records.smart_commit is not None:
        commit = records.smart_commit
        values["smart_commit"] = [
            commit.connection_id,
            commit.project_id,
            commit.sha,
            commit.number,
        ]
    if records.retryable:
        values["retryable"] = True
    return values


def decode_records(values: Mapping[str, Any]) -> Records:
    """Return what `encode_records` wrote."""
    event, notified = values.get("review_event"), values.get("notified")
    step, smart_commit = values.get("step"), values.get("smart_commit")
    return Records(
        step=Step(step) if step else None,
        review_event=(MergeRequestKey(*event["merge_request"]), ReviewEvent(event["event"]))
        if event
        else None,
        notified=NotifiedState(**notified) if notified else None,
        smart_commit=CommandKey(*smart_commit) if smart_commit else None,
        retryable=bool(values.get("retryable")),
    )
