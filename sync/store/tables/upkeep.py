"""What the program knows of itself, and how far it has looked behind what may have been lost."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from sync.store.db.types import Moment, ReasonText, SafeText
from sync.store.tables.base import Id, connection_id_column, metadata, portal_id_column

# One row, id 1. version: the program and schema that decided everything last. key_fingerprint: of
# the keys that open what is sealed here. backed_up_at: when a backup was last made.
program = Table(
    "program",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("version", SafeText, nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("key_fingerprint", SafeText, nullable=False, server_default=""),
    Column("backed_up_at", Moment),
)

# What a code host's own log says of our webhook in a project or group (`target`). newest_id: the
# newest entry that was read. gap_at: when failed deliveries were last seen there; failed, made_up:
# how many of that gap, and how many of them are in the inbox since. good_at, refused_at: when a
# delivery last went well or failed, as far as the log says; refused: why. problem: why the log
# could not be read whole.
hook_log = Table(
    "hook_log",
    metadata,
    connection_id_column(primary_key=True),
    Column("target", SafeText, primary_key=True),
    Column("hook_id", Id, nullable=False, server_default="0"),
    Column("read_at", Moment, nullable=False),
    Column("newest_id", Id, nullable=False, server_default="0"),
    Column("gap_at", Moment),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("made_up", Integer, nullable=False, server_default="0"),
    Column("good_at", Moment),
    Column("refused_at", Moment),
    Column("refused", ReasonText, nullable=False, server_default=""),
    Column("problem", ReasonText, nullable=False, server_default=""),
)

# Until when a portal's changed tasks were read, whatever its events said. gap_at: when tasks were
# last found changed of which no event had come; missed: how many.
task_reading = Table(
    "task_reading",
    metadata,
    portal_id_column(primary_key=True),
    Column("read_at", Moment, nullable=False),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("gap_at", Moment),
    Column("missed", Integer, nullable=False, server_default="0"),
)

# Looks of the worker that failed since `since`, the last time at `at`, until one goes well.
# connection_id: 0 where it is the portal's own. part: what was looked at. text: what went wrong.
failed_look = Table(
    "failed_look",
    metadata,
    portal_id_column(primary_key=True),
    Column("connection_id", Id, primary_key=True, server_default="0", autoincrement=False),
    Column("part", SafeText, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", ReasonText, nullable=False, server_default=""),
)

# Whether a connection's token is accepted, as asked each minute. state: ok, refused, unreachable,
# missing (there is no token); since: from when on. good_at: when it was accepted last. code, text,
# cause, change: of what went wrong. token_made_at, expires_at: the token's beginning and end.
# rotating_at: when a rotation began whose answer is not stored; rotation: why the last one failed.
connection_access = Table(
    "connection_access",
    metadata,
    connection_id_column(primary_key=True),
    Column("state", SafeText, nullable=False, server_default=""),
    Column("since", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("good_at", Moment),
    Column("code", SafeText, nullable=False, server_default=""),
    Column("text", ReasonText, nullable=False, server_default=""),
    Column("cause", ReasonText, nullable=False, server_default=""),
    Column("change", ReasonText, nullable=False, server_default=""),
    Column("token_made_at", Moment),
    Column("expires_at", Moment),
    Column("rotating_at", Moment),
    Column("rotation", ReasonText, nullable=False, server_default=""),
)

# The same of a portal's grant; state: also no_admin, where its account lost that right.
portal_access = Table(
    "portal_access",
    metadata,
    portal_id_column(primary_key=True),
    Column("state", SafeText, nullable=False, server_default=""),
    Column("since", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),
    Column("good_at", Moment),
    Column("code", SafeText, nullable=False, server_default=""),
    Column("text", ReasonText, nullable=False, server_default=""),
    Column("cause", ReasonText, nullable=False, server_default=""),
    Column("change", ReasonText, nullable=False, server_default=""),
)
