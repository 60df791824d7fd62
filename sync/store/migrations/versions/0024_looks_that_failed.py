"""Looks of the worker that failed, until one goes well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, ReasonText, SafeText

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failed_look",
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("connection_id", _ID, nullable=False, server_default="0"),
        sa.Column("part", SafeText(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("text", ReasonText(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_failed_look_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "connection_id", "part", name=op.f("pk_failed_look")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
