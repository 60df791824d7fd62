"""Storing settings with a portal and its connections, and exporting them again."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection as Database
from sqlalchemy import update

from sync.settings import document
from sync.settings.model import Connection, Settings, load, stored
from sync.settings.secrets import resolve
from sync.store import connections, portals
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets, Json, PortalRecord
from sync.store.tables import connection as table
from sync.store.vault import Vault


@dataclass(frozen=True, slots=True)
class ConnectionChanges:
    """Names of the connections that were created, changed and removed."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def apply(
    conn: Database,
    vault: Vault,
    portal: PortalRecord,
    settings: Settings,
    *,
    environ: Mapping[str, str],
    now: datetime,
) -> ConnectionChanges:
    """Store checked settings and bring the connections to them, in the caller's transaction.

    A connection keeps its hook address and tokens for as long as it keeps its name. One that is
    gone from the document is deleted with its mirror. Raises UnresolvedSecret.
    """
    done = ConnectionChanges()
    records_by_name = {record.name: record for record in connections.by_portal(conn, portal.id)}
    for connection in settings.connections:
        token = resolve(connection.token, environ) or None if connection.token else None
        record = records_by_name.pop(connection.name, None)
        if record is None:
            fresh = _fresh_secrets(token)
            connections.upsert(conn, vault, portal.id, _build_draft(connection, fresh), now)
            done.created.append(connection.name)
        elif _update_connection(conn, vault, record, connection, token=token, now=now):
            done.changed.append(connection.name)
    for record in records_by_name.values():
        connections.remove(conn, record.id)
        done.removed.append(record.name)
    portals.save_settings(conn, portal.id, stored(settings), now)
    return done


def current_settings(conn: Database, portal: PortalRecord) -> Settings:
    """Return the settings in force: until some are applied, defaults in the portal's language."""
    return load(stored_settings(portal, portals.settings(conn, portal.id)))


def stored_settings(portal: PortalRecord, stored_document: Json) -> Json:
    """Return the document in force, of the one that is stored for the portal."""
    language = "ru" if portal.language == "ru" else "en"
    return {"portal": portal_domain(portal), "language": language, **stored_document}


def export_yaml(conn: Database, portal: PortalRecord) -> str:
    """Return the settings in force as YAML, secrets by reference only."""
    return document.write(current_settings(conn, portal))


def portal_domain(portal: PortalRecord) -> str:
    """Return `portal.bitrix24.com` for `https://portal.bitrix24.com/rest/`."""
    return urlsplit(portal.client_endpoint).netloc


def _update_connection(
    conn: Database,
    vault: Vault,
    record: ConnectionRecord,
    connection: Connection,
    *,
    token: str | None,
    now: datetime,
) -> bool:
    """Bring a stored connection to its settings; return whether anything differed.

    What was learned of the old address or token is forgotten, and a pause ends.
    """
    before = connections.secrets(conn, vault, record.id)
    if connection.token is not None and connection.token.stored:
        token = before.access_token if before else None
    draft = _build_draft(connection, ConnectionSecrets(hook_key="", access_token=token))
    same_token = before is not None and _equal_secrets(before.access_token, token)
    if same_token and (record.base_url, record.options) == (draft.base_url, draft.options):
        return False
    connections.upsert(conn, vault, record.portal_id, draft, now)
    if token is None:
        conn.execute(update(table).where(table.c.id == record.id).values(access_token_sealed=None))
    connections.set_account(conn, record.id, {})
    connections.set_state(conn, record.id, "active", "")
    return True


def _equal_secrets(first: str | None, other: str | None) -> bool:
    return hmac.compare_digest((first or "").encode(), (other or "").encode())


def _build_draft(connection: Connection, connection_secrets: ConnectionSecrets) -> ConnectionDraft:
    options = connection.model_dump(mode="json", exclude={"name", "kind", "url", "token"})
    return ConnectionDraft(
        connection.kind, connection.name, connection.url, connection_secrets, options
    )


def _fresh_secrets(token: str | None) -> ConnectionSecrets:
    """Return a new connection's hook address and tokens.

    A signing token is `whsec_` and 32 bytes in base64:
    https://docs.gitlab.com/user/project/integrations/webhooks/
    """
    return ConnectionSecrets(
        hook_key=secrets.token_urlsafe(32),
        hook_token=secrets.token_urlsafe(32),
        signing_token="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        access_token=token,
    )
