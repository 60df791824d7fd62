"""Whether others reach this service: GitLab and the portal are asked to call it, and it listens."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from b24app.clients import Clients
from b24app.services.gitlab_connections import hook_targets
from sync.bitrix24.rest.client import Portal
from sync.errors import Later, Refused, SyncError
from sync.gitlab.api.hook_log import find_own_hook
from sync.gitlab.api.hooks import test_hook
from sync.gitlab.api.target_checks import TargetCheck
from sync.gitlab.json_fields import positive_int
from sync.store import connections, inbox
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

TEST_EVENT = "ONAPPTEST"
PATIENCE_SECONDS = 20  # the portal's own queue sends events a moment late
_BOUND_ALREADY = "ERROR_EVENT_BINDING_EXISTS"
_REACH = "see that the public address leads here from outside, through the proxy's and the firewall"


def ask_gitlab(clients: Clients, record: ConnectionRecord) -> TargetCheck | None:
    """Let GitLab send its sample of a push to our first webhook, and look whether it is here.

    None where the connection has no webhook to test. The sample is stored like any delivery, and
    tells nobody: it is of commits that were told already. Raises Later and Denied.
    https://docs.gitlab.com/api/project_webhooks/#trigger-a-test-project-webhook
    """
    client = clients.code_host(record)
    with read(clients.engine) as conn:
        stored = connections.secrets(conn, clients.vault, record.id)
    for target in hook_targets(record) if stored else ():
        hook = find_own_hook(client, target, stored.hook_key if stored else "")
        hook_id = positive_int((hook or {}).get("id"))
        if hook_id is None:
            continue
        before = _newest(clients, f"gitlab:{record.id}")
        began_at = clients.clock.now()
        try:
            test_hook(client, target, hook_id)
        except Refused as refused:
            return TargetCheck(str(target), False, f"GitLab's test: {refused.message}", _REACH)
        except Later as later:
            if later.code == "429":
                return TargetCheck(str(target), True, "GitLab allows no further test this minute")
            raise
        return _judge(clients, str(target), record, before, began_at)
    return None


def _judge(
    clients: Clients, target: str, record: ConnectionRecord, before: int, began_at: datetime
) -> TargetCheck:
    """Judge a test that GitLab calls delivered: by what is stored here since."""
    took = max(0, int((clients.clock.now() - began_at).total_seconds() * 1000))
    if _newest(clients, f"gitlab:{record.id}") > before:
        return TargetCheck(target, True, f"GitLab's test delivery arrived here in {took} ms")
    return TargetCheck(target, True, f"GitLab's test was answered in {took} ms, as one seen before")


def ask_portal(
    clients: Clients, portal: PortalRecord, client: Portal, seconds: int = PATIENCE_SECONDS
) -> TargetCheck:
    """Let the portal post its event of a test with a nonce, and wait for it. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/events/test-handler.html
    """
    handler, nonce = f"{clients.config.public_url}/b24/events", secrets.token_hex(8)
    binding = {"event": TEST_EVENT, "handler": handler}
    try:
        client.call("event.bind", binding, write=True)
    except Refused as refused:
        if refused.code != _BOUND_ALREADY:
            raise
    origin, began_at = f"bitrix24:{portal.id}", clients.clock.now()
    before = _newest(clients, origin)
    try:
        client.call("event.test", {"nonce": nonce}, write=True)
        for _ in range(seconds * 2):
            if _has_nonce(clients, origin, before, nonce):
                took = (clients.clock.now() - began_at).total_seconds()
                return TargetCheck(
                    "event", True, f"the portal's test event arrived in {took:.1f} s"
                )
            clients.clock.sleep(0.5)
    finally:
        with suppress(SyncError):
            client.call("event.unbind", binding, write=True)
    return TargetCheck(
        "event", False, f"the portal's test event did not arrive within {seconds} s", _REACH
    )


def _newest(clients: Clients, origin: str) -> int:
    with read(clients.engine) as conn:
        return inbox.newest_id(conn, origin)


def _has_nonce(clients: Clients, origin: str, before: int, nonce: str) -> bool:
    with read(clients.engine) as conn:
        return _contains(conn, origin, before, nonce.encode())


def _contains(conn: Connection, origin: str, before: int, nonce: bytes) -> bool:
    return any(nonce in body for body in inbox.bodies_since(conn, origin, TEST_EVENT, before))
