"""ID tokens of CI jobs: their signature, audience, project and pipeline.

https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from sync.core.audit import CallLog
from sync.core.rules.projects import is_connected
from sync.errors import Later, SyncError
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import sentence

MAX_TOKEN_LENGTH = 16_384  # characters of a token
LEEWAY = timedelta(seconds=60)
KEYS_TTL = timedelta(hours=1)  # then the keys are fetched again
REFETCH_INTERVAL = timedelta(seconds=60)  # least time between two fetches of one issuer
MAX_ISSUERS = 1000
PATIENCE_SECONDS = 3.0  # how long a report waits for keys that are being fetched
STALE_SECONDS = 0.5  # the same, where the keys from before will do
_MAX_ANSWER_BYTES = 262_144  # bytes
_TIMEOUT = (3.0, 5.0)  # seconds: a job waits
_DISCOVERY = "/.well-known/openid-configuration"


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


def fetch_keys(
    session: requests.Session, issuer: str, call_log: CallLog | None = None
) -> tuple[Mapping[str, Any], ...]:
    """Fetch the issuer's keys by its discovery document. Raises Later; Refused by the guard."""
    log = call_log or CallLog()
    discovery = _get_json(session, issuer + _DISCOVERY, log)
    address = text(discovery.get("jwks_uri"))
    if text(discovery.get("issuer")) != issuer or urlsplit(address)[:2] != urlsplit(issuer)[:2]:
        raise Later(sentence("The discovery document of {issuer} is not its own", issuer=issuer))
    return tuple(mappings(_get_json(session, address, log).get("keys")))


@dataclass
class _IssuerState:
    """What is known of one issuer's keys, and the fetch that runs now."""

    keys: tuple[Mapping[str, Any], ...] = ()
    read_at: datetime | None = None
    started_at: datetime | None = None
    running: threading.Event | None = None
    error: SyncError | None = None


class IssuerKeys:
    """Keys of issuers, cached for an hour; an unknown key id makes them be fetched again.

    `ask` runs in a thread of its own for each issuer, never in a request: a request waits a moment
    for it, and for no other issuer. No issuer is asked more than once a minute, whatever is sent.
    """

    def __init__(self, ask: Callable[[str], tuple[Mapping[str, Any], ...]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._issuers: dict[str, _IssuerState] = {}

    def get(self, issuer: str, kid: str, now: datetime) -> tuple[Mapping[str, Any], ...]:
        """Return the issuer's keys. Raises Later where there are none and none can be fetched."""
        with self._lock:
            state = self._state(issuer)
            has_key = any(key.get("kid") == kid for key in state.keys)
            fresh = state.read_at is not None and timedelta() <= now - state.read_at < KEYS_TTL
            if has_key and fresh:
                return state.keys
            running = state.running or self._start(issuer, state, now)
        if running is not None:
            running.wait(STALE_SECONDS if has_key else PATIENCE_SECONDS)
        with self._lock:
            if state.read_at is not None:
                return state.keys
            raise state.error or Later(
                sentence("The keys of {issuer} could not be read a moment ago", issuer=issuer),
                after=60.0,
            )

    def _state(self, issuer: str) -> _IssuerState:
        if issuer not in self._issuers and len(self._issuers) >= MAX_ISSUERS:
            self._issuers.clear()
        return self._issuers.setdefault(issuer, _IssuerState())

    def _start(self, issuer: str, state: _IssuerState, now: datetime) -> threading.Event | None:
        """Start a fetch, unless there was one within the last minute."""
        started = state.started_at
        if started is not None and timedelta() <= now - started < REFETCH_INTERVAL:
            return None
        state.started_at, state.running, state.error = now, threading.Event(), None
        arguments = (issuer, state, state.running, now)
        threading.Thread(target=self._fetch, args=arguments, daemon=True, name="keys").start()
        return state.running

    def _fetch(
        self, issuer: str, state: _IssuerState, done: threading.Event, now: datetime
    ) -> None:
        try:
            keys = self._ask(issuer)
            with self._lock:
                state.keys, state.read_at = keys, now
        except SyncError as error:
            with self._lock:
                state.error = error
        finally:
            with self._lock:
                state.running = None
            done.set()


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


def _get_json(session: requests.Session, url: str, ledger: CallLog) -> dict[str, Any]:
    """Get an issuer's public document, which holds no secret and is logged as it is."""
    with ledger.record_call(f"GET {urlsplit(url).path}", "") as call_result:
        try:
            with session.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
                call_result.status = answer.status_code
                body = answer.raw.read(_MAX_ANSWER_BYTES + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            raise Later(
                sentence("GET {url} failed: {name}", url=url, name=type(error).__name__)
            ) from error
        if answer.status_code != 200 or len(body) > _MAX_ANSWER_BYTES:
            raise Later(
                sentence(
                    "GET {url} was answered {status_code}", url=url, status_code=answer.status_code
                )
            )
        try:
            return mapping(json.loads(body))
        except (ValueError, RecursionError):
            raise Later(sentence("GET {url} was not answered with JSON", url=url)) from None
