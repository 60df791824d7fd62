"""POST /hooks/gitlab/<key>: verify the sender, store the delivery, answer 200; parse nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from b24app.auth.lookup_cache import CachedHook
from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.accept import accept_delivery
from sync.gitlab.webhooks.verify import UnverifiedDelivery, dedupe_key, event_name, verify_delivery
from sync.log import log
from sync.store import connections
from sync.store.db.database import write
from sync.store.rows import Delivery

MAX_BODY_BYTES = 25 * 1024 * 1024  # https://docs.gitlab.com/administration/instance_limits/
STORED_HEADERS = (
    "Content-Type",
    "User-Agent",
    "X-Gitlab-Event",
    "X-Gitlab-Event-UUID",
    "X-Gitlab-Instance",
    "webhook-id",
    "webhook-timestamp",
)


def blueprint(deps: Deps) -> Blueprint:
    """Return the route of GitLab's webhooks."""
    here = Blueprint("hooks", __name__)

    @here.post("/hooks/gitlab/<key>")
    def gitlab(key: str) -> Response:
        hook = find_hook(deps, key, "gitlab")
        delivery, signed = _verify_delivery(deps, hook, read_body(MAX_BODY_BYTES))
        accept_delivery(deps, delivery)
        if signed and not hook.signs:
            remember_signing(deps, hook, key)
        return current_app.response_class(status=200, mimetype="text/plain")

    return here


def find_hook(deps: Deps, key: str, kind: str) -> CachedHook:
    """Return the connection of that kind behind an address. Raises RequestRejected."""
    hook = deps.hook_cache.get(key)
    if hook is None or hook.kind != kind:
        raise RequestRejected(404, "unknown_hook", "There is no such webhook address")
    check_address(hook.allow_ips)
    return hook


def remember_signing(deps: Deps, hook: CachedHook, key: str) -> None:
    """Accept only signed deliveries from now on: who learned the token alone may send nothing."""
    with suppress(SQLAlchemyError), write(deps.engine) as conn:  # the next delivery does it, too
        connections.set_signed(conn, hook.connection_id, deps.clock.now())
    deps.hook_cache.refresh(key)
    log.info("hook_signs", connection_id=hook.connection_id)


def _verify_delivery(deps: Deps, hook: CachedHook, raw: bytes) -> tuple[Delivery, bool]:
    """Return the verified delivery, and whether it is signed.

    Raises RequestRejected (401) if it is not from our GitLab.
    """
    headers, now = {name.lower(): value for name, value in request.headers}, deps.clock.now()
    try:
        signed = verify_hook(hook, headers, raw, now)
    except UnverifiedDelivery as error:
        log.warning("hook_refused", connection_id=hook.connection_id, reason=error.reason)
        raise RequestRejected(
            401,
            "unauthentic",
            "The token or signature of this webhook is not ours",
            "Repair the webhook: `b24bridge gitlab hooks`",
        ) from None
    return build_delivery(hook, headers, raw, now), signed


def verify_hook(hook: CachedHook, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
    """Return whether a delivery of the hook is signed. Raises UnverifiedDelivery."""
    return verify_delivery(
        headers,
        raw,
        token=hook.token,
        signing_token=hook.signing_token,
        now=now,
        must_be_signed=hook.signs,
    )


def build_delivery(
    hook: CachedHook, headers: Mapping[str, str], raw: bytes, now: datetime
) -> Delivery:
    """Build the delivery that is stored; `headers` have names in lower case."""
    return Delivery(
        portal_id=hook.portal_id,
        connection_id=hook.connection_id,
        origin=f"gitlab:{hook.connection_id}",
        dedupe_key=dedupe_key(headers, raw, now),
        event=event_name(headers),
        headers={name: value for name in STORED_HEADERS if (value := headers.get(name.lower()))},
        body=raw,
        received_at=now,
    )


def check_address(allowed: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
    """Raise RequestRejected (403) for a sender outside of the addresses that may send."""
    if not allowed:
        return
    address = ipaddress.ip_address((request.remote_addr or "0.0.0.0").partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    if not any(mapped in network for network in allowed):
        log.warning("hook_refused", reason="address", address=str(address))
        raise RequestRejected(
            403, "address", "This address may not send webhooks here", "See `allow_ips`"
        )
