"""Store which branches are protected, as pushes report it: a row for each that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from sync.core.model.activity import Push
from sync.store.db.upsert import in_keys, upsert
from sync.store.tables import protected_branch as table

ProjectKey = tuple[int, int]  # connection, project

_KEYS = ("connection_id", "project_id", "branch")
_KEY_COLUMNS = tuple(table.c[name] for name in _KEYS)


def save_pushes(conn: Connection, pushes: Sequence[Push]) -> None:
    """Record whether branches are protected, by the newest push to each that reports it.

    Pushes without `at` are ignored. A deleted branch is not protected any more.
    """
    told: dict[tuple[int, int, str], Push] = {}
    for one in sorted((one for one in pushes if one.at), key=_push_time):
        if one.deleted or one.protected is not None:
            told[one.project.connection_id, one.project.id, one.branch] = one
    if not told:
        return
    known = _rows(conn, told)
    told = {key: one for key, one in told.items() if key not in known or known[key] <= one.at}
    kept = {key: one for key, one in told.items() if one.protected and not one.deleted}
    rows = [dict(zip(_KEYS, key, strict=True)) | {"at": kept[key].at} for key in sorted(kept)]
    upsert(conn, table, rows, keys=_KEYS, update=("at",))
    for gone in in_keys(_KEY_COLUMNS, told.keys() & known.keys() - kept.keys()):
        conn.execute(delete(table).where(gone))


def _push_time(one: Push) -> Any:
    return one.at


def _rows(
    conn: Connection, wanted: Iterable[tuple[int, int, str]]
) -> dict[tuple[int, int, str], datetime]:
    return {
        tuple(key): at
        for condition in in_keys(_KEY_COLUMNS, wanted)
        for *key, at in conn.execute(select(*_KEY_COLUMNS, table.c.at).where(condition))
    }


def protected_branches(
    conn: Connection, wanted: Iterable[ProjectKey]
) -> dict[ProjectKey, frozenset[str]]:
    """Return the protected branches by project; projects without any are left out."""
    found: dict[ProjectKey, frozenset[str]] = {}
    for condition in in_keys(_KEY_COLUMNS[:2], set(wanted)):
        for connection_id, project_id, name in conn.execute(select(*_KEY_COLUMNS).where(condition)):
            place = connection_id, project_id
            found[place] = found.get(place, frozenset()) | {name}
    return found
