"""Credentials of a portal: the application's keys, the tokens, where they are kept. Pure."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from sync.bitrix24.rest.batch import as_int

# Both are current: the English documentation names the first, the Russian one the second.
OAUTH_HOSTS = frozenset({"https://oauth.bitrix.info", "https://oauth.bitrix24.tech"})
_HOUR, _DAY = 3600, 86_400  # seconds
_EXPIRY_MARGIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AppKeys:
    """The application's key and secret, and the OAuth servers that may receive the secret.

    `code`: the application's code in the market, where it has one.
    """

    client_id: str
    client_secret: str = field(repr=False)
    oauth_hosts: Collection[str] = OAUTH_HOSTS
    code: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of one portal, and the addresses that accept them."""

    member_id: str
    client_endpoint: str
    server_endpoint: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None = None
    user_id: int = 0
    scopes: tuple[str, ...] = ()
    status: str = ""

    def is_expired(self, now: datetime) -> bool:
        """Return whether the access token is over; an unknown end counts as not over."""
        return self.expires_at is not None and now >= self.expires_at - _EXPIRY_MARGIN


class TokenStore(Protocol):
    """The tokens of one portal, shared by all workers."""

    def load(self) -> Credentials:
        """Return the stored credentials. Raises Denied where there are none."""
        ...

    def refreshing(self) -> AbstractContextManager[object]:
        """Hold the portal's refresh lease. Raises Later where that takes too long."""
        ...

    def save(self, credentials: Credentials) -> None:
        """Replace both tokens and everything else in one transaction."""
        ...

    def domain_moved(self, client_endpoint: str) -> None:
        """Store the portal's new REST address."""
        ...


def normalize_url(url: str) -> str:
    """Return scheme, host and port (and the path before /rest) in one comparable form."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "") + (f":{port}" if port and port != usual else "")
    path = parts.path.rstrip("/").removesuffix("/rest").rstrip("/")
    return f"{parts.scheme}://{host}{path}" if host and "@" not in parts.netloc else ""


def normalize_endpoint(url: str) -> str:
    """Return a REST endpoint with its final slash; "" stays ""."""
    return url.strip().rstrip("/") + "/" if url.strip() else ""


def same_host(first_url: str, other: str) -> bool:
    """Return whether two addresses name one host and port: a frame's DOMAIN has no more."""
    hosts = [normalize_url(url).partition("//")[2].partition("/")[0] for url in (first_url, other)]
    return bool(hosts[0]) and hosts[0] == hosts[1]


def parse_scopes(value: Any) -> tuple[str, ...]:
    """Return the scopes in a list or a comma-separated text."""
    listed = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(scope).strip() for scope in listed if str(scope).strip())


def expiry_time(seconds: Any, now: datetime) -> datetime:
    """Return when a token of an install request ends: an hour from now if it does not say.

    Nor does one that says more than a day: the portal's last an hour.
    """
    span = as_int(seconds)
    return now.astimezone(UTC) + timedelta(seconds=span if 0 < span <= _DAY else _HOUR)
