"""Sign-ins at code hosts instead of tokens, of connections and of people."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText

revision = "0017"
down_revision = "0016"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "oauth_application",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("base_url", SafeText(), nullable=False),
        sa.Column("client_id", SafeText(), nullable=False),
        sa.Column("client_secret_sealed", SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
            name=op.f("fk_oauth_application_portal_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_application")),
        sa.UniqueConstraint(
            "portal_id", "base_url", name=op.f("uq_oauth_application_portal_id_base_url")
        ),
    )
    op.create_table(
        "oauth_grant",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("access_token_sealed", SafeText(), nullable=True),
        sa.Column("refresh_token_sealed", SafeText(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("account", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", SafeText(), server_default="active", nullable=False),
        sa.Column("state_reason", SafeText(), server_default="", nullable=False),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_oauth_grant_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        sa.UniqueConstraint(
            "connection_id", "user_id", name=op.f("uq_oauth_grant_connection_id_user_id")
        ),
    )
    op.create_table(
        "oauth_sign_in",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("portal_id", _ID, nullable=False),
        sa.Column("connection_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("installation", SafeText(), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("base_url", SafeText(), nullable=False),
        sa.Column("ticket_hash", SafeText(), nullable=False),
        sa.Column("state_hash", SafeText(), nullable=True),
        sa.Column("browser_hash", SafeText(), nullable=True),
        sa.Column("verifier_sealed", SafeText(), nullable=True),
        sa.Column("state", SafeText(), server_default="asked", nullable=False),
        sa.Column("problem", SafeText(), server_default="", nullable=False),
        sa.Column("change", SafeText(), server_default="", nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"],
            ["portal.id"],
            name=op.f("fk_oauth_sign_in_portal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_oauth_sign_in_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_sign_in")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_oauth_sign_in_ticket_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_sign_in_state_hash")),
    )
    op.create_index("ix_oauth_sign_in_expires_at", "oauth_sign_in", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
