"""What is to be done and by whom: the inbox, subjects, the outbox, leases, workers."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import (
    Id,
    connection_id_column,
    in_literals,
    metadata,
    partial_index,
    portal_id_column,
)

# The inbox. origin: gitlab:{connection} or bitrix24:{portal}. state: new, done, failed (will be
# tried again), dead (will not, until replayed).
delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    connection_id_column(nullable=True),
    Column("origin", SafeText, nullable=False),
    Column("dedupe_key", SafeText, nullable=False),
    Column("event", SafeText, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", SafeText, nullable=False, server_default="new"),
    Column("outcome", SafeText, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    UniqueConstraint("origin", "dedupe_key"),
)
partial_index(
    "ix_delivery_waiting",
    delivery.c.portal_id,
    delivery.c.id,
    where=in_literals(delivery.c.state, "new", "failed"),
)
partial_index(
    "ix_delivery_dead",
    delivery.c.portal_id,
    delivery.c.id,
    where=in_literals(delivery.c.state, "dead"),
)

# What must be looked at again. kind: task. state: dirty, clean, dead. `version` grows with every
# mark; a reconcile cleans only the version it saw.
subject = Table(
    "subject",
    metadata,
    portal_id_column(primary_key=True),
    Column("kind", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("state", SafeText, nullable=False, server_default="dirty"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("cause", SafeText, nullable=False, server_default=""),
    Column("dirty_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("error", ReasonText, nullable=False, server_default=""),
)
partial_index(
    "ix_subject_dirty",
    subject.c.portal_id,
    subject.c.dirty_at,
    where=in_literals(subject.c.state, "dirty"),
)

# How far the reading of a project's history came. part: commits, pipelines, … state: waiting,
# running, done, failed.
backfill = Table(
    "backfill",
    metadata,
    connection_id_column(primary_key=True),
    Column("project_id", Id, primary_key=True),
    Column("part", SafeText, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("cursor", Json),
    Column("read", Integer, nullable=False, server_default="0"),
    Column("state", SafeText, nullable=False, server_default="waiting"),
    Column("error", ReasonText, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
)

# The outbox. state: waiting, sending, done, refused, dropped. `key` names what is written; one
# waiting command a key. `subject_*` say whose decision it was, `reason` why, `records` what is
# recorded when it ends (sync.core.model.plans).
command = Table(
    "command",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    Column("lane", SafeText, nullable=False),
    Column("subject_kind", SafeText, nullable=False),
    Column("subject_key", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("payload", Json, nullable=False),
    Column("records", Json, nullable=False, server_default=text("'{}'")),
    Column("reason", ReasonText, nullable=False),
    Column("state", SafeText, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment),
    Column("sent_at", Moment),
    Column("done_at", Moment),
    Column("answer", Json),
    Column("error", ReasonText, nullable=False, server_default=""),
)
partial_index(
    "ix_command_waiting",
    command.c.portal_id,
    command.c.lane,
    command.c.id,
    where=in_literals(command.c.state, "waiting", "sending"),
)
Index("ix_command_subject", command.c.portal_id, command.c.subject_kind, command.c.subject_key)

lease = Table(
    "lease",
    metadata,
    Column("name", SafeText, primary_key=True),
    Column("owner", SafeText, nullable=False),
    Column("until", Moment, nullable=False),
)

worker = Table(
    "worker",
    metadata,
    Column("name", SafeText, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("clock_offset", Integer),
)
