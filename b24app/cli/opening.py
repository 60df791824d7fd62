"""What every command needs: the database at this version, connections by name, the engine."""

from __future__ import annotations

import sys

from sqlalchemy import Engine

from b24app.rooms import Rooms
from sync.config import Config
from sync.core.clock import WallClock
from sync.engine import owner
from sync.engine.registry import Deps
from sync.store import connections
from sync.store.database import open_database, read
from sync.store.records import ConnectionRecord, PortalRecord
from sync.store.vault import Vault


class OutOfDate(LookupError):
    """The database has not seen this version yet."""


def database(config: Config) -> Engine:
    """The database, brought to this version where it is embedded. Raises OutOfDate elsewhere."""
    from sync.store.migrate import is_current, migrate

    engine = open_database(config.database_url)
    if engine.dialect.name == "sqlite":
        migrate(engine)
    elif not is_current(engine):
        raise OutOfDate("The database is of another version: run `b24bridge migrate`")
    return engine


def rooms(config: Config, engine: Engine) -> Rooms:
    return Rooms(
        config,
        engine,
        Vault(config.secret_keys, reload=config.keys_now),
        WallClock(),
        owner.name("cli"),
    )


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
    )


def connection_named(opened: Rooms, portal: PortalRecord, name: str | None) -> ConnectionRecord:
    """The connection; it need not be named where it is the only one. Raises LookupError."""
    with read(opened.engine) as conn:
        known = connections.by_portal(conn, portal.id)
    if name is None and len(known) == 1:
        return known[0]
    there = ", ".join(one.name for one in known) or "none"
    if name is None:
        raise LookupError(f"Name the connection with --connection; there is: {there}")
    for one in known:
        if one.name == name:
            return one
    raise LookupError(f"There is no connection {name}; there is: {there}")


def say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stdout)
