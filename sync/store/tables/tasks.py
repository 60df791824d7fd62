"""Tasks, what belongs to them, and what was last shown and told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, false, text

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables.base import Id, connection_id_column, metadata, portal_id_column

# Which merge request names which task, and what that task was shown of it.
# state: live, removed (no longer named). message_*: the card in the task's discussion.
link = Table(
    "link",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("task_id", Id, primary_key=True),
    portal_id_column(nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("state", SafeText, nullable=False, server_default="live"),
    Column("found_in", Json, nullable=False, server_default=text("'[]'")),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("message_id", Id),
    Column("message_text", SafeText),
    Column("message_at", Moment),
    Column("review_event", SafeText),
)
Index("ix_link_task", link.c.portal_id, link.c.task_id)

# A task as last read, and what was last agreed about it. state: present, missing (unknown to the
# portal or not visible to the app). Stale: `changed_at` is not before `read_at`, the moment the
# last read began.
task = Table(
    "task",
    metadata,
    portal_id_column(primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False, server_default="present"),
    Column("body", Json),
    Column("read_at", Moment),
    Column("changed_at", Moment),
    Column("step", SafeText),
    Column("fields", Json, nullable=False, server_default=text("'{}'")),
)

# What a task's discussion was told of one thing, in one message that is edited in place.
# `about`: what that is (`ci:{connection}/{project}:{branch}`), for good.
message = Table(
    "message",
    metadata,
    portal_id_column(primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    Column("subject_key", SafeText, primary_key=True),
    Column("message_id", Id),
    Column("text", SafeText),
    Column("at", Moment),
)

# What people were last told of a ref's pipelines or of an alert, in the notion's own words (state).
# connection_id: of no table, for it may be recorded after a connection is gone.
notified_state = Table(
    "notified_state",
    metadata,
    portal_id_column(primary_key=True),
    Column("subject_key", SafeText, primary_key=True),
    Column("state", SafeText, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("ref", SafeText, nullable=False),
    Column("at", Moment, nullable=False),
)

# What each person was last told of one thing by rule.
notified_person = Table(
    "notified_person",
    metadata,
    portal_id_column(primary_key=True),
    Column("subject_key", SafeText, primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False),
    Column("at", Moment, nullable=False),
)

# The tasks that an item names, or whose work it is about.
activity_task = Table(
    "activity_task",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("kind", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    portal_id_column(nullable=False),
)
Index(
    "ix_activity_task_task",
    activity_task.c.portal_id,
    activity_task.c.task_id,
    activity_task.c.kind,
)

# What a chat was told of one thing, in one message that is edited in place.
chat_message = Table(
    "chat_message",
    metadata,
    portal_id_column(primary_key=True),
    Column("subject_key", SafeText, primary_key=True),
    Column("dialog", SafeText, primary_key=True),
    Column("message_id", Id),
    Column("text", SafeText),
    Column("at", Moment),
)
