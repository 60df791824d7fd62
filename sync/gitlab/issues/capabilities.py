"""What issues of a project can hold, asked of the instance: never guessed from a version.

Scoped labels, several assignees, statuses and custom fields depend on the licence of the project's
top-level group. https://docs.gitlab.com/api/graphql/reference/#workitemtype
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from sync.gitlab.issues import queries
from sync.gitlab.issues.asking import NotSpoken, TooMuch, ask
from sync.gitlab.issues.options import MILESTONES, WORKFLOW_SCOPE
from sync.gitlab.issues.planning_choices import (
    LINKS_OFF,
    NO_SPRINTS,
    SPRINTS_OFF,
    link_kinds,
    list_sprints,
)
from sync.gitlab.issues.projects import Project
from sync.gitlab.issues.reading import IssueReader
from sync.gitlab.issues.rows import number
from sync.gitlab.issues.terms import CLOSED, OPENED, closes, in_scope
from sync.gitlab.issues.work_items import CLOSED_CATEGORIES
from sync.gitlab.json_fields import count, mapping, mappings, text

LONGEST = {TITLE: 255, DESCRIPTION: 1_048_576}  # characters
PLANNER, REPORTER = 15, 20  # the least role that sets labels, people, dates and time
NO_ROLE = "The token's user has not the role Planner (Reporter before 17.7) in the project"
NO_LICENCE = "The project's licence or its version of GitLab has no such thing"
NO_SUCH_FIELD = "GitLab's issues have no such field"
CHECKLISTS_OFF = "Checklists are not kept in step by the settings"
_PLANNED = (ASSIGNEES, PRIORITY, STATUS, DEADLINE, TAGS, ESTIMATE, PARENT, LINKS, SPRINT)
_Definitions = Mapping[str, Mapping[str, Any]]


def ask_capabilities(reader: IssueReader, project_id: str) -> Capabilities:
    """Return what the project's issues can hold and our user may write. Raises SyncError."""
    project, probed = _probe_anew(reader, project_id)
    definitions, role = probed.definitions, probed.role
    project.has_statuses = "STATUS" in definitions and bool(_statuses(definitions))
    project.field_kinds = _field_kinds(definitions)
    project.labels = None
    choices = {
        STATUS: _statuses(definitions) or _workflow_labels(reader, project),
        PRIORITY: _priorities(reader, project),
        **(_custom_choices(definitions) if reader.options.custom_fields else {}),
        **_labels_of_fields(reader, project),
    }
    missing = dict.fromkeys((LEAD, STAGE), NO_SUCH_FIELD)
    writable = {TITLE, DESCRIPTION, *_PLANNED}
    if reader.options.checklist:
        writable.add(CHECKLIST)
    else:
        missing[CHECKLIST] = CHECKLISTS_OFF
    writable |= {f"{CUSTOM}{scope}" for scope in reader.options.scopes}
    names = _custom_names(definitions) if reader.options.custom_fields else {}
    writable |= names.keys()
    _add_links(reader, definitions, choices, missing)
    if not reader.options.parents:
        missing[PARENT] = "Parents are not kept in step by the settings; only tasks have issues"
    _add_sprints(reader, project, choices, missing)
    if not reader.instance.by_graphql:
        missing |= dict.fromkeys((PARENT, ESTIMATE), NO_LICENCE)
    if role and role < PLANNER:
        missing |= dict.fromkeys(writable - {TITLE, DESCRIPTION, CHECKLIST}, NO_ROLE)
    several = definitions.get("ASSIGNEES", {}).get("allowsMultipleAssignees") is True
    project.exclusive_scopes = several  # the same licence has both
    return Capabilities(
        writable=frozenset(writable - missing.keys()),
        choices=choices,
        longest=LONGEST,
        several_assignees=several,
        missing=missing,
        names=names,
        tag_divider=",",
    )


def has_statuses(reader: IssueReader, project: Project) -> bool:
    """Tell whether the project's issues have statuses of the namespace; asked once."""
    if project.has_statuses is None:
        definitions = _probe(reader, project).definitions
        project.has_statuses = "STATUS" in definitions and bool(_statuses(definitions))
    return project.has_statuses


def field_kinds(reader: IssueReader, project: Project) -> Mapping[str, str]:
    """Return the kinds of the fields of the instance's own, by their ids; asked once."""
    if project.field_kinds is None:
        project.field_kinds = _field_kinds(_probe(reader, project).definitions)
    return project.field_kinds


def _field_kinds(definitions: _Definitions) -> dict[str, str]:
    rows = _custom_rows(definitions)
    return {number(row.get("id")): text(row.get("fieldType")) for row in rows}


@dataclass(frozen=True, slots=True)
class _Probed:
    """The widgets of the type Issue in a project, and our role; empty where it was not shown."""

    definitions: _Definitions = field(default_factory=dict)
    role: int = 0
    project_id: str = ""
    archived: bool = False


def _probe_anew(reader: IssueReader, project_id: str) -> tuple[Project, _Probed]:
    """Probe a project by the path that is known of it, and ask for it where that is not its path.

    Another project may have taken the path of one that was renamed or deleted. Raises SyncError.
    """
    project = reader.projects.held(project_id)
    probed = _probe(reader, project) if project else _Probed()
    if project is None or probed.project_id != project.id:
        project = reader.projects.get(project_id, fresh=True)
        return project, _probe(reader, project)
    project.archived = probed.archived
    return project, probed


