"""POST /b24/events: task events of a portal are stored, the application's own handled at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Any, assert_never
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, current_app, request

from b24app.auth.lookup_cache import CachedPortal
from b24app.auth.rate_limit import APP_EVENTS, PORTAL_EVENTS
from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.accept import accept_delivery
from b24app.services import portals, visitors
from sync.bitrix24.events import parse as events_parse
from sync.bitrix24.events.parse import (
    AppEvent,
    AppInstalled,
    AppPaymentChanged,
    AppUninstalled,
    AppUpdated,
    EventAuth,
)
from sync.bitrix24.events.php_form import text
from sync.core.clock import is_due
from sync.log import log
from sync.store.rows import Delivery

MAX_FORM_BYTES = 1_000_000
# Events that ask Bitrix24 at once, of four threads or more: of all, and of those of strangers.
_ASKING, _ASKING_FOR_STRANGERS = BoundedSemaphore(3), BoundedSemaphore(2)
_PAYMENT_CHECK_INTERVAL = timedelta(minutes=1)
# When a portal's payment was last looked up, by its id and whether the hint was proven.
PaymentLooks = dict[tuple[int, bool], datetime]


def blueprint(deps: Deps) -> Blueprint:
    """Return the route of a portal's events."""
    here = Blueprint("events", __name__)
    paid: PaymentLooks = {}

    @here.post("/b24/events")
    def events() -> Response:
        raw = read_body(MAX_FORM_BYTES)
        try:
            form = events_parse.parse_form(raw)
            sender, event = events_parse.parse_auth(form), events_parse.parse_event(form)
        except events_parse.BadForm as error:
            raise RequestRejected(400, "bad_form", str(error)) from None
        match event:
            case AppInstalled() | AppUpdated() | AppUninstalled() | AppPaymentChanged():
                _handle_app_event(deps, event, paid)
            case _:
                portal = _authenticate(deps, sender)
                accept_delivery(deps, _build_delivery(deps, portal, form, raw))
        return current_app.response_class(status=200, mimetype="text/plain")

    return here


def _handle_app_event(deps: Deps, event: AppEvent, paid: PaymentLooks) -> None:
    match event:
        case AppInstalled():
            _handle_install(deps, event.auth, event.language, is_install=True)
        case AppUpdated():
            _handle_install(deps, event.auth, event.language)
        case AppUninstalled():
            portal = _authenticate(deps, event.auth)
            portals.remove_portal(deps, portal.id, clean=event.clean)
        case AppPaymentChanged():
            _check_payment(deps, event.auth, paid)
        case _:
            assert_never(event)


def _handle_install(
    deps: Deps, sender: EventAuth, language: str, *, is_install: bool = False
) -> None:
    """Verify the tokens of ONAPPINSTALL or ONAPPUPDATE and schedule the install steps.

    A new version forgets what the old one had bound, so a worker runs every step again. Raises
    RequestRejected (401) where the tokens are not an administrator's, the first time as well.
    https://apidocs.bitrix24.com/api-reference/common/events/on-app-update.html
    """
    if not sender.access_token:
        portal = _authenticate(deps, sender)
        portals.save_application_token(deps, portal.id, sender.application_token)
        portals.schedule_install(deps, portal.id)
        return
    with _limited(deps):
        proven = portals.prove_credentials(deps, sender.credentials(deps.clock.now()))
        _limit_portal(deps, proven.member_id)
        stored = portals.find_portal(deps, proven.member_id)
        user = visitors.identify_user(deps, proven, stored)
    if not user.admin:
        raise RequestRejected(401, "not_admin", "Only an administrator installs the application")
    portals.store_installation(
        deps,
        proven,
        application_token=sender.application_token,
        language=language,
        in_background=True,
        anew=is_install and _is_another_installation(deps, sender),
    )


def _is_another_installation(deps: Deps, sender: EventAuth) -> bool:
    """Return whether the portal installed the application again since the stored installation.

    The event of an installation comes late, after its page: both have one application_token.
    """
    portal = deps.portal_cache.refresh(sender.member_id)
    return bool(
        portal is not None
        and portal.application_token
        and not portal.accepts_token(sender.application_token)
    )


