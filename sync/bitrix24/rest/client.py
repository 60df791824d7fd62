"""The client of a portal: tokens renewed once, limits kept, errors classified, every call logged.

b24pysdk is beneath: its requester builds the request and its encoder the commands of a batch. Its
own repeats, token refresh, URL building and domain switch are not used: they would break the
portal's limits, burn each other's refresh tokens, and know neither ports nor other OAuth hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import requests

from sync.bitrix24.rest import batch as rest_batch
from sync.bitrix24.rest import errors, install_proof, oauth
from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call
from sync.bitrix24.rest.credentials import AppKeys, Credentials, TokenStore
from sync.bitrix24.rest.download import fetch_file
from sync.bitrix24.rest.masking import mask_line
from sync.bitrix24.rest.requester import Redirected, Requester
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.errors import Refused, SyncError, later_of

_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


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
            except Redirected:
                if moved:
                    raise errors.redirect_error(method) from None
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
                response = self.wait_for(Requester(self._session, url, body, key).send)
            except requests.RequestException as error:
                raise errors.connection_error(
                    error, "the portal", method=method, write=write
                ) from None
            except Refused as refused:  # for a while its name leads into a private network
                raise later_of(refused) from refused
            answer = errors.decode_json(response.content)
            text = response.content.decode(errors="replace") if answer is None else answer
            call_result.status, call_result.answer = response.status_code, mask_line(text)
            call_result.error = rest_batch.describe_refusals(answer)
            if response.status_code in _REDIRECT_STATUSES:
                call_result.error = "answered with a redirect"
                raise Redirected
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
        confirmed = install_proof.confirm_endpoint(
            used, self._app, session=self._session, call_log=self._call_log
        )
        if not confirmed:
            self._renew_tokens(used)
            confirmed = self._credentials.client_endpoint
        if confirmed == used.client_endpoint:
            raise errors.redirect_error(method)
        self._tokens.domain_moved(confirmed)
        self._credentials = replace(self._credentials, client_endpoint=confirmed)


def _call(request: Callable[[], requests.Response]) -> requests.Response:
    return request()
