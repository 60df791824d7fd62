"""Store portals, the tenants, with their tokens and settings."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, select, update

from sync.store import oauth_grants
from sync.store.db.upsert import chunks, insert
from sync.store.rows import Installation, Json, PortalRecord, PortalTokens
from sync.store.tables import connection, portal
from sync.store.vault import Vault

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = [portal.c[name] for name in PortalRecord.__dataclass_fields__]
ROW_COLUMNS = [
    *_COLUMNS,
    portal.c.settings,
    portal.c.access_token_sealed,
    portal.c.refresh_token_sealed,
]
_ROW = select(*ROW_COLUMNS).where(portal.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class PortalRow:
    """What a turn needs of a portal's row; `open_tokens` unseals its tokens."""

    record: PortalRecord
    settings: Json
    sealed_tokens: tuple[str | None, str | None] = field(repr=False)


def read_row(values: Sequence[Any]) -> PortalRow:
    """Build a row from the values of `ROW_COLUMNS`."""
    *columns, settings_document, access_token, refresh_token = values
    names = PortalRecord.__dataclass_fields__
    record = _build_record(dict(zip(names, columns, strict=True)))
    return PortalRow(record, settings_document or {}, (access_token, refresh_token))


def row_by_id(conn: Connection, portal_id: int) -> PortalRow | None:
    """Return the row of a portal, or None."""
    row = conn.execute(_ROW, {"of_id": portal_id}).one_or_none()
    return None if row is None else read_row(row)


def rows_by_ids(conn: Connection, ids: Collection[int]) -> Iterator[PortalRow]:
    """Yield the rows of these portals, ordered by id within each 500."""
    for some in chunks(sorted(ids)):
        query = select(*ROW_COLUMNS).where(portal.c.id.in_(some)).order_by(portal.c.id)
        yield from map(read_row, conn.execute(query))


def open_tokens(vault: Vault, row: PortalRow) -> PortalTokens | None:
    """Return the opened tokens of a row, or None where there are none."""
    access_token, refresh_token = row.sealed_tokens
    if access_token is None or refresh_token is None:
        return None
    record = row.record
    return PortalTokens(
        vault.open(access_token),
        vault.open(refresh_token),
        record.token_expires_at,
        record.token_user_id,
    )


def by_id(conn: Connection, portal_id: int) -> PortalRecord | None:
    """Return a portal by its id, or None."""
    return _find(conn, portal.c.id == portal_id)


def lock(conn: Connection, portal_id: int) -> PortalRecord | None:
    """Return a portal that stays as it is until this transaction ends; None where there is none.

    SQLite has one writer at a time, so a write transaction is enough there.
    """
    conn.execute(select(portal.c.id).where(portal.c.id == portal_id).with_for_update())
    return by_id(conn, portal_id)


def by_member(conn: Connection, member_id: str) -> PortalRecord | None:
    """Return the portal with that `member_id`, or None."""
    return _find(conn, portal.c.member_id == member_id)


def all_active(conn: Connection) -> tuple[PortalRecord, ...]:
    """Return all active portals, ordered by id."""
    return _read_rows(conn, portal.c.state == "active")


def active_ids(conn: Connection, section: str = "") -> frozenset[int]:
    """Return the ids of active portals: of all, or where the settings have this section."""
    query = select(portal.c.id).where(portal.c.state == "active")
    if section:
        query = query.where(portal.c.settings[section].as_string().is_not(None))
    return frozenset(conn.scalars(query))


def all_portals(conn: Connection) -> tuple[PortalRecord, ...]:
    """Return all portals in any state, ordered by id."""
    return _read_rows(conn, portal.c.id.is_not(None))


def create_or_update(
    conn: Connection, vault: Vault, install: Installation, now: datetime, *, anew: bool = False
) -> int:
    """Store what an installation reported and return the portal's id.

    A portal that was removed or had lost its grant goes back to the state `installing`. That begins
    another installation, as `anew` does: page tokens of the one before open nothing any more.
    """
    values = _install_columns(vault, install, now)
    new = insert(conn, portal).values(**values, created_at=now, installation=new_installation())
    statement = new.on_conflict_do_update(index_elements=["member_id"], set_=values)
    portal_id = int(conn.scalars(statement.returning(portal.c.id)).one())
    again = portal.c.state.in_(["removed", "disconnected"])
    back = conn.execute(
        update(portal)
        .where(portal.c.id == portal_id, again)
        .values(state="installing", state_reason="", removed_at=None)
    )
    if anew or back.rowcount:
        end_pages(conn, portal_id)
    return portal_id


def new_installation() -> str:
    """Return a random id for an installation: 128 bits that nobody guesses."""
    return secrets.token_urlsafe(16)


def end_pages(conn: Connection, portal_id: int | None = None) -> int:
    """End the open pages of a portal, or of all; return of how many portals.

    Their tokens name the installation, which gets another id here.
    """
    ids = (
        [portal_id]
        if portal_id is not None
        else list(conn.scalars(select(portal.c.id).order_by(portal.c.id)))
    )
    return sum(
        conn.execute(
            update(portal).where(portal.c.id == each).values(installation=new_installation())
        ).rowcount
        for each in ids
    )


