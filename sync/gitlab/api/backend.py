"""How python-gitlab sends requests: our errors, limits and log, and tokens that are renewed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import requests
from gitlab._backends.requests_backend import (
    OAuthTokenAuth,
    PrivateTokenAuth,
    RequestsBackend,
    RequestsResponse,
)

from sync.core.audit import CallLog
from sync.errors import Denied, Later, Refused, SyncError
from sync.gitlab.api import masking
from sync.gitlab.api.connection_errors import error_from_exception
from sync.gitlab.api.errors import error_from_response
from sync.gitlab.api.oauth import BearerTokens
from sync.gitlab.json_fields import mapping
from sync.sentences import sentence

TOO_MANY_REQUESTS, NOT_ACCEPTED = 429, "401"


class Client(Protocol):
    """What a backend needs of its client.

    `present_token` gives the access token that is stored now; None: it cannot be another one.
    """

    present_token: Callable[[], str] | None

    @property
    def base_url(self) -> str:
        """The instance's address."""

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is answered."""

    def wait_for_slot(self) -> None:
        """Wait for a request's turn. Raises Later."""

    def pause(self, seconds: float | None) -> None:
        """Send nothing for so many seconds."""


class Backend(RequestsBackend):
    """Maps every failure to our errors, keeps the token on its host, and logs each request."""

    def __init__(
        self,
        client: Client,
        token: str | BearerTokens,
        call_log: CallLog,
        session: requests.Session,
    ) -> None:
        super().__init__(session)
        self._owner, self._base_url = client, client.base_url
        self._token, self._call_log = token, call_log
        self._replacement: dict[str, Any] = {}

    def http_request(  # type: ignore[override]  # python-gitlab names every option
        self, method: str, url: str, **options: Any
    ) -> RequestsResponse:
        """Send a request; once more, with a renewed token, where the first is not accepted."""
        request = f"{method.upper()} {url.removeprefix(self._base_url)}"
        asks = url == self._owner.graphql_url
        write = method.lower() != "get" and not (asks and _only_asks(options.get("json")))
        if not asks and not url.startswith(f"{self._base_url}/api/v4/"):
            raise Refused(
                sentence(
                    "{request} is not sent: the address is outside of {base_url}",
                    request=request,
                    base_url=self._base_url,
                )
            )
        # The session knows the CA file. A redirect would carry the token to another address.
        options |= {"verify": self.client.verify, "allow_redirects": False}
        if isinstance(self._token, str):
            return self._send_with_access_token(method, url, write, options)
        held = self._token.current()
        try:
            return self._send(method, url, held, write, options | {"auth": OAuthTokenAuth(held)})
        except Denied as denied:
            if denied.code != NOT_ACCEPTED:
                raise
            fresh = self._token.renewed(held)
            if not isinstance(options.get("data") or b"", bytes):  # a stream, which is spent
                raise Later(
                    sentence("{request} is to be sent anew, with another token", request=request)
                ) from denied
        return self._send(method, url, fresh, write, options | {"auth": OAuthTokenAuth(fresh)})

    def _send_with_access_token(
        self, method: str, url: str, write: bool, options: dict[str, Any]
    ) -> RequestsResponse:
        """Send a request; once more where another token is stored by now. 401: nothing was done."""
        token = str(self._token)
        try:
            return self._send(method, url, token, write, options | self._replacement)
        except Denied as denied:
            if denied.code != NOT_ACCEPTED or self._owner.present_token is None:
                raise
            present = self._owner.present_token()
            if present == token:
                raise
            self._token = present
            self._replacement = {"auth": PrivateTokenAuth(present)}
            if not isinstance(options.get("data") or b"", bytes):  # a stream, which is spent
                raise Later(
                    sentence("{verb} is to be sent anew, with another token", verb=method.upper())
                ) from denied
        return self._send(method, url, present, write, options | self._replacement)

    def _send(
        self, method: str, url: str, token: str, write: bool, options: dict[str, Any]
    ) -> RequestsResponse:
        request = f"{method.upper()} {url.removeprefix(self._base_url)}"
        self._owner.wait_for_slot()
        body = options.get("json") or options.get("data")
        masked_request = masking.mask_request(options.get("params"), body, token)
        with self._call_log.record_call(
            request.replace(" /api/v4", " ", 1), masked_request
        ) as call_result:
            try:
                answer = super().http_request(method, url, **options)
                call_result.status = answer.status_code
                if not 200 <= answer.status_code < 300:
                    raise error_from_response(answer.response, request=request, write=write)
            except OSError as error:  # every error of requests, and an unreadable CA file
                failure = error_from_exception(error, request=request, write=write)
                call_result.error = masking.mask_text(failure.message, token)
                raise failure from error
            except SyncError as error:
                call_result.error = masking.mask_text(error.message, token)
                if isinstance(error, Later) and call_result.status == TOO_MANY_REQUESTS:
                    self._owner.pause(error.after)
                raise
            return answer


def _only_asks(sent: object) -> bool:
    """Tell whether a GraphQL request changes nothing."""
    return not str(mapping(sent).get("query")).lstrip().startswith("mutation")
