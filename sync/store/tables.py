"""The tables. A column that ends in `_sealed` holds what the vault encrypted."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from sync.store.types import Json, Moment, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements INTEGER only


def one_of(column: Column[str], *states: str) -> ColumnElement[bool]:
    """`column IN ('a', 'b')` with the words in the SQL itself.

    A partial index is used only where the planner sees that a query asks for no more than the
    index holds, and of a bound parameter it sees nothing.
    """
    return column.in_([literal_column(f"'{state}'") for state in states])


def _portal(**kwargs: object) -> Column[int]:
    return Column("portal_id", Id, ForeignKey("portal.id", ondelete="CASCADE"), **kwargs)


def _connection(**kwargs: object) -> Column[int]:
    return Column("connection_id", Id, ForeignKey("connection.id", ondelete="CASCADE"), **kwargs)


# A tenant. state: installing, active, disconnected, paused, removed.
portal = Table(
    "portal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("member_id", Words, nullable=False, unique=True),
    Column("client_endpoint", Words, nullable=False),
    Column("server_endpoint", Words, nullable=False),
    Column("client_id", Words, nullable=False, server_default=""),
    Column("language", Words, nullable=False, server_default="en"),
    Column("scopes", Words, nullable=False, server_default=""),
    Column("app_status", Words, nullable=False, server_default=""),
    Column("app_version", Integer, nullable=False, server_default="0"),
    Column("access_token_sealed", Words),
    Column("refresh_token_sealed", Words),
    Column("application_token_sealed", Words),
    Column("token_expires_at", Moment),
    Column("token_user_id", Id),
    Column("state", Words, nullable=False, server_default="installing"),
    Column("state_reason", Words, nullable=False, server_default=""),
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
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("base_url", Words, nullable=False),
    Column("hook_key_hash", Words, nullable=False, unique=True),
    Column("hook_key_sealed", Words, nullable=False),
    Column("hook_token_sealed", Words),
    Column("signing_token_sealed", Words),
    Column("access_token_sealed", Words),
    Column("options", Json, nullable=False, server_default=text("'{}'")),
    Column("account", Json, nullable=False, server_default=text("'{}'")),
    Column("state", Words, nullable=False, server_default="active"),
    Column("state_reason", Words, nullable=False, server_default=""),
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
    Column("origin", Words, nullable=False),
    Column("dedupe_key", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", Words, nullable=False, server_default="new"),
    Column("outcome", Words, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    UniqueConstraint("origin", "dedupe_key"),
)
Index(
    "ix_delivery_waiting",
    delivery.c.portal_id,
    delivery.c.id,
    sqlite_where=one_of(delivery.c.state, "new", "failed"),
    postgresql_where=one_of(delivery.c.state, "new", "failed"),
)

# What must be looked at again. kind: task. state: dirty, clean, dead. `version` grows with every
# mark; a reconcile cleans only the version it saw.
subject = Table(
    "subject",
    metadata,
    _portal(primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("state", Words, nullable=False, server_default="dirty"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("cause", Words, nullable=False, server_default=""),
    Column("dirty_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("error", Words, nullable=False, server_default=""),
)
Index(
    "ix_subject_dirty",
    subject.c.portal_id,
    subject.c.dirty_at,
    sqlite_where=one_of(subject.c.state, "dirty"),
    postgresql_where=one_of(subject.c.state, "dirty"),
)

project = Table(
    "project",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("path", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("name", Words, nullable=False, server_default=""),
    Column("default_branch", Words, nullable=False, server_default=""),
)

# `body` is the merge request as JSON without its pipeline, `memory` what decides which of two
# accounts of it is newer (sync.core.heard).
merge_request = Table(
    "merge_request",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
    Column("state", Words, nullable=False),
    Column("source_branch", Words, nullable=False),
    Column("head_sha", Words, nullable=False, server_default=""),
    Column("merge_sha", Words, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    Column("memory", Json, nullable=False),
    Column("body", Json, nullable=False),
)
Index(
    "ix_merge_request_branch",
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.source_branch,
)

Index(
    "ix_merge_request_head",
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.head_sha,
)

Index(
    "ix_merge_request_merged",
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.merge_sha,
)

pipeline = Table(
    "pipeline",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("pipeline_id", Id, primary_key=True),
    Column("ref", Words, nullable=False),
    Column("sha", Words, nullable=False),
    Column("merge_request_iid", Id),
    Column("status", Words, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_pipeline_ref", pipeline.c.connection_id, pipeline.c.project_id, pipeline.c.ref)
Index("ix_pipeline_sha", pipeline.c.connection_id, pipeline.c.project_id, pipeline.c.sha)
Index(
    "ix_pipeline_merge_request",
    pipeline.c.connection_id,
    pipeline.c.project_id,
    pipeline.c.merge_request_iid,
)

commit = Table(
    "commit",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", Words, primary_key=True),
    Column("sha", Words, primary_key=True),
    Column("body", Json, nullable=False),
    Column("heard_at", Moment, nullable=False),
)

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
    Column("kind", Words, nullable=False),
    Column("state", Words, nullable=False, server_default="live"),
    Column("places", Json, nullable=False, server_default=text("'[]'")),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("message_id", Id),
    Column("message_text", Words),
    Column("message_at", Moment),
    Column("milestone", Words),
)
Index("ix_link_task", link.c.portal_id, link.c.task_id)

# A task as last read, and what was last agreed about it. state: known, missing (unknown to the
# portal or not visible to the app). Stale: `changed_at` is not before `read_at`, the moment the
# last read began.
task = Table(
    "task",
    metadata,
    _portal(primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False, server_default="known"),
    Column("body", Json),
    Column("read_at", Moment),
    Column("changed_at", Moment),
    Column("step", Words),
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

# What a task's discussion was told of one thing, in one message that is edited in place.
# `about`: what that is (`ci:{connection}/{project}:{branch}`), for good.
message = Table(
    "message",
    metadata,
    _portal(primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    Column("about", Words, primary_key=True),
    Column("message_id", Id),
    Column("text", Words),
    Column("at", Moment),
)

# What people were last told of a ref's pipelines or of an alert, in the notion's own words (state).
# connection_id: of no table, for it may be recorded after a connection is gone.
told = Table(
    "told",
    metadata,
    _portal(primary_key=True),
    Column("about", Words, primary_key=True),
    Column("state", Words, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("ref", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

# What each person was last told of one thing by rule.
told_person = Table(
    "told_person",
    metadata,
    _portal(primary_key=True),
    Column("about", Words, primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

# The last commit of a push that named a task, in the branch or in a commit.
named_commit = Table(
    "named_commit",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", Words, primary_key=True),
    Column("sha", Words, primary_key=True),
    Column("task_id", Id, primary_key=True),
    _portal(nullable=False),
)
Index("ix_named_commit_task", named_commit.c.portal_id, named_commit.c.task_id)
Index(
    "ix_named_commit_sha",
    named_commit.c.connection_id,
    named_commit.c.project_id,
    named_commit.c.sha,
)

# The jobs of a failed pipeline as the host told them for its state of `read_for`.
pipeline_jobs = Table(
    "pipeline_jobs",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("pipeline_id", Id, primary_key=True),
    Column("read_for", Moment, nullable=False),
    Column("body", Json, nullable=False),
)

# `ask_at`: from when on the code host is to be asked what the deployment carries, NULL where it
# was, or cannot be. A negative id: a job told of it (the number of its pipeline).
deployment = Table(
    "deployment",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("environment", Words, primary_key=True),
    Column("deployment_id", Id, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("status", Words, nullable=False),
    Column("ask_at", Moment),
    Column("body", Json, nullable=False),
)
Index(
    "ix_deployment_newest",
    deployment.c.connection_id,
    deployment.c.project_id,
    deployment.c.updated_at,
)
Index(
    "ix_deployment_to_ask",
    deployment.c.connection_id,
    deployment.c.ask_at,
    sqlite_where=deployment.c.ask_at.is_not(None),
    postgresql_where=deployment.c.ask_at.is_not(None),
)

# The merge requests that the code host says a deployment carries.
carried = Table(
    "carried",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("deployment_id", Id, primary_key=True),
    Column("iid", Id, primary_key=True),
)
Index("ix_carried_merge_request", carried.c.connection_id, carried.c.project_id, carried.c.iid)

# The branches that are protected, as their last pushes said.
protected_branch = Table(
    "protected_branch",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("branch", Words, primary_key=True),
    Column("at", Moment, nullable=False),
)

# Anything else that a project told of itself, as it was last told (sync.core.items). Silent: from
# before the connection, nothing is said of it.
item = Table(
    "item",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("body", Json, nullable=False),
)
Index("ix_item_newest", item.c.connection_id, item.c.project_id, item.c.kind, item.c.updated_at)
Index("ix_item_heard", item.c.heard_at)

# The tasks that an item names, or whose work it is about.
item_task = Table(
    "item_task",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("task_id", Id, primary_key=True, autoincrement=False),
    _portal(nullable=False),
)
Index("ix_item_task_task", item_task.c.portal_id, item_task.c.task_id, item_task.c.kind)

# What a chat was told of one thing, in one message that is edited in place.
post = Table(
    "post",
    metadata,
    _portal(primary_key=True),
    Column("about", Words, primary_key=True),
    Column("dialog", Words, primary_key=True),
    Column("message_id", Id),
    Column("text", Words),
    Column("at", Moment),
)

# A failing line of pipelines, from its first failure to its end. stage: "" for the whole. state:
# open, resolved, closed (its branch is gone). `opened_by`: the pipeline that opened it.
alert = Table(
    "alert",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("ref", Words, primary_key=True),
    Column("stage", Words, primary_key=True),
    Column("opened_by", Id, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", Words, nullable=False, server_default=""),
    Column("assigned_to", Id),
    Column("task_id", Id),
    Column("body", Json, nullable=False),
)
Index("ix_alert_state", alert.c.connection_id, alert.c.state, alert.c.updated_at)

# A command that a commit speaks (sync.core.spoken_words). state: new, done, refused.
spoken = Table(
    "spoken",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("sha", Words, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _portal(nullable=False),
    Column("task_id", Id, nullable=False),
    Column("state", Words, nullable=False, server_default="new"),
    Column("reason", Words, nullable=False, server_default=""),
    Column("heard_at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_spoken_task", spoken.c.portal_id, spoken.c.task_id)

# How far the reading of a project's history came. part: commits, pipelines, … state: waiting,
# running, done, failed.
backfill = Table(
    "backfill",
    metadata,
    _connection(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("part", Words, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("cursor", Json),
    Column("read", Integer, nullable=False, server_default="0"),
    Column("state", Words, nullable=False, server_default="waiting"),
    Column("error", Words, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
)

portal_user = Table(
    "portal_user",
    metadata,
    _portal(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("name", Words, nullable=False, server_default=""),
    Column("email", Words),
    Column("active", Boolean, nullable=False),
)
Index("ix_portal_user_email", portal_user.c.portal_id, portal_user.c.email)

# People of a code host as heard: `email` public, `commit_email` from their own commits.
host_user = Table(
    "host_user",
    metadata,
    _connection(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("username", Words, nullable=False),
    Column("name", Words, nullable=False, server_default=""),
    Column("email", Words),
    Column("commit_email", Words),
)

# The outbox. state: waiting, sending, done, refused, dropped. `key` names what is written; one
# waiting command a key. `subject_*` say whose decision it was, `reason` why.
command = Table(
    "command",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("lane", Words, nullable=False),
    Column("subject_kind", Words, nullable=False),
    Column("subject_key", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("payload", Json, nullable=False),
    Column("reason", Words, nullable=False),
    Column("state", Words, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment),
    Column("sent_at", Moment),
    Column("done_at", Moment),
    Column("answer", Json),
    Column("error", Words, nullable=False, server_default=""),
)
Index(
    "ix_command_waiting",
    command.c.portal_id,
    command.c.lane,
    command.c.id,
    sqlite_where=one_of(command.c.state, "waiting", "sending"),
    postgresql_where=one_of(command.c.state, "waiting", "sending"),
)
Index("ix_command_subject", command.c.portal_id, command.c.subject_kind, command.c.subject_key)

# Why something was, or was not, done: the answer to "why did this task move?".
decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=False),
    Column("subject_kind", Words, nullable=False),
    Column("subject_key", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Words, nullable=False),
)
Index("ix_decision_subject", decision.c.portal_id, decision.c.subject_kind, decision.c.subject_key)

# The audit log: every request to another system, masked; Bitrix24's market asks for three days of
# them. portal_id: NULL where no portal is known yet, or none is meant. system: bitrix24 (its OAuth
# server too), gitlab. source: worker, web, cli; `actor`: the token's user, or the page's. status 0:
# no answer. `error`: "" where it went well.
rest_log = Table(
    "rest_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _portal(nullable=True),
    Column("system", Words, nullable=False, server_default="bitrix24"),
    Column("connection", Words, nullable=False, server_default=""),
    Column("source", Words, nullable=False, server_default=""),
    Column("actor", Words, nullable=False, server_default=""),
    Column("at", Moment, nullable=False, index=True),
    Column("method", Words, nullable=False),
    Column("status", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("request", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Column("error", Words, nullable=False, server_default=""),
)

# What the last purge of a portal deleted: rows by what they were.
purge = Table(
    "purge",
    metadata,
    _portal(primary_key=True),
    Column("at", Moment, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("rows", Json, nullable=False),
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
    Column("name", Words, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("until", Moment, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("name", Words, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
