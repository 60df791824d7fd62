"""Which commits a merge request has, and which project its branch is in."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Until now every branch was taken to be the project's own."""
    for column in (
        sa.Column("source_project_id", Id, nullable=False, server_default="0"),
        sa.Column("commits_of", SafeText(), nullable=False, server_default=""),
        sa.Column("commits_due_at", Moment(), nullable=True),
        sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("merge_request", column)
    op.drop_index("ix_merge_request_branch", "merge_request")
    op.execute(sa.text("UPDATE merge_request SET source_project_id = project_id"))
    op.create_index(
        "ix_merge_request_branch",
        "merge_request",
        ["connection_id", "source_project_id", "source_branch"],
    )
    op.create_index(
        "ix_merge_request_commits_due",
        "merge_request",
        ["connection_id", "commits_due_at"],
        sqlite_where=sa.text("commits_due_at IS NOT NULL"),
        postgresql_where=sa.text("commits_due_at IS NOT NULL"),
    )
    op.create_table(
        "merge_request_commit",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("iid", Id, autoincrement=False, nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_merge_request_commit_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "iid", "sha", name=op.f("pk_merge_request_commit")
        ),
    )
    op.create_index(
        "ix_merge_request_commit_sha",
        "merge_request_commit",
        ["connection_id", "project_id", "sha"],
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
