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
    by_key: dict[tuple[int, int, str], Push] = {}
    for push in sorted((push for push in pushes if push.at), key=_push_time):
        if push.deleted or push.protected is not None:
            by_key[push.project.connection_id, push.project.id, push.branch] = push
    if not by_key:
        return
    stored = _rows(conn, by_key)
    by_key = {
        key: push
        for key, push in by_key.items()
        if key not in stored or stored[key] <= _push_time(push)
    }
    kept = {key: push for key, push in by_key.items() if push.protected and not push.deleted}
    rows = [dict(zip(_KEYS, key, strict=True)) | {"at": kept[key].at} for key in sorted(kept)]
    upsert(conn, table, rows, keys=_KEYS, update=("at",))
    for removed in in_keys(_KEY_COLUMNS, by_key.keys() & stored.keys() - kept.keys()):
        conn.execute(delete(table).where(removed))


def _push_time(push: Push) -> Any:
    return push.at


def _rows(
    conn: Connection, keys: Iterable[tuple[int, int, str]]
) -> dict[tuple[int, int, str], datetime]:
    return {
        tuple(key): at
        for condition in in_keys(_KEY_COLUMNS, keys)
        for *key, at in conn.execute(select(*_KEY_COLUMNS, table.c.at).where(condition))
    }


def protected_branches(
    conn: Connection, project_keys: Iterable[ProjectKey]
) -> dict[ProjectKey, frozenset[str]]:
    """Return the protected branches by project; projects without any are left out."""
    by_key: dict[ProjectKey, frozenset[str]] = {}
    for condition in in_keys(_KEY_COLUMNS[:2], set(project_keys)):
        for connection_id, project_id, name in conn.execute(select(*_KEY_COLUMNS).where(condition)):
            place = connection_id, project_id
            by_key[place] = by_key.get(place, frozenset()) | {name}
    return by_key
