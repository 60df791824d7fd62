"""`rehearse TASK [TASK …]`: what would be written for tasks now, and why; nothing is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from b24app.cli.context import database, engine_deps, rooms, say, steady
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.i18n.durations import lasted
from sync.core.i18n.translate import say as phrase
from sync.core.model.commands import (
    Due,
    Effect,
    LogTime,
    MoveTask,
    Notify,
    OpenTask,
    PlaceTask,
    Post,
    PutCard,
    PutMessage,
    SetFields,
)
from sync.engine.rehearsal import Rehearsed, rehearse
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    """Raises LookupError that names the tasks of which nothing can be said."""
    with rooms(config, database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
        found = rehearse(engine_deps(opened), portal.id, args.tasks, opened.portal(portal.id))
        nothing = phrase(opened.rules(portal.id).language, "nothing")
    for line in (line for task_id, one in found.items() for line in _lines(task_id, one, nothing)):
        say(steady(line))
    if problems := [text for task_id, one in found.items() if (text := _problem(task_id, one))]:
        raise LookupError("\n".join(problems))
    return 0


def _problem(task_id: int, one: Rehearsed) -> str:
    if one.task is None:
        return f"The portal has no task {task_id}, or the application may not see it."
    last = one.error.strip().splitlines()[-1:]
    return f"Task {task_id} cannot be decided about: {last[0]}" if last else ""


def _lines(task_id: int, one: Rehearsed, nothing: str) -> Iterator[str]:
    if one.task is None or one.error:
        return
    if not one.wanted and not one.refused:
        yield from _still(task_id, one, nothing)
        return
    yield f"Task {task_id}, {one.task.title}:"
    for due in one.wanted:
        yield from _due(due)
    for due in one.refused:
        yield from _due(due)
        yield "    Bitrix24 refused it before: it is not asked for again."


def _still(task_id: int, one: Rehearsed, nothing: str) -> Iterator[str]:
    if not one.named:
        yield f"Nothing in GitLab names task {task_id}. Nothing would be written."
        return
    yield f"Task {task_id} shows what GitLab says. Nothing would be written."
    if one.decision != nothing:
        yield f"    why: {one.decision}"


def _due(due: Due) -> Iterator[str]:
    _, effect, reason = due
    what, text = _words(effect)
    yield f"  {what}"
    yield from (f"    | {line}" for line in text.splitlines())
    yield f"    why: {reason}"


def _words(effect: Effect) -> tuple[str, str]:
    """What would be done, and the text that would be written."""
    match effect:
        case MoveTask():
            return f"its status becomes {effect.status.replace('_', ' ')}", ""
        case PlaceTask():
            return f"it goes into the kanban column {effect.stage_id}", ""
        case SetFields():
            told = (f"{name} becomes {value or 'empty'}" for name, value in effect.fields.items())
            return "its field " + ", ".join(told), ""
        case PutCard():
            return _message("card", effect.message_id), effect.text
        case PutMessage():
            return _message("message", effect.message_id), effect.text
        case LogTime():
            took = lasted(timedelta(seconds=effect.seconds), "en")
            who = f"of user {effect.user_id}" if effect.user_id else "in the application's name"
            return f"{took} of work {who} are noted", effect.text
        case Notify():
            return f"user {effect.user_id} is notified", effect.text
        case Post():
            return f"the chat {effect.dialog} is told", effect.text
        case OpenTask():
            return f"a task is opened for user {effect.responsible_id}: {effect.title}", effect.text
    assert_never(effect)


def _message(what: str, message_id: int | None) -> str:
    if message_id is None:
        return f"a new {what} in its discussion"
    return f"the {what} {message_id} in its discussion is edited"
