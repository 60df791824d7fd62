"""A portal's tokens and request allowance in the database, for its client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from b24app.refresh_lease import Process, refreshing
from sync.bitrix24.rest.credentials import Credentials
from sync.bitrix24.rest.limits import Allowance, full_allowance
from sync.errors import NO_KEY_OPENS, UNREADABLE, Denied, Later
from sync.store import logs, portals
from sync.store.db.database import select_only, write
from sync.store.portals import PortalRow
from sync.store.rows import AllowanceRow, PortalTokens
from sync.store.vault import Vault, VaultError

T = TypeVar("T")
_REOPEN_HINT = "Open the application in Bitrix24 as an administrator"
_UNREADABLE_SECONDS = 60.0  # between two looks whether the right key is back


class KeyHolder(Process, Protocol):
    """A process that can open what is stored encrypted."""

    @property
    def vault(self) -> Vault:
        """The keys."""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A portal's tokens in the database: renewed by one process at a time, under a lease."""

    holder: KeyHolder
    portal_id: int

    def load(self) -> Credentials:
        """Return the stored credentials. Raises Denied where there are none."""
        with select_only(self.holder.engine) as conn:
            row = portals.row_by_id(conn, self.portal_id)
        return build_credentials(self.holder.vault, row)

    def refreshing(self) -> AbstractContextManager[None]:
        """Hold the portal's refresh lease. Raises Later after 30 seconds of waiting."""
        return refreshing(self.holder, f"refresh:{self.portal_id}", "this portal's tokens")

    def save(self, credentials: Credentials) -> None:
        """Store new tokens and the portal's address in one transaction.

        Not where somebody else took over meanwhile: theirs stay.
        """
        fresh_tokens = PortalTokens(
            credentials.access_token,
            credentials.refresh_token,
            credentials.expires_at,
            credentials.user_id or None,
        )
        now = self.holder.clock.now()
        with write(self.holder.engine) as conn:
            stored = portals.lock(conn, self.portal_id)
            owner_id = stored.token_user_id if stored else None
            if credentials.user_id and owner_id and owner_id != credentials.user_id:
                return
            portals.save_tokens(conn, self.holder.vault, self.portal_id, fresh_tokens, now)
            portals.set_endpoint(conn, self.portal_id, credentials.client_endpoint, now)

    def domain_moved(self, client_endpoint: str) -> None:
        """Store the portal's new REST address."""
        with write(self.holder.engine) as conn:
            portals.set_endpoint(conn, self.portal_id, client_endpoint, self.holder.clock.now())


@dataclass(frozen=True, slots=True)
class StoredAllowance:
    """A portal's request allowance in the database, shared by all processes."""

    holder: KeyHolder
    portal_id: int

    def change(self, step: Callable[[Allowance], tuple[Allowance, T]]) -> T:
        """Apply `step` to the stored allowance in one transaction; return its answer."""
        with write(self.holder.engine) as conn:
            row = logs.read_allowance(conn, self.portal_id)
            allowance = full_allowance(self.holder.clock.now()) if row is None else _allowance(row)
            changed, answer = step(allowance)
            if changed is not allowance:
                kept = AllowanceRow(changed.level, changed.at, dict(changed.operating))
                logs.save_allowance(conn, self.portal_id, kept)
            return answer


def build_credentials(vault: Vault, row: PortalRow | None) -> Credentials:
    """Build what the portal is called with.

    Raises Denied where there are no tokens, Later where no key here opens them.
    """
    try:
        tokens = portals.open_tokens(vault, row) if row else None
    except VaultError as error:
        # No time heals it, but the right key does, and nobody has to open the application then.
        raise Later(
            "The stored tokens of this portal cannot be read",
            after=_UNREADABLE_SECONDS,
            cause=NO_KEY_OPENS,
            change=_REOPEN_HINT,
            code=UNREADABLE,
        ) from error
    if row is None or tokens is None:
        raise Denied("There are no tokens of this portal", change=_REOPEN_HINT, code="no_tokens")
    record = row.record
    return Credentials(
        record.member_id,
        record.client_endpoint,
        record.server_endpoint,
        tokens.access_token,
        tokens.refresh_token,
        expires_at=tokens.expires_at,
        user_id=tokens.user_id or 0,
        scopes=record.scopes,
        status=record.app_status,
    )


def _allowance(row: AllowanceRow) -> Allowance:
    return Allowance(row.level, row.at, row.operating)
