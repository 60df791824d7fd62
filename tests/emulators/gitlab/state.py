"""The state of a GitLab instance and its switches: every entity, every hook, ids in order."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from random import Random
from uuid import UUID

from tests.emulators.gitlab.entities import (
    Branch,
    Commit,
    Group,
    MergeRequest,
    Pipeline,
    Project,
    Token,
    User,
)
from tests.emulators.gitlab.issues.records import Planned

HOOK_FLAGS = (
    "push_events",
    "tag_push_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "merge_requests_events",
    "pipeline_events",
    "job_events",
    "deployment_events",
    "feature_flag_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "wiki_page_events",
    "resource_access_token_events",
    "resource_deploy_token_events",
    "vulnerability_events",
    "repository_update_events",
)
GROUP_HOOK_FLAGS = ("subgroup_events", "member_events", "project_events")


@dataclass
class Hook:
    """`custom_headers`, `custom_webhook_template`: as in the vendor's form."""

    id: int
    owner: str  # "project" or "group"
    owner_id: int
    url: str
    created_at: datetime
    events: dict[str, bool]
    name: str | None = None
    description: str | None = None
    token: str = ""
    signing_token: str = ""
    enable_ssl_verification: bool = True
    push_events_branch_filter: str = ""
    branch_filter_strategy: str = "wildcard"
    custom_webhook_template: str = ""
    custom_headers: dict[str, str] = field(default_factory=dict)
    url_variables: dict[str, str] = field(default_factory=dict)
    recent_failures: int = 0
    disabled_until: datetime | None = None
    log: list[HookEvent] = field(default_factory=list)


@dataclass(frozen=True)
class HookEvent:
    """One delivery that was sent, and what came back. `response_status` is text, as in the API."""

    id: int
    hook_id: int
    url: str
    trigger: str
    request_headers: dict[str, str]
    request_data: dict
    response_headers: dict[str, str]
    response_body: str
    response_status: str
    execution_duration: float
    created_at: datetime


@dataclass
class State:
    """The whole instance. `version`, `edition` (ee or ce) and `premium` are switches.

    `zone`: the instance's own, which deployments tell their time in.
    """

    url: str = "http://gitlab.example"
    version: str = "19.2.1-ee"
    edition: str = "ee"
    premium: bool = True
    allow_local_hooks: bool = True
    auto_disable_hooks: bool = True
    seed: int = 1
    zone: tzinfo = UTC
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    planned: Planned = field(default_factory=Planned)
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def next_id(self, kind: str) -> int:
        self.counters[kind] += 1
        return self.counters[kind]

    def next_sha(self) -> str:
        return hashlib.sha1(f"{self.seed}/{self.next_id('sha')}".encode()).hexdigest()

    def next_uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def add_user(self, username: str, name: str = "", *, public: bool = False) -> User:
        """A person; their address is shown to others only where `public`."""
        address = f"{username}@acme.example"
        user = User(
            id=self.next_id("user"),
            username=username,
            name=name or username.title(),
            email=address,
            public_email=address if public else "",
        )
        self.users[user.id] = user
        return user

    def add_token(
        self,
        user: User | str,
        value: str = "",
        *,
        scopes: tuple[str, ...] = ("api",),
        expires_at: date | None = date(2027, 6, 1),
        kind: str = "personal",
    ) -> Token:
        number = self.next_id("token")
        token = Token(
            id=number,
            value=value or f"glpat-emulated-{number:06}",
            user_id=self.user(user).id,
            scopes=scopes,
            expires_at=expires_at,
            kind=kind,
        )
        self.tokens[token.value] = token
        return token

    def add_group(self, path: str, *, members: dict[str, int] | None = None) -> Group:
        group = Group(id=self.next_id("group"), path=path, name=path.split("/")[-1].title())
        group.members = {self.user(name).id: level for name, level in (members or {}).items()}
        self.groups[group.id] = group
        return group

    def add_project(
        self, path: str, *, members: dict[str, int] | None = None, visibility: str = "private"
    ) -> Project:
        """A project with one commit on main; `members`: username -> access level."""
        namespace = path.rsplit("/", 1)[0]
        group = next((g for g in self.groups.values() if g.path == namespace), None)
        project = Project(
            id=self.next_id("project"),
            path=path,
            name=path.rsplit("/", 1)[1].title(),
            group_id=group.id if group else None,
            visibility=visibility,
            created_at=self.now(),
        )
        project.members = {self.user(name).id: level for name, level in (members or {}).items()}
        first = Commit(self.next_sha(), "Initial commit", "Acme", "dev@acme.example", self.now())
        project.commits[first.id] = first
        project.branches["main"] = Branch("main", [first.id], protected=True)
        self.projects[project.id] = project
        return project

    def user(self, user: User | str | int) -> User:
        """The user object of an object, a username or an id. KeyError: there is none."""
        match user:
            case User():
                return user
            case int():
                return self.users[user]
        for known in self.users.values():
            if known.username == user:
                return known
        raise KeyError(user)

    def project(self, project: Project | str | int) -> Project:
        """The project object of an object, a full path or an id. KeyError: there is none."""
        match project:
            case Project():
                return project
            case int():
                return self.projects[project]
        for known in self.projects.values():
            if known.path == project:
                return known
        raise KeyError(project)

    def head_pipeline(self, mr: MergeRequest) -> tuple[Project, Pipeline | None]:
        """The newest pipeline of its head, with the project that runs it: a fork may."""
        for project_id in (mr.project_id, mr.source_id):
            place = self.projects.get(project_id)
            if place and (head := place.pipelines.get(mr.head_pipeline_id or 0)):
                return place, head
        return self.projects[mr.project_id], None

    def access_level(self, user: User, project: Project) -> int:
        """0: no member. Membership of the group counts for its projects."""
        inherited = self.groups[project.group_id].members if project.group_id else {}
        return max(project.members.get(user.id, 0), inherited.get(user.id, 0))

    def at_least(self, major: int, minor: int) -> bool:
        return _major_and_minor(self.version) >= (major, minor)


@cache
def _major_and_minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2])
