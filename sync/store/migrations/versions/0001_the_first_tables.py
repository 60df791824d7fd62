"""The first tables."""

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("owner", SafeText(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "portal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("member_id", SafeText(), nullable=False),
        sa.Column("client_endpoint", SafeText(), nullable=False),
        sa.Column("server_endpoint", SafeText(), nullable=False),
        sa.Column("client_id", SafeText(), server_default="", nullable=False),
        sa.Column("language", SafeText(), server_default="en", nullable=False),
        sa.Column("scopes", SafeText(), server_default="", nullable=False),
        sa.Column("app_status", SafeText(), server_default="", nullable=False),
        sa.Column("app_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("access_token_sealed", SafeText(), nullable=True),
        sa.Column("refresh_token_sealed", SafeText(), nullable=True),
        sa.Column("application_token_sealed", SafeText(), nullable=True),
        sa.Column("token_expires_at", Moment(), nullable=True),
        sa.Column("token_user_id", Id, nullable=True),
        sa.Column("state", SafeText(), server_default="installing", nullable=False),
        sa.Column("state_reason", SafeText(), server_default="", nullable=False),
        sa.Column("features", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("settings", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal")),
        sa.UniqueConstraint("member_id", name=op.f("uq_portal_member_id")),
    )
    op.create_table(
        "worker",
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_table(
        "allowance",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("level", sa.Float(), server_default="0", nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("operating", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_allowance_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", name=op.f("pk_allowance")),
    )
    op.create_table(
        "command",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("lane", SafeText(), nullable=False),
        sa.Column("subject_kind", SafeText(), nullable=False),
        sa.Column("subject_key", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("reason", SafeText(), nullable=False),
        sa.Column("state", SafeText(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("answer", Json, nullable=True),
        sa.Column("error", SafeText(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_command_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index(
            "ix_command_subject", ["portal_id", "subject_kind", "subject_key"], unique=False
        )
        batch_op.create_index(
            "ix_command_waiting",
            ["portal_id", "lane", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )

    op.create_table(
        "connection",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("base_url", SafeText(), nullable=False),
        sa.Column("hook_key_hash", SafeText(), nullable=False),
        sa.Column("hook_key_sealed", SafeText(), nullable=False),
        sa.Column("hook_token_sealed", SafeText(), nullable=True),
        sa.Column("signing_token_sealed", SafeText(), nullable=True),
        sa.Column("access_token_sealed", SafeText(), nullable=True),
        sa.Column("options", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("account", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", SafeText(), server_default="active", nullable=False),
        sa.Column("state_reason", SafeText(), server_default="", nullable=False),
        sa.Column("swept_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_connection_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("hook_key_hash", name=op.f("uq_connection_hook_key_hash")),
        sa.UniqueConstraint("portal_id", "name", name=op.f("uq_connection_portal_id_name")),
    )
    op.create_table(
        "decision",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("subject_kind", SafeText(), nullable=False),
        sa.Column("subject_key", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reason", SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_decision_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(
            "ix_decision_subject", ["portal_id", "subject_kind", "subject_key"], unique=False
        )

    op.create_table(
        "portal_user",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("name", SafeText(), server_default="", nullable=False),
        sa.Column("email", SafeText(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_portal_user_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "user_id", name=op.f("pk_portal_user")),
    )
    with op.batch_alter_table("portal_user", schema=None) as batch_op:
        batch_op.create_index("ix_portal_user_email", ["portal_id", "email"], unique=False)

    op.create_table(
        "rest_log",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("method", SafeText(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("request", SafeText(), nullable=False),
        sa.Column("answer", SafeText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_rest_log_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rest_log")),
    )
    with op.batch_alter_table("rest_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rest_log_at"), ["at"], unique=False)

    op.create_table(
        "subject",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("state", SafeText(), server_default="dirty", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cause", SafeText(), server_default="", nullable=False),
        sa.Column("dirty_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("error", SafeText(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_subject_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "kind", "key", name=op.f("pk_subject")),
    )
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subject_dirty",
            ["portal_id", "dirty_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('dirty')"),
            postgresql_where=sa.text("state IN ('dirty')"),
        )

    op.create_table(
        "task",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("task_id", Id, autoincrement=False, nullable=False),
        sa.Column("state", SafeText(), server_default="known", nullable=False),
        sa.Column("body", Json, nullable=True),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("step", SafeText(), nullable=True),
        sa.Column("fields", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_task_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "task_id", name=op.f("pk_task")),
    )
    op.create_table(
        "workgroup",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("group_id", Id, autoincrement=False, nullable=False),
        sa.Column("stages", Json, nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_workgroup_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("portal_id", "group_id", name=op.f("pk_workgroup")),
    )
    op.create_table(
        "commit",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("branch", SafeText(), nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("heard_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_commit_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "branch", "sha", name=op.f("pk_commit")
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("connection_id", Id, nullable=True),
        sa.Column("origin", SafeText(), nullable=False),
        sa.Column("dedupe_key", SafeText(), nullable=False),
        sa.Column("event", SafeText(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("state", SafeText(), server_default="new", nullable=False),
        sa.Column("outcome", SafeText(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_delivery_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_delivery_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("origin", "dedupe_key", name=op.f("uq_delivery_origin_dedupe_key")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_waiting",
            ["portal_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'failed')"),
            postgresql_where=sa.text("state IN ('new', 'failed')"),
        )

    op.create_table(
        "host_user",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("username", SafeText(), nullable=False),
        sa.Column("name", SafeText(), server_default="", nullable=False),
        sa.Column("email", SafeText(), nullable=True),
        sa.Column("commit_email", SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_host_user_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "user_id", name=op.f("pk_host_user")),
    )
    op.create_table(
        "link",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("iid", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("state", SafeText(), server_default="live", nullable=False),
        sa.Column("places", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("message_id", Id, nullable=True),
        sa.Column("message_text", SafeText(), nullable=True),
        sa.Column("message_at", Moment(), nullable=True),
        sa.Column("milestone", SafeText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_link_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.id"], name=op.f("fk_link_portal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "iid", "task_id", name=op.f("pk_link")
        ),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("ix_link_task", ["portal_id", "task_id"], unique=False)

    op.create_table(
        "merge_request",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("iid", Id, nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("source_branch", SafeText(), nullable=False),
        sa.Column("head_sha", SafeText(), server_default="", nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("memory", Json, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_merge_request_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "iid", name=op.f("pk_merge_request")
        ),
    )
    with op.batch_alter_table("merge_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_merge_request_branch",
            ["connection_id", "project_id", "source_branch"],
            unique=False,
        )
        batch_op.create_index(
            "ix_merge_request_head", ["connection_id", "project_id", "head_sha"], unique=False
        )

    op.create_table(
        "pipeline",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("pipeline_id", Id, nullable=False),
        sa.Column("ref", SafeText(), nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("merge_request_iid", Id, nullable=True),
        sa.Column("status", SafeText(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_pipeline_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "project_id", "pipeline_id", name=op.f("pk_pipeline")
        ),
    )
    with op.batch_alter_table("pipeline", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pipeline_merge_request",
            ["connection_id", "project_id", "merge_request_iid"],
            unique=False,
        )
        batch_op.create_index(
            "ix_pipeline_sha", ["connection_id", "project_id", "sha"], unique=False
        )

    op.create_table(
        "project",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("path", SafeText(), nullable=False),
        sa.Column("url", SafeText(), nullable=False),
        sa.Column("name", SafeText(), server_default="", nullable=False),
        sa.Column("default_branch", SafeText(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_project_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "project_id", name=op.f("pk_project")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
