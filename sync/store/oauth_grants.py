"""Store what accounts of a code host granted: tokens that are renewed, sealed at rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from sync.store.db.upsert import insert
from sync.store.rows import Json
from sync.store.tables import connection, oauth_grant, portal_user
from sync.store.vault import Vault

OWN = 0  # the user_id of a connection's own account
REMOVED = "removed"  # the state of a grant whose portal is gone
_SEALED = (oauth_grant.c.access_token_sealed, oauth_grant.c.refresh_token_sealed)


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """A pair of tokens; `expires_at`: of the access token, by our clock."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """What was granted, without its tokens. `user_id`: OWN, or a person of the portal.

    `account`: id, username and name on the code host. `state`: active, ended, removed.
    """

    id: int
    connection_id: int
    user_id: int
    expires_at: datetime
    account: Json
    state: str
    state_reason: str


_COLUMNS = [oauth_grant.c[name] for name in GrantRecord.__dataclass_fields__]


def find(conn: Connection, connection_id: int, user_id: int = OWN) -> GrantRecord | None:
    """Return what was granted, or None."""
    which = _of(connection_id, user_id), oauth_grant.c.state != REMOVED
    row = conn.execute(select(*_COLUMNS).where(*which)).one_or_none()
    return None if row is None else _record(row)


def tokens(conn: Connection, vault: Vault, grant_id: int) -> GrantTokens | None:
    """Return the opened tokens, or None where they ended."""
    query = select(*_SEALED, oauth_grant.c.expires_at).where(oauth_grant.c.id == grant_id)
    row = conn.execute(query).one_or_none()
    if row is None or row[0] is None or row[1] is None:
        return None
    return GrantTokens(vault.open(row[0]), vault.open(row[1]), row[2])


def save(
    conn: Connection,
    vault: Vault,
    connection_id: int,
    user_id: int,
    fresh: GrantTokens,
    account: Json,
    now: datetime,
) -> None:
    """Store a new grant in the place of the one before, if any."""
    values = _values(vault, fresh) | {
        "account": account,
        "state": "active",
        "state_reason": "",
        "told_at": None,
        "created_at": now,
    }
    new = insert(conn, oauth_grant).values(connection_id=connection_id, user_id=user_id, **values)
    conn.execute(
        new.on_conflict_do_update(index_elements=["connection_id", "user_id"], set_=values)
    )


def replace_tokens(conn: Connection, vault: Vault, grant_id: int, fresh: GrantTokens) -> bool:
    """Replace both tokens together; return False where the grant ended meanwhile."""
    same = (oauth_grant.c.id == grant_id) & (oauth_grant.c.state == "active")
    return conn.execute(update(oauth_grant).where(same).values(_values(vault, fresh))).rowcount == 1


def end(conn: Connection, grant_id: int, reason: str) -> None:
    """Forget the tokens of a grant that is accepted no more, and keep why."""
    values = {"state": "ended", "state_reason": reason, **dict.fromkeys(_names(), None)}
    conn.execute(update(oauth_grant).where(oauth_grant.c.id == grant_id).values(values))


def remove(conn: Connection, connection_id: int, user_id: int) -> None:
    """Delete one grant."""
    conn.execute(delete(oauth_grant).where(_of(connection_id, user_id)))


def remove_all(conn: Connection, connection_ids: Collection[int]) -> None:
    """Delete whatever was granted to connections."""
    conn.execute(delete(oauth_grant).where(oauth_grant.c.connection_id.in_(connection_ids)))


def remove_later(conn: Connection, connection_ids: Collection[int]) -> None:
    """Let the grants of people end: they serve nobody, and a worker has GitLab forget them."""
    which = oauth_grant.c.connection_id.in_(connection_ids) & (oauth_grant.c.user_id != OWN)
    conn.execute(update(oauth_grant).where(which).values(state=REMOVED))


def to_remove(conn: Connection) -> tuple[GrantRecord, ...]:
    """Return the grants that are to be ended at GitLab, then deleted."""
    return tuple(
        map(_record, conn.execute(select(*_COLUMNS).where(oauth_grant.c.state == REMOVED)))
    )


def of_connections(conn: Connection, connection_ids: Collection[int]) -> tuple[GrantRecord, ...]:
    """Return whatever was granted to these connections, their own and people's."""
    which = oauth_grant.c.connection_id.in_(connection_ids)
    return tuple(map(_record, conn.execute(select(*_COLUMNS).where(which))))


