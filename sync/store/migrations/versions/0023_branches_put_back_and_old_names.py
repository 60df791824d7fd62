"""Branches that were put back by force, and of when a project's name is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "commit_task",
        sa.Column("gone", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("project", sa.Column("told_at", Moment()))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
