"""A portal's life with the app: proven, stored, set up, paused, removed.

Nothing a request claims is believed before the OAuth server has confirmed it. That server must be
in an allow-list, and the portal's address is taken from its answer.
https://apidocs.bitrix24.com/settings/cloud-and-on-premise/security-recommendations.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from b24app.deps import Deps
from b24app.errors import RequestRejected, error_text
from b24app.grants import revoke_all
from b24app.services import install_steps
from sync.bitrix24.rest.credentials import Credentials
from sync.bitrix24.rest.install_proof import prove_install
from sync.bitrix24.tasks.readable import read_profile
from sync.errors import UNREADABLE, Later, SyncError
from sync.log import log
from sync.store import erasure, portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalRecord, PortalTokens
from sync.store.vault import VaultError

HOLDER_TTL = timedelta(minutes=5)
MOST_STEPS = 200  # of an erasure in a request: about ten seconds


def prove_credentials(deps: Deps, claimed: Credentials) -> Credentials:
    """Return what the OAuth server confirms of claimed credentials.

    Raises RequestRejected: 401, 503 where it cannot be reached.
    """
    try:
        return prove_install(
            claimed,
            deps.clients.app_keys,
            session=deps.clients.session(),
            now=deps.clock.now(),
            call_log=deps.clients.call_log("bitrix24"),
        )
    except Later as error:
        raise RequestRejected(
            503, "later", error.message, error.change or "Try again in a minute"
        ) from None
    except SyncError as error:
        log.warning("portal_not_proven", member_id=claimed.member_id, code=error.code)
        raise RequestRejected(
            401, error.code or "unproven", error_text(error), error.change
        ) from None


def find_portal(deps: Deps, member_id: str) -> PortalRecord | None:
    """Return the installed portal; None where it is not installed, or was removed."""
    with read(deps.engine) as conn:
        records = portals.by_member(conn, member_id)
    return None if records is None or records.state == "removed" else records


def store_installation(
    deps: Deps,
    proven: Credentials,
    *,
    application_token: str,
    language: str,
    in_background: bool = False,
    anew: bool = False,
) -> PortalRecord:
    """Store a proven installation; the portal is `installing` until its steps were run.

    `in_background`: no page is open that would run them, so a worker does. `anew`: it is another
    installation than the stored one, whose open pages end.
    """
    now = deps.clock.now()
    installation = Installation(
        member_id=proven.member_id,
        client_endpoint=proven.client_endpoint,
        server_endpoint=proven.server_endpoint,
        tokens=PortalTokens(
            proven.access_token, proven.refresh_token, proven.expires_at, proven.user_id or None
        ),
        client_id=deps.config.client_id,
        language=language.lower() or "en",
        scopes=proven.scopes,
        app_status=proven.status,
        application_token=application_token or None,
    )
    with write(deps.engine) as conn:
        portal_id = portals.create_or_update(conn, deps.vault, installation, now, anew=anew)
        if in_background:
            install_steps.schedule_steps(conn, portal_id, now)
        record = _load_portal(conn, portal_id)
    _clear_caches(deps)
    deps.visits.holders.clear()
    log.info("portal_admitted", portal_id=portal_id, member_id=proven.member_id)
    return record


def require_portal(deps: Deps, portal_id: int) -> PortalRecord:
    """Return the portal of a page token. Raises RequestRejected (404)."""
    with read(deps.engine) as conn:
        return _load_portal(conn, portal_id)


def update_endpoint(deps: Deps, portal: PortalRecord, client_endpoint: str) -> PortalRecord:
    """Store the portal's proven address if it changed; return the portal with it."""
    if portal.client_endpoint == client_endpoint:
        return portal
    with write(deps.engine) as conn:
        portals.set_endpoint(conn, portal.id, client_endpoint, deps.clock.now())
    return replace(portal, client_endpoint=client_endpoint)


def schedule_install(deps: Deps, portal_id: int) -> None:
    """Leave the install steps to a worker."""
    with write(deps.engine) as conn:
        install_steps.schedule_steps(conn, portal_id, deps.clock.now())


def activate_portal(deps: Deps, portal_id: int, failed: Sequence[str] = ()) -> None:
    """End the installation; `failed` steps are shown until they are repeated."""
    require_portal(deps, portal_id)
    install_steps.activate_portal(deps.clients, portal_id, failed)
    deps.wake(portal_id)
    _clear_caches(deps)


def save_application_token(deps: Deps, portal_id: int, token: str) -> None:
    """Store the token that proves the portal's events."""
    with write(deps.engine) as conn:
        portals.save_application_token(conn, deps.vault, portal_id, token, deps.clock.now())
    _clear_caches(deps)


def remove_portal(deps: Deps, portal_id: int, *, clean: bool) -> None:
    """Erase the portal (`clean`), or mark it removed and forget its dead tokens."""
    now = deps.clock.now()
    if clean:
        revoke_all(deps.clients, portal_id)
    with write(deps.engine) as conn:
        if clean:
            portals.mark_erased(conn, portal_id)
        else:
            portals.mark_removed(conn, portal_id, "The application was uninstalled", now)
    _clear_caches(deps)
    if clean:  # what is much is left to the worker
        erasure.delete_owned(deps.engine, "portal_id", portal_id, most_steps=MOST_STEPS)
    log.info("portal_removed", portal_id=portal_id, clean=clean)


def holder_is_admin(deps: Deps, portal: PortalRecord) -> bool:
    """Return whether the stored tokens are an administrator's still; asked every few minutes.

    The tokens of a dismissed employee are dead; somebody who lost the right has living ones, which
    see less and less. Tokens that no key here opens are nobody's. While the portal cannot be asked,
    they count as an administrator's.
    https://apidocs.bitrix24.com/settings/system-user.html
    """
    cached, now = deps.visits.holders.get(portal.id, deps.clock.now()), deps.clock.now()
    if cached is not None:
        return cached
    try:
        admin = read_profile(deps.clients.portal(portal.id)).admin
    except SyncError as error:
        is_passing = isinstance(error, Later) and error.code != UNREADABLE
        admin = is_passing or error.code == "PAYMENT_REQUIRED"
    deps.visits.holders.put(portal.id, admin, now, HOLDER_TTL)
    if not admin:
        log.warning("holder_gone", portal_id=portal.id, user_id=portal.token_user_id)
    return admin


def tokens_open(deps: Deps, portal_id: int) -> bool:
    """Return whether the keys here open the stored tokens of the portal."""
    try:
        with read(deps.engine) as conn:
            portals.tokens(conn, deps.vault, portal_id)
    except VaultError:
        return False
    return True


def check_payment(deps: Deps, portal_id: int) -> None:
    """Pause or resume the portal by what it says of the application's subscription."""
    install_steps.check_payment(deps.clients, portal_id)
    deps.wake(portal_id)


def _load_portal(conn: Connection, portal_id: int) -> PortalRecord:
    record = portals.by_id(conn, portal_id)
    if record is None or record.state == "removed":
        raise RequestRejected(404, "no_portal", "The portal is not installed here")
    return record


def _clear_caches(deps: Deps) -> None:
    deps.portal_cache.clear()
    deps.hook_cache.clear()
