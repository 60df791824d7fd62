"""How a connection of the settings is stored: made, changed, and what ends with its address."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

from sqlalchemy import Connection as Database
from sqlalchemy import update

from sync.addresses import normal_url, server_key
from sync.settings.model import Connection
from sync.store import connections, oauth_grants
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets
from sync.store.tables import connection as table
from sync.store.vault import Vault


def update_connection(
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
    is_stored = connection.token is not None and connection.token.stored is True
    if is_stored:
        token = before.access_token if before else None
    ended = _end_grants(conn, record, connection, is_stored)
    draft = build_draft(connection, ConnectionSecrets(hook_key="", access_token=token))
    same_token = before is not None and _equal_secrets(before.access_token, token)
    same = (record.base_url, record.options) == (draft.base_url, draft.options)
    if same_token and same and not ended:
        return False
    connections.upsert(conn, vault, record.portal_id, draft, now)
    if token is None:
        conn.execute(update(table).where(table.c.id == record.id).values(access_token_sealed=None))
    is_same_address = normal_url(record.base_url) == normal_url(draft.base_url)
    if not same_token or not is_same_address:
        connections.forget_proofs(conn, record.id)
    if not is_same_server(record.base_url, draft.base_url):
        connections.set_signed(conn, record.id, None)  # another GitLab may be too old to sign
        connections.set_admitted(conn, record.id, {})
    connections.set_account(conn, record.id, {})
    connections.set_state(conn, record.id, "active", "")
    return True


def _end_grants(
    conn: Database, record: ConnectionRecord, connection: Connection, is_stored: bool
) -> bool:
    """End sign-ins that belong to another address, or whose place a token takes; tell if any.

    Nobody's token is for another server than the one that gave it.
    """
    if normal_url(record.base_url) != normal_url(connection.url):
        oauth_grants.remove_all(conn, [record.id])
        return True
    if not is_stored and oauth_grants.find(conn, record.id) is not None:
        oauth_grants.remove(conn, record.id, oauth_grants.OWN)
        return True
    return False


def is_same_server(former: str, present: str) -> bool:
    """Return whether two addresses are of one server, whatever they are spelled like."""
    return server_key(former) == server_key(present)


def _equal_secrets(first: str | None, other: str | None) -> bool:
    return hmac.compare_digest((first or "").encode(), (other or "").encode())


def build_draft(connection: Connection, connection_secrets: ConnectionSecrets) -> ConnectionDraft:
    """Return what is to be stored of a connection of the settings."""
    options = connection.model_dump(mode="json", exclude={"name", "was", "kind", "url", "token"})
    return ConnectionDraft(
        connection.kind, connection.name, connection.url, connection_secrets, options
    )


def fresh_secrets(token: str | None) -> ConnectionSecrets:
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
