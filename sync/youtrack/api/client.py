"""A client of one YouTrack instance over a given session, with our errors and the call log.

https://www.jetbrains.com/help/youtrack/devportal/youtrack-rest-api.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin, urlsplit

import requests

from sync.addresses import web_address
from sync.core.audit import CallLog
from sync.errors import Later, Refused, SyncError
from sync.net import USER_AGENT, guarded_session
from sync.sentences import sentence
from sync.youtrack.api.errors import error_from_exception, error_from_response, error_not_json
from sync.youtrack.json_fields import mapping, mappings

TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds between bytes
PER_PAGE = 100
MOST_PAGES = 1000
_CHUNK_BYTES = 65_536
_SECRET = "***"  # noqa: S105  # what stands for one in the log
_TOO_MANY = 429


class Pace(Protocol):
    """The pace that clients of a connection share."""

    def acquire(self) -> None:
        """Wait for a turn. Raises Later."""

    def pause(self, seconds: float | None) -> None:
        """Send nothing for so many seconds."""


class YouTrack:
    """A client with one permanent token at one instance; each thread makes its own.

    Every call raises Later, Denied or Refused. Nothing is repeated here. `requests_sent` counts
    requests; `before_request` is called before each. Writes notify nobody
    (`muteUpdateNotifications`).
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        connection_id: int = 0,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        call_log: CallLog | None = None,
        rate_limiter: Pace | None = None,
    ) -> None:
        self.base_url, self.connection_id = clean_base_url(base_url), connection_id
        self.requests_sent = 0
        self.before_request: Callable[[], None] = lambda: None
        self._token, self._timeout = token, timeout
        self._session = session or guarded_session()
        self._call_log, self._rate_limiter = call_log or CallLog(), rate_limiter

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET; `path` begins after /api, `top` and `skip` are $top, $skip."""
        return self._json("GET", path, query)

    def list(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield all items of a list, page after page as they are taken; `$top` is always sent."""
        top = int(query.pop("top", PER_PAGE))
        for page in range(MOST_PAGES):
            rows = self.get(path, **query, top=top, skip=page * top)
            if not isinstance(rows, list):
                raise error_not_json(f"GET {path}", "no list", write=False)
            yield from mappings(rows)
            if len(rows) < top:
                return

    def post(self, path: str, data: dict[str, Any], **query: Any) -> Any:
        """Send a POST, which changes what it names and nothing else, and return its JSON."""
        return self._json("POST", path, {"muteUpdateNotifications": "true", **query}, json=data)

    def post_file(self, path: str, name: str, content: bytes, **query: Any) -> Any:
        """Send a file as multipart/form-data and return the JSON of the answer."""
        sent = {"muteUpdateNotifications": "true", **query}
        return self._json("POST", path, sent, files={"file": (name, content)})

    def delete(self, path: str) -> None:
        """Send a DELETE."""
        self._send("DELETE", f"{self.base_url}/api{path}", path)

    def content(self, signed_path: str, most: int, size: int | None = None) -> bytes:
        """Return the bytes behind a signed address of a file. Raises Refused for more than `most`.

        It is relative to the server, context path included, and needs no token. `size`: of the
        file, where it is known; a page of another size stands in front of YouTrack.
        """
        address = urljoin(f"{self.base_url}/", signed_path)
        base, link = urlsplit(self.base_url), urlsplit(address)
        if (link.scheme, link.netloc) != (base.scheme, base.netloc):
            raise Refused("The address of a file leads to another server", code="address")
        answer, kept = self._send("GET", address, "a file", stream=True, signed=True), bytearray()
        try:
            for piece in answer.iter_content(_CHUNK_BYTES):
                kept += piece
                if len(kept) > most:
                    raise Refused(
                        sentence("The file has more than {most} bytes", most=most), code="too_large"
                    )
        except OSError as error:
            raise error_from_exception(error, request="GET a file", write=False) from error
        finally:
            answer.close()
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if kind == "text/html" and size not in (None, len(kept)):
            raise error_not_json("GET a file", kind, write=False)
        return bytes(kept)

    def _json(self, method: str, path: str, query: dict[str, Any], **body: Any) -> Any:
        named = {
            {"top": "$top", "skip": "$skip"}.get(key, key): value for key, value in query.items()
        }
        address = f"{self.base_url}/api{path}"
        if named:
            address += f"?{urlencode(named, quote_via=quote)}"
        answer = self._send(method, address, path, **body)
        name, write = f"{method} {path}", method != "GET"
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if answer.content and kind != "application/json":
            raise error_not_json(name, kind, write=write)
        try:
            return json.loads(answer.content) if answer.content else {}
        except (ValueError, RecursionError) as error:
            raise error_not_json(name, "broken JSON", write=write) from error

    def _send(
        self, method: str, address: str, path: str, *, signed: bool = False, **options: Any
    ) -> requests.Response:
        request, write = f"{method} {path}", method != "GET"
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if not signed:
            headers["Authorization"] = f"Bearer {self._token}"
        self._wait()
        with self._call_log.record_call(request, self._masked(options.get("json"))) as call_result:
            try:
                answer = self._session.request(
                    method,
                    address,
                    headers=headers,
                    timeout=self._timeout,
                    allow_redirects=False,  # it would carry the token elsewhere
                    **options,
                )
                call_result.status = answer.status_code
                if not 200 <= answer.status_code < 300:
                    raise error_from_response(answer, request=request, write=write)
            except OSError as error:  # every error of requests
                raise error_from_exception(error, request=request, write=write) from error
            except SyncError as error:
                call_result.error = self._masked_text(error.message)
                if isinstance(error, Later) and call_result.status == _TOO_MANY:
                    self._pause(error.after)
                raise
            return answer

    def _wait(self) -> None:
        self.before_request()
        if self._rate_limiter:
            self._rate_limiter.acquire()
        self.requests_sent += 1

    def _pause(self, seconds: float | None) -> None:
        if self._rate_limiter:
            self._rate_limiter.pause(seconds)

    def _masked(self, sent: object) -> str:
        return self._masked_text(json.dumps(sent, ensure_ascii=False)) if mapping(sent) else ""

    def _masked_text(self, words: str) -> str:
        return words.replace(self._token, _SECRET) if self._token else words


def clean_base_url(base_url: str) -> str:
    """Return the instance's address with its context path, if any. Raises Refused."""
    address = web_address(base_url, "/api")
    if address is None:
        raise Refused(
            "The base URL is not a web address",
            change="Write it like https://example.youtrack.cloud, without a user name",
            code="base_url",
        )
    return address


def encode_segment(name: str) -> str:
    """Encode an id as one segment of an address."""
    return quote(name, safe="")
