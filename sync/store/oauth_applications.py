"""Store the applications that administrators registered at code hosts, their secrets sealed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select

from sync.store.db.upsert import insert
from sync.store.tables import oauth_application
from sync.store.vault import Vault


@dataclass(frozen=True, slots=True)
class OAuthApplication:
    """An application by the address at which it is registered."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)


def find(conn: Connection, vault: Vault, portal_id: int, base_url: str) -> OAuthApplication | None:
    """Return the portal's application at an address; None without one, or without its secret."""
    query = select(oauth_application.c.client_id, oauth_application.c.client_secret_sealed).where(
        oauth_application.c.portal_id == portal_id, oauth_application.c.base_url == base_url
    )
    row = conn.execute(query).one_or_none()
    if row is None or row[1] is None:
        return None
    return OAuthApplication(base_url, row[0], vault.open(row[1]))


def usable_addresses(conn: Connection, portal_id: int) -> frozenset[str]:
    """Return the addresses at which the portal has an application with its secret."""
    query = select(oauth_application.c.base_url).where(
        oauth_application.c.portal_id == portal_id,
        oauth_application.c.client_secret_sealed.is_not(None),
    )
    return frozenset(conn.scalars(query))


def save(
    conn: Connection,
    vault: Vault,
    portal_id: int,
    base_url: str,
    client_id: str,
    client_secret: str | None,
) -> None:
    """Store an application; a secret of None stays as stored."""
    changes = {"client_id": client_id}
    if client_secret is not None:
        changes["client_secret_sealed"] = vault.seal(client_secret)
    new = insert(conn, oauth_application).values(portal_id=portal_id, base_url=base_url, **changes)
    conn.execute(new.on_conflict_do_update(index_elements=["portal_id", "base_url"], set_=changes))


def keep_only(conn: Connection, portal_id: int, base_urls: Collection[str]) -> None:
    """Delete the portal's applications at other addresses."""
    conn.execute(
        delete(oauth_application).where(
            oauth_application.c.portal_id == portal_id,
            oauth_application.c.base_url.not_in(base_urls),
        )
    )
