"""What tasks of a workgroup can hold, as the portal answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.bitrix24.issue_sync.calls import columns_call
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.issue_sync.planning_choices import planning_questions, read_planning
from sync.bitrix24.issue_sync.values import PLAIN, TITLE_LIMIT
from sync.bitrix24.rest.batch import Answer, Call, as_int
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.fields import STATUS_CODES, parse_stages
from sync.bitrix24.tasks.queries import MESSAGE_LIMIT
from sync.core.i18n.translate import get_sentence
from sync.core.issue_sync.model import (
    CHECKLIST,
    CUSTOM,
    PRIORITY,
    SPRINT,
    STAGE,
    STATUS,
    TITLE,
    Capabilities,
    Choice,
)
from sync.core.model.tasks import TaskStatus
from sync.errors import Later, SyncError
from sync.sentences import as_sentence, join_sentences, sentence

COMMENTS, FILES = "comments", "files"  # names in `longest` and `missing` beside those of fields
STATUSES = tuple(
    Choice(
        str(code),
        as_sentence(get_sentence("en", f"portal status {status}")),  # each reader has an own word
        status is TaskStatus.COMPLETED,
        position=place,
    )
    for place, (status, code) in enumerate(STATUS_CODES.items())
)
PRIORITIES = (
    Choice("0", as_sentence("Low")),
    Choice("1", as_sentence("Medium"), position=1),
    Choice("2", as_sentence("High"), position=2),
)


def ask_capabilities(
    portal: Portal, options: TaskOptions, group_id: str
) -> tuple[Capabilities, Answer | SyncError]:
    """Ask for columns, custom fields, the drive, sprints and links; return the columns too.

    Raises Later or Denied.
    """
    stages, fields, drive, *planned = portal.batch(
        [
            columns_call(as_int(group_id)),
            Call("task.item.userfield.getlist", {"ORDER": {"ID": "asc"}}, write=False),
            Call("disk.storage.getforapp", {}, write=False),
            *planning_questions(options, group_id),
        ]
    )
    for answer in (stages, fields, drive, *planned):
        if isinstance(answer, Later):
            raise answer
    missing: dict[str, str] = {}
    choices = {STATUS: STATUSES, PRIORITY: PRIORITIES, STAGE: _columns(group_id, stages, missing)}
    writable = {*PLAIN, STATUS, *([STAGE] if choices[STAGE] else [])}
    writable |= {CHECKLIST} if options.checklist else set()
    writable |= _custom_fields(options, fields, missing)
    planning = read_planning(options, planned)
    choices |= planning.choices
    writable |= planning.writable
    missing |= planning.missing
    if SPRINT not in writable and SPRINT not in missing:
        _name_sprint_field(options, fields, writable, missing)
    if isinstance(drive, SyncError):
        missing[FILES] = sentence("Files cannot be uploaded: {message}", message=drive.message)
    longest = {TITLE: TITLE_LIMIT, COMMENTS: MESSAGE_LIMIT - 300}
    return Capabilities(frozenset(writable), choices, longest, missing=missing), stages


def _columns(
    group_id: str, answer: Answer | SyncError, missing: dict[str, str]
) -> tuple[Choice, ...]:
    if not as_int(group_id):
        missing[STAGE] = "A task outside of workgroups has no column"
        return ()
    if isinstance(answer, SyncError):
        missing[STAGE] = sentence(
            "The columns of the workgroup are not visible: {message}", message=answer.message
        )
        return ()
    return tuple(
        Choice(
            str(stage.id),
            stage.title,
            stage.system_type == "FINISH",
            position=place,
            kind=stage.system_type,
        )
        for place, stage in enumerate(parse_stages(answer.result))
    )


def _custom_fields(
    options: TaskOptions, answer: Answer | SyncError, missing: dict[str, str]
) -> set[str]:
    """Return the custom fields of the settings that exist; only administrators may list them."""
    if isinstance(answer, SyncError):
        return {CUSTOM + name for name in options.custom_fields}
    existing = {str(row.get("FIELD_NAME")) for row in _rows(answer.result)}
    for name in options.custom_fields:
        if name not in existing:
            shown = ", ".join(sorted(existing)) or "none"
            missing[CUSTOM + name] = sentence(
                "The portal has no field {name} for tasks; it has: {shown}", name=name, shown=shown
            )
    return {CUSTOM + name for name in options.custom_fields if name in existing}


def _name_sprint_field(
    options: TaskOptions, answer: Answer | SyncError, writable: set[str], missing: dict[str, str]
) -> None:
    """Say whether the field exists that the settings name for sprints."""
    named = replace(options, custom_fields=(options.sprint,))
    absent: dict[str, str] = {}
    if _custom_fields(named, answer, absent):
        writable.add(SPRINT)
    else:
        missing[SPRINT] = join_sentences("; ", [*absent.values()])


def _rows(result: Any) -> list[dict[str, Any]]:
    rows = result.values() if isinstance(result, dict) else result or ()
    return [row for row in rows if isinstance(row, dict)]
