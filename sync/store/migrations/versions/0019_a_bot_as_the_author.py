"""A bot as the author of messages: its id, which messages are its own, where it may not write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("portal", sa.Column("bot_id", _ID, server_default="0", nullable=False))
    op.add_column("portal", sa.Column("bot_problem", SafeText(), server_default="", nullable=False))
    op.add_column("message", sa.Column("bot_id", _ID, server_default="0", nullable=False))
    op.create_table(
        "bot_refusal",
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("place", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_bot_refusal_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "place", name=op.f("pk_bot_refusal")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
