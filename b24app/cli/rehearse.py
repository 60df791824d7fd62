"""`rehearse TASK [TASK …]`: what would be written for tasks now, and why; nothing is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from b24app.cli.context import open_clients, prepare_database, print_lines, printable
from b24app.cli.language import current_language
from b24app.engine_deps import build_engine_deps
from b24app.services.chosen_portal import find_portal
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
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    """Print what would be written, and why.

    Raises LookupError, which names the tasks that cannot be rehearsed.
    """
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
        rehearsals = rehearse(
            build_engine_deps(opened), portal.id, args.tasks, opened.portal(portal.id)
        )
        nothing = phrase(opened.rules(portal.id).language, "nothing to do")
    for line in (
        line
        for task_id, rehearsal in rehearsals.items()
        for line in _lines(task_id, rehearsal, nothing)
    ):
        print_lines(printable(line))
    if problems := [
        text for task_id, rehearsal in rehearsals.items() if (text := _problem(task_id, rehearsal))
    ]:
        raise LookupError(join_sentences("\n", problems))
    return 0


def _problem(task_id: int, rehearsal: Rehearsal) -> str:
    if rehearsal.task is None:
        return sentence(
            "The portal has no task {task_id}, or the application may not see it.", task_id=task_id
        )
    last = rehearsal.error.strip().splitlines()[-1:]
    return (
        sentence("Task {task_id} cannot be decided about: {last}", task_id=task_id, last=last[0])
        if last
        else ""
    )


def _lines(task_id: int, rehearsal: Rehearsal, nothing: str) -> Iterator[str]:
    if rehearsal.task is None or rehearsal.error:
        return
    if not rehearsal.commands and not rehearsal.refused_commands:
        yield from _unchanged_lines(task_id, rehearsal, nothing)
        return
    yield sentence("Task {task_id}, {title}:", task_id=task_id, title=rehearsal.task.title)
    for planned_command in rehearsal.commands:
        yield from _command_lines(planned_command)
    for planned_command in rehearsal.refused_commands:
        yield from _command_lines(planned_command)
        yield "    Bitrix24 refused it before: it is not asked for again."


def _unchanged_lines(task_id: int, rehearsal: Rehearsal, nothing: str) -> Iterator[str]:
    if not rehearsal.is_named:
        yield sentence(
            "Nothing in GitLab names task {task_id}. Nothing would be written.", task_id=task_id
        )
        return
    yield sentence(
        "Task {task_id} shows what GitLab says. Nothing would be written.", task_id=task_id
    )
    if rehearsal.decision != nothing:
        yield sentence("    why: {decision}", decision=rehearsal.decision)


def _command_lines(planned_command: PlannedCommand) -> Iterator[str]:
    label, text = _describe_command(planned_command.command)
    yield sentence("  {label}", label=label)
    yield from (f"    | {line}" for line in text.splitlines())
    yield sentence("    why: {reason}", reason=planned_command.reason)


def _describe_command(effect: Command) -> tuple[str, str]:
    """Return what would be done, and the text that would be written."""
    match effect:
        case MoveTask():
            return sentence(
                "its status becomes {status}", status=as_sentence(effect.status.replace("_", " "))
            ), ""
        case SetStage():
            return sentence(
                "it goes into the kanban column {stage_id}", stage_id=effect.stage_id
            ), ""
        case SetFields():
            changes = (
                sentence("{name} becomes {value}", name=name, value=value or as_sentence("empty"))
                for name, value in effect.fields.items()
            )
            return sentence("its field {changes}", changes=join_sentences(", ", list(changes))), ""
        case PutMessage():
            return _describe_message(effect), effect.text
        case LogTime():
            took = format_span(timedelta(seconds=effect.seconds), current_language())
            author = (
                sentence("of user {user_id}", user_id=effect.user_id)
                if effect.user_id
                else as_sentence("in the application's name")
            )
            return sentence(
                "{took} of work {author} are noted", took=took, author=author
            ), effect.text
        case Notify():
            return sentence("user {user_id} is notified", user_id=effect.user_id), effect.text
        case CreateTask():
            return sentence(
                "a task is opened for user {responsible_id}: {title}",
                responsible_id=effect.responsible_id,
                title=effect.title,
            ), effect.text
    assert_never(effect)


def _describe_message(message: PutMessage) -> str:
    if message.place.dialog:
        return sentence("the chat {dialog} is told", dialog=message.place.dialog)
    label = as_sentence("card" if message.subject_key.startswith("merge_request:") else "message")
    if message.message_id is None:
        return sentence("a new {label} in its discussion", label=label)
    return sentence(
        "the {label} {message_id} in its discussion is edited",
        label=label,
        message_id=message.message_id,
    )
