"""The environment as the pages need it: with tokens that were taken from it by another process.

`settings apply` may run in a shell that has a variable which the service has not. The token is
stored sealed since then; a page that changes something else must not ask for the variable again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import Connection

from b24app.deps import Deps
from sync.settings.apply import current_settings
from sync.store import connections
from sync.store.rows import PortalRecord
from sync.store.vault import VaultError


def read_environment(conn: Connection, deps: Deps, portal: PortalRecord) -> Mapping[str, str]:
    """Return the environment's variables, and those of the portal's tokens that are unset now."""
    kept: dict[str, str] = {}
    for each in current_settings(conn, portal).connections:
        name = each.token.env if each.token else None
        record = connections.by_name(conn, portal.id, each.name)
        if not name or record is None or os.environ.get(name, "").strip():
            continue
        with suppress(VaultError):  # it opens with no key here: then the variable is asked for
            secrets = connections.secrets(conn, deps.vault, record.id)
            if secrets is not None and secrets.access_token:
                kept[name] = secrets.access_token
    return {**os.environ, **kept}
