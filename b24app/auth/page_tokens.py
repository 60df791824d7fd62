"""Page tokens, and the security headers of every answer.

The app runs in a cross-site frame, where cookies cannot be relied on: a page's user is verified
once by the portal's own token, then carries a short-lived token of ours.
https://apidocs.bitrix24.com/local-integrations/site-does-not-allow-connection.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Response, g, request

from sync.core.clock import TOLERANCE

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

PAGE_TOKEN_TTL = timedelta(hours=1)
VISIT_TTL = timedelta(hours=12)  # from the opening of a page; then it must be opened again
_PURPOSE = b"b24bridge page token"
_SEAL_PURPOSE = b"b24bridge visitor's access token"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user of one portal who opened a page.

    `installation`: of the portal, while the page was opened. `access_token`: the user's own, with
    which the portal is asked what they may see; "" where the page has none.
    """

    portal_id: int
    user_id: int
    admin: bool
    installation: str = ""
    access_token: str = field(default="", repr=False)


class _SigningKey:
    """What a secret key signs page tokens with, and seals a visitor's access token inside them."""

    def __init__(self, key: str) -> None:
        self._derived = _derive_key(key, _PURPOSE)
        self.sealing = Fernet(base64.urlsafe_b64encode(_derive_key(key, _SEAL_PURPOSE)))

    @cached_property
    def signing(self) -> OctKey:
        """The key of joserfc, which is large and is loaded with the first page."""
        from joserfc.jwk import OctKey

        return OctKey.import_key(self._derived)


class PageTokens:
    """Signs with the first key and accepts any of them.

    `reload` returns the present keys, and is asked each time: a key that was rotated away signs and
    opens nothing from then on, in every process.
    """

    def __init__(
        self, keys: Sequence[str], *, reload: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._reload = reload
        self._set_keys(tuple(keys))

    def issue(self, visitor: Visitor, now: datetime) -> str:
        """Return a token for a user whom the portal has just confirmed, valid for an hour."""
        entered = int(now.timestamp())
        return self._sign(visitor, entered, entered + _whole_seconds(PAGE_TOKEN_TTL))

    def read(self, token: str, now: datetime) -> Visitor | None:
        """Return whose token it is; None where it is forged or expired."""
        claims = self._claims(token, now)
        return None if claims is None else _parse_visitor(claims)

    def renew(
        self, token: str, now: datetime, *, admin: bool, access_token: str = ""
    ) -> tuple[str, int] | None:
        """Return another token for the same visitor, with its seconds; None if the old one expired.

        No token outlives VISIT_TTL from the page's opening. `admin`: whether an administrator's
        right was proven again; it is never carried on by itself. `access_token`: the visitor's new
        one, "" for the one before.
        """
        claims = self._claims(token, now)
        if claims is None:
            return None
        at, over = int(now.timestamp()), claims["iat"] + _whole_seconds(VISIT_TTL)
        until = max(claims["exp"], min(at + _whole_seconds(PAGE_TOKEN_TTL), over))
        before = _parse_visitor(claims)
        visitor = replace(
            before,
            admin=admin and before.admin,
            access_token=access_token or before.access_token,
        )
        return self._sign(visitor, claims["iat"], until), until - at

    def _sign(self, visitor: Visitor, entered: int, until: int) -> str:
        from joserfc import jwt

        self._refresh()
        newest = self._keys[0]
        claims = {
            "portal": visitor.portal_id,
            "inst": visitor.installation,
            "sub": str(visitor.user_id),
            "admin": visitor.admin,
            "auth": newest.sealing.encrypt(visitor.access_token.encode()).decode(),
            "iat": entered,
            "exp": until,
        }
        return jwt.encode({"alg": "HS256"}, claims, newest.signing)

    def _claims(self, token: str, now: datetime) -> dict[str, Any] | None:
        """Return the claims of a valid token, with the visitor's access token opened."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        self._refresh()
        for key in self._keys:
            try:
                claims = jwt.decode(token, key.signing, algorithms=["HS256"]).claims
                sealed = str(claims.get("auth") or "").encode()
                opened = key.sealing.decrypt(sealed).decode() if sealed else ""
            except (JoseError, ValueError, InvalidToken):
                continue
            return {**claims, "auth": opened} if _is_of_now(claims, now) else None
        return None

    def _refresh(self) -> None:
        if self._reload is not None and (keys := tuple(self._reload())) != self._names:
            self._set_keys(keys)

    def _set_keys(self, keys: tuple[str, ...]) -> None:
        self._names, self._keys = keys, [_SigningKey(key) for key in keys]


def _is_of_now(claims: dict[str, Any], now: datetime) -> bool:
    """Tell whether a token is not over, and not of a clock that was ahead and was put back."""
    at = now.timestamp()
    return bool(claims["exp"] > at and claims["iat"] <= at + TOLERANCE.total_seconds())


def _parse_visitor(claims: dict[str, Any]) -> Visitor:
    return Visitor(
        claims["portal"],
        int(claims["sub"]),
        claims["admin"] is True,
        str(claims.get("inst") or ""),
        claims["auth"],
    )


def _whole_seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _derive_key(key: str, purpose: bytes) -> bytes:
    return hmac.new(key.encode(), purpose, hashlib.sha256).digest()


def script_nonce() -> str:
    """Return the nonce of this answer's one inline script."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def allow_framing_by(url: str) -> None:
    """Let the portal at `url` show this answer in its frame."""
    parts = urlsplit(url)
    if re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc) and parts.scheme in ("http", "https"):
        g.framed_by = f"{parts.scheme}://{parts.netloc}"


def allow_script(origin: str) -> None:
    """Let this answer load scripts of another origin."""
    g.script_origin = origin


def _content_security_policy() -> str:
    nonce_source = f" 'nonce-{g.nonce}'" if "nonce" in g else ""
    script = f"'self'{nonce_source} {g.get('script_origin', '')}".strip()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {g.get('framed_by', chr(39) + 'none' + chr(39))}",
        )
    )


def install_headers(app: Flask) -> None:
    """Add the headers to every answer of `app`; X-Frame-Options would forbid any frame."""

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        if response.mimetype == "text/html":
            headers["Content-Security-Policy"] = _content_security_policy()
            headers["Cache-Control"] = "no-store"
        elif request.path.startswith("/api/"):
            headers["Cache-Control"] = "no-store"
        return response
