"""Whether portals and connections are open to us, as asked each minute."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText

revision = "0018"
down_revision = "0017"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "connection_access",
        *_columns("connection"),
        sa.Column("token_made_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("rotating_at", Moment(), nullable=True),
        sa.Column("rotation", SafeText(), server_default="", nullable=False),
        *_constraints("connection"),
    )
    op.create_table("portal_access", *_columns("portal"), *_constraints("portal"))


def _columns(owner: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(f"{owner}_id", _ID, nullable=False),
        sa.Column("state", SafeText(), server_default="", nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("checked_at", Moment(), nullable=False),
        sa.Column("good_at", Moment(), nullable=True),
        sa.Column("code", SafeText(), server_default="", nullable=False),
        sa.Column("text", SafeText(), server_default="", nullable=False),
        sa.Column("cause", SafeText(), server_default="", nullable=False),
        sa.Column("change", SafeText(), server_default="", nullable=False),
    ]


def _constraints(owner: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            [f"{owner}_id"],
            [f"{owner}.id"],
            name=op.f(f"fk_{owner}_access_{owner}_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(f"{owner}_id", name=op.f(f"pk_{owner}_access")),
    ]


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
