"""POST /hooks/youtrack/<key>: verify the sender of a hint, store it, answer 200; parse nothing."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request

from b24app.auth.lookup_cache import CachedHook
from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.accept import accept_delivery
from b24app.routes.webhooks import find_hook, remember_signing
from sync.log import log
from sync.store.rows import Delivery
from sync.youtrack.webhooks.parse import EVENT
from sync.youtrack.webhooks.verify import UnverifiedHint, dedupe_key, verify_hint

MAX_HINT_BYTES = 1_000_000  # other senders put the text of the issue in it
STORED_HEADERS = ("Content-Type", "User-Agent")


def blueprint(deps: Deps) -> Blueprint:
    """Return the route of YouTrack's hints."""
    here = Blueprint("youtrack_hints", __name__)

    @here.post("/hooks/youtrack/<key>")
    def youtrack(key: str) -> Response:
        hook = find_hook(deps, key, "youtrack")
        delivery, signed = _verify(deps, hook, read_body(MAX_HINT_BYTES))
        accept_delivery(deps, delivery)
        if signed and not hook.signs:
            remember_signing(deps, hook, key)
        return current_app.response_class(status=200, mimetype="text/plain")

    return here


def _verify(deps: Deps, hook: CachedHook, raw: bytes) -> tuple[Delivery, bool]:
    """Return the verified hint, and whether it is signed. Raises RequestRejected (401)."""
    headers, now = dict(request.headers), deps.clock.now()
    try:
        signed = verify_hint(
            headers,
            raw,
            token=hook.token,
            secret=hook.signing_token or "",
            now=now,
            must_be_signed=hook.signs,
        )
    except UnverifiedHint as error:
        log.warning("hook_refused", connection_id=hook.connection_id, reason=error.reason)
        raise RequestRejected(
            401,
            "unauthentic",
            "The token or signature of this hint is not ours",
            "Install the app anew: `b24bridge youtrack app`",
        ) from None
    delivery = Delivery(
        portal_id=hook.portal_id,
        connection_id=hook.connection_id,
        origin=f"youtrack:{hook.connection_id}",
        dedupe_key=dedupe_key(headers, raw, now),
        event=EVENT,
        headers={name: value for name in STORED_HEADERS if (value := request.headers.get(name))},
        body=raw,
        received_at=now,
    )
    return delivery, signed
