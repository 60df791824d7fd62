"""The audit log of all calls, and what the last purge deleted."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "purge",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("rows", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_purge_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_purge")),
    )
    with op.batch_alter_table("rest_log") as table:
        table.alter_column("portal_id", existing_type=Id, nullable=True)
        table.add_column(sa.Column("system", SafeText(), server_default="bitrix24", nullable=False))
        for name in ("connection", "source", "actor", "error"):
            table.add_column(sa.Column(name, SafeText(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
