"""`rehearse TASK [TASK …]`: what would be written for tasks now, and why; nothing is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from b24app.cli.context import (
    build_engine_deps,
    open_clients,
    prepare_database,
    print_lines,
    printable,
)
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.i18n.durations import format_span
from sync.core.i18n.translate import translate as phrase
from sync.core.model.commands import (
    Command,
    CreateTask,
    LogTime,
    MoveTask,
    Notify,
    PutMessage,
    SetFields,
    SetStage,
)
from sync.core.model.plans import PlannedCommand
from sync.engine.rehearsal import Rehearsal, rehearse
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    """Raises LookupError that names the tasks of which nothing can be said."""
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
        found = rehearse(build_engine_deps(opened), portal.id, args.tasks, opened.portal(portal.id))
        nothing = phrase(opened.rules(portal.id).language, "nothing")
    for line in (line for task_id, one in found.items() for line in _lines(task_id, one, nothing)):
        print_lines(printable(line))
    if problems := [text for task_id, one in found.items() if (text := _problem(task_id, one))]:
        raise LookupError("\n".join(problems))
    return 0


def _problem(task_id: int, one: Rehearsal) -> str:
    if one.task is None:
        return f"The portal has no task {task_id}, or the application may not see it."
    last = one.error.strip().splitlines()[-1:]
    return f"Task {task_id} cannot be decided about: {last[0]}" if last else ""


def _lines(task_id: int, one: Rehearsal, nothing: str) -> Iterator[str]:
    if one.task is None or one.error:
        return
    if not one.commands and not one.refused_commands:
        yield from _unchanged_lines(task_id, one, nothing)
        return
    yield f"Task {task_id}, {one.task.title}:"
    for due in one.commands:
        yield from _command_lines(due)
    for due in one.refused_commands:
        yield from _command_lines(due)
        yield "    Bitrix24 refused it before: it is not asked for again."


def _unchanged_lines(task_id: int, one: Rehearsal, nothing: str) -> Iterator[str]:
    if not one.is_named:
        yield f"Nothing in GitLab names task {task_id}. Nothing would be written."
        return
    yield f"Task {task_id} shows what GitLab says. Nothing would be written."
    if one.decision != nothing:
        yield f"    why: {one.decision}"


def _command_lines(due: PlannedCommand) -> Iterator[str]:
    what, text = _describe_command(due.command)
    yield f"  {what}"
    yield from (f"    | {line}" for line in text.splitlines())
    yield f"    why: {due.reason}"


def _describe_command(effect: Command) -> tuple[str, str]:
    """What would be done, and the text that would be written."""
    match effect:
        case MoveTask():
            return f"its status becomes {effect.status.replace('_', ' ')}", ""
        case SetStage():
            return f"it goes into the kanban column {effect.stage_id}", ""
        case SetFields():
            told = (f"{name} becomes {value or 'empty'}" for name, value in effect.fields.items())
            return "its field " + ", ".join(told), ""
        case PutMessage():
            return _describe_message(effect), effect.text
        case LogTime():
            took = format_span(timedelta(seconds=effect.seconds), "en")
            who = f"of user {effect.user_id}" if effect.user_id else "in the application's name"
            return f"{took} of work {who} are noted", effect.text
        case Notify():
            return f"user {effect.user_id} is notified", effect.text
        case CreateTask():
            return f"a task is opened for user {effect.responsible_id}: {effect.title}", effect.text
    assert_never(effect)


def _describe_message(message: PutMessage) -> str:
    if message.place.dialog:
        return f"the chat {message.place.dialog} is told"
    kind = "card" if message.subject_key.startswith("merge_request:") else "message"
    if message.message_id is None:
        return f"a new {kind} in its discussion"
    return f"the {kind} {message.message_id} in its discussion is edited"
