"""What a project's issues can hold, asked of its custom fields and their bundles.

Names differ from project to project (Kanban has Stage in place of State): a status is found by its
type. https://www.jetbrains.com/help/youtrack/devportal/resource-api-admin-projects-id-customFields.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LEAD,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Capabilities,
    Choice,
)
from sync.errors import Refused
from sync.sentences import sentence
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues.fields import ENUMERATED, FieldFacts, by_purpose, project_field
from sync.youtrack.issues.item_links import CHOICES
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, mappings, text, whole

LONGEST_TITLE = 1000  # a guard of ours: YouTrack's pages name no limit
NO_SUCH_FIELD = "Issues of YouTrack have no such field"
NOT_KEPT = "It is not kept in step by the settings"
NO_BOARD = "The project is on no board with sprints that our account sees"
FIELDS = (
    "id,$type,canBeEmpty,ordinal,field(id,name,fieldType(id)),"
    "bundle(id,values(id,name,isResolved,archived,ordinal),aggregatedUsers(id,login,fullName))"
)
GROUPS = ("/groups", "/admin/groups")
_NOT_SHOWN = ("403", "404", "405")
_WANTED = {
    STATUS: "a field of the type state",
    PRIORITY: "a field of the type enum",
    ASSIGNEES: "a field of the type user",
    DEADLINE: "a field of the type date",
    ESTIMATE: "a field of the type period",
}


def ask_capabilities(reader: IssueReader, project_id: str) -> Capabilities:
    """Return what the project's issues can hold and our user may write. Raises SyncError."""
    project_rows = _rows(reader, project_id)
    facts = {text(row.get("id")): row for row in project_rows}
    layout = by_purpose(map(project_field, project_rows), reader.options)
    if not reader.options.custom_fields:
        layout = {name: field for name, field in layout.items() if ":" not in name}
    missing = dict.fromkeys((LEAD, STAGE, CHECKLIST), NO_SUCH_FIELD)
    missing |= {
        name: sentence(
            "The project lacks {kind} named {names}: add one to the project, or name another "
            "in the settings",
            kind=kind,
            names=_names(reader, name),
        )
        for name, kind in _WANTED.items()
        if name not in layout
    }
    choices = {
        name: chosen
        for name, field in layout.items()
        if name != ASSIGNEES and ((chosen := _choices(facts[field.id])) or field.kind in ENUMERATED)
    }
    teams = [name for name, field in layout.items() if field.kind == "group"]
    if teams and (groups := _groups(reader)):
        choices |= dict.fromkeys(teams, groups)
    planned = _planned(reader)
    missing |= dict.fromkeys({LINKS, PARENT, SPRINT} - planned, NOT_KEPT)
    if LINKS in planned:
        choices[LINKS] = CHOICES
    if SPRINT in planned:
        board = reader.board(reader.instance.project(project_id).id, fresh=True)
        choices[SPRINT] = board.sprints if board else ()
        if board is None:
            planned.remove(SPRINT)
            missing[SPRINT] = NO_BOARD
    people = layout.get(ASSIGNEES)
    return Capabilities(
        writable=frozenset({TITLE, DESCRIPTION, TAGS, *planned, *layout}),
        choices=choices,
        longest={TITLE: LONGEST_TITLE},
        several_assignees=people is not None and people.several,
        missing=missing,
        names={name: field.name for name, field in layout.items() if name.startswith(CUSTOM)},
        retired={name: _archived(facts[field.id]) for name, field in layout.items()},
    )


def _planned(reader: IssueReader) -> set[str]:
    options = reader.options
    wanted = {SPRINT: options.sprints, PARENT: options.parents, LINKS: options.links}
    return {name for name, is_wanted in wanted.items() if is_wanted}


def project_layout(reader: IssueReader, project_id: str) -> Mapping[str, FieldFacts]:
    """Return the fields that a new issue has, by purpose; those of a read one, where there is one.

    Raises SyncError.
    """
    held = reader.instance.memory.layouts.get(project_id)
    if held:
        return held
    layout = by_purpose(map(project_field, _rows(reader, project_id)), reader.options)
    reader.instance.memory.layouts[project_id] = layout
    return layout


def required_fields(reader: IssueReader, project_id: str) -> frozenset[str]:
    """Return the ids of the fields without which no issue is taken. Raises SyncError."""
    rows = _rows(reader, project_id)
    return frozenset(text(row.get("id")) for row in rows if row.get("canBeEmpty") is False)


def _rows(reader: IssueReader, project_id: str) -> list[dict[str, Any]]:
    """Ask for the project's fields; no field at all means that our user may not read them."""
    path = f"/admin/projects/{encode_segment(project_id)}/customFields"
    rows = list(reader.client.list(path, fields=FIELDS))
    if not rows:
        raise Refused(
            "YouTrack shows no fields of the project",
            cause="The token's user lacks the right Read Project, or a role in the project",
            change="Give that user a role with Read Project there",
            code="404",
        )
    for row in rows:
        for person in mappings(mapping(row.get("bundle")).get("aggregatedUsers")):
            reader.instance.memory.logins[text(person.get("id"))] = text(person.get("login"))
    return sorted(rows, key=lambda row: whole(row.get("ordinal")) or 0)


def _choices(row: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Return what can be chosen: values of a bundle by their names, or people by their ids."""
    bundle = mapping(row.get("bundle"))
    people = tuple(
        Choice(text(person.get("id")), text(person.get("fullName")) or text(person.get("login")))
        for person in mappings(bundle.get("aggregatedUsers"))
    )
    return people or tuple(
        Choice(
            text(value.get("name")),
            text(value.get("name")),
            closed=value.get("isResolved") is True,
            position=whole(value.get("ordinal")) or 0,
        )
        for value in mappings(bundle.get("values"))
        if value.get("archived") is not True
    )


def _archived(row: Mapping[str, Any]) -> frozenset[str]:
    values = mappings(mapping(row.get("bundle")).get("values"))
    return frozenset(text(value.get("name")) for value in values if value.get("archived") is True)


def _groups(reader: IssueReader) -> tuple[Choice, ...]:
    """Return the groups that our account sees: a field of groups has no values of its own.

    Nothing where the instance shows no list: a name is then sent as it is, and YouTrack's answer
    tells whether there is such a group. Old servers have the list under /admin alone.
    https://www.jetbrains.com/help/youtrack/devportal/resource-api-groups.html
    """
    for path in GROUPS:
        try:
            rows = list(reader.client.list(path, fields="id,name"))
        except Refused as refused:
            if refused.code not in _NOT_SHOWN:
                raise
        else:
            names = (text(row.get("name")) for row in rows)
            return tuple(Choice(name, name) for name in names if name)
    return ()


def _names(reader: IssueReader, name: str) -> str:
    options = reader.options
    names = {
        STATUS: options.status_field or "anything",
        PRIORITY: options.priority_field,
        ASSIGNEES: options.assignee_field,
        DEADLINE: options.deadline_field,
        ESTIMATE: " or ".join(options.estimate_fields),
    }
    return names[name]
