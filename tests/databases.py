"""The databases of tests, opened: one engine an address for the whole run.

An engine keeps the statements it has compiled, which takes longer than to run them: a fresh one
compiles every statement of a test again. Nothing waits for the disk: a test's rows may be lost
with the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from sqlalchemy import Engine, event

from sync.store.db.database import open_database

Databases = Callable[[bool], AbstractContextManager[str]]  # migrated? -> its url


def opened(url: str) -> Engine:
    """An engine of its own to listen to; `dispose` closes its connections, as ever."""
    return _kept(url).execution_options()


@cache
def _kept(url: str) -> Engine:
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _wait_for_no_disk)
    return engine


def _wait_for_no_disk(connection: Any, record: object) -> None:
    """Leave the writing to the system: https://www.sqlite.org/pragma.html#pragma_synchronous"""
    connection.execute("PRAGMA synchronous = OFF").close()
