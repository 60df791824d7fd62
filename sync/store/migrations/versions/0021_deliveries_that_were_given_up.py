"""An index of the deliveries that were given up: pages ask for them each time they are opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_delivery_dead",
        "delivery",
        ["portal_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('dead')"),
        postgresql_where=sa.text("state IN ('dead')"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
