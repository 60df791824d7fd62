"""What every command needs: a database of this version, connections by name, the engine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from b24app.clients import Clients
from sync.config import Config
from sync.core.clock import WallClock
from sync.engine.audit.writer import AuditWriter
from sync.engine.deps import Deps
from sync.engine.lanes import owner_name
from sync.store import connections
from sync.store.db.database import open_database
from sync.store.rows import ConnectionRecord
from sync.store.vault import Vault
from sync.text.bidi import upright_text

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class DatabaseOutOfDate(LookupError):
    """The database was not migrated to this version."""


def prepare_database(config: Config) -> Engine:
    """Open the database; migrate it where it is embedded. Raises DatabaseOutOfDate elsewhere."""
    from sync.store.db.migrate import is_current, migrate

    engine = open_database(config.database_url)
    if engine.dialect.name == "sqlite":
        migrate(engine)
    elif not is_current(engine):
        raise DatabaseOutOfDate("The database is of another version: run `b24bridge migrate`")
    return engine


@contextmanager
def open_clients(config: Config, engine: Engine) -> Iterator[Clients]:
    """Open a command's clients; at the end every call that was made is in the audit log."""
    audit = AuditWriter(engine)
    vault = Vault(config.secret_keys, reload=config.current_keys)
    try:
        yield Clients(config, engine, vault, WallClock(), owner_name("cli"), audit, "cli")
    finally:
        audit.stop()


def find_connection(conn: Connection, portal_id: int, name: str | None) -> ConnectionRecord:
    """Return the portal's connection by name, which may be omitted where there is only one.

    Raises LookupError, which lists the names.
    """
    records = connections.by_portal(conn, portal_id)
    names = ", ".join(candidate.name for candidate in records) or "none"
    if name is None and len(records) == 1:
        return records[0]
    if name is None:
        raise LookupError(f"Name the connection; there is: {names}")
    record = next((candidate for candidate in records if candidate.name == name), None)
    if record is None:
        raise LookupError(f"There is no connection {name}; there is: {names}")
    return record


def build_engine_deps(opened: Clients) -> Deps:
    """Return the engine's dependencies, with this process as its worker."""
    return Deps(
        database=opened.engine,
        vault=opened.vault,
        clock=opened.clock,
        portal_for=opened.portal_of,
        code_host_for=opened.code_host,
        owner=opened.owner,
        rules_for=opened.rules_of,
        audit_writer=opened.audit.pending_writer,
    )


def printable(text: str) -> str:
    """Return a line that people typed without characters that steer a terminal."""
    return upright_text(_CONTROLS.sub("", text)).rstrip()


def print_lines(*lines: str) -> None:
    """Print lines to standard output."""
    print(*lines, sep="\n", file=sys.stdout)
