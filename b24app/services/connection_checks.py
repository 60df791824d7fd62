"""Tests of what a GitLab connection is given: a new token, every project and group, its hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from b24app.clients import Clients
from b24app.services.gitlab_connections import ConnectionTest, check_connection, hook_targets
from sync.engine.upkeep.access import record_accepted
from sync.gitlab.api.account import Account, read_account
from sync.gitlab.api.target_checks import TargetCheck, check_target
from sync.sentences import as_sentence
from sync.settings.apply import current_settings
from sync.settings.model import Secret, stored
from sync.store import connections, oauth_grants, portals
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionRecord, ConnectionSecrets, PortalRecord

Progress = Callable[[int, int], None]
NO_TARGETS = TargetCheck(
    as_sentence("projects"),
    False,
    "the connection names no projects and no groups, so nothing would ever arrive",
    "name them under `projects` or `groups` in the settings",
)


def check_targets(
    clients: Clients, record: ConnectionRecord, progress: Progress = lambda done, total: None
) -> Iterator[TargetCheck]:
    """Yield the result for every configured project and group. Raises Later and Denied."""
    targets = hook_targets(record)
    if not targets:
        yield NO_TARGETS
        return
    client, url = clients.code_host(record), _hook_url(clients, record)
    for number, target in enumerate(targets, 1):
        yield check_target(client, target, url=url)
        progress(number, len(targets))


def check_whole_connection(clients: Clients, record: ConnectionRecord, most: int) -> ConnectionTest:
    """Test the token, and at most so many of its projects and groups. Raises Later and Denied."""
    tested = check_connection(clients, record)
    checks = list(islice(check_targets(clients, record), most)) if tested.account else []
    problems = tuple(str(check) for check in checks if not check.ok)
    return ConnectionTest(tested.ok and not problems, tested.account, (*tested.problems, *problems))


def _hook_url(clients: Clients, record: ConnectionRecord) -> str:
    """Return the address of the connection's webhook; "" without a public address."""
    with read(clients.engine) as conn:
        secrets = connections.secrets(conn, clients.vault, record.id)
    if secrets is None or not clients.config.public_url:
        return ""
    return f"{clients.config.public_url}/hooks/gitlab/{secrets.hook_key}"


def replace_token(
    clients: Clients, portal: PortalRecord, record: ConnectionRecord, token: str
) -> Account:
    """Store a token that GitLab accepts; the old one stays where it does not.

    The settings say from then on that the database has it. Raises SyncError.
    """
    account = read_account(clients.code_host_on_trial(record, token))
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
        record_accepted(conn, record, account.expires_at, now)
        mark_token_stored(conn, portal, record.name, now)
    return account


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
