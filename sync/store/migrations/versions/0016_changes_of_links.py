"""What became of the fields of links, so that another mapping can be rehearsed over it."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment

revision = "0016"
down_revision = "0015"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "issue_link_change",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("link_id", _ID, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
            name=op.f("fk_issue_link_change_portal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["issue_link.id"],
            name=op.f("fk_issue_link_change_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link_change")),
    )
    op.create_index("ix_issue_link_change_link", "issue_link_change", ["link_id"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
