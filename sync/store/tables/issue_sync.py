"""Two-way links of tasks and issues, what they remember, and how far their lists were read."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, false, text

from sync.store.db.types import Json, Moment, ReasonText, SafeText
from sync.store.tables.base import (
    Id,
    connection_id_column,
    metadata,
    partial_index,
    portal_id_column,
)


def _link_id_column(*, primary_key: bool = True) -> Column[int]:
    target = ForeignKey("issue_link.id", ondelete="CASCADE")
    return Column("link_id", Id, target, primary_key=primary_key, nullable=False)


# A link. `pair` names the workgroup and project (sync.core.issue_sync.mapping); tracker_id and
# task_id are the ends' ids for good, NULL where an end has yet to be created. `state` is the
# encoded LinkState without its ledger and journal. It is dirty while version > done_version, and
# worked on from due_at on. cause: the side that may have changed, anything else: both.
# tracker_seen, portal_seen: versions of the ends as last read whole; answered: of the issue, as our
# last write was answered; written_at: when we last wrote to either end. ended: kept for its story.
issue_link = Table(
    "issue_link",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    connection_id_column(nullable=False),
    Column("key", SafeText, nullable=False, unique=True),
    Column("pair", SafeText, nullable=False),
    Column("tracker_id", SafeText),
    Column("tracker_number", SafeText, nullable=False, server_default=""),
    Column("task_id", SafeText),
    Column("state", Json, nullable=False),
    Column("ended", Boolean, nullable=False, server_default=false()),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("done_version", Integer, nullable=False, server_default="0"),
    Column("cause", SafeText, nullable=False, server_default=""),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", ReasonText, nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("tracker_seen", SafeText, nullable=False, server_default=""),
    Column("portal_seen", SafeText, nullable=False, server_default=""),
    Column("answered", SafeText, nullable=False, server_default=""),
    Column("written_at", Moment),
    sqlite_autoincrement=True,
)
Index("ix_issue_link_tracker", issue_link.c.connection_id, issue_link.c.tracker_id, unique=True)
Index(
    "ix_issue_link_task",
    issue_link.c.connection_id,
    issue_link.c.task_id,
    issue_link.c.pair,
    unique=True,
)
partial_index(
    "ix_issue_link_due",
    issue_link.c.portal_id,
    issue_link.c.due_at,
    where=issue_link.c.due_at.is_not(None),
)

# The ledger: comments, logged work, files. Each crosses once.
issue_link_entry = Table(
    "issue_link_entry",
    metadata,
    _link_id_column(),
    Column("key", SafeText, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Json, nullable=False),
)

# The journal: writes that were announced, until their end is known.
issue_link_write = Table(
    "issue_link_write",
    metadata,
    _link_id_column(),
    Column("key", SafeText, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", Json, nullable=False),
)

# What happened to a link and why, for people.
issue_link_story = Table(
    "issue_link_story",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    _link_id_column(primary_key=False),
    Column("at", Moment, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("field", SafeText, nullable=False, server_default=""),
    Column("side", SafeText, nullable=False, server_default=""),
    Column("text", ReasonText, nullable=False),
)
Index("ix_issue_link_story_link", issue_link_story.c.link_id)

# Fields that both sides changed. winner: "" while a person is asked.
issue_link_conflict = Table(
    "issue_link_conflict",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    _link_id_column(primary_key=False),
    Column("field", SafeText, nullable=False),
    Column("body", Json, nullable=False),
    Column("winner", SafeText, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
)
Index("ix_issue_link_conflict_link", issue_link_conflict.c.link_id)

# Fields that were brought in step, with what both sides held before and after.
issue_link_change = Table(
    "issue_link_change",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    portal_id_column(nullable=False),
    _link_id_column(primary_key=False),
    Column("at", Moment, nullable=False),
    Column("body", Json, nullable=False),
)
Index("ix_issue_link_change_link", issue_link_change.c.link_id)

# How far a side of a pair was read. `since`: everything before it is known. interval: seconds
# until it is read again. change_moments: when items were changed that may be listed again.
# cursor: of a list, or an import, that goes on. halted: why it must not go on without an
# administrator, "" otherwise; agreed_at: when it was let go on. counted_at: when its whole census
# was last taken.
issue_sync_list = Table(
    "issue_sync_list",
    metadata,
    connection_id_column(primary_key=True),
    Column("pair", SafeText, primary_key=True),
    Column("side", SafeText, primary_key=True),
    Column("since", Moment),
    Column("cursor", SafeText),
    Column("seen", Json, key="change_moments", nullable=False, server_default=text("'{}'")),
    Column("interval", Integer, nullable=False, server_default="60"),
    Column("next_at", Moment),
    Column("read", Integer, nullable=False, server_default="0"),
    Column("imported", Boolean, nullable=False, server_default=false()),
    Column("halted", ReasonText, nullable=False, server_default=""),
    Column("agreed_at", Moment),
    Column("counted_at", Moment),
)
