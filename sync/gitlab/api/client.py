"""A client of one GitLab instance: python-gitlab beneath, with our errors, limits and audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests

from sync.addresses import web_address
from sync.core.audit import CallLog
from sync.errors import Refused
from sync.gitlab.api.connection_errors import error_from_exception
from sync.gitlab.api.errors import error_not_json
from sync.gitlab.api.oauth import BearerTokens
from sync.gitlab.api.rate_limit import RateLimiter
from sync.gitlab.json_fields import mapping, mappings
from sync.net import USER_AGENT, guarded_session
from sync.sentences import sentence

TIMEOUT = (5.0, 20.0)  # seconds to connect, seconds between bytes
PER_PAGE = 100  # GitLab's greatest
CHUNK_BYTES = 65_536  # read of a text at a time
GRAPHQL = "/api/graphql"
MAX_TEXT_BYTES = 20_000_000  # a longer text is not read to its end


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list.

    `next`: the query of the page after it, None for the last. `total`: how many items the whole
    list has, None where GitLab does not count them.
    """

    items: list[dict[str, Any]]
    next: dict[str, str] | None = None
    total: int | None = None


class GitLab:
    """A client of one account at one instance; each thread makes its own.

    Every call raises Later, Denied or Refused. Nothing is repeated here: python-gitlab's own
    waiting and repeating are off, the engine decides when to try again. `token`: an access token,
    or tokens that are renewed; with "" the calls are anonymous. `session`: by default one that
    reaches public addresses only. `call_log` records every request. `requests_sent` counts them;
    `before_request` is called before each. `present_token` gives the token that is stored now: a
    call that is refused, and where that is another one, is made again with it.
    """

    def __init__(
        self,
        base_url: str,
        token: str | BearerTokens,
        *,
        connection_id: int = 0,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        call_log: CallLog | None = None,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        import gitlab  # 1 MB with its backend: a server with YouTrack alone needs neither

        from sync.gitlab.api.backend import Backend

        self.base_url = clean_base_url(base_url)
        self.connection_id = connection_id
        self.requests_sent = 0
        self.before_request: Callable[[], None] = lambda: None
        self.access_token = token if isinstance(token, str) else ""
        self.present_token: Callable[[], str] | None = None
        self._rate_limiter = rate_limiter
        self.oauth_scopes = None if isinstance(token, str) else token.scopes
        self._api = gitlab.Gitlab(
            self.base_url,
            private_token=(token or None) if isinstance(token, str) else None,
            timeout=timeout,  # type: ignore[arg-type]  # requests takes the pair
            user_agent=USER_AGENT,
            retry_transient_errors=False,
            keep_base_url=True,  # the next page is read from this address, whatever Link says
            backend=partial(Backend, self, token, call_log or CallLog()),
            session=session or guarded_session(),
        )

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is answered."""
        return f"{self.base_url}{GRAPHQL}"

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of one object; `path` begins after /api/v4."""
        return _decode_json(
            f"GET {path}",
            partial(self._api.http_get, path, query_parameters=_query(query)),
        )

    def list(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield all items of a list, page after page as they are taken.

        Every page is asked for at our own address, with the query of the link: python-gitlab cuts
        links at the first `/api`, which may stand in a host's or a project's name.
        """
        following: dict[str, Any] | None = query
        while following is not None:
            asked = following
            listed = self.page(path, **asked)
            yield from listed.items
            following = listed.next
            if following == asked:
                raise _bad_link(path)

    def page(self, path: str, **query: Any) -> ListPage:
        """Return one page of a list, with the way to the next, for callers that store a cursor.

        Of the Link header only the query counts. https://docs.gitlab.com/api/rest/#pagination
        """
        options = _query({"per_page": PER_PAGE, **query})
        answer = self._raw(path, query_data=options)
        try:
            items = answer.json()
        except (ValueError, RecursionError) as error:
            raise error_not_json(f"GET {path}", "broken JSON") from error
        if not isinstance(items, list):
            raise error_not_json(f"GET {path}", "something else")
        further = answer.links.get("next", {}).get("url")
        following = dict(parse_qsl(urlsplit(further).query)) if further else None
        if following == {}:
            raise _bad_link(path)
        total = answer.headers.get("X-Total", "")
        return ListPage(
            items=mappings(items),
            next=following,
            total=int(total) if total.isascii() and total.isdigit() else None,
        )

    def tail(self, path: str, most: int) -> bytes:
        """Return the last `most` bytes of a text in whole lines; nothing of one that is too long.

        GitLab sends job logs whole, and they may be large: only a part is held in memory at a time.
        """
        answer = self._raw(path, streamed=True)
        try:
            return _tail(answer, most)
        except OSError as error:
            raise error_from_exception(error, request=f"GET {path}", write=False) from error
        finally:
            answer.close()

    def _raw(self, path: str, **options: Any) -> requests.Response:
        answer = self._api.http_get(path, raw=True, obey_rate_limit=False, **options)
        assert isinstance(answer, requests.Response)  # what `raw` asks for
        return answer

    def post(self, path: str, data: dict[str, Any], *, event_uuid: str | None = None) -> Any:
        """Send a POST and return its JSON; `event_uuid`: see `_write`."""
        return self._write(self._api.http_post, "POST", path, data, event_uuid)

    def post_form(self, path: str, pairs: Sequence[tuple[str, str]]) -> Any:
        """Send a POST with a form as its body, for endpoints that take a secret in it."""
        request = partial(
            self._api.http_post,
            path,
            post_data=urlencode(pairs).encode(),  # type: ignore[arg-type]  # raw: sent as it is
            raw=True,
            extra_headers={"Content-type": "application/x-www-form-urlencoded"},
        )
        return _decode_json(f"POST {path}", request)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the answer to a query: `data`, `errors`, or both (GitLab refuses with status 200).

        https://docs.gitlab.com/api/graphql/
        """
        request = partial(
            self._api.http_post,
            self.graphql_url,
            post_data={"query": query, "variables": variables},
        )
        return mapping(_decode_json(f"POST {GRAPHQL}", request))

    def post_file(self, path: str, name: str, content: bytes) -> Any:
        """Send a file as a form's field `file` and return the JSON of the answer."""
        request = partial(self._api.http_post, path, files={"file": (name, content)})
        return _decode_json(f"POST {path}", request)

    def content(self, path: str, most: int) -> bytes:
        """Return the bytes of a file. Raises Refused for more than `most`."""
        answer, kept = self._raw(path, streamed=True), bytearray()
        try:
            for piece in answer.iter_content(CHUNK_BYTES):
                kept += piece
                if len(kept) > most:
                    raise Refused(
                        sentence("GET {path} has more than {most} bytes", path=path, most=most),
                        code="too_large",
                    )
        except OSError as error:
            raise error_from_exception(error, request=f"GET {path}", write=False) from error
        finally:
            answer.close()
        return bytes(kept)

    def put(self, path: str, data: dict[str, Any], *, event_uuid: str | None = None) -> Any:
        """Send a PUT and return its JSON; `event_uuid`: see `_write`."""
        return self._write(self._api.http_put, "PUT", path, data, event_uuid)

    def delete(self, path: str) -> None:
        """Send a DELETE."""
        self._api.http_delete(path, obey_rate_limit=False)

    def _write(
        self, send: Any, verb: str, path: str, data: dict[str, Any], event_uuid: str | None
    ) -> Any:
        """Send a write. `event_uuid`: of the webhook that causes it, so that GitLab sends no echo.

        See lib/gitlab/web_hooks/recursion_detection.rb in GitLab's source.
        """
        headers = {"X-Gitlab-Event-UUID": event_uuid} if event_uuid else None
        request = partial(send, path, post_data=data, extra_headers=headers)
        return _decode_json(f"{verb} {path}", request)

    def wait_for_slot(self) -> None:
        """Count a request and wait for its turn under the rate limit. Raises Later."""
        self.before_request()
        if self._rate_limiter:
            self._rate_limiter.acquire()
        self.requests_sent += 1

    def pause(self, seconds: float | None) -> None:
        """Send nothing for so many seconds; None where GitLab did not say how long."""
        if self._rate_limiter:
            self._rate_limiter.pause(seconds)


def _bad_link(path: str) -> Refused:
    return Refused(
        sentence("GET {path}: the link to the next page leads to no other page", path=path),
        cause="Something between this service and GitLab changes its answers",
        change="Let a proxy in front of GitLab pass the Link header as it is",
        code="link",
    )


def _tail(answer: requests.Response, most: int) -> bytes:
    kept, position = b"", 0
    for piece in answer.iter_content(CHUNK_BYTES):
        position += len(piece)
        if position > MAX_TEXT_BYTES:
            return b""
        kept = (kept + piece)[-most:]
    return kept if position <= most else kept.partition(b"\n")[2]


def clean_base_url(base_url: str) -> str:
    """Return the instance's address with its relative root, if any. Raises Refused."""
    address = web_address(base_url, "/api/v4")
    if address is None:
        raise Refused(
            "The base URL is not a web address",
            change="Write it like https://gitlab.example.com, without a user name",
            code="base_url",
        )
    return address


def encode_segment(project: int | str) -> str:
    """Encode a project's or group's id or path as one segment of an address."""
    return quote(str(project), safe="")


def _query(query: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }


def _decode_json(name: str, request: Callable[..., Any]) -> Any:
    """Return the answer's JSON; python-gitlab returns the response where it is not JSON."""
    from gitlab import GitlabParsingError

    try:
        answer = request(obey_rate_limit=False)
    except GitlabParsingError as error:
        raise error_not_json(name, "broken JSON") from error
    if not isinstance(answer, requests.Response):
        return answer
    if not answer.content:
        return {}
    raise error_not_json(name, answer.headers.get("Content-Type", ""))
