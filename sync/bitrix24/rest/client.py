"""The client of a portal: tokens renewed once, limits kept, errors classified, every call logged.

b24pysdk is beneath: its requester builds the request and its encoder the commands of a batch. Its
own repeats, token refresh, URL building and domain switch are not used: they would break the
portal's limits, burn each other's refresh tokens, and know neither ports nor other OAuth hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

import requests
from b24pysdk.api.requesters import BitrixAPIRequester

from sync.bitrix24.rest import batch as rest_batch
from sync.bitrix24.rest import errors, install_proof, oauth
from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call
from sync.bitrix24.rest.credentials import AppKeys, Credentials
from sync.bitrix24.rest.download import fetch_file
from sync.bitrix24.rest.masking import mask_line
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.errors import Later, SyncError
from sync.net import TIMEOUT
from sync.sentences import sentence

USER_AGENT = "b24bridge/0.1"
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


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


class Portal:
    """A client of one portal, for one thread at a time.

    `throttle` keeps the portal's limits and has the clock. `features`: what `detect_features`
    found. `requests` counts what was sent. `on_admitted` is called when a request has its place in
    the portal's limits; `wait_for` makes a request, which it is given, and returns the answer.
    """

    def __init__(
        self,
        credentials: Credentials,
        app: AppKeys,
        *,
        tokens: TokenStore,
        throttle: Throttle,
        call_log: CallLog,
        session: requests.Session,
        features: Mapping[str, Any] | None = None,
    ) -> None:
        self._credentials, self._app = credentials, app
        self._tokens, self._throttle, self._clock = tokens, throttle, throttle.clock
        self._call_log, self._session = call_log, session
        self.features: Mapping[str, Any] = features or {}
        self.bot_id = 0
        self.requests = 0
        self.on_admitted: Callable[[], None] = lambda: None
        self.wait_for: Callable[[Callable[[], requests.Response]], requests.Response] = _call

    @property
    def credentials(self) -> Credentials:
        """The credentials in use; they change when the tokens are renewed."""
        return self._credentials

    @property
    def user_id(self) -> int:
        """The employee in whose name every call is made."""
        return self._credentials.user_id

    def call(self, method: str, params: Mapping[str, Any], *, write: bool) -> dict[str, Any]:
        """Call a method; return the whole body: `result`, and `next` and `total` of lists.

        `write`: whether it changes something; then a lost answer is Later with `sent`. Raises
        SyncError.
        """
        return self._call(method, method, params, write)

    def call_v3(
        self, method: str, params: Mapping[str, Any], *, write: bool = False, key: str = ""
    ) -> dict[str, Any]:
        """Call a method of REST 3.0. Raises SyncError.

        A write repeated with the same `key` (ASCII) within a day is answered again, not done again.
        https://apidocs.bitrix24.com/api-reference/rest-v3.html
        """
        return self._call(f"api/{method}", method, params, write, key)

    def batch(self, calls: Sequence[Call]) -> list[Answer | SyncError]:
        """Send up to 50 calls in one request; each result stands where its call stood.

        Methods that used up their time are not sent: their place holds Later. Raises SyncError
        where the whole request failed; `Later.sent` then speaks of every write in it.
        """
        if len(calls) > BATCH_SIZE:
            raise ValueError(f"a batch holds {BATCH_SIZE} calls, not {len(calls)}")
        if not calls:
            return []
        held = self._throttle.admit("batch", {call.method for call in calls})
        self.on_admitted()
        sent = [call for call in calls if call.method not in held]
        answered = iter(self._batch(sent) if sent else ())
        return [held[call.method] if call.method in held else next(answered) for call in calls]

    def download(self, url: str, limit: int) -> bytes:
        """Return the bytes at an address that the portal gave for a file. Raises SyncError."""
        self._throttle.admit("download", ())
        self.requests += 1
        endpoint = self._credentials.client_endpoint
        return fetch_file(url, endpoint, limit, session=self._session, call_log=self._call_log)

    def _batch(self, calls: Sequence[Call]) -> list[Answer | SyncError]:
        body = self._send_renewing(
            "batch",
            "batch",
            {"halt": 0, "cmd": rest_batch.encode_calls(calls)},
            any(call.write for call in calls),
        )
        result = body.get("result")
        if not isinstance(result, dict):
            raise errors.classify(200, b"", method="batch", write=True)
        times = rest_batch.as_mapping(result.get("result_time"))
        for index, call in enumerate(calls):
            self._throttle.record_usage(
                call.method, rest_batch.as_mapping(times.get(rest_batch.call_key(index, call)))
            )
        return rest_batch.decode_answers(calls, result)

    def _call(
        self, path: str, method: str, params: Mapping[str, Any], write: bool, key: str = ""
    ) -> dict[str, Any]:
        for blocked in self._throttle.admit(method, {method}).values():
            raise blocked
        self.on_admitted()
        return self._send_renewing(path, method, params, write, key)

    def _send_renewing(
        self, path: str, method: str, params: Mapping[str, Any], write: bool, key: str = ""
    ) -> dict[str, Any]:
        """Send; once each, renew the tokens and follow the portal to a new address.

        The first request was admitted by the throttle; each further one has to be.
        """
        if self._credentials.is_expired(self._clock.now()):
            self._renew_tokens(self._credentials)
        renewed = moved = False
        while True:
            used = self._credentials
            try:
                return self._send(path, method, params, write, key)
            except _Redirected:
                if moved:
                    raise self._unknown_address(method) from None
                self._follow_redirect(used, method)
                moved = True
                self._throttle.admit(method, ())
            except SyncError as error:
                if error.code not in errors.RENEWABLE or renewed:
                    raise
                self._renew_tokens(used)
                renewed = True
                self._throttle.admit(method, ())

    def _send(
        self, path: str, method: str, params: Mapping[str, Any], write: bool, key: str
    ) -> dict[str, Any]:
        url = self._credentials.client_endpoint + path
        body = {**params, "auth": self._credentials.access_token}
        self.requests += 1
        with self._call_log.record_call(method, mask_line(dict(params))) as call_result:
            try:
                response = self.wait_for(_Requester(self._session, url, body, key).send)
            except requests.RequestException as error:
                raise errors.connection_error(
                    error, "the portal", method=method, write=write
                ) from None
            answer = errors.decode_json(response.content)
            text = response.content.decode(errors="replace") if answer is None else answer
            call_result.status, call_result.answer = response.status_code, mask_line(text)
            call_result.error = rest_batch.describe_refusals(answer)
            if response.status_code in _REDIRECT_STATUSES:
                call_result.error = "answered with a redirect"
                raise _Redirected
            return self._decode_answer(response.status_code, answer, method, write)

    def _decode_answer(self, status: int, body: Any, method: str, write: bool) -> dict[str, Any]:
        if isinstance(body, dict):
            self._throttle.record_usage(method, rest_batch.time_block(body))
            if status == 200 and "error" not in body and "result" in body:
                return body
        raise self._decode_error(status, body, method, write)

    def _decode_error(self, status: int, body: Any, method: str, write: bool) -> SyncError:
        answer = body if isinstance(body, dict) else b""
        error = errors.classify(status, answer, method=method, write=write)
        match error.code:
            case errors.QUERY_LIMIT:
                self._throttle.record_overflow()
            case errors.OPERATING_LIMIT:
                return self._throttle.record_exhausted(method, rest_batch.time_block(body))
        return error

    # --- tokens and address

    def renew_tokens(self) -> None:
        """Renew the tokens now: the one way to learn whether the application's secret is right.

        The vendor asks not to do so regularly; an installation does it once. Raises Denied, Later.
        https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
        """
        self._renew_tokens(self._credentials)

    def _renew_tokens(self, stale: Credentials) -> None:
        """Take another worker's new token where there is one, else renew under the lease."""
        with self._tokens.refreshing():
            stored = self._tokens.load()
            now = self._clock.now()
            if stored.access_token == stale.access_token or stored.is_expired(now):
                stored = oauth.renew_tokens(
                    stored, self._app, session=self._session, now=now, call_log=self._call_log
                )
                self._tokens.save(stored)
        self._credentials = stored

    def _follow_redirect(self, used: Credentials, method: str) -> None:
        """Find the portal's new address after a redirect.

        Only the OAuth server is asked for it: whatever the old address points to gets no token.
        https://apidocs.bitrix24.com/settings/how-to-call-rest-api/change-domen.html
        """
        stored = self._tokens.load()
        if stored.client_endpoint != used.client_endpoint:
            self._credentials = stored
            return
        confirmed = self._confirmed_endpoint(used)
        if not confirmed:
            self._renew_tokens(used)
            confirmed = self._credentials.client_endpoint
        if confirmed == used.client_endpoint:
            raise self._unknown_address(method)
        self._tokens.domain_moved(confirmed)
        self._credentials = replace(self._credentials, client_endpoint=confirmed)

    def _confirmed_endpoint(self, used: Credentials) -> str:
        """Return the portal's address by app.info, "" where the answer has none."""
        try:
            info = install_proof.verify_install(
                used.access_token,
                used.server_endpoint,
                self._app,
                session=self._session,
                call_log=self._call_log,
            )
        except SyncError as error:
            if isinstance(error, Later):
                raise
            return ""  # the token has expired: renewing it tells the address too
        return info.client_endpoint if info.member_id == used.member_id else ""

    def _unknown_address(self, method: str) -> Later:
        """Return the error of a redirect from an address that is still the portal's.

        One stray answer costs seconds; those that go on are asked later and later.
        """
        return Later(
            sentence("{method}: the portal answers with a redirect to another page", method=method),
            cause="The portal is being moved or closed, or a sign-in page stands before it",
            change="If it stays so, open the application in Bitrix24 again",
            code="redirect",
        )


def _call(request: Callable[[], requests.Response]) -> requests.Response:
    return request()


class _Redirected(Exception):
    """The portal answered with a redirect; its target is ignored."""


class _Requester(BitrixAPIRequester):  # type: ignore[misc]  # it comes without types
    """The SDK's request, sent once over our session."""

    def __init__(
        self, session: requests.Session, url: str, params: dict[str, Any], key: str
    ) -> None:
        super().__init__(url, params=params, timeout=TIMEOUT, max_retries=1)
        self._session, self._key = session, {"Idempotency-Key": key} if key else {}

    def send(self) -> requests.Response:
        return self._session.post(
            self._url,
            json=self._params,
            headers={**self._headers, "User-Agent": USER_AGENT, **self._key},
            timeout=self._timeout,
            allow_redirects=False,
        )
