"""Store connections, the code hosts of a portal, and their secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, update

from sync.addresses import server_key
from sync.store import oauth_grants
from sync.store.db.upsert import insert
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets
from sync.store.tables import connection, issue_link, portal, project
from sync.store.vault import Vault

_COLUMNS = [connection.c[name] for name in ConnectionRecord.__dataclass_fields__]
_IN_USE = connection.c.state != "removed"
_SECRETS = ("hook_key", "hook_token", "signing_token", "access_token")
_SEALED = [connection.c[f"{name}_sealed"] for name in _SECRETS]


def hook_key_hash(hook_key: str) -> str:
    """Return the hash by which a hook's URL is found; the key is only stored sealed."""
    return hashlib.sha256(hook_key.encode("utf-8", "surrogatepass")).hexdigest()


def by_hook_key(
    conn: Connection, vault: Vault, hook_key: str
) -> tuple[ConnectionRecord, ConnectionSecrets] | None:
    """Return the connection whose hook URL ends in `hook_key`, with its secrets.

    It takes one query; None for an unknown key. Raises VaultError for a secret that does not open.
    """
    row = conn.execute(
        select(*_COLUMNS, *_SEALED).where(connection.c.hook_key_hash == hook_key_hash(hook_key))
    ).one_or_none()
    return None if row is None else (_record(row), _secrets(vault, row))


def by_id(conn: Connection, connection_id: int) -> ConnectionRecord | None:
    """Return a connection by its id, or None."""
    return _find(conn, connection.c.id == connection_id)


def by_name(conn: Connection, portal_id: int, name: str) -> ConnectionRecord | None:
    """Return the portal's connection of that name, or None; removed ones do not count."""
    named = (connection.c.portal_id == portal_id) & (connection.c.name == name)
    return _find(conn, named & _IN_USE)


def by_server(conn: Connection, url: str) -> tuple[ConnectionRecord, ...]:
    """Return the connections to the server at `url`, however its address was written there.

    Those that were removed, or their portal, are left out.
    """
    key = server_key(url)
    spellings = conn.scalars(select(connection.c.base_url).distinct())
    same = [base_url for base_url in spellings if server_key(base_url) == key]
    query = (
        select(*_COLUMNS)
        .join(portal, portal.c.id == connection.c.portal_id)
        .where(connection.c.base_url.in_(same), portal.c.state != "removed", _IN_USE)
        .order_by(connection.c.id)
    )
    return tuple(map(_record, conn.execute(query)))


def by_portal(conn: Connection, portal_id: int) -> tuple[ConnectionRecord, ...]:
    """Return the portal's connections, ordered by id, without those that were removed."""
    query = select(*_COLUMNS).where(connection.c.portal_id == portal_id, _IN_USE)
    return tuple(map(_record, conn.execute(query.order_by(connection.c.id))))


def all_ids(conn: Connection, portal_id: int) -> tuple[int, ...]:
    """Return the ids of the portal's connections, removed ones included."""
    query = select(connection.c.id).where(connection.c.portal_id == portal_id)
    return tuple(conn.scalars(query.order_by(connection.c.id)))


def of_portals(
    conn: Connection, ids: Collection[int] | None = None
) -> tuple[ConnectionRecord, ...]:
    """Return the connections in use, of these portals or of all, ordered by id."""
    query = select(*_COLUMNS).where(_IN_USE).order_by(connection.c.id)
    if ids is not None:
        query = query.where(connection.c.portal_id.in_(ids))
    return tuple(map(_record, conn.execute(query)))


def removed(conn: Connection, portal_id: int) -> tuple[ConnectionRecord, ...]:
    """Return the portal's connections that were removed and whose history is still kept."""
    query = select(*_COLUMNS).where(connection.c.portal_id == portal_id, ~_IN_USE)
    return tuple(map(_record, conn.execute(query.order_by(connection.c.id))))


def removed_before(conn: Connection, moment: datetime) -> tuple[ConnectionRecord, ...]:
    """Return the connections of all portals that were removed before `moment`."""
    query = select(*_COLUMNS).where(~_IN_USE, connection.c.removed_at < moment)
    return tuple(map(_record, conn.execute(query.order_by(connection.c.id))))


def has_history(conn: Connection, connection_id: int) -> bool:
    """Tell whether anything is stored by the numbers of the connection's server."""
    named = (
        exists().where(table.c.connection_id == connection_id) for table in (project, issue_link)
    )
    return bool(conn.scalar(select(or_(*named))))


def secrets(conn: Connection, vault: Vault, connection_id: int) -> ConnectionSecrets | None:
    """Return the opened secrets of a connection, or None for an unknown id."""
    row = conn.execute(select(*_SEALED).where(connection.c.id == connection_id)).one_or_none()
    return None if row is None else _secrets(vault, row)


