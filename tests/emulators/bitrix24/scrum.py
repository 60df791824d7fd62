"""Scrum teams: a backlog each, sprints, and where their tasks stand. Rows only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Backlog:
    id: int
    group_id: int


@dataclass(slots=True)
class Sprint:
    """`status`: planned, active or completed."""

    id: int
    group_id: int
    name: str
    starts: datetime
    ends: datetime
    status: str = "planned"


@dataclass
class Scrum:
    """Backlogs and sprints have their numbers from one row; `places`: task → where it stands."""

    backlogs: dict[int, Backlog] = field(default_factory=dict)
    sprints: dict[int, Sprint] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    _last: int = 700

    def backlog(self, group_id: int) -> Backlog:
        """The backlog of a team, which comes into being with it."""
        if group_id not in self.backlogs:
            self.backlogs[group_id] = Backlog(self._next(), group_id)
        return self.backlogs[group_id]

    def add_sprint(
        self, group_id: int, name: str, starts: datetime, ends: datetime, status: str = "planned"
    ) -> Sprint:
        """Plan a sprint."""
        sprint = Sprint(self._next(), group_id, name, starts, ends, status)
        self.sprints[sprint.id] = sprint
        return sprint

    def find(self, number: int) -> Backlog | Sprint | None:
        backlogs = {backlog.id: backlog for backlog in self.backlogs.values()}
        return self.sprints.get(number) or backlogs.get(number)

    def entity_of(self, task_id: int, group_id: int) -> int:
        """Where a task of a team stands: in its backlog until somebody moves it."""
        place = self.find(self.places.get(task_id, 0))
        if place is None or place.group_id != group_id:
            return self.backlog(group_id).id
        return place.id

    def _next(self) -> int:
        self._last += 1
        return self._last
