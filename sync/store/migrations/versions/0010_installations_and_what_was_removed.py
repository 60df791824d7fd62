"""Installations with ids of their own, portals and connections that were removed."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """On SQLite both tables are made anew: only a new table can have AUTOINCREMENT.

    Without it the id of a deleted last row is given to the next. A later batch over these tables
    has to ask for it again. https://www.sqlite.org/autoinc.html
    """
    anew: dict[str, Any] = {"recreate": "auto", "table_kwargs": {"sqlite_autoincrement": True}}
    if op.get_bind().dialect.name == "sqlite":
        anew["recreate"] = "always"
    with op.batch_alter_table("portal", **anew) as portal:
        portal.add_column(sa.Column("installation", SafeText(), nullable=False, server_default=""))
        portal.add_column(sa.Column("removed_at", Moment(), nullable=True))
    with op.batch_alter_table("connection", **anew) as connection:
        for name in ("removed_at", "signed_at"):
            connection.add_column(sa.Column(name, Moment(), nullable=True))
        for name in ("admitted", "proven"):
            empty = sa.text("'{}'")
            connection.add_column(sa.Column(name, Json, nullable=False, server_default=empty))
    conn = op.get_bind()
    for (portal_id,) in conn.execute(sa.text("SELECT id FROM portal")).all():
        conn.execute(
            sa.text("UPDATE portal SET installation = :installation WHERE id = :id"),
            {"installation": secrets.token_urlsafe(16), "id": portal_id},
        )
    conn.execute(sa.text("UPDATE portal SET removed_at = updated_at WHERE state = 'removed'"))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
