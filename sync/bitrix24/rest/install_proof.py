"""Proof of an installation: what a request claims is confirmed by the OAuth server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import requests

from sync.bitrix24.rest.batch import as_int, as_mapping
from sync.bitrix24.rest.credentials import (
    AppKeys,
    Credentials,
    normalize_endpoint,
    parse_scopes,
    same_host,
)
from sync.bitrix24.rest.oauth import get_json, oauth_server, renew_tokens
from sync.core.audit import CallLog
from sync.errors import Denied, Later, SyncError


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What the OAuth server says of an access token; `member_id` is "" where it does not say."""

    client_id: str
    member_id: str = ""
    client_endpoint: str = ""
    user_id: int = 0
    status: str = ""
    version: int = 0
    scopes: tuple[str, ...] = ()
    installed: bool = False


def verify_install(
    access_token: str,
    server_endpoint: str,
    app: AppKeys,
    *,
    session: requests.Session,
    call_log: CallLog | None = None,
) -> AppInfo:
    """Verify by `app.info` that an access token was issued to this application.

    Raises Denied for a token that is not valid or of another application; Later.
    https://apidocs.bitrix24.com/settings/cloud-and-on-premise/security-recommendations.html
    """
    base = oauth_server(server_endpoint, app.oauth_hosts)
    query = {"auth": access_token}
    answer = get_json(session, f"{base}/rest/app.info", query, "oauth/app.info", call_log)
    info = parse_app_info(answer.get("result"))
    if not info.client_id or info.client_id not in {app.client_id, app.code}:
        raise Denied(
            "The access token was issued to another application",
            cause="The request is forged, or this server was given the keys of another application",
            change="Check B24BRIDGE_CLIENT_ID",
            code="foreign_application",
        )
    return info


def confirm_endpoint(
    credentials: Credentials, app: AppKeys, *, session: requests.Session, call_log: CallLog
) -> str:
    """Return the portal's address by app.info, "" where the answer has none. Raises Later."""
    try:
        info = verify_install(
            credentials.access_token,
            credentials.server_endpoint,
            app,
            session=session,
            call_log=call_log,
        )
    except SyncError as error:
        if isinstance(error, Later):
            raise
        return ""  # the token has expired: renewing it tells the address too
    return info.client_endpoint if info.member_id == credentials.member_id else ""


def prove_install(
    claimed: Credentials,
    app: AppKeys,
    *,
    session: requests.Session,
    now: datetime,
    call_log: CallLog | None = None,
) -> Credentials:
    """Return the claimed credentials with everything the OAuth server confirms.

    Where `app.info` does not name the portal, the tokens are renewed once, as that answer does.
    Raises Denied where the tokens belong to another portal or address than claimed; Later.
    """
    info = verify_install(
        claimed.access_token, claimed.server_endpoint, app, session=session, call_log=call_log
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
        proven = renew_tokens(nameless, app, session=session, now=now, call_log=call_log)
        member_id = proven.member_id
    same_address = same_host(claimed.client_endpoint, proven.client_endpoint)
    if member_id != claimed.member_id or not same_address:
        raise Denied(
            "The request names another portal than the one its tokens belong to",
            cause="The request is forged, or the portal has just changed its address",
            change="Open the application in Bitrix24 again",
            code="foreign_portal",
        )
    return replace(proven, member_id=member_id)


def parse_app_info(result: Any) -> AppInfo:
    """Read both known shapes: {client_id, user_id, install{…}}, and {CODE, STATUS, …}."""
    if not isinstance(result, dict):
        return AppInfo("")
    install = as_mapping(result.get("install"))
    return AppInfo(
        client_id=str(result.get("client_id") or result.get("CODE") or ""),
        member_id=str(install.get("member_id") or ""),
        client_endpoint=normalize_endpoint(str(install.get("client_endpoint") or "")),
        user_id=as_int(result.get("user_id")),
        status=str(install.get("status") or result.get("STATUS") or ""),
        version=as_int(install.get("version") or result.get("VERSION")),
        scopes=parse_scopes(install.get("scope") or result.get("scope")),
        installed=(install.get("installed") or result.get("INSTALLED")) in (True, 1, "Y", "1"),
    )
