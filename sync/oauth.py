"""The client side of OAuth 2.0 for any system: Authlib, over a session of ours.

Authlib builds and reads the messages (RFC 6749, 7009, 7636). What it does not do stands around it:
an answer without a token is refused before Authlib keeps it, nothing is followed to another
address, and when a token ends is counted by our clock from the moment at which it was received.
Calls with the token are not made here: Authlib's session would send it to any host. Authlib is
imported with the first token that is asked for: a process that asks for none does without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from sync.oauth_client import OAuthClient

SECRET_IN_QUERY = "client_secret_query"  # noqa: S105 - the name of a method
SECRET_IN_BODY = "client_secret_post"  # noqa: S105
_VERIFIER_LENGTH = 64  # characters; RFC 7636 asks for 43 to 128
_STATE_LENGTH = 48
_LONGEST = timedelta(days=400)  # nobody's access token lives longer


class AnswerRefused(Exception):
    """The answer of a token endpoint holds no token; nothing of it was kept."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.response = response


def build_client(
    session: requests.Session,
    client_id: str,
    client_secret: str,
    *,
    auth_method: str = SECRET_IN_BODY,
    redirect_uri: str | None = None,
    scope: str | None = None,
) -> OAuthClient:
    """Return a client that asks through `session`. Its token calls raise AnswerRefused.

    `session` has the certificates, the proxy, the time limits and the networks that may be reached.
    """
    from authlib.oauth2.auth import encode_client_secret_post

    from sync.oauth_client import OAuthClient, encode_in_query

    client = OAuthClient(
        session,
        client_id=client_id,
        client_secret=client_secret,
        token_endpoint_auth_method=auth_method,
        revocation_endpoint_auth_method=auth_method,
        redirect_uri=redirect_uri,
        scope=scope,
        code_challenge_method="S256",
    )
    client.register_client_auth_method((SECRET_IN_QUERY, encode_in_query))
    client.register_client_auth_method((SECRET_IN_BODY, encode_client_secret_post))
    for kind in ("access_token_response", "refresh_token_response"):
        client.register_compliance_hook(kind, require_token)
    return client


def require_token(response: requests.Response) -> requests.Response:
    """Return an answer that holds an access token. Raises AnswerRefused for any other.

    Authlib itself takes JSON of status 403 or 429, and 200 without a token, for one.
    """
    try:
        answer = response.json() if response.status_code == requests.codes.ok else None
    except ValueError:
        answer = None
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or "error" in answer or not isinstance(token, str) or not token:
        raise AnswerRefused(response)
    return response


def _generate(length: int) -> str:
    from authlib.common.security import generate_token

    return str(generate_token(length))


def new_state() -> str:
    """Return a value that nobody guesses, by which an answer of the consent page is recognised."""
    return _generate(_STATE_LENGTH)


def new_verifier() -> str:
    """Return a code verifier of PKCE. https://www.rfc-editor.org/rfc/rfc7636#section-4.1"""
    return _generate(_VERIFIER_LENGTH)


def count_expiry(answer: dict[str, Any], now: datetime, usual: timedelta) -> datetime:
    """Return when a token ends that was received at `now`; `usual` where the answer does not say.

    Authlib counts `expires_in` again each time that a token is loaded; so it is not kept.
    """
    try:
        span = timedelta(seconds=int(answer.get("expires_in") or 0))
    except (TypeError, ValueError, OverflowError):
        span = timedelta()
    return now + (min(span, _LONGEST) if span > timedelta() else usual)
