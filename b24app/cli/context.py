"""What every command needs: the database at this version, connections by name, the engine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from b24app.clients import Rooms
from sync.config import Config
from sync.core.clock import WallClock
from sync.engine import owner
from sync.engine.audit.writer import Audit
from sync.engine.deps import Deps
from sync.store import connections
from sync.store.db.database import open_database
from sync.store.rows import ConnectionRecord
from sync.store.vault import Vault
from sync.text.bidi import upright_text

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class OutOfDate(LookupError):
    """The database has not seen this version yet."""


def database(config: Config) -> Engine:
    """The database, brought to this version where it is embedded. Raises OutOfDate elsewhere."""
    from sync.store.db.migrate import is_current, migrate

    engine = open_database(config.database_url)
    if engine.dialect.name == "sqlite":
        migrate(engine)
    elif not is_current(engine):
        raise OutOfDate("The database is of another version: run `b24bridge migrate`")
    return engine


@contextmanager
def rooms(config: Config, engine: Engine) -> Iterator[Rooms]:
    """The rooms of a command; in the end every call that was made is in the audit log."""
    audit = Audit(engine)
    vault = Vault(config.secret_keys, reload=config.keys_now)
    try:
        yield Rooms(config, engine, vault, WallClock(), owner.name("cli"), audit, "cli")
    finally:
        audit.stop()


def connection(conn: Connection, portal_id: int, name: str | None) -> ConnectionRecord:
    """The portal's connection by its name, which may be left out where there is one only.

    Raises LookupError that names those there are.
    """
    known = connections.by_portal(conn, portal_id)
    there = ", ".join(one.name for one in known) or "none"
    if name is None and len(known) == 1:
        return known[0]
    if name is None:
        raise LookupError(f"Name the connection; there is: {there}")
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise LookupError(f"There is no connection {name}; there is: {there}")
    return found


def engine_deps(opened: Rooms) -> Deps:
    """The engine with this process as its worker."""
    return Deps(
        database=opened.engine,
        vault=opened.vault,
        clock=opened.clock,
        portal_for=opened.portal,
        code_host_for=opened.code_host,
        owner=opened.owner,
        rules_for=opened.rules,
        carried=opened.audit.carried,
    )


def steady(text: str) -> str:
    """A line of what people typed, which is not to steer a terminal."""
    return upright_text(_CONTROLS.sub("", text)).rstrip()


def say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stdout)
