"""How many tasks changed without an event of the portal, when that was last so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task_reading", sa.Column("gap_at", Moment()))
    missed = sa.Column("missed", sa.Integer(), server_default="0", nullable=False)
    op.add_column("task_reading", missed)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
