"""What is kept to be read: decisions, calls, purges."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import Id, metadata, portal_id_column

# Why something was, or was not, done: the answer to "why did this task move?".
decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    Column("subject_kind", SafeText, nullable=False),
    Column("subject_key", SafeText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", ReasonText, nullable=False),
)
Index("ix_decision_subject", decision.c.portal_id, decision.c.subject_kind, decision.c.subject_key)

# The audit log: every request to another system, masked; Bitrix24's market asks for three days of
# them. portal_id: NULL where no portal is known yet, or none is meant. system: bitrix24 (its OAuth
# server too), gitlab. source: worker, web, cli; `actor`: the token's user, or the page's. status 0:
# no answer. `error`: "" where it went well.
api_call = Table(
    "api_call",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=True),
    Column("system", SafeText, nullable=False, server_default="bitrix24"),
    Column("connection", SafeText, nullable=False, server_default=""),
    Column("source", SafeText, nullable=False, server_default=""),
    Column("actor", SafeText, nullable=False, server_default=""),
    Column("at", Moment, nullable=False, index=True),
    Column("method", SafeText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("request", SafeText, nullable=False),
    Column("answer", SafeText, nullable=False),
    Column("error", SafeText, nullable=False, server_default=""),
)

# What the last purge of a portal deleted: rows by what they were.
purge = Table(
    "purge",
    metadata,
    portal_id_column(primary_key=True),
    Column("at", Moment, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("rows", Json, nullable=False),
)
