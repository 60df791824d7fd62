"""What is to be written: one frozen value a command, and its JSON form for the outbox. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.core.model.tasks import TaskStatus


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a message stands: in the discussion of a task, or in the chat `dialog`."""

    task_id: int = 0
    dialog: str = ""

    def __str__(self) -> str:
        return f"task:{self.task_id}" if self.task_id else f"chat:{self.dialog}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read `task:17` or `chat:chat58`. Raises ValueError for anything else."""
        kind, _, name = text.partition(":")
        if kind == "chat" and name:
            return cls(dialog=name)
        if kind == "task":
            return cls(task_id=int(name))
        raise ValueError(f"no place of a message: {text!r}")


@dataclass(frozen=True, slots=True)
class MoveTask:
    """Bring the task to `status`."""

    task_id: int
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class SetStage:
    """Put the task into the kanban column `stage_id`."""

    task_id: int
    stage_id: int


@dataclass(frozen=True, slots=True)
class SetFields:
    """Write the task's own fields, by the portal's field names (UF_CI_STATUS)."""

    task_id: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class PutMessage:
    """Post `text` at `place`, or edit the message `message_id` there.

    A place has one message for each `subject_key`, which names what it is about for good
    (`ci:1/7:feature/x`). `text` is what the portal shows (BBCode), already final: equal text is
    never sent twice.
    """

    place: Place
    subject_key: str
    text: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class LogTime:
    """Log `seconds` of work on the task for `user_id`; 0: in the application's own name.

    `text` is final and names what it came from: by it the entry is found again.
    """

    task_id: int
    user_id: int
    seconds: int
    text: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Notify one person; the portal replaces an older notification that has the same `tag`.

    `task_id`: 0 where it is about no task.
    """

    task_id: int
    user_id: int
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Create the one task for `subject_key`, in a workgroup (0: none).

    `marker`: what it is found by again, as an answer may be lost. All of it has to be the same
    when it is asked for a second time.
    """

    subject_key: str
    marker: str
    title: str
    text: str
    responsible_id: int
    group_id: int = 0


Command = MoveTask | SetStage | SetFields | PutMessage | LogTime | Notify | CreateTask

_COMMAND_TYPES: dict[str, type[Command]] = {
    "move_task": MoveTask,
    "set_stage": SetStage,
    "set_fields": SetFields,
    "put_message": PutMessage,
    "log_time": LogTime,
    "notify": Notify,
    "create_task": CreateTask,
}
_KIND_BY_TYPE = {cls: name for name, cls in _COMMAND_TYPES.items()}


def task_id_of(command: Command) -> int:
    """Return the task that has to be known to carry out the command; 0: none."""
    match command:
        case PutMessage(place=place):
            return place.task_id
        case CreateTask():
            return 0
    return command.task_id


def encode(command: Command) -> tuple[str, dict[str, Any]]:
    """Return the command's kind and its JSON payload."""
    payload = {name: getattr(command, name) for name in command.__dataclass_fields__}
    if isinstance(command, PutMessage):
        payload["place"] = str(command.place)
    return _KIND_BY_TYPE[type(command)], payload


def decode(kind: str, payload: dict[str, Any]) -> Command:
    """Return the command an outbox row stands for. Raises KeyError for a kind nobody writes."""
    values = dict(payload)
    if "place" in values:
        values["place"] = Place.parse(values["place"])
    if "status" in values:
        values["status"] = TaskStatus(values["status"])
    return _COMMAND_TYPES[kind](**values)
