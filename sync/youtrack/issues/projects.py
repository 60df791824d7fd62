"""Projects as requests need them: short name, team, whether archived, whose token it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.core.clock import Clock, WallClock, is_due
from sync.errors import Refused
from sync.youtrack.api.client import YouTrack, encode_segment
from sync.youtrack.issues.boards import Board
from sync.youtrack.issues.fields import FieldFacts
from sync.youtrack.json_fields import mapping, text

GONE = "404"
FRESH = timedelta(seconds=30)  # what was asked so lately is not asked again
KEEP_ACCOUNT = timedelta(hours=1)  # people set another time zone in its profile
KEEP_WORK_TYPES = timedelta(minutes=10)
MOST_LINES = 500  # of authors, of issues read last; others are read again


@dataclass(frozen=True, slots=True)
class Project:
    """A project; the short name changes, the id does not."""

    id: str
    short_name: str
    archived: bool
    team_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is; `zone`: by it the search reads moments, and days of work are filed."""

    id: str
    login: str
    zone: ZoneInfo
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AppFacts:
    """Our app in a project: its version, "" where it is not there, and whom it was made for."""

    asked_at: datetime
    version: str = ""
    account: str = ""
    problem: str = ""


@dataclass(slots=True)
class IssueMemory:
    """What was learned of an instance, which later clients need not ask again.

    `logins`: of people, by id. `layouts`: of issues' fields, by project and purpose. `learned`:
    where events of state machines led, by field, state and event. `boards`: by project, None where
    it has none with sprints. `apps`: ours, by project. `work_types`: ids by name in small letters,
    and when they were asked for, by project. `old_markup`: ids of issues in old wiki markup.
    `author_lines`: behind descriptions, by the id of an issue that was read, "" where none is.
    """

    logins: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, dict[str, FieldFacts]] = field(default_factory=dict)
    learned: dict[tuple[str, str, str], str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    boards: dict[str, Board | None] = field(default_factory=dict)
    apps: dict[str, AppFacts] = field(default_factory=dict)
    work_types: dict[str, tuple[datetime, dict[str, str]]] = field(default_factory=dict)
    old_markup: set[str] = field(default_factory=set)
    author_lines: dict[str, str] = field(default_factory=dict)
    account: Account | None = None

    def remember_author_line(self, issue_id: str, line: str) -> None:
        """Keep the line that an issue's description ends with; the oldest go, which is safe."""
        self.author_lines.pop(issue_id, None)
        self.author_lines[issue_id] = line
        if len(self.author_lines) > MOST_LINES:
            del self.author_lines[next(iter(self.author_lines))]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as its client asks about it; what it answers is remembered."""

    client: YouTrack
    memory: IssueMemory = field(default_factory=IssueMemory)
    clock: Clock = field(default_factory=WallClock)

    def account(self) -> Account:
        """Return our account, asked once an hour. Raises SyncError.

        The time zone is undocumented in searches: moments are read in that of the token's owner.
        """
        held, now = self.memory.account, self.clock.now()
        if held is None or is_due(held.asked_at, KEEP_ACCOUNT, now):
            fields = "id,login,profiles(general(timezone(id)))"
            me = mapping(self.client.get("/users/me", fields=fields))
            general = mapping(mapping(me.get("profiles")).get("general"))
            zone = _zone(text(mapping(general.get("timezone")).get("id")))
            held = Account(text(me.get("id")), text(me.get("login")), zone, now)
            self.memory.account = held
        return held

    def project(self, project_id: str, *, fresh: bool = False) -> Project:
        """Return a project by its id or short name; `fresh`: as it is now. Raises SyncError."""
        held = self.memory.projects.get(project_id)
        if held is None or (fresh and is_due(held.asked_at, FRESH, self.clock.now())):
            return self.ask_project(project_id)
        return held

    def ask_project(self, project_id: str) -> Project:
        """Ask for a project, whatever is remembered of it. Raises SyncError."""
        path = f"/admin/projects/{encode_segment(project_id)}"
        row = mapping(self.client.get(path, fields="id,shortName,archived,team(id)"))
        project = Project(
            text(row.get("id")),
            text(row.get("shortName")),
            row.get("archived") is True,
            text(mapping(row.get("team")).get("id")),
            self.clock.now(),
        )
        self.memory.projects |= {project_id: project, project.id: project}
        return project

    def work_type(self, project_id: str, name: str) -> str:
        """Return the id of a project's type of work, "" where it has none. Raises SyncError.

        https://www.jetbrains.com/help/youtrack/devportal/resource-api-admin-projects-projectID-timeTrackingSettings-workItemTypes.html
        """
        now = self.clock.now()
        asked_at, types = self.memory.work_types.get(project_id, (None, {}))
        if asked_at is None or is_due(asked_at, KEEP_WORK_TYPES, now):
            path = (
                f"/admin/projects/{encode_segment(project_id)}/timeTrackingSettings/workItemTypes"
            )
            rows = self.client.list(path, fields="id,name")
            types = {text(row.get("name")).casefold(): text(row.get("id")) for row in rows}
            self.memory.work_types[project_id] = now, types
        return types.get(name.casefold(), "")

    def login(self, user_id: str) -> str:
        """Return the login of a person, "" where there is none with that id. Raises SyncError."""
        if user_id not in self.memory.logins:
            try:
                path = f"/users/{encode_segment(user_id)}"
                row = mapping(self.client.get(path, fields="id,login"))
            except Refused as refused:
                if refused.code != GONE:
                    raise
                return ""
            if text(row.get("id")) != user_id:
                return ""
            self.memory.logins[user_id] = text(row.get("login"))
        return self.memory.logins[user_id]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):  # an unknown zone is a KeyError
        return ZoneInfo("UTC")
