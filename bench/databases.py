"""Fresh, migrated databases to measure on: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import psycopg

from sync.store.db.database import open_database
from sync.store.db.migrate import migrate
from tools import postgres

Make = Callable[[], str]  # -> the address of another empty database


@contextmanager
def databases() -> Iterator[dict[str, Make]]:
    """How to make a database, by the name and version of its kind; PostgreSQL has its defaults."""
    with ExitStack() as opened:
        made = {f"SQLite {sqlite3.sqlite_version}": opened.enter_context(_sqlite())}
        if postgres.programs():
            folder = opened.enter_context(postgres.temporary_server())
            with psycopg.connect(postgres.url(folder, "postgres")) as conn:
                version = conn.info.server_version // 10_000
            made[f"PostgreSQL {version}"] = _postgresql(folder)
        yield made


@contextmanager
def _sqlite() -> Iterator[Make]:
    numbers = count(1)
    with tempfile.TemporaryDirectory(prefix="b24bridge-bench-") as folder:
        yield lambda: _migrated(f"sqlite:///{Path(folder)}/{next(numbers)}.sqlite3")


def _postgresql(folder: Path) -> Make:
    numbers = count(1)

    def make() -> str:
        name = f"bench{next(numbers)}"
        with psycopg.connect(postgres.url(folder, "postgres"), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        return _migrated(postgres.url(folder, name))

    return make


def _migrated(url: str) -> str:
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    return url
