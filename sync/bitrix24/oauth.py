"""Tokens of a portal: renewing them and proving an installation, at the OAuth server only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from sync.bitrix24 import errors
from sync.bitrix24.mask import shown
from sync.core.exchange import Ledger
from sync.errors import Denied, Refused
from sync.net import TIMEOUT

# Both are current: the English documentation names the first, the Russian one the second.
OAUTH_HOSTS = frozenset({"https://oauth.bitrix.info", "https://oauth.bitrix24.tech"})
_PREFERRED = "https://oauth.bitrix.info"
_EARLY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AppKeys:
    """The application's key and secret, and the OAuth servers that may see the secret.

    `code`: the application's code in the market, where it has one.
    """

    client_id: str
    client_secret: str = field(repr=False)
    oauth_hosts: Collection[str] = OAUTH_HOSTS
    code: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of one portal and where they are good for."""

    member_id: str
    client_endpoint: str
    server_endpoint: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None = None
    user_id: int = 0
    scopes: tuple[str, ...] = ()
    status: str = ""

    def expired(self, now: datetime) -> bool:
        """Known to be over; an unknown end is left to the portal to say."""
        return self.expires_at is not None and now >= self.expires_at - _EARLY


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What the OAuth server says of an access token. `member_id` is "" where it does not say."""

    client_id: str
    member_id: str = ""
    client_endpoint: str = ""
    user_id: int = 0
    status: str = ""
    version: int = 0
    scopes: tuple[str, ...] = ()
    installed: bool = False


def oauth_base(server_endpoint: str, allowed: Collection[str]) -> str:
    """The OAuth server's base URL for a portal's `server_endpoint` ("": the default one).

    Raises Refused for a server that is not in `allowed`: an install request is not authenticated,
    and whoever it named would be handed the application's secret.
    """
    known = {_base(host): host for host in allowed}
    if not server_endpoint:
        return _PREFERRED if _PREFERRED in known else next(iter(sorted(known)), "")
    base = _base(server_endpoint)
    if base not in known:
        raise Refused(
            f"{base[:100]} is not an OAuth server of Bitrix24 that is known here",
            why="The request is forged, or Bitrix24 has a new one",
            change="If it is genuine, add it to B24BRIDGE_OAUTH_HOSTS",
            code="foreign_oauth_host",
        )
    return base


def _base(url: str) -> str:
    """Scheme, host and port (and the path before /rest), as one comparable text."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "") + (f":{port}" if port and port != usual else "")
    path = parts.path.rstrip("/").removesuffix("/rest").rstrip("/")
    return f"{parts.scheme}://{host}{path}" if host and "@" not in parts.netloc else ""


def refresh(
    credentials: Credentials,
    app: AppKeys,
    *,
    session: requests.Session,
    now: datetime,
    ledger: Ledger | None = None,
) -> Credentials:
    """A new pair of tokens; the old refresh token is dead from then on, so save it at once.

    https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html (GET with the secret in the
    query is the vendor's rule). Raises Denied where the grant is dead, Later where the server is
    not available.
    """
    base = oauth_base(credentials.server_endpoint, app.oauth_hosts)
    query = {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "refresh_token": credentials.refresh_token,
    }
    answer = _get(session, f"{base}/oauth/token/", query, "oauth/token", ledger)
    renewed = _credentials(answer, credentials, now)
    if credentials.member_id and renewed.member_id != credentials.member_id:
        raise Denied(
            "The OAuth server answered with the tokens of another portal",
            why="The stored permission does not belong to this portal",
            change="Install the application again",
            code="foreign_portal",
        )
    return renewed


def _credentials(answer: dict[str, Any], old: Credentials, now: datetime) -> Credentials:
    access, renewal = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not access or not isinstance(renewal, str) or not renewal:
        raise errors.classify(200, b"", method="oauth/token")
    # `domain` here is the OAuth server; the portal's address is client_endpoint.
    return replace(
        old,
        access_token=access,
        refresh_token=renewal,
        expires_at=_expiry(answer, now),
        client_endpoint=endpoint(str(answer.get("client_endpoint") or old.client_endpoint)),
        server_endpoint=str(answer.get("server_endpoint") or old.server_endpoint),
        member_id=str(answer.get("member_id") or old.member_id),
        user_id=whole(answer.get("user_id")) or old.user_id,
        scopes=scopes(answer.get("scope")) or old.scopes,
        status=str(answer.get("status") or old.status),
    )


def _expiry(answer: dict[str, Any], now: datetime) -> datetime:
    """By our own clock: `expires` is the server's, which need not agree with it."""
    return now + timedelta(seconds=whole(answer.get("expires_in")) or 3600)