def mark_removed(conn: Connection, portal_id: int, reason: str, now: datetime) -> None:
    """Mark a portal removed: its tokens are forgotten, its people's serve no more."""
    dead = dict.fromkeys(
        ("access_token_sealed", "refresh_token_sealed", "application_token_sealed")
    )
    ended = {"state": "removed", "state_reason": reason, "removed_at": now}
    _set(conn, portal_id, now, **ended, bot_id=0, bot_problem="", **dead)
    ids = conn.scalars(select(connection.c.id).where(connection.c.portal_id == portal_id)).all()
    oauth_grants.remove_later(conn, ids)
    end_pages(conn, portal_id)


def mark_erased(conn: Connection, portal_id: int) -> None:
    """Mark a portal removed long ago: it is to be deleted, and an installation is of a new one."""
    mark_removed(conn, portal_id, "It is being erased", _LONG_AGO)
    erased = {"member_id": f"erased {portal_id}", "settings": {}}
    conn.execute(update(portal).where(portal.c.id == portal_id).values(**erased))


def removed_before(conn: Connection, moment: datetime) -> tuple[PortalRecord, ...]:
    """Return the portals that were removed before `moment`, ordered by id."""
    return _read_rows(conn, (portal.c.state == "removed") & (portal.c.removed_at < moment))


def tokens(conn: Connection, vault: Vault, portal_id: int) -> PortalTokens | None:
    """Return the opened tokens of a portal, or None where there are none."""
    row = row_by_id(conn, portal_id)
    return None if row is None else open_tokens(vault, row)


def save_tokens(
    conn: Connection, vault: Vault, portal_id: int, fresh: PortalTokens, now: datetime
) -> None:
    """Replace all tokens together; a `user_id` of None leaves the stored one."""
    values: dict[str, Any] = {
        "access_token_sealed": vault.seal(fresh.access_token),
        "refresh_token_sealed": vault.seal(fresh.refresh_token),
        "token_expires_at": fresh.expires_at,
    }
    if fresh.user_id is not None:
        values["token_user_id"] = fresh.user_id
    _set(conn, portal_id, now, **values)


def application_token(conn: Connection, vault: Vault, portal_id: int) -> str | None:
    """Return the token with which the portal's events are signed, or None."""
    return vault.open_optional(
        conn.scalar(select(portal.c.application_token_sealed).where(portal.c.id == portal_id))
    )


def save_application_token(
    conn: Connection, vault: Vault, portal_id: int, token: str, now: datetime
) -> None:
    """Store the token with which the portal's events are signed."""
    _set(conn, portal_id, now, application_token_sealed=vault.seal(token))


def set_state(conn: Connection, portal_id: int, state: str, reason: str, now: datetime) -> None:
    """Set the state of a portal and the reason for it."""
    _set(conn, portal_id, now, state=state, state_reason=reason)


def set_endpoint(conn: Connection, portal_id: int, client_endpoint: str, now: datetime) -> None:
    """Store the address of the portal's REST interface."""
    _set(conn, portal_id, now, client_endpoint=client_endpoint)


def set_features(conn: Connection, portal_id: int, features: dict[str, Any], now: datetime) -> None:
    """Store which features the portal was found to have."""
    _set(conn, portal_id, now, features=features)


def settings(conn: Connection, portal_id: int) -> dict[str, Any]:
    """Return the settings document of a portal, empty where none was saved."""
    return conn.scalar(select(portal.c.settings).where(portal.c.id == portal_id)) or {}


def save_settings(
    conn: Connection, portal_id: int, document: dict[str, Any], now: datetime
) -> None:
    """Replace the settings document of a portal."""
    _set(conn, portal_id, now, settings=document)


def _set(conn: Connection, portal_id: int, now: datetime, **values: Any) -> None:
    conn.execute(update(portal).where(portal.c.id == portal_id).values(**values, updated_at=now))


def _install_columns(vault: Vault, install: Installation, now: datetime) -> dict[str, Any]:
    values = {
        "member_id": install.member_id,
        "client_endpoint": install.client_endpoint,
        "server_endpoint": install.server_endpoint,
        "client_id": install.client_id,
        "language": install.language,
        "scopes": ",".join(install.scopes),
        "app_status": install.app_status,
        "app_version": install.app_version,
        "access_token_sealed": vault.seal(install.tokens.access_token),
        "refresh_token_sealed": vault.seal(install.tokens.refresh_token),
        "token_expires_at": install.tokens.expires_at,
        "token_user_id": install.tokens.user_id,
        "updated_at": now,
    }
    if install.application_token is not None:
        values["application_token_sealed"] = vault.seal(install.application_token)
    return values


def _find(conn: Connection, where: ColumnElement[bool]) -> PortalRecord | None:
    row = conn.execute(select(*_COLUMNS).where(where)).one_or_none()
    return None if row is None else _record(row)


def _read_rows(conn: Connection, where: ColumnElement[bool]) -> tuple[PortalRecord, ...]:
    return tuple(map(_record, conn.execute(select(*_COLUMNS).where(where).order_by(portal.c.id))))


def _record(row: Row[Any]) -> PortalRecord:
    return _build_record(row._asdict())


def _build_record(values: dict[str, Any]) -> PortalRecord:
    scopes = tuple(scope for scope in values.pop("scopes").split(",") if scope)
    return PortalRecord(scopes=scopes, **values)
