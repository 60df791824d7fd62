"""Replace a GitLab token that nears its end by a new one, so that no crash loses it.

GitLab shows a new token once and revokes the old one in the same moment. What is done about it:
the database remembers that a rotation begins, before it does; the answer is written sealed into a
file and forced to the disk before anything else is done with it; then the database gets it, and
only if the token there still is the one that asked. A process that ends in between leaves the file,
which the next one takes up. What remains is an answer that never arrives, or is not yet on the
disk: then the stored token is refused although a rotation was under way, which is said as such, and
an administrator has to issue a new one. The request itself is never repeated with a token that may
be revoked: GitLab would take it for stolen, and revoke the new one too.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import structlog

from sync import keyfile
from sync.core.clock import is_due
from sync.engine.deps import Deps
from sync.engine.lanes import hold
from sync.errors import Later, SyncError
from sync.gitlab.api.own_token import (
    TokenLife,
    is_rotation_due,
    next_end,
    rotate_token,
)
from sync.store import access, connections
from sync.store.access import ConnectionAccess
from sync.store.db.database import write
from sync.store.rows import ConnectionRecord
from sync.store.vault import VaultError

log = structlog.get_logger()

RETRY_EVERY = timedelta(hours=6)  # a rotation that was refused
_ENDING = ".token"


class Rotations:
    """Rotates tokens, and stores what a process before this one could not."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._tried_at: dict[int, datetime] = {}

    def take_up(self) -> int:
        """Store the tokens whose files are still there; return how many. Raises SQLAlchemyError."""
        folder = self._deps.spare_tokens
        if folder is None or not folder.is_dir():
            return 0
        files = sorted(folder.glob(f"*{_ENDING}"))
        for file in files:
            try:
                kept = json.loads(self._deps.vault.open(file.read_text().strip()))
                self._store(kept["connection"], kept["asked_by"], kept["token"])
                log.warning("rotated_token_taken_up", connection_id=kept["connection"])
                file.unlink()
            except (OSError, ValueError, KeyError, VaultError) as error:
                log.error("rotated_token_not_read", file=str(file), error=type(error).__name__)
                with suppress(OSError):
                    file.rename(file.with_suffix(".unreadable"))
        return len(files)

    def rotate_if_due(
        self, record: ConnectionRecord, life: TokenLife, before: ConnectionAccess | None
    ) -> datetime | None:
        """Rotate where it is time, and return the end of the new token; None where nothing was."""
        now = self._deps.clock.now()
        tried_at = self._tried_at.get(record.id)
        if before is None or not is_rotation_due(life, now):
            return None
        if not is_due(tried_at, RETRY_EVERY, now):
            return None
        with hold(self._deps, f"rotate:{record.id}") as lane:
            if lane is None:
                return None
            self._tried_at[record.id] = now
            return self._rotate(record, life, now)

    def _rotate(self, record: ConnectionRecord, life: TokenLife, now: datetime) -> datetime | None:
        deps, ends_on = self._deps, next_end(life, now)
        client = deps.code_host_for(record)
        client.present_token = None  # this very token is to be replaced, or none
        with write(deps.database) as conn:
            began = access.begin_rotation(conn, record.id, now)
        if not began or not client.access_token:
            return None
        asked_by = _hash(client.access_token)
        try:
            token = rotate_token(client, ends_on)
        except Later as error:
            if not error.sent:
                self._give_up(record, str(error))
            log.error("token_rotation_unknown", connection_id=record.id, error=str(error))
            return None  # the next look at the stored token says whether it was carried out
        except SyncError as error:
            self._give_up(record, str(error))
            return None
        kept = self._keep_aside(record.id, asked_by, token)
        self._store(record.id, asked_by, token)
        if kept is not None:
            kept.unlink(missing_ok=True)
        log.info("token_rotated", connection_id=record.id, until=ends_on.isoformat())
        return datetime.combine(ends_on, time(), UTC)

    def _give_up(self, record: ConnectionRecord, problem: str) -> None:
        log.error("token_not_rotated", connection_id=record.id, error=problem)
        with write(self._deps.database) as conn:
            access.end_rotation(conn, record.id, problem)

    def _keep_aside(self, connection_id: int, asked_by: str, token: str) -> Path | None:
        """Write the sealed answer to the disk; None where there is no folder for it."""
        folder = self._deps.spare_tokens
        if folder is None:
            return None
        text = json.dumps({"connection": connection_id, "asked_by": asked_by, "token": token})
        file = folder / f"{connection_id}{_ENDING}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keyfile.write_private(file, self._deps.vault.seal(text))
        except OSError as error:
            log.error("token_not_kept_aside", connection_id=connection_id, error=str(error))
            return None
        return file

    def _store(self, connection_id: int, asked_by: str, token: str) -> None:
        """Store the new token, unless somebody put another one there meanwhile."""
        with write(self._deps.database) as conn:
            secrets = connections.secrets(conn, self._deps.vault, connection_id)
            if secrets and secrets.access_token and _hash(secrets.access_token) == asked_by:
                connections.set_token(conn, self._deps.vault, connection_id, token)
            access.end_rotation(conn, connection_id)


def remove_spare_token(folder: Path | None, connection_id: int) -> None:
    """Delete what was kept aside for a connection that is gone."""
    if folder is not None:
        for file in folder.glob(f"{connection_id}.*"):
            file.unlink(missing_ok=True)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
