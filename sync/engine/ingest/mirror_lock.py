"""The lock on a portal's mirror, which is read, folded and written back in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps
from sync.store import leases


def lock_mirror(conn: Connection, portal_id: int) -> None:
    """Wait until nobody else writes to the portal's mirror; held until the transaction ends."""
    leases.lock(conn, f"mirror:{portal_id}")


def write_mirror(deps: Deps, portal_id: int, work: Callable[[Connection], None]) -> None:
    """Do `work` in one transaction that has the portal's mirror for itself."""
    with recording_transaction(deps) as conn:
        lock_mirror(conn, portal_id)
        work(conn)
