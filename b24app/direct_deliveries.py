"""The usual delivery of GitLab, read and verified without a thread and without Flask.

What is unusual in any way is left to the route in b24app/routes/webhooks.py, which says what is
wrong with it, and learns what is new.
"""

from __future__ import annotations

import re
import uuid
from concurrent.futures import Future
from dataclasses import dataclass

from b24app.auth.lookup_cache import CachedHook
from b24app.deps import Deps
from b24app.routes.webhooks import build_delivery, verify_hook
from sync.gitlab.webhooks.verify import UnverifiedDelivery
from sync.store.rows import Delivery

EXTENSION = "direct_deliveries"  # of the Flask app
MAX_BODY_BYTES = 262_144  # a larger body takes too long for the thread that polls
_REQUEST_LINE = re.compile(rb"POST /hooks/gitlab/([A-Za-z0-9_-]{1,128}) HTTP/1\.([01])")
_HEADER = re.compile(r"([!#$%&'*+.^`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_UNUSUAL = frozenset({"transfer-encoding", "content-encoding", "upgrade", "http2-settings"})
_CONNECTION = {"": True, "keep-alive": True, "close": False}
_REQUEST_ID = re.compile(r"[\w-]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoringDelivery:
    """A verified delivery on its way to the disk. `keeps_open`: the client may send more."""

    stored: Future[int | None]
    request_id: str
    keeps_open: bool


@dataclass(frozen=True, slots=True)
class _Request:
    key: str
    headers: dict[str, str]  # by names in lower case
    body: bytes
    keeps_open: bool


class DirectDeliveries:
    """Stores what is verified by what the route has looked up in the last seconds."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def begin(self, raw: bytes) -> StoringDelivery | None:
        """Let the whole request's delivery be stored; None where the route has to see to it."""
        request = _parse(raw)
        hook = self._deps.hook_cache.fresh(request.key) if request else None
        if request is None or hook is None:
            return None
        delivery = self._verify(hook, request)
        stored = self._deps.inbox.submit(delivery) if delivery else None
        if stored is None:
            return None
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        return StoringDelivery(stored, request_id, request.keeps_open)

    def give_up(self, storing: StoringDelivery) -> None:
        """Wait no longer for the database."""
        self._deps.inbox.give_up(storing.stored)

    def _verify(self, hook: CachedHook, request: _Request) -> Delivery | None:
        if hook.kind != "gitlab" or hook.allow_ips:
            return None
        now = self._deps.clock.now()
        try:
            signed = verify_hook(hook, request.headers, request.body, now)
        except UnverifiedDelivery:
            return None
        if signed and not hook.signs:
            return None
        return build_delivery(hook, request.headers, request.body, now)


def _parse(raw: bytes) -> _Request | None:
    """Return a whole request of the usual kind, whose body ends with it. Pure."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    begin = _REQUEST_LINE.fullmatch(line)
    if begin is None or len(body) > MAX_BODY_BYTES:
        return None
    headers: dict[str, str] = {}
    for row in rest.decode("latin-1").split("\r\n"):
        header = _HEADER.fullmatch(row)
        name = header[1].lower() if header else ""
        if header is None or name in headers or name in _UNUSUAL:
            return None
        headers[name] = header[2].rstrip(" \t")
    keeps_open = _CONNECTION.get(headers.get("connection", "").lower())
    if keeps_open is None or headers.get("content-length") != str(len(body)):
        return None
    return _Request(begin[1].decode(), headers, body, keeps_open and begin[2] == b"1")
