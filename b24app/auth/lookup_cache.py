"""What the receiver looks up for every request, remembered for a few seconds."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Engine

from sync.store import connections, portals
from sync.store.db.database import read
from sync.store.vault import Vault

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
TTL_SECONDS = 5.0
MAX_ENTRIES = 10_000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LookupCache(Generic[K, V]):
    """`find` with a memory; what is not found is not remembered, so guesses fill nothing."""

    def __init__(self, find: Callable[[K], V | None]) -> None:
        self._find = find
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        held = self._entries.get(key)
        if held is not None and held[0] > time.monotonic():
            return held[1]
        entry = self._find(key)
        if entry is None:
            self._entries.pop(key, None)
            return None
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (time.monotonic() + TTL_SECONDS, entry)
        return entry

    def refresh(self, key: K) -> V | None:
        """Looked up now, whatever is remembered."""
        self._entries.pop(key, None)
        return self.get(key)

    def clear(self) -> None:
        """What is asked next is looked up anew."""
        self._entries.clear()


@dataclass(frozen=True, slots=True)
class CachedHook:
    """What a hook address leads to."""

    connection_id: int
    portal_id: int
    token: str = field(repr=False)
    signing_token: str | None = field(repr=False)
    allow_ips: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class CachedPortal:
    id: int
    state: str
    application_token: str | None = field(repr=False)

    def accepts_token(self, application_token: str) -> bool:
        """Whether an event that carries this token is from the portal."""
        if not self.application_token or not application_token:
            return False
        return hmac.compare_digest(self.application_token.encode(), application_token.encode())


def hook_finder(engine: Engine, vault: Vault) -> Callable[[str], CachedHook | None]:
    def find(key: str) -> CachedHook | None:
        with read(engine) as conn:
            row = connections.by_hook_key(conn, vault, key)
            portal = portals.by_id(conn, row[0].portal_id) if row else None
        if row is None or portal is None or portal.state == "removed":
            return None
        record, secrets = row
        allowed = tuple(map(ipaddress.ip_network, record.options.get("allow_ips", ())))
        return CachedHook(
            record.id, record.portal_id, secrets.hook_token or "", secrets.signing_token, allowed
        )

    return find


def portal_finder(engine: Engine, vault: Vault) -> Callable[[str], CachedPortal | None]:
    def find(member_id: str) -> CachedPortal | None:
        with read(engine) as conn:
            portal = portals.by_member(conn, member_id)
            if portal is None:
                return None
            token = portals.application_token(conn, vault, portal.id)
        return CachedPortal(portal.id, portal.state, token)

    return find
