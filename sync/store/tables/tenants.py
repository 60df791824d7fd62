"""Tenants and their connections: portals, code hosts, the people of both."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, UniqueConstraint, text

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import Id, connection_id_column, metadata, portal_id_column

# A tenant. state: installing, active, disconnected, paused, removed. `installation`: a random id
# that page tokens name; it changes with every installation and removal. Ids of portals and
# connections are never used again, so that nothing of an erased one speaks for a new one.
portal = Table(
    "portal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("member_id", SafeText, nullable=False, unique=True),
    Column("client_endpoint", SafeText, nullable=False),
    Column("server_endpoint", SafeText, nullable=False),
    Column("client_id", SafeText, nullable=False, server_default=""),
    Column("language", SafeText, nullable=False, server_default="en"),
    Column("scopes", SafeText, nullable=False, server_default=""),
    Column("app_status", SafeText, nullable=False, server_default=""),
    Column("app_version", Integer, nullable=False, server_default="0"),
    Column("access_token_sealed", SafeText),
    Column("refresh_token_sealed", SafeText),
    Column("application_token_sealed", SafeText),
    Column("token_expires_at", Moment),
    Column("token_user_id", Id),
    Column("state", SafeText, nullable=False, server_default="installing"),
    Column("state_reason", ReasonText, nullable=False, server_default=""),
    Column("features", Json, nullable=False, server_default=text("'{}'")),
    Column("settings", Json, nullable=False, server_default=text("'{}'")),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("installation", SafeText, nullable=False, server_default=""),
    Column("bot_id", Id, nullable=False, server_default="0"),
    Column("bot_problem", ReasonText, nullable=False, server_default=""),
    Column("removed_at", Moment),
    sqlite_autoincrement=True,
)

# A code host or tracker of a portal. state: active, paused, removed (from the settings: its history
# is kept for a while from `removed_at` on). kind: gitlab. admitted: the path by which each project
# (by id) was found to be connected, so that a renamed one stays so. proven: when access to projects
# and groups (by path or id) was last proven with the token. signed_at: when a signed delivery came
# first; unsigned ones are refused from then on.
connection = Table(
    "connection",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("base_url", SafeText, nullable=False),
    Column("hook_key_hash", SafeText, nullable=False, unique=True),
    Column("hook_key_sealed", SafeText, nullable=False),
    Column("hook_token_sealed", SafeText),
    Column("signing_token_sealed", SafeText),
    Column("access_token_sealed", SafeText),
    Column("options", Json, nullable=False, server_default=text("'{}'")),
    Column("account", Json, nullable=False, server_default=text("'{}'")),
    Column("state", SafeText, nullable=False, server_default="active"),
    Column("state_reason", ReasonText, nullable=False, server_default=""),
    Column("swept_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Column("signed_at", Moment),
    Column("admitted", Json, nullable=False, server_default=text("'{}'")),
    Column("proven", Json, nullable=False, server_default=text("'{}'")),
    UniqueConstraint("portal_id", "name"),
    sqlite_autoincrement=True,
)

workgroup = Table(
    "workgroup",
    metadata,
    portal_id_column(primary_key=True),
    Column("group_id", Id, primary_key=True, autoincrement=False),
    Column("stages", Json, nullable=False),
    Column("read_at", Moment, nullable=False),
)

# What workgroups are called, for whoever reads of their chats.
workgroup_name = Table(
    "workgroup_name",
    metadata,
    portal_id_column(primary_key=True),
    Column("group_id", Id, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False),
)

portal_user = Table(
    "portal_user",
    metadata,
    portal_id_column(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False, server_default=""),
    Column("email", SafeText),
    Column("active", Boolean, nullable=False),
)
Index("ix_portal_user_email", portal_user.c.portal_id, portal_user.c.email)

# People of a code host as heard: `email` public, `commit_email` from their own commits.
host_user = Table(
    "host_user",
    metadata,
    connection_id_column(primary_key=True),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("username", SafeText, nullable=False),
    Column("name", SafeText, nullable=False, server_default=""),
    Column("email", SafeText),
    Column("commit_email", SafeText),
)

# A portal's request allowance as last used: the leaky bucket and seconds per method.
allowance = Table(
    "allowance",
    metadata,
    portal_id_column(primary_key=True),
    Column("level", Float, nullable=False, server_default="0"),
    Column("at", Moment, nullable=False),
    Column("operating", Json, nullable=False, server_default=text("'{}'")),
)
