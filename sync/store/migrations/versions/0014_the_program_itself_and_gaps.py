"""The program's own state, and what was read to make up for what was lost."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "program",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("version", SafeText(), server_default="", nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("key_fingerprint", SafeText(), server_default="", nullable=False),
        sa.Column("backed_up_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program")),
    )
    op.create_table(
        "hook_log",
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("target", SafeText(), nullable=False),
        sa.Column("hook_id", _ID, server_default="0", nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("newest_id", _ID, server_default="0", nullable=False),
        sa.Column("gap_at", Moment(), nullable=True),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_up", sa.Integer(), server_default="0", nullable=False),
        sa.Column("good_at", Moment(), nullable=True),
        sa.Column("refused_at", Moment(), nullable=True),
        sa.Column("refused", SafeText(), server_default="", nullable=False),
        sa.Column("problem", SafeText(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_hook_log_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "target", name=op.f("pk_hook_log")),
    )
    op.create_table(
        "task_reading",
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_task_reading_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_task_reading")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
