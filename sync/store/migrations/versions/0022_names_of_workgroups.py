"""What workgroups are called: messages to their chats are told of by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import SafeText
from sync.store.tables import Id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workgroup_name",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("group_id", Id, autoincrement=False, nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
            name=op.f("fk_workgroup_name_portal_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("portal_id", "group_id", name=op.f("pk_workgroup_name")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
