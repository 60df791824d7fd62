"""Sign-ins at code hosts: applications registered there, what was granted, what is under way."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint, text

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import Id, connection_id_column, metadata, portal_id_column

# An application that an administrator registered at a code host; one for each address.
oauth_application = Table(
    "oauth_application",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    Column("base_url", SafeText, nullable=False),
    Column("client_id", SafeText, nullable=False),
    Column("client_secret_sealed", SafeText),
    UniqueConstraint("portal_id", "base_url"),
)

# What somebody granted: user_id 0 the connection's own account, else a person of the portal.
# state: active, ended (`state_reason` says why; its tokens are forgotten), removed (to be ended at
# GitLab, then deleted).
oauth_grant = Table(
    "oauth_grant",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    connection_id_column(nullable=False),
    Column("user_id", Id, nullable=False),
    Column("access_token_sealed", SafeText),
    Column("refresh_token_sealed", SafeText),
    Column("expires_at", Moment, nullable=False),
    Column("account", Json, nullable=False, server_default=text("'{}'")),
    Column("state", SafeText, nullable=False, server_default="active"),
    Column("state_reason", ReasonText, nullable=False, server_default=""),
    Column("told_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("connection_id", "user_id"),
)

# A consent page that was opened, for a few minutes. state: asked (the window has yet to come), sent
# (to the consent page), used (its answer is looked at), connected, refused. What names it is stored
# as a hash.
oauth_sign_in = Table(
    "oauth_sign_in",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    connection_id_column(nullable=False),
    Column("user_id", Id, nullable=False),
    Column("installation", SafeText, nullable=False),
    Column("personal", Boolean, nullable=False),
    Column("base_url", SafeText, nullable=False),
    Column("ticket_hash", SafeText, nullable=False, unique=True),
    Column("state_hash", SafeText, unique=True),
    Column("browser_hash", SafeText),
    Column("verifier_sealed", SafeText),
    Column("state", SafeText, nullable=False, server_default="asked"),
    Column("problem", ReasonText, nullable=False, server_default=""),
    Column("change", ReasonText, nullable=False, server_default=""),
    Column("expires_at", Moment, nullable=False),
)
Index("ix_oauth_sign_in_expires_at", oauth_sign_in.c.expires_at)
