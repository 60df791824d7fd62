"""Tasks, what belongs to them, messages, and what people were last notified of."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, false, text

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables.base import Id, connection_id_column, metadata, portal_id_column

# Which merge request names which task. state: live, removed (no longer named). review_event: the
# last one of it that the task's people were notified of.
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

# The one message at a place (`task:17`, `chat:chat58`) about a subject, which is edited in place.
# subject_key names the subject for good (`ci:{connection}/{project}:{branch}`). text: NULL where
# it is not known what an edit left behind; at: when the message was new.
message = Table(
    "message",
    metadata,
    portal_id_column(primary_key=True),
    Column("place", SafeText, primary_key=True),
    Column("subject_key", SafeText, primary_key=True),
    Column("message_id", Id),
    Column("text", SafeText),
    Column("at", Moment),
    Column("bot_id", Id, nullable=False, server_default="0"),
)
Index("ix_message_subject", message.c.portal_id, message.c.subject_key)

# Places in which the portal lets no bot of ours write: the application writes there itself.
bot_refusal = Table(
    "bot_refusal",
    metadata,
    portal_id_column(primary_key=True),
    Column("place", SafeText, primary_key=True),
    Column("at", Moment, nullable=False),
)

# The state of a subject that people were last notified of, in the subject's own words. user_id 0:
# whoever it was; such a row belongs to a ref, of whose pipelines or alert it is. connection_id: of
# no table, for it may be recorded after a connection is gone.
notified_state = Table(
    "notified_state",
    metadata,
    portal_id_column(primary_key=True),
    Column("subject_key", SafeText, primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("connection_id", Id),
    Column("project_id", Id),
    Column("ref", SafeText),
)

# The tasks that an activity item names, or whose work it is about.
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
