"""ID tokens of CI jobs: their signature, audience, project and pipeline.

https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.rules.projects import is_connected
from sync.gitlab.json_fields import mapping, text

MAX_TOKEN_LENGTH = 16_384  # characters of a token
LEEWAY = timedelta(seconds=60)


class InvalidToken(Exception):
    """The token proves nothing; `reason` is for the log, not for the sender."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    `project_*`: in a pipeline of a merge request, the project of its source branch. `issued_at`: by
    the issuer's clock.
    """

    issuer: str
    jti: str
    project_id: int
    project_path: str
    namespace_id: int
    namespace_path: str
    pipeline_id: int
    pipeline_source: str
    sha: str
    ref: str
    ref_type: str
    user_id: int
    user_login: str
    issued_at: datetime


def issuer_of(token: str) -> str:
    """Return the issuer that the token names, unverified. Raises InvalidToken."""
    return text(_decode_part(token, 1).get("iss"))


def key_id_of(token: str) -> str:
    """Return the id of the key that is said to have signed, unverified. Raises InvalidToken."""
    return text(_decode_part(token, 0).get("kid"))


def verify_token(
    token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, audience: str, now: datetime
) -> Claims:
    """Return the claims, if one of the issuer's `keys` (JWK) signed the token for us. Pure.

    Only RS256 is accepted. Raises InvalidToken.
    """
    from joserfc import jwt  # large: loaded with the first report
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken("the token is too long")
    kid = key_id_of(token)
    candidates = [key for key in keys if key.get("kid") == kid and key.get("kty") == "RSA"]
    if not kid or not candidates:
        raise InvalidToken("no key of the issuer has this name")
    try:
        key_set = KeySet.import_key_set({"keys": [dict(key) for key in candidates]})
        claims = jwt.decode(token, key_set, algorithms=["RS256"]).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidToken(f"the signature does not hold: {type(error).__name__}") from None
    _check_claims(claims, issuer, audience, now)
    return _parse_claims(claims)


def is_project_allowed(options: Mapping[str, Any], claims: Claims) -> bool | None:
    """Return whether a connection's projects and groups include this one; None: none are chosen."""
    namespace = claims.namespace_id, claims.namespace_path
    return is_connected(options, claims.project_id, claims.project_path, namespace=namespace)


def _check_claims(claims: Mapping[str, Any], issuer: str, audience: str, now: datetime) -> None:
    if claims.get("iss") != issuer:
        raise InvalidToken("another issuer")
    audiences = claims.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise InvalidToken("the token is for somebody else (aud)")
    ends, begins = _parse_timestamp(claims.get("exp")), _parse_timestamp(claims.get("nbf"))
    if ends is None or now >= ends + LEEWAY:
        raise InvalidToken("the token is over, or has no end")
    if "nbf" in claims and (begins is None or now < begins - LEEWAY):
        raise InvalidToken("the token is not valid yet")


def _parse_claims(raw_claims: Mapping[str, Any]) -> Claims:
    """Build the claims; GitLab writes numbers as text. Raises InvalidToken where one is missing."""
    issued_at = _parse_timestamp(raw_claims.get("iat"))
    claims = Claims(
        issuer=text(raw_claims.get("iss")),
        jti=text(raw_claims.get("jti")),
        project_id=_parse_number(raw_claims.get("project_id")),
        project_path=text(raw_claims.get("project_path")),
        namespace_id=_parse_number(raw_claims.get("namespace_id")),
        namespace_path=text(raw_claims.get("namespace_path")),
        pipeline_id=_parse_number(raw_claims.get("pipeline_id")),
        pipeline_source=text(raw_claims.get("pipeline_source")),
        sha=text(raw_claims.get("sha")),
        ref=text(raw_claims.get("ref")),
        ref_type=text(raw_claims.get("ref_type")),
        user_id=_parse_number(raw_claims.get("user_id")),
        user_login=text(raw_claims.get("user_login")),
        issued_at=issued_at or datetime.min.replace(tzinfo=UTC),
    )
    needed = (claims.jti, claims.project_id, claims.project_path, claims.pipeline_id, claims.sha)
    if issued_at is None or not all(needed):
        raise InvalidToken(
            "the token lacks jti, iat, project, pipeline or commit: no token of a job"
        )
    return claims


def _parse_timestamp(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _parse_number(value: object) -> int:
    number = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0


def _decode_part(token: str, number: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(token) > MAX_TOKEN_LENGTH or len(parts) != 3:
        raise InvalidToken("this is no token")
    try:
        padded = parts[number].encode("ascii") + b"=" * (-len(parts[number]) % 4)
        return mapping(json.loads(base64.urlsafe_b64decode(padded)))
    except (ValueError, RecursionError):
        raise InvalidToken("this is no token") from None
