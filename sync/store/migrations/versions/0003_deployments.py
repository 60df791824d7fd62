"""Deployments."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("environment", SafeText(), nullable=False),
        sa.Column("deployment_id", Id, nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("status", SafeText(), nullable=False),
        sa.Column("ask_at", Moment(), nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_deployment_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id",
            "project_id",
            "environment",
            "deployment_id",
            name=op.f("pk_deployment"),
        ),
    )
    op.create_index(
        "ix_deployment_newest", "deployment", ["connection_id", "project_id", "updated_at"]
    )
    op.create_index(
        "ix_deployment_to_ask",
        "deployment",
        ["connection_id", "ask_at"],
        sqlite_where=sa.text("ask_at IS NOT NULL"),
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.create_table(
        "carried",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("deployment_id", Id, nullable=False),
        sa.Column("iid", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_carried_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "deployment_id", "iid", name=op.f("pk_carried")
        ),
    )
    op.create_index("ix_carried_merge_request", "carried", ["connection_id", "project_id", "iid"])
    op.add_column(
        "merge_request", sa.Column("merge_sha", SafeText(), server_default="", nullable=False)
    )
    op.create_index(
        "ix_merge_request_merged", "merge_request", ["connection_id", "project_id", "merge_sha"]
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
