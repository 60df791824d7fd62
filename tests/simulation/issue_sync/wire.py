"""A session that carries requests into a function, without all that a short one spends time on.

Environment, netrc, cookies and hooks are left out, and addresses are prepared once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import requests

Answer = Callable[[requests.PreparedRequest], requests.Response]
_OPTIONS = ("files", "data", "json", "params", "auth")  # that say what is sent


class WiredSession(requests.Session):
    """A session whose requests a function answers."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def request(  # type: ignore[override]  # requests names every option
        self, method: str | bytes, url: str | bytes, **options: Any
    ) -> requests.Response:
        """Prepare a request as requests does, and return the answer."""
        headers = {**self.headers, **(options.get("headers") or {})}
        prepared = _Prepared()
        prepared.prepare(
            method=str(method),
            url=str(url),
            headers={name: value for name, value in headers.items() if value is not None},
            **{name: options.get(name) for name in _OPTIONS},
        )
        return self._answer(prepared)


class _Prepared(requests.PreparedRequest):
    def prepare_url(self, url: Any, params: Any) -> None:
        """Take an address that was prepared before as it was."""
        pairs: Iterable[Any] = params.items() if isinstance(params, Mapping) else params or ()
        self.url = _prepared_url(url, tuple((name, str(value)) for name, value in pairs))


@lru_cache(maxsize=10_000)
def _prepared_url(url: str, params: tuple[tuple[str, str], ...]) -> str | None:
    request = requests.PreparedRequest()
    request.prepare_url(url, list(params))
    return request.url
