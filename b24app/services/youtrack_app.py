"""The YouTrack app of a connection, as a file for the administrator of that YouTrack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import Refused
from sync.sentences import sentence
from sync.store import connections
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord
from sync.version import package_version
from sync.youtrack.api.account import read_account
from sync.youtrack.app_package import AppSetting, build_app

if TYPE_CHECKING:
    from b24app.clients import Clients

FILE_NAME = "b24bridge-youtrack.zip"


def make_app(clients: Clients, record: ConnectionRecord) -> bytes:
    """Return the ZIP for a connection, which asks YouTrack for our account's login once.

    Raises SyncError: Refused without a public address, or for a connection of another kind.
    """
    if not clients.config.public_url:
        raise Refused(
            "There is no public address that YouTrack could call",
            change="Set B24BRIDGE_PUBLIC_URL",
            code="no_public_url",
        )
    account = read_account(clients.youtrack(record))
    with read(clients.engine) as conn:
        secrets = connections.secrets(conn, clients.vault, record.id)
    if secrets is None or not secrets.signing_token:
        raise Refused(
            sentence("The connection {name} has no secret to sign with", name=record.name),
            change="Remove it from the settings and add it anew",
            code="no_secret",
        )
    address = f"{clients.config.public_url}/hooks/youtrack/{secrets.hook_key}"
    return build_app(AppSetting(address, secrets.signing_token, account.login, package_version()))
