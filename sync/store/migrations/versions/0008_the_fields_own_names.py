"""Everything stored is called by the field's own names: tables, columns, words, JSON keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sync.store.db.types import Json, Moment, SafeText
from sync.store.migrations import rows_0008
from sync.store.tables import Id

revision = "0008"
down_revision = "0007"

_PROJECT = ("connection_id", "project_id")
_RENAMED_COLUMNS = (
    ("commit", "heard_at", "received_at"),
    ("deployment", "ask_at", "fetch_at"),
    ("pipeline_jobs", "read_for", "pipeline_updated_at"),
    ("alert", "opened_by", "first_pipeline_id"),
    ("link", "places", "found_in"),
    ("link", "milestone", "review_event"),
)


def upgrade() -> None:
    conn = op.get_bind()
    _make_activity()
    _make_smart_commits()
    _make_relations()
    _make_messages()
    _make_notified()
    _make_api_calls(conn)
    for table, old, new in _RENAMED_COLUMNS:
        op.execute(f'ALTER TABLE "{table}" RENAME COLUMN {old} TO {new}')
    op.drop_index("ix_deployment_to_ask", "deployment")
    op.create_index(
        "ix_deployment_to_fetch",
        "deployment",
        ["connection_id", "fetch_at"],
        sqlite_where=sa.text("fetch_at IS NOT NULL"),
        postgresql_where=sa.text("fetch_at IS NOT NULL"),
    )
    with op.batch_alter_table("task") as task:
        task.alter_column("state", server_default="present")
    op.add_column(
        "command",
        sa.Column("records", Json, server_default=sa.text("'{}'"), nullable=False),
    )
    rows_0008.rename(conn)


def _make_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("body", Json, nullable=False),
        *_keys("activity", *_PROJECT, "kind", "key", parent="connection"),
    )
    columns = ("connection_id", "project_id", "kind", "key", "updated_at", "silent", "body")
    _move("item", "activity", columns, {"heard_at": "received_at"})
    op.create_index(
        "ix_activity_newest", "activity", ["connection_id", "project_id", "kind", "updated_at"]
    )
    op.create_index("ix_activity_received", "activity", ["received_at"])
    op.create_table(
        "activity_task",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("key", SafeText(), nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        *_keys("activity_task", *_PROJECT, "kind", "key", "task_id", parent="connection"),
        _of_portal("activity_task"),
    )
    _move("item_task", "activity_task", (*_PROJECT, "kind", "key", "task_id", "portal_id"))
    op.create_index("ix_activity_task_task", "activity_task", ["portal_id", "task_id", "kind"])


def _make_smart_commits() -> None:
    op.create_table(
        "smart_commit",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("state", SafeText(), server_default="new", nullable=False),
        sa.Column("reason", SafeText(), server_default="", nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("body", Json, nullable=False),
        *_keys("smart_commit", *_PROJECT, "sha", "number", parent="connection"),
        _of_portal("smart_commit"),
    )
    columns = (*_PROJECT, "sha", "number", "portal_id", "task_id", "state", "reason", "body")
    _move("spoken", "smart_commit", columns, {"heard_at": "received_at"})
    op.create_index("ix_smart_commit_task", "smart_commit", ["portal_id", "task_id"])


def _make_relations() -> None:
    op.create_table(
        "commit_task",
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("branch", SafeText(), nullable=False),
        sa.Column("sha", SafeText(), nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("portal_id", Id, nullable=False),
        *_keys("commit_task", *_PROJECT, "branch", "sha", "task_id", parent="connection"),
        _of_portal("commit_task"),
    )
    _move("named_commit", "commit_task", (*_PROJECT, "branch", "sha", "task_id", "portal_id"))
    op.create_index("ix_commit_task_task", "commit_task", ["portal_id", "task_id"])
    op.create_index("ix_commit_task_sha", "commit_task", [*_PROJECT, "sha"])
    name = "deployment_merge_request"
    op.create_table(
        name,
        sa.Column("connection_id", Id, nullable=False),
        sa.Column("project_id", Id, nullable=False),
        sa.Column("deployment_id", Id, nullable=False),
        sa.Column("iid", Id, nullable=False),
        *_keys(name, *_PROJECT, "deployment_id", "iid", parent="connection"),
    )
    _move("carried", name, (*_PROJECT, "deployment_id", "iid"))
    op.create_index("ix_deployment_merge_request_iid", name, [*_PROJECT, "iid"])


def _make_messages() -> None:
    """Put cards, messages of tasks and of chats into one table, by place and subject."""
    op.execute("CREATE TABLE task_message AS SELECT * FROM message")
    op.drop_table("message")
    op.create_table(
        "message",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("place", SafeText(), nullable=False),
        sa.Column("subject_key", SafeText(), nullable=False),
        sa.Column("message_id", Id),
        sa.Column("text", SafeText()),
        sa.Column("at", Moment()),
        *_keys("message", "portal_id", "place", "subject_key", parent="portal"),
    )
    into = "INSERT INTO message (portal_id, place, subject_key, message_id, text, at) "
    task = "'task:' || CAST(task_id AS VARCHAR)"
    card = (
        "'merge_request:' || CAST(connection_id AS VARCHAR) || '/' || CAST(project_id AS VARCHAR)"
        " || ':' || CAST(iid AS VARCHAR)"
    )
    op.execute(f"{into}SELECT portal_id, {task}, about, message_id, text, at FROM task_message")
    op.execute(f"{into}SELECT portal_id, 'chat:' || dialog, about, message_id, text, at FROM post")
    op.execute(
        f"{into}SELECT portal_id, {task}, {card}, message_id, message_text, message_at"
        " FROM link WHERE message_id IS NOT NULL ON CONFLICT DO NOTHING"
    )
    op.drop_table("task_message")
    op.drop_table("post")
    for column in ("message_id", "message_text", "message_at"):
        op.execute(f"ALTER TABLE link DROP COLUMN {column}")
    op.create_index("ix_message_subject", "message", ["portal_id", "subject_key"])


def _make_notified() -> None:
    """Put the states of refs and of single people into one table; user 0: whoever it was."""
    op.create_table(
        "notified_state",
        sa.Column("portal_id", Id, nullable=False),
        sa.Column("subject_key", SafeText(), nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("state", SafeText(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("connection_id", Id),
        sa.Column("project_id", Id),
        sa.Column("ref", SafeText()),
        *_keys("notified_state", "portal_id", "subject_key", "user_id", parent="portal"),
    )
    op.execute(
        "INSERT INTO notified_state"
        " (portal_id, subject_key, user_id, state, at, connection_id, project_id, ref)"
        " SELECT portal_id, about, 0, state, at, connection_id, project_id, ref FROM told"
    )
    op.drop_table("told")
    columns = ("portal_id", "user_id", "state", "at")
    _move("told_person", "notified_state", columns, {"about": "subject_key"})


def _make_api_calls(conn: sa.Connection) -> None:
    columns: tuple[str, ...] = (
        "id", "portal_id", "system", "connection", "source", "actor", "at", "method", "status",
        "milliseconds", "request", "answer", "error",
    )  # fmt: skip
    op.create_table(
        "api_call",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("portal_id", Id),
        sa.Column("system", SafeText(), server_default="bitrix24", nullable=False),
        sa.Column("connection", SafeText(), server_default="", nullable=False),
        sa.Column("source", SafeText(), server_default="", nullable=False),
        sa.Column("actor", SafeText(), server_default="", nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("method", SafeText(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("request", SafeText(), nullable=False),
        sa.Column("answer", SafeText(), nullable=False),
        sa.Column("error", SafeText(), server_default="", nullable=False),
        *_keys("api_call", "id", parent="portal"),
    )
    _move("rest_log", "api_call", columns)
    op.create_index("ix_api_call_at", "api_call", ["at"])
    if conn.dialect.name == "postgresql":  # numbers go on where they were
        sequence = "pg_get_serial_sequence('api_call', 'id')"
        op.execute(f"SELECT setval({sequence}, max(id)) FROM api_call HAVING max(id) > 0")


def _keys(table: str, *columns: str, parent: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The primary key, and the reference to the `parent` with which rows go."""
    own = sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
    return own, _reference(table, parent)


def _of_portal(table: str) -> sa.ForeignKeyConstraint:
    return _reference(table, "portal")


def _reference(table: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{parent}_id")
    return sa.ForeignKeyConstraint(
        [f"{parent}_id"], [f"{parent}.id"], name=name, ondelete="CASCADE"
    )


def _move(
    old: str, new: str, columns: Sequence[str], renamed: dict[str, str] | None = None
) -> None:
    """Copy every row into the new table and drop the old one.

    A table of SQLite that is only renamed keeps the old names of its keys.
    """
    to = {**dict.fromkeys(columns), **(renamed or {})}
    targets = ", ".join(f'"{name or column}"' for column, name in to.items())
    sources = ", ".join(f'"{column}"' for column in to)
    op.execute(f'INSERT INTO "{new}" ({targets}) SELECT {sources} FROM "{old}"')
    op.drop_table(old)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
