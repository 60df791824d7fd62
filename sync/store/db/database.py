"""Open the database, SQLite in a file or PostgreSQL, with the same transactions on both."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sync.ownership import give_to_folder_owner
from sync.store.db.types import dump_json

# What a database raises while it is away, locked, full, or a standby that may be read only; the
# last is psycopg's InternalError. https://www.postgresql.org/docs/current/errcodes-appendix.html
AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout)
_WRITE_SECONDS = "write_seconds"  # in what belongs to a connection while it is lent for writing
_LOCK_SECONDS = 1.0  # for the write lock of SQLite, tried again and again
_RETRY_SECONDS, _EAGER_RETRY_SECONDS = 0.002, 0.0002

# FULL: an acknowledged delivery survives a power cut. https://www.sqlite.org/pragma.html
_PRAGMAS = (
    "PRAGMA busy_timeout = 15000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -500",  # KiB for each connection: the system caches the file anyway
)
# A server that is gone without a word (a failover, a cable) is noticed within ten seconds, not
# within the quarter of an hour that TCP takes by itself. In seconds; the last in milliseconds.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
SILENCE_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
}
_POSTGRESQL_OPTIONS: dict[str, Any] = {
    **SILENCE_OPTIONS,
    # A database of the encoding SQL_ASCII (a cluster made without a locale) would answer in bytes.
    "client_encoding": "utf8",
}


def open_service_database(url: str) -> Engine:
    """Open an engine as `open_database` does, in which nobody waits for the other end for ever."""
    engine = open_database(url)
    if engine.dialect.name == "postgresql":
        from sync.store.db.silence import give_up_frozen, give_up_silent

        give_up_silent(engine)
        give_up_frozen(engine)
    return engine


def open_database(url: str, *, pool_size: int = 10) -> Engine:
    """Open an engine for `sqlite:///file` (or a bare path) or `postgresql://…`.

    Raises ValueError for any other kind of database.
    """
    target = database_url(url)
    if target.get_backend_name() == "sqlite":
        return _open_sqlite(target, pool_size)
    return _create_engine(
        target,
        pool_size=pool_size,
        max_overflow=20,
        pool_timeout=5,  # seconds: a request that waits longer is better answered 503
        pool_pre_ping=True,
        pool_use_lifo=True,  # few connections do most: what they prepared is used again
        connect_args=_POSTGRESQL_OPTIONS | _given_options(target),
    )


def _given_options(target: URL) -> dict[str, Any]:
    """Return which of our options the address sets itself."""
    return {name: value for name, value in target.query.items() if name in _POSTGRESQL_OPTIONS}


def database_url(url: str) -> URL:
    """Return the URL as SQLAlchemy needs it; raise ValueError for an unsupported one."""
    if "://" not in url:
        return URL.create("sqlite", database=url)
    scheme, rest = url.split("://", 1)
    match scheme.split("+")[0]:
        case "postgres" | "postgresql":
            return make_url(f"postgresql+psycopg://{rest}")
        case "sqlite":
            target = make_url(url)
            if target.database and target.database != ":memory:":
                return target
            raise ValueError("SQLite needs a file: every connection would see its own memory")
    raise ValueError(f"unknown database {scheme!r}: use sqlite or postgresql")


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """Run one write transaction: committed at the end of the block, rolled back on an exception.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a transaction that reads first and
    writes later could not be retried when another writer came between.
    """
    with open_writer(engine) as conn, conn.begin():
        yield conn


def open_writer(engine: Engine, *, eager: bool = False) -> Connection:
    """Open a connection for many write transactions: each is `with conn.begin()`.

    On SQLite the `eager` one mostly has the write lock next, whoever else waits for it.
    """
    seconds = _EAGER_RETRY_SECONDS if eager else _RETRY_SECONDS
    conn = engine.connect()
    conn.info[_WRITE_SECONDS] = seconds
    return conn


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """Open a connection for reading; nothing is committed."""
    with engine.connect() as conn:
        yield conn


@contextmanager
def select_only(engine: Engine) -> Iterator[Connection]:
    """Open a connection for selects of which each stands for itself: nothing may be written.

    On PostgreSQL each is a transaction of its own, which saves two of three round trips, and the
    ROLLBACK after which psycopg forgets what the server has planned before. They see what `read`
    would let them see: there, too, each sees what is committed when it begins.
    https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
    """
    with engine.connect() as conn:
        is_sqlite = conn.dialect.name == "sqlite"
        yield conn if is_sqlite else conn.execution_options(isolation_level="AUTOCOMMIT")


def _open_sqlite(target: URL, pool_size: int) -> Engine:
    create_private(Path(str(target.database)))
    engine = _create_engine(target, pool_size=pool_size, max_overflow=50)
    event.listen(engine, "connect", _set_pragmas)
    _watch_file(engine, Path(str(target.database)))
    return engine


def _watch_file(engine: Engine, file: Path) -> None:
    """Let connections end whose file was deleted or replaced: SQLite goes on writing to the old.

    What is committed there is gone with the process. No new file is made where the old was.
    https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use

    An engine with listeners of its own looks for listeners before and after every statement: the
    dialect's two methods are wrapped instead.
    """
    dialect = engine.dialect
    connect = dialect.connect

    def connect_to_file(*args: Any, **options: Any) -> Any:
        if _file_id(file) is None:
            raise sqlite3.OperationalError("the database file is gone")
        return connect(*args, **options)

    def keep(connection: Any, record: Any) -> None:
        record.info["file"] = _file_id(file)

    def check(connection: Any, record: Any, proxy: object) -> None:
        record.info.pop(_WRITE_SECONDS, None)
        if record.info["file"] != _file_id(file):
            raise DisconnectionError

    def begin(dbapi_connection: Any) -> None:
        info = dbapi_connection.info
        if info["file"] != _file_id(file):
            raise sqlite3.OperationalError("the database file was deleted or replaced")
        _begin(dbapi_connection.dbapi_connection, info.get(_WRITE_SECONDS))

    dialect.connect = connect_to_file  # type: ignore[method-assign]
    dialect.do_begin = begin  # type: ignore[method-assign]
    event.listen(engine, "connect", keep)
    event.listen(engine, "checkout", check)


def _file_id(file: Path) -> tuple[int, int] | None:
    """Return what a file is whatever its name is; None where there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _create_engine(target: URL, **pool: Any) -> Engine:
    """Create an engine whose error texts show no values: they may be secrets or bodies."""
    return create_engine(
        target,
        json_serializer=dump_json,
        json_deserializer=from_json,  # half as long as the standard library takes
        hide_parameters=True,
        **pool,
    )


def create_private(file: Path) -> None:
    """Create the file readable by its owner alone; -wal and -shm get the same mode and owner."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        give_to_folder_owner(descriptor, file.parent)
        os.close(descriptor)


def _set_pragmas(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin does
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Any, retry_seconds: float | None) -> None:
    if not retry_seconds:
        connection.execute("BEGIN").close()
    elif not _take_write_lock(connection, retry_seconds):
        connection.execute("BEGIN IMMEDIATE").close()


def _take_write_lock(connection: Any, retry_seconds: float) -> bool:
    """Take the write lock as soon as it is free; return False after about a second.

    SQLite's own waiting polls less and less often, up to every 100 ms, and a newcomer passes those
    who wait: a delivery to be acknowledged would wait behind the worker's many transactions.
    https://www.sqlite.org/c3ref/busy_timeout.html
    """
    connection.execute("PRAGMA busy_timeout = 0").close()
    try:
        for _ in range(round(_LOCK_SECONDS / retry_seconds)):
            try:
                connection.execute("BEGIN IMMEDIATE").close()
                return True
            except sqlite3.OperationalError:
                time.sleep(retry_seconds)
    finally:
        connection.execute(_PRAGMAS[0]).close()
    return False
