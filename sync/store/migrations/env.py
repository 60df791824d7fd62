"""Runs the migrations on the connection that `sync.store.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from sync.store.db.types import Json, Moment, SafeText
from sync.store.tables import Id, metadata


def render_item(kind: str, item: Any, _: object) -> str | Literal[False]:
    """How our column types are written in a new revision."""
    if item is Id:
        return "Id"
    if item is Json:
        return "Json"
    if isinstance(item, Moment | SafeText):
        return f"{type(item).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_item,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,
)
context.run_migrations()
