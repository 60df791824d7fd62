"""The request of the vendor's SDK, sent once over our session, following no redirect."""

from __future__ import annotations

from typing import Any

import requests
from b24pysdk.api.requesters import BitrixAPIRequester

from sync.net import TIMEOUT, USER_AGENT


class Redirected(Exception):
    """The portal answered with a redirect; its target is ignored."""


class Requester(BitrixAPIRequester):  # type: ignore[misc]  # it comes without types
    """The SDK's request, sent once over our session."""

    def __init__(
        self, session: requests.Session, url: str, params: dict[str, Any], key: str
    ) -> None:
        super().__init__(url, params=params, timeout=TIMEOUT, max_retries=1)
        self._session, self._key = session, {"Idempotency-Key": key} if key else {}

    def send(self) -> requests.Response:
        """Send the request; no redirect is followed. Raises requests.RequestException."""
        return self._session.post(
            self._url,
            json=self._params,
            headers={**self._headers, "User-Agent": USER_AGENT, **self._key},
            timeout=self._timeout,
            allow_redirects=False,
        )
