"""GitLab's side of a sign-in: the consent page, and tokens that are got, renewed and revoked.

https://docs.gitlab.com/api/oauth2/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import requests

from sync.core.audit import CallLog
from sync.errors import Denied, Later, SyncError
from sync.gitlab.api.connection_errors import error_from_exception
from sync.gitlab.api.errors import error_from_response, error_not_json
from sync.gitlab.json_fields import mapping, text
from sync.net import TIMEOUT
from sync.oauth import AnswerRefused, build_client, count_expiry

if TYPE_CHECKING:
    from sync.oauth_client import OAuthClient

# Nothing smaller writes: `read_api` reads, and the others are about repositories and registries.
# https://docs.gitlab.com/integration/oauth_provider/#view-all-authorized-applications
SCOPE = "api"
USUAL_LIFE = timedelta(hours=2)  # of an access token
_AUTHORIZE, _TOKEN, _REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/revoke"

_AGAIN = "Connect with GitLab again on the settings page"
_MEANINGS = {
    "invalid_grant": (
        "GitLab does not accept the sign-in any more",
        "It was revoked in GitLab, its user was blocked, or its last renewal was cut off",
        _AGAIN,
    ),
    "invalid_client": (
        "GitLab does not know the application, or its secret is another one",
        "The application was deleted in GitLab, or its secret was renewed there",
        "Put the application's id and secret into the settings again",
    ),
    "unauthorized_client": (
        "The application may not be used in this way",
        "It is not marked as confidential in GitLab",
        "Mark it as confidential in GitLab, and connect again",
    ),
    "invalid_scope": (
        "The application lacks the scope `api`",
        "It was registered in GitLab without it",
        "Give it the scope `api` in GitLab, and connect again",
    ),
}


class BearerTokens(Protocol):
    """An access token that is renewed when it ends. Both methods raise Denied and Later."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What was granted."""

    def current(self) -> str:
        """Return a token that lasts for at least another minute."""

    def renewed(self, refused: str) -> str:
        """Return another token than the one that GitLab has just refused."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application as registered at one instance, and where people come back to."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What GitLab gave; `expires_at`: by our clock, from the moment of receipt."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...] = ()


def consent_url(application: Application, state: str, verifier: str) -> str:
    """Return the address of the page at which a person agrees."""
    client = _client(application, requests.Session())
    url, _ = client.create_authorization_url(
        application.base_url + _AUTHORIZE, state=state, code_verifier=verifier
    )
    return str(url)


def exchange_code(
    application: Application,
    code: str,
    verifier: str,
    *,
    session: requests.Session,
    now: datetime,
    call_log: CallLog,
) -> TokenPair:
    """Return the tokens for a code, which serves once. Raises SyncError."""

    def ask(client: OAuthClient) -> dict[str, Any]:
        return dict(
            client.fetch_token(
                application.base_url + _TOKEN,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        )

    return _asked(application, ask, session, now, call_log)


def renew(
    application: Application,
    refresh_token: str,
    *,
    session: requests.Session,
    now: datetime,
    call_log: CallLog,
) -> TokenPair:
    """Return a new pair; the old one is dead from then on, so save it at once. Raises SyncError."""

    def ask(client: OAuthClient) -> dict[str, Any]:
        return dict(
            client.refresh_token(
                application.base_url + _TOKEN,
                refresh_token=refresh_token,
                redirect_uri=application.redirect_uri,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        )

    return _asked(application, ask, session, now, call_log)


def revoke(
    application: Application, token: str, *, session: requests.Session, call_log: CallLog
) -> None:
    """Have GitLab forget a token and its pair. Raises SyncError."""
    request = f"POST {_REVOKE}"
    with call_log.record_call(request, "") as call_result:
        try:
            answer = _client(application, session).revoke_token(
                application.base_url + _REVOKE,
                token=token,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except OSError as error:
            raise error_from_exception(error, request=request, write=True) from error
        call_result.status = answer.status_code
        if answer.status_code != requests.codes.ok:
            raise _error(answer, request)


def _client(application: Application, session: requests.Session) -> OAuthClient:
    return build_client(
        session,
        application.client_id,
        application.client_secret,
        redirect_uri=application.redirect_uri,
        scope=SCOPE,
    )


def _asked(
    application: Application,
    ask: Callable[[OAuthClient], dict[str, Any]],
    session: requests.Session,
    now: datetime,
    call_log: CallLog,
) -> TokenPair:
    request = f"POST {_TOKEN}"
    with call_log.record_call(request, "") as call_result:
        try:
            answer = ask(_client(application, session))
            call_result.status = requests.codes.ok
            return _pair(answer, now)
        except AnswerRefused as refused:
            call_result.status = refused.response.status_code
            failure = _error(refused.response, request)
            call_result.error = failure.message
            raise failure from None
        except OSError as error:
            failure = error_from_exception(error, request=request, write=True)
            call_result.error = failure.message
            raise failure from error


def _pair(answer: dict[str, Any], now: datetime) -> TokenPair:
    """Return the pair. Raises Denied where GitLab gave no way to renew it, or less than asked."""
    scopes = tuple(text(answer.get("scope")).split())
    if not text(answer.get("refresh_token")):
        raise Denied(
            "GitLab gave a token that cannot be renewed",
            change="Register the application as the documentation says, and connect again",
            code="no_refresh_token",
        )
    if scopes and SCOPE not in scopes:
        raise _denied("invalid_scope")
    expires_at = count_expiry(answer, now, USUAL_LIFE)
    return TokenPair(
        text(answer["access_token"]), text(answer["refresh_token"]), expires_at, scopes or (SCOPE,)
    )


def _error(response: requests.Response, request: str) -> SyncError:
    """Return what an answer without a token means; nothing of its text is trusted but the code.

    https://www.rfc-editor.org/rfc/rfc6749#section-5.2
    """
    try:
        code = text(mapping(response.json()).get("error"))
    except ValueError:
        code = ""
    if response.status_code < 500 and code in _MEANINGS:
        return _denied(code)
    if response.status_code == requests.codes.ok:
        return error_not_json(request, response.headers.get("Content-Type", ""))
    error = error_from_response(response, request=request, write=True)
    if isinstance(error, Denied):
        return _denied("invalid_client")
    if isinstance(error, Later) and error.sent:
        return Later(error.message, after=error.after, cause=error.cause, code=error.code)
    return error


def _denied(code: str) -> Denied:
    message, cause, change = _MEANINGS[code]
    return Denied(message, cause=cause, change=change, code=code)
