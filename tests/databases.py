"""The databases of tests, opened: one engine an address for the whole run.

An engine keeps the statements it has compiled, which takes longer than to run them: a fresh one
compiles every statement of a test again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache

from sqlalchemy import Engine

from sync.store.db.database import open_database

Databases = Callable[[bool], AbstractContextManager[str]]  # migrated? -> its url


def opened(url: str) -> Engine:
    """An engine of its own to listen to; `dispose` closes its connections, as ever."""
    return _kept(url).execution_options()


@cache
def _kept(url: str) -> Engine:
    return open_database(url)
