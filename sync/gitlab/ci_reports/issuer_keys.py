"""The keys with which a GitLab signs its jobs' ID tokens: fetched beside requests, and kept.

https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from sync.core.audit import CallLog
from sync.errors import Later, SyncError
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import sentence

KEYS_TTL = timedelta(hours=1)  # then the keys are fetched again
REFETCH_INTERVAL = timedelta(seconds=60)  # least time between two fetches of one issuer
MAX_ISSUERS = 1000
PATIENCE_SECONDS = 3.0  # how long a report waits for keys that are being fetched
STALE_SECONDS = 0.5  # the same, where the keys from before will do
_MAX_ANSWER_BYTES = 262_144  # bytes
_TIMEOUT = (3.0, 5.0)  # seconds: a job waits
_DISCOVERY = "/.well-known/openid-configuration"


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


@dataclass(frozen=True, slots=True)
class KeySource:
    """An issuer, and the way to it: who stands on the way without TLS can answer in its place."""

    issuer: str
    proxy: str = ""
    ca_file: str = ""


class IssuerKeys:
    """Keys of issuers, cached for an hour; an unknown key id makes them be fetched again.

    `ask` runs in a thread of its own for each source, never in a request: a request waits a moment
    for it, and for no other. No source is asked more than once a minute, whatever is sent.
    """

    def __init__(self, ask: Callable[[KeySource], tuple[Mapping[str, Any], ...]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._sources: dict[KeySource, _IssuerState] = {}

    def fetch_unknown(self, sources: Iterable[KeySource], kid: str, now: datetime) -> None:
        """Begin to fetch what is not here, all at once: the waiting is shared then."""
        for source in sources:
            with suppress(Later):
                self.get(source, kid, now, patience=0.0)

    def get(
        self, source: KeySource, kid: str, now: datetime, patience: float | None = None
    ) -> tuple[Mapping[str, Any], ...]:
        """Return the issuer's keys. Raises Later where there are none and none can be fetched.

        `patience`: seconds to wait for keys that are being fetched, by default PATIENCE_SECONDS.
        """
        with self._lock:
            state = self._state(source)
            has_key = any(key.get("kid") == kid for key in state.keys)
            fresh = state.read_at is not None and timedelta() <= now - state.read_at < KEYS_TTL
            if has_key and fresh:
                return state.keys
            running = state.running or self._start(source, state, now)
        if running is not None:
            seconds = PATIENCE_SECONDS if patience is None else patience
            running.wait(min(seconds, STALE_SECONDS) if has_key else seconds)
        with self._lock:
            if state.read_at is not None:
                return state.keys
            raise state.error or Later(
                sentence(
                    "The keys of {issuer} could not be read a moment ago", issuer=source.issuer
                ),
                after=60.0,
            )

    def _state(self, source: KeySource) -> _IssuerState:
        if source not in self._sources and len(self._sources) >= MAX_ISSUERS:
            self._sources.clear()
        return self._sources.setdefault(source, _IssuerState())

    def _start(
        self, source: KeySource, state: _IssuerState, now: datetime
    ) -> threading.Event | None:
        """Start a fetch, unless there was one within the last minute."""
        started = state.started_at
        if started is not None and timedelta() <= now - started < REFETCH_INTERVAL:
            return None
        state.started_at, state.running, state.error = now, threading.Event(), None
        arguments = (source, state, state.running, now)
        threading.Thread(target=self._fetch, args=arguments, daemon=True, name="keys").start()
        return state.running

    def _fetch(
        self, source: KeySource, state: _IssuerState, done: threading.Event, now: datetime
    ) -> None:
        try:
            keys = self._ask(source)
            with self._lock:
                state.keys, state.read_at = keys, now
        except SyncError as error:
            with self._lock:
                state.error = error
        finally:
            with self._lock:
                state.running = None
            done.set()


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
