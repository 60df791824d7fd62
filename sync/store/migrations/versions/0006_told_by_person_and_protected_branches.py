"""What each person was told by rule; which branches are protected."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText
from sync.store.tables import Id

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "told_person",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("about", SafeText(), nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_told_person_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "about", "user_id", name=op.f("pk_told_person")),
    )
    op.create_table(
        "protected_branch",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("branch", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_protected_branch_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "branch", name=op.f("pk_protected_branch")
        ),
    )
    op.create_index("ix_named_commit_sha", "named_commit", ["connection_id", "project_id", "sha"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
