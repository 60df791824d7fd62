"""The state of a portal: its tables, and how each of them changes. No HTTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.emulators.bitrix24 import people, work
from tests.emulators.bitrix24.clock import Clock
from tests.emulators.bitrix24.limits import Limits
from tests.emulators.bitrix24.parts import TaskParts
from tests.emulators.bitrix24.quirks import Quirks
from tests.emulators.bitrix24.records import (
    App,
    Binding,
    Bot,
    Chat,
    Comment,
    Elapsed,
    Group,
    HistoryRow,
    Message,
    Notification,
    Placement,
    Stage,
    Task,
    Token,
    User,
    UserField,
    Webhook,
)
from tests.emulators.bitrix24.scrum import Scrum

ACCESS_SECONDS = 3600
REFRESH_DAYS = 180
DEFAULT_STAGES = (("New", "NEW"), ("In progress", "PROGRESS"), ("Done", "FINISH"))
_FIRST_IDS = {"message": 1000, "comment": 500, "chat": 50, "handler": 10, "userfield": 1300}

Emit = Callable[[str, dict[str, Any], int | None], None]


@dataclass
class Portal:
    """Everything a portal knows. Hold `lock` to read or change it from another thread."""

    clock: Clock
    app: App
    member_id: str
    card: str = "new"
    v3: bool = True
    language: str = "en"
    tz: timezone = timezone(timedelta(hours=2))
    random: Random = field(default_factory=lambda: Random(24))
    limits: Limits = field(default_factory=Limits)
    emit: Emit = lambda name, data, user_id: None
    url: Callable[[], str] = lambda: ""
    quirks: Quirks = field(default_factory=Quirks)
    parts: TaskParts = field(default_factory=TaskParts)
    scrum: Scrum = field(default_factory=Scrum)
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    stages: dict[int, Stage] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    chat_messages: dict[int, list[Message]] = field(default_factory=dict)
    notifications: dict[int, Notification] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    elapsed: dict[int, Elapsed] = field(default_factory=dict)
    user_fields: dict[int, UserField] = field(default_factory=dict)
    history: list[HistoryRow] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, Token] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    codes: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    idempotency: dict[tuple[str, int, str], tuple[str, Any, datetime]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _last: dict[str, int] = field(default_factory=lambda: dict(_FIRST_IDS))

    def scopes_of(self, access: str) -> frozenset[str]:
        """What a token of the application, or the secret of an inbound webhook, may do."""
        return self.webhooks[access].scopes if access in self.webhooks else self.app.scopes

    # people acting in the portal's own pages; see people.py
    user_moves_task = people.user_moves_task
    user_places_task = people.user_places_task
    user_edits_task = people.user_edits_task
    user_deletes_task = people.user_deletes_task
    user_comments = people.user_comments
    user_edits_message = people.user_edits_message
    user_deletes_message = people.user_deletes_message
    user_logs_time = people.user_logs_time
    user_attaches = people.user_attaches
    dismiss_user = people.dismiss_user
    discussion = people.discussion
    # what both people and the API do; see work.py
    create_task = work.create_task
    change_task = work.change_task
    set_status = work.set_status
    delete_task = work.delete_task
    post = work.post
    log_time = work.log_time
    add_comment = work.add_comment
    notify = work.notify

    def now(self) -> datetime:
        return self.clock.now()

    def iso(self, moment: datetime | None) -> str | None:
        """A date as this portal writes it, or None."""
        if moment is None:
            return None
        return moment.astimezone(self.tz).isoformat(timespec="seconds")

    def next_id(self, kind: str) -> int:
        self._last[kind] = self._last.get(kind, 0) + 1
        return self._last[kind]

    def take_id(self, kind: str, chosen: int | None) -> int:
        """The chosen id, or the next one; ids after a chosen one go on from it."""
        if chosen is None:
            return self.next_id(kind)
        self._last[kind] = max(chosen, self._last.get(kind, 0))
        return chosen

    def add_user(
        self,
        name: str,
        *,
        last_name: str = "",
        email: str = "",
        id: int | None = None,
        admin: bool = False,
        active: bool = True,
        position: str = "",
    ) -> User:
        number = self.take_id("user", id)
        user = User(number, name, last_name, email, admin, active, position, self.now())
        self.users[number] = user
        return user

    def add_group(
        self,
        name: str,
        *,
        id: int | None = None,
        owner_id: int = 1,
        members: Iterable[int] = (),
        kind: str = "project",
        stages: Iterable[tuple[str, str | None]] = DEFAULT_STAGES,
    ) -> Group:
        """A workgroup with its chat and kanban columns, (title, system type) each."""
        number = self.take_id("group", id)
        roles = {user_id: "K" for user_id in members} | {owner_id: "A"}
        chat = self.add_chat(
            "sonetGroup", name, owner_id, members=roles, entity=("SONET_GROUP", str(number))
        )
        group = Group(number, name, owner_id, roles, kind, chat.id, self.now())
        self.groups[number] = group
        for sort, (title, system_type) in enumerate(stages, start=1):
            self.add_stage(number, title, system_type=system_type, sort=sort * 100)
        return group

    def add_stage(
        self,
        group_id: int,
        title: str,
        *,
        system_type: str | None = None,
        sort: int = 500,
        id: int | None = None,
    ) -> Stage:
        stage = Stage(self.take_id("stage", id), title, group_id, sort, system_type)
        self.stages[stage.id] = stage
        return stage

    def add_chat(
        self,
        kind: str,
        title: str,
        owner: int,
        *,
        members: Iterable[int],
        entity: tuple[str, str] = ("", ""),
    ) -> Chat:
        number = self.next_id("chat")
        chat = Chat(number, kind, title, owner, set(members), self.now(), *entity)
        self.chats[number] = chat
        self.chat_messages[number] = []
        return chat

    def add_user_field(self, name: str, kind: str, **values: Any) -> UserField:
        made = UserField(self.next_id("userfield"), name, kind, **values)
        self.user_fields[made.id] = made
        return made

    def stages_of(self, group_id: int) -> list[Stage]:
        stages = (stage for stage in self.stages.values() if stage.group_id == group_id)
        return sorted(stages, key=lambda stage: (stage.sort, stage.id))

    def chat_of(self, entity_type: str, entity_id: str) -> Chat | None:
        wanted, chats = (entity_type, entity_id), self.chats.values()
        return next((c for c in chats if (c.entity_type, c.entity_id) == wanted), None)

    def task_of_chat(self, chat: Chat) -> Task | None:
        return self.tasks.get(int(chat.entity_id)) if chat.kind == "tasksTask" else None

    def members_of(self, chat: Chat) -> set[int]:
        """Who is in the chat; a task's chat follows the task's roles."""
        task = self.task_of_chat(chat)
        return chat.members | (task.role_ids() if task else set())

    def can_read(self, user_id: int, task: Task) -> bool:
        """https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-get.html"""
        group = self.groups.get(task.group_id)
        in_group = group is not None and user_id in group.members
        return self.users[user_id].admin or user_id in task.role_ids() or in_group

    def live_bindings(self, event: str) -> list[Binding]:
        return [binding for binding in self.bindings if binding.event == event]

    def issue(self, user_id: int, *, refreshable: bool = True) -> Token:
        """A new token of the user. https://apidocs.bitrix24.com/settings/oauth/index.html"""
        now = self.now()
        token = Token(
            access=f"{self.random.getrandbits(280):070x}",
            refresh=f"{self.random.getrandbits(280):070x}" if refreshable else "",
            user_id=user_id,
            expires=now + timedelta(seconds=ACCESS_SECONDS),
            refresh_expires=now + timedelta(days=REFRESH_DAYS),
        )
        self.tokens[token.access] = token
        if refreshable:
            self.refresh_tokens[token.refresh] = token
        return token

    def revoke_tokens(self) -> None:
        """As when the application is removed or the keys are reset."""
        self.tokens.clear()
        self.refresh_tokens.clear()

    def dialog_messages(self, chat_id: int) -> list[Message]:
        """What a reader sees, oldest first."""
        return [m for m in self.chat_messages.get(chat_id, []) if not m.deleted]
