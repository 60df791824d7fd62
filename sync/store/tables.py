"""The tables. A column that ends in `_sealed` holds what the vault encrypted."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from sync.store.types import Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER only


def _portal(**kwargs: object) -> Column[int]:
    return Column("portal_id", Id, ForeignKey("portal.id", ondelete="CASCADE"), **kwargs)


def _connection(**kwargs: object) -> Column[int]:
    return Column("connection_id", Id, ForeignKey("connection.id", ondelete="CASCADE"), **kwargs)


# A tenant. state: installing, active, disconnected, paused, removed.
portal = Table(
    "portal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("member_id", String(64), nullable=False, unique=True),
    Column("client_endpoint", Text, nullable=False),
    Column("server_endpoint", Text, nullable=False),
    Column("client_id", String(128), nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("app_status", String(8), nullable=False, server_default=""),
    Column("app_version", Integer, nullable=False, server_default="0"),
    Column("access_token_sealed", Text),
    Column("refresh_token_sealed", Text),
    Column("application_token_sealed", Text),
    Column("token_expires_at", Moment),
    Column("token_user_id", Id),
    Column("state", String(16), nullable=False, server_default="installing"),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("features", Json, nullable=False, server_default=text("'{}'")),
    Column("settings", Json, nullable=False, server_default=text("'{}'")),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# A code host or tracker of a portal. state: active, paused. kind: gitlab.
connection = Table(
    "connection",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    Column("base_url", Text, nullable=False),
    Column("hook_key_hash", String(64), nullable=False, unique=True),
    Column("hook_key_sealed", Text, nullable=False),
    Column("hook_token_sealed", Text),
    Column("signing_token_sealed", Text),
    Column("access_token_sealed", Text),
    Column("options", Json, nullable=False, server_default=text("'{}'")),
    Column("account", Json, nullable=False, server_default=text("'{}'")),
    Column("state", String(16), nullable=False, server_default="active"),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("swept_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("portal_id", "name"),
)

# The inbox. origin: gitlab:{connection} or bitrix24:{portal}. state: new, done, failed (will be
# tried again), dead (will not, until replayed).
delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    _connection(nullable=True),
    Column("origin", String(32), nullable=False),
    Column("dedupe_key", String(128), nullable=False),
    Column("event", String(64), nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", String(8), nullable=False, server_default="new"),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    UniqueConstraint("origin", "dedupe_key"),
)
Index(
    "ix_delivery_waiting", delivery.c.portal_id, delivery.c.id,
    sqlite_where=delivery.c.state.in_(["new", "failed"]),
    postgresql_where=delivery.c.state.in_(["new", "failed"]),
)

# What must be looked at again. kind: task. state: dirty, clean, dead. `version` grows with every
# mark; a reconcile cleans only the version it saw.
subject = Table(
    "subject",
    metadata,
    _portal(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(96), primary_key=True),
    Column("state", String(8), nullable=False, server_default="dirty"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("cause", Text, nullable=False, server_default=""),
    Column("dirty_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("error", Text, nullable=False, server_default=""),
)
Index(
    "ix_subject_dirty", subject.c.portal_id, subject.c.dirty_at,
    sqlite_where=subject.c.state == "dirty", postgresql_where=subject.c.state == "dirty",
)

project = Table(
    "project",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("path", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("default_branch", Text, nullable=False, server_default=""),
)

# `body` is the merge request as JSON (sync.store.mirror).
merge_request = Table(
    "merge_request",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("source_branch", Text, nullable=False),
    Column("head_sha", String(64), nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    Column("approvals_at", Moment),
    Column("body", Json, nullable=False),
)
Index(
    "ix_merge_request_branch",
    merge_request.c.connection_id, merge_request.c.project_id, merge_request.c.source_branch,
)

pipeline = Table(
    "pipeline",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("pipeline_id", Id, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("merge_request_iid", Id),
    Column("status", String(32), nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_pipeline_sha", pipeline.c.connection_id, pipeline.c.project_id, pipeline.c.sha)

commit = Table(
    "commit",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("sha", String(64), primary_key=True),
    Column("branch", Text, nullable=False),
    Column("body", Json, nullable=False),
    Column("heard_at", Moment, nullable=False),
)
Index("ix_commit_branch", commit.c.connection_id, commit.c.project_id, commit.c.branch)

# Which merge request names which task, and what that task was shown of it.
# state: live, removed (no longer named). message_*: the card in the task's discussion.
link = Table(
    "link",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("task_id", Id, primary_key=True),
    _portal(nullable=False),
    Column("kind", String(8), nullable=False),
    Column("state", String(8), nullable=False, server_default="live"),
    Column("places", Json, nullable=False, server_default=text("'[]'")),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("message_id", Id),
    Column("message_text", Text),
    Column("message_at", Moment),
    Column("milestone", String(16)),
)
Index("ix_link_task", link.c.portal_id, link.c.task_id)

# A task as last read, and what was last agreed about it. state: known, missing (unknown to the
# portal or not visible to the app). `stale`: changed since it was read.
task = Table(
    "task",
    metadata,
    _portal(primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    Column("state", String(8), nullable=False, server_default="known"),
    Column("stale", Boolean, nullable=False, server_default=false()),
    Column("body", Json),
    Column("read_at", Moment),
    Column("step", String(16)),
    Column("fields", Json, nullable=False, server_default=text("'{}'")),
)

workgroup = Table(
    "workgroup",
    metadata,
    _portal(primary_key=True),
    Column("group_id", Id, primary_key=True, autoincrement=False),
    Column("stages", Json, nullable=False),
    Column("read_at", Moment, nullable=False),
)

portal_user = Table(
    "portal_user",
    metadata,
    _portal(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text),
    Column("active", Boolean, nullable=False),
)
Index("ix_portal_user_email", portal_user.c.portal_id, portal_user.c.email)

# People of a code host as heard: `email` public, `commit_email` from their own commits.
host_user = Table(
    "host_user",
    metadata,
    _connection(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("email", Text),
    Column("commit_email", Text),
)

# The outbox. state: waiting, sending, done, refused, dropped. `key` names what is written; one
# waiting command a key. `subject_*` say whose decision it was, `reason` why.
command = Table(
    "command",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("lane", String(32), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_key", String(96), nullable=False),
    Column("key", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("payload", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment),
    Column("sent_at", Moment),
    Column("done_at", Moment),
    Column("answer", Json),
    Column("error", Text, nullable=False, server_default=""),
)
Index(
    "ix_command_waiting", command.c.portal_id, command.c.lane, command.c.id,
    sqlite_where=command.c.state.in_(["waiting", "sending"]),
    postgresql_where=command.c.state.in_(["waiting", "sending"]),
)
Index("ix_command_subject", command.c.portal_id, command.c.subject_kind, command.c.subject_key)

# Why something was, or was not, done: the answer to "why did this task move?".
decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_key", String(96), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_decision_subject", decision.c.portal_id, decision.c.subject_kind, decision.c.subject_key)

# REST requests and answers, masked; the market asks for three days of them.
rest_log = Table(
    "rest_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("method", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("request", Text, nullable=False),
    Column("answer", Text, nullable=False),
)

# A portal's request allowance as last used: the leaky bucket and seconds per method.
allowance = Table(
    "allowance",
    metadata,
    _portal(primary_key=True),
    Column("level", Float, nullable=False, server_default="0"),
    Column("at", Moment, nullable=False),
    Column("operating", Json, nullable=False, server_default=text("'{}'")),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("owner", String(96), nullable=False),
    Column("until", Moment, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
