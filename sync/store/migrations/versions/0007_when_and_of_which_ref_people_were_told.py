"""When people were told of a ref's pipelines and alerts, and of which ref, so that it may end."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Moment, SafeText
from sync.store.tables import Id

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The table is made anew: SQLite adds no column that must be filled."""
    conn = op.get_bind()
    listed = conn.execute(sa.text("SELECT portal_id, about, state FROM told")).all()
    op.drop_table("told")
    table = op.create_table(
        "told",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("about", SafeText(), nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("ref", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_told_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "about", name=op.f("pk_told")),
    )
    now = datetime.now(UTC)
    if rows := [row for portal, about, state in listed if (row := _row(portal, about, state, now))]:
        conn.execute(table.insert(), rows)


def _row(portal_id: int, about: str, state: str, now: datetime) -> dict[str, object] | None:
    """`ci:1/7:main` and `alert:1/7:main:12>assigned`, at the time of this migration."""
    try:
        kind, place, rest = about.split(":", 2)
        connection_id, project_id = map(int, place.split("/"))
    except ValueError:
        return None
    ref = rest.split(":", 1)[0] if kind == "alert" else rest
    return {
        "portal_id": portal_id,
        "about": about,
        "state": state,
        "connection_id": connection_id,
        "project_id": project_id,
        "ref": ref,
        "at": now,
    }


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
