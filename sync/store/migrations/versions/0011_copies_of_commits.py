"""What a commit and its copies have in common: their author and their message."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import SafeText

revision = "0011"
down_revision = "0009"


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


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
