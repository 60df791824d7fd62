"""Agile boards and their sprints: which there are, and which holds an issue. Pure but for asking.

A board may keep its sprints in step with a version field; then that field is the sprint.
https://www.jetbrains.com/help/youtrack/devportal/resource-api-agiles.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.core.issue_sync.model import Choice
from sync.youtrack.api.client import YouTrack, encode_segment
from sync.youtrack.json_fields import mapping, mappings, moment, text

NESTED = 42  # a list inside of an answer may end there
SPRINT_FIELDS = "id,name,start,finish,archived"
_FIELDS = (
    "id,name,projects(id),sprintsSettings(disableSprints,sprintSyncField(id,name)),"
    f"sprints({SPRINT_FIELDS})"
)


@dataclass(frozen=True, slots=True)
class Board:
    """A board with sprints; `synced_field`: the custom field that holds them, "" for none."""

    id: str
    name: str
    synced_field: str
    sprints: tuple[Choice, ...]

    def sprint(self, sprint_id: str) -> Choice | None:
        """Return the sprint with that id."""
        return next((sprint for sprint in self.sprints if sprint.id == sprint_id), None)

    def sprint_named(self, names: Iterable[str]) -> str | None:
        """Return the id of the sprint that one of the names means, the first on the board."""
        folded = {name.casefold() for name in names}
        return next((each.id for each in self.sprints if each.name.casefold() in folded), None)


def find_board(client: YouTrack, project_id: str, name: str) -> Board | None:
    """Return the board of that name, or the project's first with sprints. Raises SyncError."""
    for row in client.list("/agiles", fields=_FIELDS):
        settings = mapping(row.get("sprintsSettings"))
        projects = {text(project.get("id")) for project in mappings(row.get("projects"))}
        is_meant = not name or text(row.get("name")).casefold() == name.casefold()
        if is_meant and project_id in projects and settings.get("disableSprints") is not True:
            return _board(client, row)
    return None


def _board(client: YouTrack, row: Mapping[str, Any]) -> Board:
    board_id, sprints = text(row.get("id")), mappings(row.get("sprints"))
    if len(sprints) >= NESTED:
        path = f"/agiles/{encode_segment(board_id)}/sprints"
        sprints = list(client.list(path, fields=SPRINT_FIELDS))
    synced = mapping(mapping(row.get("sprintsSettings")).get("sprintSyncField"))
    choices = tuple(_choice(sprint, place) for place, sprint in enumerate(sprints))
    return Board(board_id, text(row.get("name")), text(synced.get("name")), choices)


def _choice(row: Mapping[str, Any], place: int) -> Choice:
    return Choice(
        text(row.get("id")),
        text(row.get("name")),
        closed=row.get("archived") is True,
        position=place,
        starts=_day(row.get("start")),
        ends=_day(row.get("finish")),
    )


def _day(value: object) -> str:
    at = moment(value)
    return at.date().isoformat() if at else ""


def sprint_of(board: Board, row: Mapping[str, Any]) -> str | None:
    """Return the board's sprint that an issue is in, by the synced field or by its sprints."""
    if board.synced_field:
        for field in mappings(row.get("customFields")):
            if text(field.get("name")) == board.synced_field:
                value = field.get("value")
                members = mappings(value) or [mapping(value)]
                return board.sprint_named(text(member.get("name")) for member in members)
        return None
    held = {text(sprint.get("id")) for sprint in mappings(row.get("sprints"))}
    return next((sprint.id for sprint in board.sprints if sprint.id in held), None)
