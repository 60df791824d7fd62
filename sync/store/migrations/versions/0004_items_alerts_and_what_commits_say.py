"""Items, alerts, what commits say, and how far a history was read."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "post",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("about", SafeText(), nullable=False),
        sa.Column("dialog", SafeText(), nullable=False),
        sa.Column("message_id", Id, nullable=True),
        sa.Column("text", SafeText(), nullable=True),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_post_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "about", "dialog", name=op.f("pk_post")),
    )
    op.create_table(
        "alert",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("ref", SafeText(), nullable=False),
        sa.Column("stage", SafeText(), nullable=False),
        sa.Column("opened_by", Id, autoincrement=False, nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("severity", SafeText(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("acknowledged_at", Moment(), nullable=True),
        sa.Column("acknowledged_by", SafeText(), server_default="", nullable=False),
        sa.Column("assigned_to", Id, nullable=True),
        sa.Column("task_id", Id, nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_alert_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "ref", "stage", "opened_by", name=op.f("pk_alert")
        ),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_state", ["connection_id", "state", "updated_at"], unique=False
        )

    op.create_table(
        "backfill",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("part", SafeText(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", SafeText(), server_default="waiting", nullable=False),
        sa.Column("error", SafeText(), server_default="", nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_backfill_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "project_id", "part", name=op.f("pk_backfill")),
    )
    op.create_table(
        "item",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("heard_at", Moment(), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_item_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "project_id", "kind", "key", name=op.f("pk_item")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index("ix_item_heard", ["heard_at"], unique=False)
        batch_op.create_index(
            "ix_item_newest", ["connection_id", "project_id", "kind", "updated_at"], unique=False
        )

    op.create_table(
        "item_task",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("task_id", Id, autoincrement=False, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_item_task_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_item_task_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "kind", "key", "task_id", name=op.f("pk_item_task")
        ),
    )
    with op.batch_alter_table("item_task", schema=None) as batch_op:
        batch_op.create_index("ix_item_task_task", ["portal_id", "task_id", "kind"], unique=False)

    op.create_table(
        "spoken",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("state", SafeText(), server_default="new", nullable=False),
        sa.Column("reason", SafeText(), server_default="", nullable=False),
        sa.Column("heard_at", Moment(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_spoken_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_spoken_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "sha", "number", name=op.f("pk_spoken")
        ),
    )
    with op.batch_alter_table("spoken", schema=None) as batch_op:
        batch_op.create_index("ix_spoken_task", ["portal_id", "task_id"], unique=False)

    with op.batch_alter_table("pipeline", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pipeline_ref", ["connection_id", "project_id", "ref"], unique=False
        )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
