"""Messages by what they are about, and CI."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("task_id", Id, autoincrement=False, nullable=False),
        sa.Column("about", SafeText(), nullable=False),
        sa.Column("message_id", Id, nullable=True),
        sa.Column("text", SafeText(), nullable=True),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_message_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "task_id", "about", name=op.f("pk_message")),
    )
    op.create_table(
        "told",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("about", SafeText(), nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_told_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "about", name=op.f("pk_told")),
    )
    op.create_table(
        "named_commit",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("branch", SafeText(), nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_named_commit_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_named_commit_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "branch", "sha", "task_id", name=op.f("pk_named_commit")
        ),
    )
    op.create_index("ix_named_commit_task", "named_commit", ["portal_id", "task_id"])

    op.create_table(
        "pipeline_jobs",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("pipeline_id", Id, nullable=False),
        sa.Column("read_for", Moment(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_pipeline_jobs_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "pipeline_id", name=op.f("pk_pipeline_jobs")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
