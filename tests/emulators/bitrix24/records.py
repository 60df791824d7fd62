"""The rows of a portal: people, groups, tasks, chats, bindings, tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WAITING, IN_PROGRESS, AWAITING_CONTROL, COMPLETED, DEFERRED = 2, 3, 4, 5, 6


@dataclass(slots=True)
class User:
    id: int
    name: str
    last_name: str = ""
    email: str = ""
    admin: bool = False
    active: bool = True
    position: str = ""
    registered: datetime | None = None
    bot: bool = False

    @property
    def shown(self) -> str:
        return f"{self.name} {self.last_name}".strip()


@dataclass(slots=True)
class Bot:
    """A bot, which is a user too; `client_id` of the application that registered it."""

    id: int
    code: str
    client_id: str


@dataclass(slots=True)
class Group:
    """`members`: user id -> role, A owner, E moderator, K member."""

    id: int
    name: str
    owner_id: int
    members: dict[int, str] = field(default_factory=dict)
    kind: str = "project"
    chat_id: int = 0
    created: datetime | None = None
    closed: bool = False
    visible: bool = True


@dataclass(slots=True)
class Stage:
    id: int
    title: str
    group_id: int
    sort: int
    system_type: str | None = None
    color: str = "00C4FB"


@dataclass(slots=True)
class Task:
    id: int
    title: str
    created_by: int
    responsible_id: int
    created: datetime
    changed: datetime
    description: str = ""
    status: int = WAITING
    group_id: int = 0
    stage_id: int = 0
    parent_id: int = 0
    priority: int = 1
    accomplices: list[int] = field(default_factory=list)
    auditors: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    task_control: bool = False
    allow_time_tracking: bool = False
    time_estimate: int = 0
    deadline: datetime | None = None
    started: datetime | None = None
    closed: datetime | None = None
    closed_by: int = 0
    changed_by: int = 0
    status_changed: datetime | None = None
    status_changed_by: int = 0
    activity: datetime | None = None
    xml_id: str | None = None
    mark: str | None = None
    chat_id: int = 0
    in_bbcode: bool = True
    uf: dict[str, Any] = field(default_factory=dict)

    def role_ids(self) -> set[int]:
        return {self.created_by, self.responsible_id, *self.accomplices, *self.auditors}


@dataclass(slots=True)
class Chat:
    """`kind`: chat, open, private, tasksTask, sonetGroup, general. `can_post`: member, manager,
    owner: from whom on people may write."""

    id: int
    kind: str
    title: str
    owner: int
    members: set[int]
    created: datetime
    entity_type: str = ""
    entity_id: str = ""
    can_post: str = "member"

    def role_of(self, user_id: int) -> str:
        return "owner" if self.owner == user_id else "member"


@dataclass(slots=True)
class Message:
    id: int
    chat_id: int
    author_id: int
    text: str
    date: datetime
    edited: bool = False
    deleted: bool = False
    code: str = ""
    files: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Notification:
    """`from_user` 0: from the application, by im.notify.system.add."""

    id: int
    user_id: int
    from_user: int
    text: str
    date: datetime
    tag: str = ""
    sub_tag: str = ""


@dataclass(slots=True)
class Comment:
    """A comment of the old task card (a forum message)."""

    id: int
    task_id: int
    author_id: int
    text: str
    date: datetime


@dataclass(slots=True)
class Elapsed:
    id: int
    task_id: int
    user_id: int
    seconds: int
    text: str
    created: datetime
    written: datetime
    source: int = 2


@dataclass(slots=True)
class UserField:
    id: int
    name: str
    kind: str
    xml_id: str = ""
    sort: int = 100
    multiple: str = "N"
    mandatory: str = "N"
    labels: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class HistoryRow:
    id: int
    task_id: int
    user_id: int
    field: str
    before: str | None
    after: str | None
    date: datetime


@dataclass(slots=True)
class Binding:
    """A bound event handler; `auth_type` 0: the token of whoever caused the event."""

    id: int
    event: str
    handler: str
    auth_type: int = 0


@dataclass(slots=True)
class Placement:
    id: int
    code: str
    handler: str
    user_id: int = 0
    title: str = ""
    description: str = ""
    lang_all: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class App:
    """The application as this portal has it. `present`: neither deleted nor never installed."""

    client_id: str
    client_secret: str
    scopes: frozenset[str]
    application_token: str
    code: str = "b24bridge.dev"
    status: str = "F"
    version: int = 1
    present: bool = True
    installed: bool = False
    payment_required: bool = False
    install_url: str = ""
    app_url: str = ""
    redirect_url: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Webhook:
    """An inbound webhook: `/rest/{user_id}/{secret}/`. Deleted in the portal: `revoked`."""

    secret: str
    user_id: int
    scopes: frozenset[str]
    revoked: bool = False


@dataclass(slots=True)
class Token:
    """A pair. `refresh` is '' for the tokens that come with events."""

    access: str
    refresh: str
    user_id: int
    expires: datetime
    refresh_expires: datetime
    revoked: bool = False
