"""Migrate the database, whoever else is starting at the same moment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from sync.errors import SyncError
from sync.sentences import sentence
from sync.store.db.database import open_writer, read, write

_OUR_REVISION = re.compile("[0-9]{4}")
_OWN_DATABASE = "Name a database of its own in DATABASE_URL, an empty one at first"
_MOST_NAMED = 5
# Tables in the place where ours would be made; those of PostgreSQL's extensions are nobody's.
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
    "AND name <> 'alembic_version' "
    "ORDER BY name",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
    "AND relnamespace = current_schema()::regnamespace AND relname <> 'alembic_version' "
    "AND relname NOT LIKE 'huey|_%' ESCAPE '|' "  # of the queue, which may share the database
    "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') "
    "ORDER BY relname",
}
_LOCK = 0x62323462  # any constant of our own: PostgreSQL advisory locks are numbers


class NewerDatabase(SyncError):
    """A later version of the program wrote the database; nothing was changed."""


class ForeignDatabase(SyncError):
    """The database is another program's; nothing was changed."""


class BrokenReferences(SyncError):
    """A migration left rows that refer to missing rows; it was rolled back."""


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run what is missing up to `revision` in one transaction.

    A second process waits and finds nothing to do. Raises BrokenReferences, ForeignDatabase,
    NewerDatabase.
    """
    with open_writer(engine) as conn, _without_cascades(conn), conn.begin():
        if engine.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _revision(conn)
        _require_ours(conn, before)
        command.upgrade(_config(conn), revision)
        if _revision(conn) != before:
            _check_references(conn)


def is_current(engine: Engine) -> bool:
    """Tell whether every migration was run. Raises ForeignDatabase, NewerDatabase."""
    with read(engine) as conn:
        revision = _revision(conn)
        _require_ours(conn, revision)
    return revision == newest_revision()


def stored_revision(engine: Engine) -> str | None:
    """Return the revision the database is at; None where it has no tables yet."""
    with read(engine) as conn:
        return _revision(conn)


def newest_revision() -> str | None:
    """Return the revision to which this program's migrations lead."""
    return _script().get_current_head()


def require_known(revision: str | None) -> None:
    """Raise NewerDatabase for a revision that none of this program's migrations leads to."""
    script = _script()
    if revision is None or any(step.revision == revision for step in script.walk_revisions()):
        return
    raise NewerDatabase(
        sentence(
            "The database is newer than this program: its revision is {revision}, and this "
            "program knows revisions up to {newest}",
            revision=revision,
            newest=script.get_current_head(),
        ),
        change="Install the version that wrote it, or restore the copy that was made before its "
        "migration (`b24bridge restore FILE`)",
    )


def _require_ours(conn: Connection, revision: str | None) -> None:
    """Raise ForeignDatabase for what another program keeps there; NewerDatabase."""
    tables = () if revision else conn.scalars(text(_TABLES[conn.dialect.name])).all()
    if tables:
        raise ForeignDatabase(
            sentence(
                "The database holds tables of another program ({names}), and none of b24bridge's",
                names=", ".join(tables[:_MOST_NAMED]),
            ),
            change=_OWN_DATABASE,
        )
    if revision and not _OUR_REVISION.fullmatch(revision):
        raise ForeignDatabase(
            sentence(
                "The database is another program's: its Alembic revision is {revision}",
                revision=revision,
            ),
            change=_OWN_DATABASE,
        )
    require_known(revision)


def new_revision(engine: Engine, message: str, number: str) -> None:
    """Write the revision that leads from the migrated database to `tables`."""
    with write(engine) as conn:
        command.revision(_config(conn), message, autogenerate=True, rev_id=number)


def _revision(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


@contextmanager
def _without_cascades(conn: Connection) -> Iterator[None]:
    """Switch off SQLite's foreign keys on the connection, which has no transaction yet.

    Alembic alters a table of SQLite by building it anew and dropping the old one. With foreign
    keys on, that deletes every row that refers to it (ON DELETE CASCADE), without an error.
    Inside a transaction the pragma does nothing.
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    if conn.dialect.name != "sqlite":
        yield
        return
    cursor = conn.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


def _check_references(conn: Connection) -> None:
    """Check what SQLite did not while its foreign keys were off. Raises BrokenReferences.

    https://www.sqlite.org/pragma.html#pragma_foreign_key_check
    """
    if conn.dialect.name != "sqlite":
        return
    broken = Counter(
        f"{table} → {parent}"
        for table, _, parent, _ in conn.exec_driver_sql("PRAGMA foreign_key_check")
    )
    if broken:
        rows = ", ".join(f"{count} of {names}" for names, count in sorted(broken.items()))
        raise BrokenReferences(
            sentence(
                "The migration was undone, because rows refer to rows that do not exist: {rows}",
                rows=rows,
            ),
            change="Keep the database as it is and report this, with the line above",
        )


@cache
def _script() -> ScriptDirectory:
    """Return the migrations, which no running program changes: to read them takes 20 ms."""
    return ScriptDirectory.from_config(_config())


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
