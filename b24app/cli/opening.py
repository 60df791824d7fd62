"""What every command needs: the database at this version, and a portal by its name."""

from __future__ import annotations

import sys

from sqlalchemy import Engine

from b24app.rooms import Rooms
from sync.config import Config
from sync.core.clock import WallClock
from sync.engine import owner
from sync.store.database import open_database
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


def say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stdout)
