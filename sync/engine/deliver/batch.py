"""Which waiting commands go together in one request of up to fifty calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sync.bitrix24.rest.batch import BATCH_SIZE, Call
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.bot import BotAuthor
from sync.bitrix24.tasks.commands import NOBODY, calls_for
from sync.core.model.commands import CreateTask, task_id_of
from sync.core.model.tasks import Task
from sync.store.rows import CommandRow

COMMANDS_LOADED = 2 * BATCH_SIZE  # commands looked at, to find as many whole tasks as fit


@dataclass(frozen=True)
class CommandBatch:
    """Commands that go in one request, each with its calls, and the tasks they are about."""

    commands: Sequence[tuple[CommandRow, Sequence[Call]]]
    tasks: Mapping[int, Task]

    @property
    def rows(self) -> list[CommandRow]:
        """Return the commands."""
        return [row for row, _ in self.commands]

    @property
    def calls(self) -> list[Call]:
        """Return all calls, in the order of the commands."""
        return [call for _, calls in self.commands for call in calls]


def choose_commands(
    rows: Sequence[CommandRow],
    bodies: Mapping[int, Task],
    portal: Portal,
    author: BotAuthor = NOBODY,
) -> CommandBatch:
    """Choose what goes in one request: by REST 3.0 a new task goes alone."""
    new = [row for row in rows if isinstance(row.command, CreateTask)]
    if new and portal.features.get("v3"):
        return CommandBatch([(new[0], [])], bodies)
    return _pack(rows, bodies, portal.user_id, author)


def _pack(
    rows: Sequence[CommandRow], bodies: Mapping[int, Task], user_id: int, author: BotAuthor
) -> CommandBatch:
    """Pack commands, in order, whose calls fit into one request: all of a task's together.

    The portal tells of every change of ours too. Of a task with commands left over that would
    make those be decided anew, and the task be read once more.
    """
    by_task: dict[object, list[tuple[CommandRow, Sequence[Call]]]] = {}
    for row in rows:
        task_id = task_id_of(row.command)
        calls = calls_for(row.command, bodies.get(task_id), user_id, author)
        by_task.setdefault(task_id or row.subject, []).append((row, calls))
    if len(rows) == COMMANDS_LOADED and len(by_task) > 1:
        by_task.popitem()  # there may be more of it
    chosen: list[tuple[CommandRow, Sequence[Call]]] = []
    room = BATCH_SIZE
    for commands in by_task.values():
        fitting = commands if _size(commands) <= room else []
        if not chosen:  # even one task may have too many
            fitting = commands[: _count_fitting(commands)]
        room -= _size(fitting)
        chosen += fitting
    return CommandBatch(chosen, bodies)


def _size(commands: Sequence[tuple[CommandRow, Sequence[Call]]]) -> int:
    return sum(len(calls) for _, calls in commands)


def _count_fitting(commands: Sequence[tuple[CommandRow, Sequence[Call]]]) -> int:
    """Count the first commands that fit into one request."""
    sizes = accumulate(len(calls) for _, calls in commands)
    return sum(size <= BATCH_SIZE for size in sizes)
