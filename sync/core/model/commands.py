"""What is to be written: one frozen value a command, and its JSON form for the outbox. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sync.core.model.merge_requests import MergeRequestKey
from sync.core.model.tasks import Step, TaskStatus


@dataclass(frozen=True, slots=True)
class MoveTask:
    """Bring the task to `status`; `step` is the computed step that asks for it, if one does."""

    task_id: int
    status: TaskStatus
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class SetStage:
    """Put the task into the kanban column `stage_id`."""

    task_id: int
    stage_id: int
    step: Step


@dataclass(frozen=True, slots=True)
class SetFields:
    """Write the task's own fields, by the portal's field names (UF_CI_STATUS)."""

    task_id: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class PutCard:
    """Show a merge request in the task's discussion: a new message, or an edit of `message_id`.

    `text` is what the portal shows (BBCode), already final: equal text is never sent twice.
    """

    task_id: int
    merge_request: MergeRequestKey
    text: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class PutMessage:
    """Say `text` in the task's discussion: the one message about `about`, new or edited in place.

    `about` names a thing for good (`ci:1/7:feature/x`); `text` is final, as in PutCard.
    """

    task_id: int
    subject_key: str
    text: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class LogTime:
    """Note that `user_id` worked on the task for `seconds`; 0: in our own name.

    `text` is final and names what it came from: by it the item is found again.
    """

    task_id: int
    user_id: int
    seconds: int
    text: str


@dataclass(frozen=True, slots=True)
class PutChatMessage:
    """Say `text` in a chat: the one message about `about` there, new or edited in place."""

    dialog: str
    subject_key: str
    text: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """A personal notification; the portal replaces an older one that has the same `tag`.

    `task_id`: 0 where it is about no task.
    """

    task_id: int
    user_id: int
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Make a task, the one for `about`, in a workgroup (0: none).

    `marker`: what it is found by again, as an answer may be lost. All of it has to be the same
    when it is asked for a second time.
    """

    subject_key: str
    marker: str
    title: str
    text: str
    responsible_id: int
    group_id: int = 0


Command = (
    MoveTask
    | SetStage
    | SetFields
    | PutCard
    | PutMessage
    | LogTime
    | PutChatMessage
    | Notify
    | CreateTask
)
PlannedCommand = tuple[str, Command, str]  # the key of the command, what it writes, and why

_COMMAND_TYPES: dict[str, type[Command]] = {
    "move_task": MoveTask,
    "set_stage": SetStage,
    "set_fields": SetFields,
    "put_card": PutCard,
    "put_message": PutMessage,
    "log_time": LogTime,
    "post": PutChatMessage,
    "notify": Notify,
    "create_task": CreateTask,
}
_KIND_BY_TYPE = {cls: name for name, cls in _COMMAND_TYPES.items()}


def task_id_of(effect: Command) -> int:
    """The task that has to be known to carry it out; 0: none."""
    return 0 if isinstance(effect, PutChatMessage | CreateTask) else effect.task_id


def encode(effect: Command) -> tuple[str, dict[str, Any]]:
    """The command's kind and its JSON payload."""
    return _KIND_BY_TYPE[type(effect)], asdict(effect)


def decode(kind: str, payload: dict[str, Any]) -> Command:
    """The effect an outbox row stands for. Raises KeyError for a kind nobody writes."""
    values = dict(payload)
    if "merge_request" in values:
        values["merge_request"] = MergeRequestKey(**values["merge_request"])
    if "status" in values:
        values["status"] = TaskStatus(values["status"])
    if values.get("step") is not None:
        values["step"] = Step(values["step"])
    return _COMMAND_TYPES[kind](**values)
