"""What the queries take and give: frozen rows, none of which holds a sealed value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core.model.commands import Command, decode
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.plans import Records, decode_records
from sync.core.model.tasks import KanbanStage, LinkKind, Step, Task, is_shown_work
from sync.sentences import decode_sentence

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PortalRecord:
    """A tenant. `state`: installing, active, disconnected, paused, removed.

    `installation`: the random id of the present installation, which page tokens name. `bot_id`: the
    bot that writes messages in chats, 0 for none; `bot_problem`: why there is none though wanted.
    """

    id: int
    member_id: str
    client_endpoint: str
    server_endpoint: str
    client_id: str
    language: str
    scopes: tuple[str, ...]
    app_status: str
    app_version: int
    token_expires_at: datetime | None
    token_user_id: int | None
    state: str
    state_reason: str
    features: Json
    created_at: datetime
    updated_at: datetime
    installation: str
    removed_at: datetime | None
    bot_id: int
    bot_problem: str


@dataclass(frozen=True, slots=True)
class PortalTokens:
    """The OAuth tokens of a portal; `expires_at` and `user_id` of the access token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation tells. `application_token` None: not told, the stored one stays."""

    member_id: str
    client_endpoint: str
    server_endpoint: str
    tokens: PortalTokens
    client_id: str = ""
    language: str = "en"
    scopes: tuple[str, ...] = ()
    app_status: str = ""
    app_version: int = 0
    application_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """A code host of a portal. `state`: active, paused, removed (its history is kept for a while).

    `proven`: the projects and groups that its token was found to administer, with the moment.
    """

    id: int
    portal_id: int
    kind: str
    name: str
    base_url: str
    options: Json
    account: Json
    state: str
    state_reason: str
    swept_at: datetime | None
    created_at: datetime
    removed_at: datetime | None = None
    signed_at: datetime | None = None
    proven: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionSecrets:
    """The secrets of a connection, as they are used and not as they are stored."""

    hook_key: str = field(repr=False)
    hook_token: str | None = field(default=None, repr=False)
    signing_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """A connection as it should be. A secret that is None stays as stored."""

    kind: str
    name: str
    base_url: str
    secrets: ConnectionSecrets
    options: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified request, to be stored. `origin`: gitlab:{connection} or bitrix24:{portal}."""

    portal_id: int
    connection_id: int | None
    origin: str
    dedupe_key: str
    event: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A stored delivery. `state`: new, failed (will be tried again), done, dead.

    `options`, `admitted` and `connected_at` are of its connection, where it is to be digested; None
    without one.
    """

    id: int
    portal_id: int
    connection_id: int | None
    origin: str
    event: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    received_at: datetime
    state: str
    outcome: str
    attempts: int
    options: Json | None = None
    admitted: Json | None = None
    connected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """Something to look at again. `state`: dirty, clean, dead."""

    portal_id: int
    kind: str
    key: str
    state: str
    version: int
    cause: str
    dirty_at: datetime
    attempts: int
    next_at: datetime | None
    error: str


@dataclass(frozen=True)  # without slots: what is decoded is kept
class CommandRow:
    """A command. `state`: waiting, sending, done, refused, dropped."""

    id: int
    portal_id: int
    lane: str
    subject_kind: str
    subject_key: str
    key: str
    kind: str
    payload: Json
    records: Json
    stored_reason: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    done_at: datetime | None
    answer: Any
    error: str

    @property
    def subject(self) -> tuple[str, str]:
        """Return the kind and the key of the subject that was decided about."""
        return self.subject_kind, self.subject_key

    @cached_property
    def reason(self) -> str:
        """Why it was decided, for people: read of few commands, so decoded when it is."""
        return decode_sentence(self.stored_reason)

    @cached_property
    def command(self) -> Command:
        """Return the command as it was decided."""
        return decode(self.kind, self.payload)

    @cached_property
    def to_record(self) -> Records:
        """What is recorded when the command ends."""
        return decode_records(self.records)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A merge request that names a task. `connected_at`: when its code host was connected."""

    portal_id: int
    merge_request: MergeRequestKey
    task_id: int
    kind: LinkKind
    live: bool = True
    found_in: tuple[str, ...] = ()
    silent: bool = False
    review_event: ReviewEvent | None = None
    connected_at: datetime | None = field(default=None, compare=False)  # read of tasks only

    @property
    def is_shown_work(self) -> bool:
        """Tell whether the task shows the merge request."""
        return is_shown_work(self.kind, live=self.live, silent=self.silent)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as last read (`body`) and what was last agreed about it (`step`, `fields`).

    `missing`: unknown to the portal, or not visible to the app.
    """

    task_id: int
    missing: bool
    body: Task | None
    read_at: datetime | None
    changed_at: datetime | None
    step: Step | None
    fields: dict[str, str]

    @property
    def stale(self) -> bool:
        """Whether it may have changed since the last read began."""
        if self.read_at is None:
            return True
        return self.changed_at is not None and self.changed_at >= self.read_at


@dataclass(frozen=True, slots=True)
class StagesRow:
    """The columns of a workgroup's board, in their order."""

    group_id: int
    stages: tuple[KanbanStage, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """Why something was, or was not, done about a subject."""

    portal_id: int
    subject_kind: str
    subject_key: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ApiCallRow:
    """A request to another system and what came of it, masked already.

    `system`: bitrix24, gitlab. `source`: worker, web, cli. `actor`: on whose behalf, where known.
    """

    portal_id: int | None
    at: datetime
    method: str
    status: int
    milliseconds: int
    request: str
    answer: str
    system: str = "bitrix24"
    connection: str = ""
    source: str = ""
    actor: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls of the audit log are asked for; None, "" and () ask for all.

    `texts`: the request holds one of them.
    """

    portal_id: int | None = None
    since: datetime | None = None
    system: str = ""
    connection: str = ""
    method: str = ""
    texts: tuple[str, ...] = ()
    only_failed: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class PurgeRow:
    """What the last purge of a portal deleted: rows by what they were."""

    portal_id: int
    at: datetime
    milliseconds: int
    rows: Json


@dataclass(frozen=True, slots=True)
class AllowanceRow:
    """How much of a portal's request allowance is used: `level` at the moment `at`."""

    level: float
    at: datetime
    operating: Json


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker and when it last showed that it lives."""

    name: str
    started_at: datetime
    seen_at: datetime
    clock_offset: int | None = None  # seconds that its clock is ahead of the other systems
