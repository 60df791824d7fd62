"""A work item of GraphQL as a row: its widgets in one shape. Pure.

https://docs.gitlab.com/api/graphql/reference/#workitem
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sync.gitlab.issues.rows import (
    NEVER,
    IssueRow,
    NoteRow,
    StatusRow,
    TimelogRow,
    number,
    person,
)
from sync.gitlab.json_fields import mapping, mappings, text, timestamp, whole_seconds

CLOSED_CATEGORIES = ("done", "canceled")
_Widgets = Mapping[str, Mapping[str, Any]]


def work_item_row(node: Mapping[str, Any], own_id: str) -> IssueRow:
    """Return a node of `workItems`; what was not asked for is None."""
    widgets: _Widgets = {
        text(widget.get("type")): widget for widget in mappings(node.get("widgets"))
    }
    project, dates = mapping(node.get("project")), widgets.get("START_AND_DUE_DATE", {})
    description = widgets.get("DESCRIPTION", {})
    time, notes = widgets.get("TIME_TRACKING", {}), widgets.get("NOTES", {})
    timelogs, threads = time.get("timelogs"), notes.get("discussions")
    kind = text(mapping(node.get("workItemType")).get("name"))
    iteration, hierarchy = widgets.get("ITERATION", {}), widgets.get("HIERARCHY", {})
    return IssueRow(
        id=number(node.get("id")),
        iid=text(node.get("iid")),
        project_id=number(project.get("id")),
        title=text(node.get("title")),
        description=text(description.get("description")),
        closed=text(node.get("state")) == "CLOSED",
        labels=frozenset(
            text(label.get("title")) for label in _nodes(widgets.get("LABELS", {}), "labels")
        ),
        assignees=tuple(
            number(user.get("id")) for user in _nodes(widgets.get("ASSIGNEES", {}), "assignees")
        ),
        due_date=text(dates.get("dueDate")) or None,
        estimate=whole_seconds(time.get("timeEstimate")) or 0,
        author=person(node.get("author"), own_id),
        created_at=timestamp(node.get("createdAt")) or NEVER,
        updated_at=timestamp(node.get("updatedAt")) or NEVER,
        url=text(node.get("webUrl")),
        kind=kind.lower().replace(" ", "_") or "issue",
        confidential=node.get("confidential") is True,
        milestone=number(mapping(widgets.get("MILESTONE", {}).get("milestone")).get("id")) or None,
        milestone_title=text(mapping(widgets.get("MILESTONE", {}).get("milestone")).get("title")),
        moved_url=text(node.get("movedToWorkItemUrl")),
        archived=project.get("archived") is True,
        edited_at=timestamp(description.get("lastEditedAt")),
        status=status_row(widgets.get("STATUS", {}).get("status")),
        has_status="STATUS" in widgets,
        iteration=number(mapping(iteration.get("iteration")).get("id")) or None,
        has_iteration="iteration" in iteration,
        parent=number(mapping(hierarchy.get("parent")).get("id")) or None,
        has_parent="parent" in hierarchy,
        links=_links(widgets.get("LINKED_ITEMS", {})),
        custom=_custom(widgets.get("CUSTOM_FIELDS", {})),
        notes=None if threads is None else _notes(mapping(threads), own_id),
        timelogs=None if timelogs is None else timelog_rows(mapping(timelogs), own_id),
        more_notes=_has_more(threads)
        or any(
            _has_more(thread.get("notes")) for thread in mappings(mapping(threads).get("nodes"))
        ),
        more_time=_has_more(timelogs),
    )


def status_row(value: object) -> StatusRow | None:
    """Return a status; an instance that does not tell its category tells its name."""
    status = mapping(value)
    name, category = text(status.get("name")), text(status.get("category")).lower()
    if not text(status.get("id")):
        return None
    return StatusRow(text(status.get("id")), name, closed=category in CLOSED_CATEGORIES)


def timelog_rows(connection: Mapping[str, Any], own_id: str) -> tuple[TimelogRow, ...]:
    """Return the entries of a page."""
    return tuple(timelog_row(entry, own_id) for entry in mappings(connection.get("nodes")))


def timelog_row(entry: Mapping[str, Any], own_id: str) -> TimelogRow:
    """Return one entry; its day is that of UTC."""
    spent_at, seconds = timestamp(entry.get("spentAt")), entry.get("timeSpent")
    return TimelogRow(
        id=number(entry.get("id")),
        author=person(entry.get("user"), own_id),
        seconds=seconds if isinstance(seconds, int) else 0,
        on=spent_at.date() if spent_at else date.min,
        summary=text(entry.get("summary")),
    )


def _nodes(widget: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return mappings(mapping(widget.get(name)).get("nodes"))


def _has_more(connection: object) -> bool:
    return mapping(mapping(connection).get("pageInfo")).get("hasNextPage") is True


def _more_notes(threads: Mapping[str, Any]) -> bool:
    """Tell whether threads, or answers in one, were cut off."""
    pages = [threads, *(thread.get("notes") for thread in mappings(threads.get("nodes")))]
    return any(_has_more(page) for page in pages)


def _notes(threads: Mapping[str, Any], own_id: str) -> tuple[NoteRow, ...]:
    """Return the comments of threads, without the host's own, oldest first."""
    notes = [
        note
        for thread in mappings(threads.get("nodes"))
        for note in mappings(mapping(thread.get("notes")).get("nodes"))
        if note.get("system") is not True
    ]
    rows = [
        NoteRow(
            id=number(note.get("id")),
            author=person(note.get("author"), own_id),
            body=text(note.get("body")),
            created_at=timestamp(note.get("createdAt")) or NEVER,
            edited_at=timestamp(note.get("lastEditedAt")),
            internal=note.get("internal") is True,
        )
        for note in notes
    ]
    return tuple(sorted(rows, key=lambda row: (row.created_at, int(row.id or 0))))


def _links(widget: Mapping[str, Any]) -> frozenset[str] | None:
    if "linkedItems" not in widget:
        return None
    return frozenset(
        f"{text(link.get('linkType'))}:{number(mapping(link.get('workItem')).get('id'))}"
        for link in _nodes(widget, "linkedItems")
    )


def _custom(widget: Mapping[str, Any]) -> dict[str, str | int | frozenset[str] | None]:
    """Return values by the id of their field; a number with a fraction as text."""
    values: dict[str, str | int | frozenset[str] | None] = {}
    for entry in mappings(widget.get("customFieldValues")):
        field_id = number(mapping(entry.get("customField")).get("id"))
        value = entry.get("value")
        if "selectedOptions" in entry:
            options = mappings(entry.get("selectedOptions"))
            values[field_id] = frozenset(number(each.get("id")) for each in options) or None
        elif isinstance(value, float) and not value.is_integer():
            values[field_id] = str(value)
        elif isinstance(value, int | float):
            values[field_id] = int(value)
        else:
            values[field_id] = text(value) or None
    return values
