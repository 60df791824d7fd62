"""The transaction that records what became of calls, and with it the calls themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from sync.engine.deps import Deps
from sync.store.db.database import write


@contextmanager
def recording_transaction(deps: Deps) -> Iterator[Connection]:
    """Open a write transaction: the calls of what it records are logged with it."""
    with deps.audit_writer() as carry, write(deps.database) as conn:
        yield conn
        carry(conn)