def _check_payment(deps: Deps, sender: EventAuth, paid: PaymentLooks) -> None:
    """Ask the portal about its payment, at most once a minute; a hint of its own counts apart.

    ONAPPPAYMENT may come without application_token, and anybody can send one: it is only a hint.
    Raises RequestRejected (401).
    https://apidocs.bitrix24.com/api-reference/common/events/on-app-payment.html
    """
    portal = deps.portal_cache.get(sender.member_id)
    if portal is None or portal.state == "removed":
        raise _unauthentic_error(sender)
    if sender.application_token and not portal.accepts_token(sender.application_token):
        raise _unauthentic_error(sender)
    now, look = deps.clock.now(), (portal.id, bool(sender.application_token))
    if is_due(paid.get(look), _PAYMENT_CHECK_INTERVAL, now):
        with _place(_ASKING) if sender.application_token else _limited(deps):
            portals.check_payment(deps, portal.id)
        paid[look] = now


def _authenticate(deps: Deps, sender: EventAuth) -> CachedPortal:
    """Return the portal that sent an event. Raises RequestRejected (401).

    An older portal sends its application_token in its first event only; then the event's own access
    token must prove it.
    https://apidocs.bitrix24.com/api-reference/events/safe-event-handlers.html
    """
    portal = deps.portal_cache.get(sender.member_id)
    if portal is None or not portal.accepts_token(sender.application_token):
        portal = deps.portal_cache.refresh(sender.member_id)  # another process may have a newer one
    if portal is None or portal.state == "removed":
        raise _unauthentic_error(sender)
    if portal.accepts_token(sender.application_token):
        return portal
    if portal.application_token or not sender.application_token or not sender.access_token:
        raise _unauthentic_error(sender)
    with _limited(deps):
        proven = portals.prove_credentials(deps, sender.credentials(deps.clock.now()))
        _limit_portal(deps, proven.member_id)
    portals.save_application_token(deps, portal.id, sender.application_token)
    return portal


@contextmanager
def _limited(deps: Deps) -> Iterator[None]:
    """Let nobody who is not proven make us ask others without end. Raises RequestRejected (429)."""
    deps.limits.admit("event", APP_EVENTS, address=request.remote_addr)
    is_trusted = deps.limits.is_trusted(request.remote_addr)
    with nullcontext() if is_trusted else _place(_ASKING_FOR_STRANGERS), _place(_ASKING):
        yield


def _limit_portal(deps: Deps, member_id: str) -> None:
    """Count an event for the portal that it proved to be of. Raises RequestRejected (429)."""
    deps.limits.trust(request.remote_addr)
    deps.limits.admit("event", PORTAL_EVENTS, portal=member_id)


@contextmanager
def _place(places: BoundedSemaphore) -> Iterator[None]:
    """Ask others, but not with every thread that acknowledges. Raises RequestRejected (503)."""
    if not places.acquire(blocking=False):
        raise RequestRejected(
            503, "busy", "Too many requests at once", "Try again in a minute", retry_after=5
        )
    try:
        yield
    finally:
        places.release()


def _unauthentic_error(sender: EventAuth) -> RequestRejected:
    log.warning("event_refused", member_id=sender.member_id)
    return RequestRejected(
        401, "unauthentic", "This event does not prove that it is from the portal"
    )


def _build_delivery(
    deps: Deps, portal: CachedPortal, form: Mapping[str, Any], raw: bytes
) -> Delivery:
    """Build the delivery without the event's tokens: the worker uses the stored ones."""
    kept = [pair for pair in parse_qsl(raw.decode(), True) if "token" not in pair[0].lower()]
    stored = urlencode(kept).encode()
    return Delivery(
        portal_id=portal.id,
        connection_id=None,
        origin=f"bitrix24:{portal.id}",
        dedupe_key=events_parse.dedupe_key(form, stored, nonce=uuid.uuid4().hex),
        event=text(form, "event").upper()[:64],
        headers={},
        body=stored,
        received_at=deps.clock.now(),
    )
