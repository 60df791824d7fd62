"""Two-way links of tasks and issues: their states, ledgers, journals, stories and conflicts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0013"
down_revision = "0012"


def _link_id(table: str) -> list[Any]:
    return [
        sa.Column("link_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["issue_link.id"], name=op.f(f"fk_{table}_link_id"), ondelete="CASCADE"
        ),
    ]


def _connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["connection_id"],
        ["connection.id"],
        name=op.f(f"fk_{table}_connection_id"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "issue_link",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("pair", SafeText(), nullable=False),
        sa.Column("tracker_id", SafeText(), nullable=True),
        sa.Column("tracker_number", SafeText(), nullable=False, server_default=""),
        sa.Column("task_id", SafeText(), nullable=True),
        sa.Column("state", Json, nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("done_version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cause", SafeText(), nullable=False, server_default=""),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", SafeText(), nullable=False, server_default=""),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_issue_link_portal_id"), ondelete="CASCADE"
        ),
        _connection("issue_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link")),
        sa.UniqueConstraint("key", name=op.f("uq_issue_link_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_issue_link_tracker", "issue_link", ["connection_id", "tracker_id"], unique=True
    )
    op.create_index(
        "ix_issue_link_task", "issue_link", ["connection_id", "task_id", "pair"], unique=True
    )
    op.create_index(
        "ix_issue_link_due",
        "issue_link",
        ["portal_id", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    for table in ("issue_link_entry", "issue_link_write"):
        op.create_table(
            table,
            *_link_id(table),
            sa.Column("key", SafeText(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("body", Json, nullable=False),
            sa.PrimaryKeyConstraint("link_id", "key", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "issue_link_story",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
            name=op.f("fk_issue_link_story_portal_id"),
            ondelete="CASCADE",
        ),
        *_link_id("issue_link_story"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("field", SafeText(), nullable=False, server_default=""),
        sa.Column("side", SafeText(), nullable=False, server_default=""),
        sa.Column("text", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link_story")),
    )
    op.create_index("ix_issue_link_story_link", "issue_link_story", ["link_id"])
    op.create_table(
        "issue_link_conflict",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        *_link_id("issue_link_conflict"),
        sa.Column("field", SafeText(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("winner", SafeText(), nullable=False, server_default=""),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link_conflict")),
    )
    op.create_index("ix_issue_link_conflict_link", "issue_link_conflict", ["link_id"])
    op.create_table(
        "issue_sync_list",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("pair", SafeText(), nullable=False),
        sa.Column("side", SafeText(), nullable=False),
        sa.Column("since", Moment(), nullable=True),
        sa.Column("cursor", SafeText(), nullable=True),
        sa.Column("seen", Json, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("interval", sa.Integer(), nullable=False, server_default="60"),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("imported", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("halted", SafeText(), nullable=False, server_default=""),
        sa.Column("agreed_at", Moment(), nullable=True),
        _connection("issue_sync_list"),
        sa.PrimaryKeyConstraint("connection_id", "pair", "side", name=op.f("pk_issue_sync_list")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
