"""A cache of what receivers look up for every request, kept for a few seconds."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Engine

from sync.log import log
from sync.store import connections, portals
from sync.store.db.database import AWAY, read
from sync.store.vault import Vault, VaultError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
TTL_SECONDS = 5.0
STALE_SECONDS = 600.0  # that an entry serves while the database is away
PATIENCE_SECONDS = 1.0  # for the database, where there is a stale entry
MAX_ENTRIES = 10_000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LookupCache(Generic[K, V]):
    """Caches the results of `find`; what is missing is not cached, so guesses fill nothing.

    While the database is away, what was read within the last minutes goes on to be served: a
    sender can then be verified, and waits for the database in the inbox.
    """

    def __init__(self, find: Callable[[K], V | None]) -> None:
        self._find = find
        self._entries: dict[K, tuple[float, V]] = {}
        self._looking: dict[K, Future[V | None]] = {}  # what did not come in time
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="lookup")

    def get(self, key: K) -> V | None:
        """Return the value of `key`, at most TTL_SECONDS old; None where there is none."""
        cached, now = self._entries.get(key), time.monotonic()
        if cached is not None and now < cached[0] + TTL_SECONDS:
            return cached[1]
        if cached is None or now >= cached[0] + STALE_SECONDS:
            return self._keep(key, self._find(key))
        if key in self._looking and not self._looking[key].done():
            return cached[1]  # nobody waits a second time for what another has waited for
        looking = self._readers.submit(self._find, key)
        try:
            value = looking.result(PATIENCE_SECONDS)
        except NotInTime:
            self._looking[key] = looking
            return cached[1]
        except AWAY:
            return cached[1]
        self._looking.pop(key, None)
        return self._keep(key, value)

    def fresh(self, key: K) -> V | None:
        """Return what was looked up in the last seconds, without looking; None for nothing."""
        cached = self._entries.get(key)
        is_fresh = cached is not None and time.monotonic() < cached[0] + TTL_SECONDS
        return cached[1] if cached is not None and is_fresh else None

    def _keep(self, key: K, entry: V | None) -> V | None:
        if entry is None:
            self._entries.pop(key, None)
            return None
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (time.monotonic(), entry)
        return entry

    def refresh(self, key: K) -> V | None:
        """Look `key` up now, whatever is cached."""
        self._entries.pop(key, None)
        return self.get(key)

    def clear(self) -> None:
        """Forget everything, after a change of what is looked up."""
        self._entries.clear()


@dataclass(frozen=True, slots=True)
class CachedHook:
    """The connection behind a webhook address, its kind, and what its deliveries must prove.

    `signs`: signed deliveries have come, so unsigned ones are not of its webhooks.
    """

    connection_id: int
    portal_id: int
    token: str = field(repr=False)
    signing_token: str | None = field(repr=False)
    allow_ips: tuple[Network, ...] = ()
    signs: bool = False
    kind: str = "gitlab"


@dataclass(frozen=True, slots=True)
class CachedPortal:
    """A portal that sends events, and the token that proves them."""

    id: int
    state: str
    application_token: str | None = field(repr=False)

    def accepts_token(self, application_token: str) -> bool:
        """Return whether an event with this token comes from the portal (constant time)."""
        if not self.application_token or not application_token:
            return False
        return hmac.compare_digest(self.application_token.encode(), application_token.encode())


def hook_finder(engine: Engine, vault: Vault) -> Callable[[str], CachedHook | None]:
    """Return a function that finds a connection by the key in its webhook address."""

    def find(key: str) -> CachedHook | None:
        with read(engine) as conn:
            row = connections.by_hook_key(conn, vault, key)
            portal = portals.by_id(conn, row[0].portal_id) if row else None
        if row is None or portal is None or portal.state == "removed":
            return None
        record, secrets = row
        if record.state == "removed":
            return None
        allowed = tuple(map(ipaddress.ip_network, record.options.get("allow_ips", ())))
        return CachedHook(
            record.id,
            record.portal_id,
            secrets.hook_token or "",
            secrets.signing_token,
            allowed,
            record.signed_at is not None,
            record.kind,
        )

    return find


def portal_finder(engine: Engine, vault: Vault) -> Callable[[str], CachedPortal | None]:
    """Return a function that finds a portal by its member_id."""

    def find(member_id: str) -> CachedPortal | None:
        with read(engine) as conn:
            portal = portals.by_member(conn, member_id)
            if portal is None:
                return None
            try:
                token = portals.application_token(conn, vault, portal.id)
            except VaultError as error:  # its next event proves itself, and brings it anew
                log.error("application_token_unreadable", portal_id=portal.id, error=str(error))
                token = None
        return CachedPortal(portal.id, portal.state, token)

    return find
