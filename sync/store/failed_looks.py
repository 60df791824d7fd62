"""Store which looks of the worker failed, and since when, until one goes well."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from sync.store.db.upsert import upsert
from sync.store.tables import failed_look


class LookKey(NamedTuple):
    """What is looked at: a part of a portal, or of one of its connections (0: of none)."""

    portal_id: int
    connection_id: int
    part: str


@dataclass(frozen=True, slots=True)
class FailedLook:
    """A look that fails since `since`; `text` says why it did the last time, at `at`."""

    portal_id: int
    connection_id: int
    part: str
    since: datetime
    at: datetime
    text: str

    @property
    def key(self) -> LookKey:
        """Return what was looked at."""
        return LookKey(self.portal_id, self.connection_id, self.part)


_KEYS = LookKey._fields
_COLUMNS = [failed_look.c[name] for name in FailedLook.__dataclass_fields__]


def of_portals(conn: Connection, ids: Collection[int] | None = None) -> tuple[FailedLook, ...]:
    """Return what fails: of these portals, or of all."""
    query = select(*_COLUMNS).order_by(*(failed_look.c[name] for name in _KEYS))
    if ids is not None:
        query = query.where(failed_look.c.portal_id.in_(ids))
    return tuple(FailedLook(*row) for row in conn.execute(query))


def save(conn: Connection, row: FailedLook) -> None:
    """Remember that a look failed; since when stays."""
    upsert(conn, failed_look, [asdict(row)], keys=_KEYS, update=("at", "text"))


def forget(conn: Connection, key: LookKey) -> None:
    """Forget what failed: it went well."""
    where = (failed_look.c[name] == value for name, value in key._asdict().items())
    conn.execute(delete(failed_look).where(*where))
