"""Renewal of a portal's tokens at the OAuth server, and only at an allowed one; by Authlib."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests

from sync.bitrix24.rest import errors
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.credentials import (
    AppKeys,
    Credentials,
    normalize_endpoint,
    normalize_url,
    parse_scopes,
)
from sync.bitrix24.rest.masking import mask_line
from sync.core.audit import CallLog
from sync.errors import Denied, Refused
from sync.net import TIMEOUT
from sync.oauth import SECRET_IN_QUERY, AnswerRefused, build_client, count_expiry
from sync.sentences import sentence

_USUAL_LIFE = timedelta(hours=1)  # of an access token
_DEFAULT_HOST = "https://oauth.bitrix.info"


def oauth_server(server_endpoint: str, allowed: Collection[str]) -> str:
    """Return the OAuth server's base URL for a portal's `server_endpoint` ("": the default one).

    Raises Refused for a server that is not in `allowed`: an install request is not authenticated,
    and a server it named would receive the application's secret.
    """
    hosts = {normalize_url(host): host for host in allowed}
    if not server_endpoint:
        return _DEFAULT_HOST if _DEFAULT_HOST in hosts else next(iter(sorted(hosts)), "")
    base = normalize_url(server_endpoint)
    if base not in hosts:
        raise Refused(
            sentence(
                "{base} is not an OAuth server of Bitrix24 that is known here", base=base[:100]
            ),
            cause="The request is forged, or Bitrix24 has a new one",
            change="If it is genuine, add it to B24BRIDGE_OAUTH_HOSTS",
            code="foreign_oauth_host",
        )
    return base


def renew_tokens(
    credentials: Credentials,
    app: AppKeys,
    *,
    session: requests.Session,
    now: datetime,
    call_log: CallLog | None = None,
) -> Credentials:
    """Return a new pair of tokens. The old refresh token is dead from then on: save it at once.

    The vendor prescribes a GET with the secret in its query. Raises Denied where the grant is dead,
    Later where the server is not available.
    https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
    """
    base = oauth_server(credentials.server_endpoint, app.oauth_hosts)
    answer = _ask_for_tokens(session, f"{base}/oauth/token/", app, credentials, call_log)
    renewed = _parse_credentials(answer, credentials, now)
    if credentials.member_id and renewed.member_id != credentials.member_id:
        raise Denied(
            "The OAuth server answered with the tokens of another portal",
            cause="The stored permission does not belong to this portal",
            change="Install the application again",
            code="foreign_portal",
        )
    return renewed


def _ask_for_tokens(
    session: requests.Session,
    url: str,
    app: AppKeys,
    credentials: Credentials,
    call_log: CallLog | None,
) -> dict[str, Any]:
    """Return the answer with a new pair. Raises SyncError, and keeps the secrets out of it."""
    client = build_client(session, app.client_id, app.client_secret, auth_method=SECRET_IN_QUERY)
    grant = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
    query = {**grant, "client_id": app.client_id, "client_secret": app.client_secret}
    with (call_log or CallLog()).record_call("oauth/token", mask_line(query)) as call_result:
        try:
            answer = client.fetch_token(
                url, method="GET", timeout=TIMEOUT, allow_redirects=False, **grant
            )
        except AnswerRefused as refused:
            response = refused.response
            decoded = errors.decode_json(response.content)
            call_result.status = response.status_code
            call_result.answer = mask_line(decoded) if decoded else ""
            raise errors.classify(
                response.status_code, response.content, method="oauth/token", write=False
            ) from None
        except requests.RequestException as error:
            raise errors.connection_error(
                error, "the OAuth server", method="oauth/token", write=False
            ) from None
        call_result.status, call_result.answer = requests.codes.ok, mask_line(dict(answer))
        return dict(answer)


def _parse_credentials(answer: dict[str, Any], old: Credentials, now: datetime) -> Credentials:
    access, renewal = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not access or not isinstance(renewal, str) or not renewal:
        raise errors.classify(200, b"", method="oauth/token")
    # `domain` here is the OAuth server; the portal's address is client_endpoint.
    return replace(
        old,
        access_token=access,
        refresh_token=renewal,
        expires_at=count_expiry(answer, now, _USUAL_LIFE),
        client_endpoint=normalize_endpoint(
            str(answer.get("client_endpoint") or old.client_endpoint)
        ),
        server_endpoint=str(answer.get("server_endpoint") or old.server_endpoint),
        member_id=str(answer.get("member_id") or old.member_id),
        user_id=as_int(answer.get("user_id")) or old.user_id,
        scopes=parse_scopes(answer.get("scope")) or old.scopes,
        status=str(answer.get("status") or old.status),
    )


def get_json(
    session: requests.Session,
    url: str,
    query: dict[str, str],
    method: str,
    ledger: CallLog | None,
) -> dict[str, Any]:
    """Get a JSON object; the URL with its secrets stays out of every error. Raises SyncError."""
    with (ledger or CallLog()).record_call(method, mask_line(query)) as call_result:
        try:
            response = session.get(url, params=query, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise errors.connection_error(
                error, "the OAuth server", method=method, write=False
            ) from None
        answer = errors.decode_json(response.content)
        call_result.status, call_result.answer = (
            response.status_code,
            mask_line(answer) if answer else "",
        )
        if response.status_code != 200 or not isinstance(answer, dict) or "error" in answer:
            raise errors.classify(
                response.status_code, response.content, method=method, write=False
            )
        return answer