def usable_by_person(conn: Connection, connection_id: int) -> dict[int, GrantRecord]:
    """Return the grants of people who are still employed, by their id in the portal.

    Where the portal shows nobody, as without the right to see people, nobody counts as dismissed.
    """
    rows = conn.execute(_usable_by_person(), {"connection_id": connection_id})
    return {row.user_id: _record(row) for row in rows}


@cache
def _usable_by_person() -> Select[Any]:
    """Return the statement, which is asked at each look at a pair: the alias is dear to make."""
    anybody = portal_user.alias()
    everybody = select(anybody.c.user_id).where(anybody.c.portal_id == connection.c.portal_id)
    return (
        select(*_COLUMNS)
        .join(connection, connection.c.id == oauth_grant.c.connection_id)
        .outerjoin(portal_user, _same_person())
        .where(oauth_grant.c.connection_id == bindparam("connection_id"))
        .where(oauth_grant.c.state == "active", oauth_grant.c.user_id != OWN)
        .where(or_(portal_user.c.active, ~exists(everybody)))
    )


def of_dismissed(conn: Connection, portal_id: int) -> tuple[GrantRecord, ...]:
    """Return the grants of people who left the portal, or are known there no more.

    Ask only when the portal's people have just been read.
    """
    query = (
        select(*_COLUMNS)
        .join(connection, connection.c.id == oauth_grant.c.connection_id)
        .outerjoin(portal_user, _same_person())
        .where(connection.c.portal_id == portal_id, oauth_grant.c.user_id != OWN)
        .where(or_(portal_user.c.user_id.is_(None), ~portal_user.c.active))
    )
    return tuple(map(_record, conn.execute(query)))


def of_person(conn: Connection, portal_id: int, user_id: int) -> dict[int, GrantRecord]:
    """Return what a person granted, by connection."""
    query = (
        select(*_COLUMNS)
        .join(connection, connection.c.id == oauth_grant.c.connection_id)
        .where(connection.c.portal_id == portal_id, oauth_grant.c.user_id == user_id)
        .where(oauth_grant.c.state != REMOVED)
    )
    return {row.connection_id: _record(row) for row in conn.execute(query)}


def mark_told(conn: Connection, grant_id: int, now: datetime) -> bool:
    """Record that a person is told of their grant's end; False where they were before."""
    untold = (oauth_grant.c.id == grant_id) & oauth_grant.c.told_at.is_(None)
    return conn.execute(update(oauth_grant).where(untold).values(told_at=now)).rowcount == 1


def _of(connection_id: int, user_id: int) -> Any:
    return (oauth_grant.c.connection_id == connection_id) & (oauth_grant.c.user_id == user_id)


def _same_person() -> Any:
    return and_(
        portal_user.c.portal_id == connection.c.portal_id,
        portal_user.c.user_id == oauth_grant.c.user_id,
    )


def _names() -> tuple[str, str]:
    return "access_token_sealed", "refresh_token_sealed"


def _values(vault: Vault, fresh: GrantTokens) -> dict[str, Any]:
    sealed = map(vault.seal, (fresh.access_token, fresh.refresh_token))
    return dict(zip(_names(), sealed, strict=True)) | {"expires_at": fresh.expires_at}


def _record(row: Row[Any]) -> GrantRecord:
    return GrantRecord(**row._asdict())
