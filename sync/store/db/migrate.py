"""Brings the database to the present revision, whoever else is starting at the same moment."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from sync.store.db.database import read, write

_LOCK = 0x62323462  # any constant of our own: PostgreSQL advisory locks are numbers


def migrate(engine: Engine) -> None:
    """Runs what is missing in one transaction; a second process waits and finds nothing to do."""
    with write(engine) as conn:
        if engine.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_config(conn), "head")


def is_current(engine: Engine) -> bool:
    """Whether every migration was run."""
    with read(engine) as conn:
        revision = MigrationContext.configure(conn).get_current_revision()
    return revision == ScriptDirectory.from_config(_config()).get_current_head()


def new_revision(engine: Engine, message: str, number: str) -> None:
    """Writes the revision that leads from the migrated database to `tables`."""
    with write(engine) as conn:
        command.revision(_config(conn), message, autogenerate=True, rev_id=number)


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