def verify_install(
    access_token: str,
    server_endpoint: str,
    app: AppKeys,
    *,
    session: requests.Session,
    ledger: Ledger | None = None,
) -> AppInfo:
    """Prove that an access token was issued to this application: `app.info` at the OAuth server.

    https://apidocs.bitrix24.com/settings/cloud-and-on-premise/security-recommendations.html.
    Raises Denied for a token of another application, or one that is not valid.
    """
    base = oauth_base(server_endpoint, app.oauth_hosts)
    query = {"auth": access_token}
    answer = _get(session, f"{base}/rest/app.info", query, "oauth/app.info", ledger)
    info = parse_app_info(answer.get("result"))
    if not info.client_id or info.client_id not in {app.client_id, app.code}:
        raise Denied(
            "The access token was issued to another application",
            why="The request is forged, or this server was given the keys of another application",
            change="Check B24BRIDGE_CLIENT_ID",
            code="foreign_application",
        )
    return info


def prove_install(
    claimed: Credentials,
    app: AppKeys,
    *,
    session: requests.Session,
    now: datetime,
    ledger: Ledger | None = None,
) -> Credentials:
    """The credentials of an install request, with everything the OAuth server can confirm.

    Where `app.info` does not name the portal, the tokens are renewed once: that answer does.
    Raises Denied where the request claims another portal or address than the tokens belong to.
    """
    info = verify_install(
        claimed.access_token, claimed.server_endpoint, app, session=session, ledger=ledger
    )
    if info.member_id and info.client_endpoint:
        proven = replace(
            claimed,
            client_endpoint=info.client_endpoint,
            user_id=info.user_id or claimed.user_id,
            scopes=info.scopes or claimed.scopes,
            status=info.status or claimed.status,
        )
        member_id = info.member_id
    else:
        nameless = replace(claimed, member_id="")
        proven = refresh(nameless, app, session=session, now=now, ledger=ledger)
        member_id = proven.member_id
    same_address = same_host(claimed.client_endpoint, proven.client_endpoint)
    if member_id != claimed.member_id or not same_address:
        raise Denied(
            "The request names another portal than the one its tokens belong to",
            why="The request is forged, or the portal has just changed its address",
            change="Open the application in Bitrix24 again",
            code="foreign_portal",
        )
    return replace(proven, member_id=member_id)


def parse_app_info(result: Any) -> AppInfo:
    """Both known shapes: {client_id, user_id, install{…}}, and the portal's {CODE, STATUS, …}."""
    if not isinstance(result, dict):
        return AppInfo("")
    install = result.get("install") if isinstance(result.get("install"), dict) else {}
    return AppInfo(
        client_id=str(result.get("client_id") or result.get("CODE") or ""),
        member_id=str(install.get("member_id") or ""),
        client_endpoint=endpoint(str(install.get("client_endpoint") or "")),
        user_id=whole(result.get("user_id")),
        status=str(install.get("status") or result.get("STATUS") or ""),
        version=whole(install.get("version") or result.get("VERSION")),
        scopes=scopes(install.get("scope") or result.get("scope")),
        installed=(install.get("installed") or result.get("INSTALLED")) in (True, 1, "Y", "1"),
    )


def endpoint(url: str) -> str:
    """A REST endpoint with its final slash; "" stays "" ."""
    return url.strip().rstrip("/") + "/" if url.strip() else ""


def same_host(one: str, other: str) -> bool:
    """Whether two addresses name one host and port; DOMAIN of a frame has no more than that."""
    hosts = [_base(url).partition("//")[2].partition("/")[0] for url in (one, other)]
    return bool(hosts[0]) and hosts[0] == hosts[1]


def whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def scopes(value: Any) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(scope).strip() for scope in listed if str(scope).strip())


def _get(
    session: requests.Session,
    url: str,
    query: dict[str, str],
    method: str,
    ledger: Ledger | None,
) -> dict[str, Any]:
    """One GET whose URL, and so whose secrets, stay out of every error."""
    with (ledger or Ledger()).call(method, shown(query)) as told:
        try:
            response = session.get(url, params=query, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            kind = type(error).__name__
            raise errors.unreachable(
                f"the OAuth server could not be reached ({kind})", method=method, write=False
            ) from None
        answer = errors.decoded(response.content)
        told.status, told.answer = response.status_code, shown(answer) if answer else ""
        if response.status_code != 200 or not isinstance(answer, dict) or "error" in answer:
            raise errors.classify(
                response.status_code, response.content, method=method, write=False
            )
        return answer


def expires_after(seconds: Any, now: datetime) -> datetime:
    """The moment a token of an install request ends; an hour where it does not say."""
    return now.astimezone(UTC) + timedelta(seconds=whole(seconds) or 3600)
