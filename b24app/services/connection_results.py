"""What the test of a connection comes to, and a token that was tried, stored; of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from b24app.clients import Clients
from sync.engine.upkeep.access import record_accepted
from sync.settings.apply import current_settings
from sync.settings.model import Secret, stored
from sync.store import connections, oauth_grants, portals
from sync.store.db.database import write
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets, PortalRecord


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """The result of a test: the account in one line, and what is wrong with it."""

    ok: bool
    account: str
    problems: tuple[str, ...]


def store_token(
    clients: Clients,
    portal: PortalRecord,
    record: ConnectionRecord,
    token: str,
    expires_at: datetime | None = None,
) -> None:
    """Store a token; the settings say from then on that the database has it."""
    draft = ConnectionDraft(
        record.kind,
        record.name,
        record.base_url,
        ConnectionSecrets(hook_key="", access_token=token),
        dict(record.options),
    )
    now = clients.clock.now()
    with write(clients.engine) as conn:
        connections.upsert(conn, clients.vault, portal.id, draft, now)
        oauth_grants.remove(conn, record.id, oauth_grants.OWN)
        connections.set_state(conn, record.id, "active", "")
        record_accepted(conn, record, expires_at, now)
        mark_token_stored(conn, portal, record.name, now)


def mark_token_stored(conn: Connection, portal: PortalRecord, name: str, now: datetime) -> None:
    """Have the settings say that the database has a connection's token."""
    settings = current_settings(conn, portal)
    changed = [
        connection.model_copy(update={"token": Secret(stored=True)})
        if connection.name == name
        else connection
        for connection in settings.connections
    ]
    settings = settings.model_copy(update={"connections": changed})
    portals.save_settings(conn, portal.id, stored(settings), now)