def upsert(
    conn: Connection, vault: Vault, portal_id: int, draft: ConnectionDraft, now: datetime
) -> int:
    """Store the connection under its name in the portal and return its id.

    An existing one keeps its state, and its hook key: its URL may stand in the host's settings.
    """
    values = {"kind": draft.kind, "base_url": draft.base_url, "options": draft.options}
    changes = values | {
        f"{name}_sealed": vault.seal(secret)
        for name in _SECRETS[1:]
        if (secret := getattr(draft.secrets, name)) is not None
    }
    new = insert(conn, connection).values(
        portal_id=portal_id,
        name=draft.name,
        hook_key_hash=hook_key_hash(draft.secrets.hook_key),
        hook_key_sealed=vault.seal(draft.secrets.hook_key),
        created_at=now,
        **changes,
    )
    statement = new.on_conflict_do_update(index_elements=["portal_id", "name"], set_=changes)
    return int(conn.scalars(statement.returning(connection.c.id)).one())


def remove(conn: Connection, connection_id: int) -> None:
    """Delete the connection with everything received from it."""
    conn.execute(delete(connection).where(connection.c.id == connection_id))


def mark_removed(conn: Connection, connection_id: int, now: datetime) -> None:
    """Take a connection out of use; its history is kept until `remove`, people's tokens are not."""
    oauth_grants.remove_later(conn, [connection_id])
    _set(conn, connection_id, state="removed", state_reason="", removed_at=now)


def restore(conn: Connection, connection_id: int) -> None:
    """Take a removed connection into use again, with its history."""
    _set(conn, connection_id, state="active", state_reason="", removed_at=None)


def rename(conn: Connection, connection_id: int, name: str) -> None:
    """Give a connection another name; everything else stays."""
    _set(conn, connection_id, name=name)


def set_token(conn: Connection, vault: Vault, connection_id: int, token: str) -> None:
    """Store a new access token."""
    _set(conn, connection_id, access_token_sealed=vault.seal(token))


def forget_token(conn: Connection, connection_id: int) -> None:
    """Forget the access token of a connection that needs it no more."""
    _set(conn, connection_id, access_token_sealed=None)


def add_proofs(
    conn: Connection, connection_id: int, targets: Iterable[int | str], now: datetime
) -> None:
    """Record that the connection's token was found to administer these projects and groups."""
    query = select(connection.c.proven).where(connection.c.id == connection_id)
    proven = dict(conn.scalar(query) or {})
    _set(conn, connection_id, proven=proven | {str(path): now.isoformat() for path in targets})


def remove_proof(conn: Connection, connection_id: int, target: str) -> None:
    """Forget that the connection's token had access to a project or group."""
    query = select(connection.c.proven).where(connection.c.id == connection_id)
    proven = dict(conn.scalar(query) or {})
    proven.pop(target, None)
    _set(conn, connection_id, proven=proven)


def forget_proofs(conn: Connection, connection_id: int) -> None:
    """Forget the access that was proven with another token, or at another server."""
    _set(conn, connection_id, proven={})


def set_signed(conn: Connection, connection_id: int, moment: datetime | None) -> None:
    """Record since when deliveries are signed; None: they need not be."""
    _set(conn, connection_id, signed_at=moment)


def set_admitted(conn: Connection, connection_id: int, admitted: Mapping[str, str]) -> None:
    """Store the paths by which projects (by id) are connected."""
    _set(conn, connection_id, admitted=dict(admitted))


def set_state(conn: Connection, connection_id: int, state: str, reason: str) -> None:
    """Set the state of a connection and the reason for it."""
    _set(conn, connection_id, state=state, state_reason=reason)


def set_account(conn: Connection, connection_id: int, account: dict[str, Any]) -> None:
    """Store the result of the last test of the access token."""
    _set(conn, connection_id, account=account)


def set_swept(conn: Connection, connection_id: int, moment: datetime) -> None:
    """Record when the connection was last swept."""
    _set(conn, connection_id, swept_at=moment)


def _set(conn: Connection, connection_id: int, **values: Any) -> None:
    conn.execute(update(connection).where(connection.c.id == connection_id).values(**values))


def _find(conn: Connection, where: Any) -> ConnectionRecord | None:
    row = conn.execute(select(*_COLUMNS).where(where)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[Any]) -> ConnectionRecord:
    return ConnectionRecord(*row[: len(_COLUMNS)])


def _secrets(vault: Vault, row: Row[Any]) -> ConnectionSecrets:
    sealed = row[-len(_SEALED) :]
    hook_key, *extra = sealed
    return ConnectionSecrets(vault.open(hook_key), *map(vault.open_optional, extra))
