"""What copies of a commit have in common, and branches that may have been pushed over."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText
from sync.store.tables import Id

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Commits that are stored already stay without: they are told from copies by their ids."""
    op.add_column(
        "merge_request_commit",
        sa.Column("digest", SafeText(), nullable=False, server_default=""),
    )
    op.create_index(
        "ix_merge_request_commit_digest",
        "merge_request_commit",
        ["connection_id", "project_id", "digest"],
    )
    op.create_table(
        "branch_check",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, autoincrement=False, nullable=False),
        sa.Column("branch", SafeText(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_branch_check_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "branch", name=op.f("pk_branch_check")
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
