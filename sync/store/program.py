"""Store what the program knows of itself: its version, its key, its last backup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sync.store.db.upsert import upsert
from sync.store.tables import program

_ROW_ID = 1


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """The state of the whole installation. `version`: which one decided everything last."""

    version: str = ""
    decided_at: datetime | None = None
    key_fingerprint: str = ""
    backed_up_at: datetime | None = None


_COLUMNS = [program.c[name] for name in ProgramRow.__dataclass_fields__]


def read_state(conn: Connection) -> ProgramRow:
    """Return what is stored; empty where nothing is."""
    row = conn.execute(select(*_COLUMNS).where(program.c.id == _ROW_ID)).one_or_none()
    return ProgramRow() if row is None else ProgramRow(*row)


def set_version(conn: Connection, version: str, now: datetime) -> None:
    """Remember which version decided everything last."""
    _save(conn, version=version, decided_at=now)


def forget_version(conn: Connection) -> None:
    """Let everything be decided anew at the next start."""
    _save(conn, version="")


def set_key_fingerprint(conn: Connection, fingerprint: str) -> None:
    """Remember which keys open what is sealed here."""
    _save(conn, key_fingerprint=fingerprint)


def set_backed_up(conn: Connection, now: datetime) -> None:
    """Remember when a backup was last made."""
    _save(conn, backed_up_at=now)


def _save(conn: Connection, **values: Any) -> None:
    upsert(conn, program, [{"id": _ROW_ID, **values}], keys=("id",), update=tuple(values))