def _probe(reader: IssueReader, project: Project) -> _Probed:
    """Ask what a project's issues can hold; nothing is known of it without GraphQL."""
    if not reader.instance.by_graphql:
        return _Probed()
    lacking = reader.instance.lacking
    try:
        data = ask(
            reader.client, reader.instance, lambda: queries.probe(lacking), path=project.path
        )
    except (NotSpoken, TooMuch):
        return _Probed()
    shown = mapping(data.get("project"))
    level = mapping(shown.get("maxAccessLevel")).get("integerValue")
    types = mappings(mapping(mapping(data.get("namespace")).get("workItemTypes")).get("nodes"))
    definitions = mappings(types[0].get("widgetDefinitions")) if types else []
    return _Probed(
        {text(each.get("type")): each for each in definitions},
        count(level),
        text(shown.get("id")).rpartition("/")[2],
        shown.get("archived") is True,
    )


def _statuses(definitions: _Definitions) -> tuple[Choice, ...]:
    """Return the statuses of the namespace; one that is removed leaves its items the default one.

    https://docs.gitlab.com/api/graphql/reference/#workitemwidgetdefinitionstatus
    """
    definition = definitions.get("STATUS", {})
    rows = mappings(definition.get("allowedStatuses"))
    defaults = {
        text(mapping(definition.get(name)).get("id"))
        for name in ("defaultOpenStatus", "defaultClosedStatus")
    }
    return tuple(
        Choice(
            text(row.get("id")),
            text(row.get("name")),
            closed=text(row.get("category")).lower() in CLOSED_CATEGORIES,
            color=text(row.get("color")),
            position=count(row.get("position")),
            is_default=text(row.get("id")) in defaults,
        )
        for row in rows
    )


def _workflow_labels(reader: IssueReader, project: Project) -> tuple[Choice, ...]:
    """Return the two states and the labels `workflow::…` as statuses."""
    names = sorted(
        name for name in reader.projects.labels(project) if in_scope(name, WORKFLOW_SCOPE)
    )
    labels = [
        Choice(name, name.split("::", 1)[1], closes(name, reader.options), position=place)
        for place, name in enumerate(names, 1)
    ]
    opened = Choice(OPENED, "Open", is_default=True)
    last = len(names) + 1
    return (
        opened,
        *labels,
        Choice(CLOSED, "Closed", closed=True, position=last, is_default=True),
    )


def _priorities(reader: IssueReader, project: Project) -> tuple[Choice, ...]:
    """Return the labels `priority::…` there are, and those that would be made."""
    colors = reader.options.priorities
    existing = {name for name in reader.projects.labels(project) if name.startswith("priority::")}
    names = [*colors, *sorted(existing - colors.keys())]
    return tuple(
        Choice(
            name,
            name.split("::", 1)[1],
            color=colors.get(name, ""),
            position=place,
            is_made=name not in existing,
        )
        for place, name in enumerate(names)
    )


def _labels_of_fields(reader: IssueReader, project: Project) -> dict[str, tuple[Choice, ...]]:
    """Return the values of fields that labels stand for: those that there are labels for."""
    scopes = reader.options.scopes
    labels = sorted(reader.projects.labels(project)) if scopes else []
    values = {
        scope: [label.removeprefix(f"{scope}::") for label in labels if in_scope(label, scope)]
        for scope in scopes
    }
    return {
        f"{CUSTOM}{scope}": tuple(Choice(value, value) for value in values[scope])
        for scope in scopes
    }


def _custom_rows(definitions: _Definitions) -> list[dict[str, Any]]:
    values = mappings(definitions.get("CUSTOM_FIELDS", {}).get("customFieldValues"))
    return [mapping(value.get("customField")) for value in values]


def _custom_names(definitions: _Definitions) -> dict[str, str]:
    """Return what people call the fields of the instance's own."""
    rows = _custom_rows(definitions)
    return {f"{CUSTOM}{number(row.get('id'))}": text(row.get("name")) for row in rows}


def _custom_choices(definitions: _Definitions) -> dict[str, tuple[Choice, ...]]:
    """Return the options of fields that one chooses from."""
    return {
        f"{CUSTOM}{number(row.get('id'))}": tuple(
            Choice(number(option.get("id")), text(option.get("value")), position=place)
            for place, option in enumerate(mappings(row.get("selectOptions")))
        )
        for row in _custom_rows(definitions)
        if mappings(row.get("selectOptions"))
    }


def _add_links(
    reader: IssueReader,
    definitions: _Definitions,
    choices: dict[str, tuple[Choice, ...]],
    missing: dict[str, str],
) -> None:
    """Say which links can be made: the licence that keeps several people also has blocking."""
    if not reader.options.links:
        missing[LINKS] = LINKS_OFF
    elif not reader.instance.by_graphql or "links" in reader.instance.lacking:
        missing[LINKS] = NO_LICENCE
    else:
        several = definitions.get("ASSIGNEES", {}).get("allowsMultipleAssignees") is True
        choices[LINKS] = link_kinds(has_blocking=several)


def _add_sprints(
    reader: IssueReader,
    project: Project,
    choices: dict[str, tuple[Choice, ...]],
    missing: dict[str, str],
) -> None:
    """Say which sprints there are, or why they are not kept in step."""
    kind = reader.options.sprint
    if not kind:
        missing[SPRINT] = SPRINTS_OFF
        return
    sprints = list_sprints(reader.client, project.id, kind)
    is_read = kind == MILESTONES or (
        reader.instance.by_graphql and "iteration" not in reader.instance.lacking
    )
    if sprints is None or not is_read:
        missing[SPRINT] = NO_SPRINTS
    else:
        choices[SPRINT] = sprints
