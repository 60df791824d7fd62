"""How far the reading of each project's history came, by part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from sync.store.db.upsert import upsert
from sync.store.tables import backfill, project

_KEYS = ("connection_id", "project_id", "part")


@dataclass(frozen=True, slots=True)
class PartRow:
    """`since`: from when on it is read. `cursor`: where the next page begins. `state`: running,
    waiting, done, failed. `error`: why, or what of it could not be read."""

    connection_id: int
    project_id: int
    part: str
    since: datetime
    cursor: dict[str, Any] | None
    read: int
    state: str
    error: str
    updated_at: datetime


_COLUMNS = [backfill.c[name] for name in PartRow.__dataclass_fields__]


def save(conn: Connection, row: PartRow) -> None:
    """Store how far a part has been read."""
    values = asdict(row)
    upsert(conn, backfill, [values], keys=_KEYS, update=[n for n in values if n not in _KEYS])


def of_project(conn: Connection, connection_id: int, project_id: int) -> dict[str, PartRow]:
    """Return the parts that were begun."""
    same = backfill.c.connection_id == connection_id, backfill.c.project_id == project_id
    rows = map(_record, conn.execute(select(*_COLUMNS).where(*same)))
    return {row.part: row for row in rows}


def of_connections(
    conn: Connection, connection_ids: Iterable[int]
) -> tuple[tuple[str, PartRow], ...]:
    """Every part of every project, with the project's path, the earliest touched first."""
    same = and_(*(backfill.c[name] == project.c[name] for name in _KEYS[:2]))
    query = (
        select(project.c.path, *_COLUMNS)
        .join(project, same)
        .where(backfill.c.connection_id.in_(set(connection_ids)))
        .order_by(project.c.path, backfill.c.updated_at, backfill.c.part)
    )
    return tuple((str(path), PartRow(*part)) for path, *part in map(tuple, conn.execute(query)))


def _record(row: Row[Any]) -> PartRow:
    return PartRow(*tuple(row))
