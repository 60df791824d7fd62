"""A portal's life with the app: proven, stored, set up, paused, removed.

Nothing a request claims is believed before the OAuth server has confirmed it. That server must be
in an allow-list, and the portal's address is taken from its answer.
https://apidocs.bitrix24.com/settings/cloud-and-on-premise/security-recommendations.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection, update

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services import install_steps
from b24app.services.install_steps import PAYMENT_OVER
from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import Credentials
from sync.bitrix24.rest.install_proof import prove_install
from sync.bitrix24.rest.limits import Allowance, full_allowance
from sync.bitrix24.rest.throttle import Throttle
from sync.errors import Denied, Later, SyncError
from sync.log import log
from sync.store import portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalRecord, PortalTokens
from sync.store.tables import portal as table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageUser:
    """The user who opened a page, as the portal itself says."""

    user_id: int
    admin: bool


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
            401, error.code or "unproven", _error_text(error), error.change
        ) from None


def _error_text(error: SyncError) -> str:
    """Return our own message; for the vendor's errors their meaning, not their name."""
    vendors = error.code.isupper() and error.cause
    return error.cause if vendors else error.message


def identify_user(deps: Deps, proven: Credentials) -> PageUser:
    """Return the user of these tokens. Raises RequestRejected (401, 503).

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    portal_record = find_portal(deps, proven.member_id)
    call_log = deps.clients.call_log(
        "bitrix24", portal_record.id if portal_record else None, user=proven.user_id
    )
    visiting = Portal(
        proven,
        deps.clients.app_keys,
        tokens=_VisitTokens(proven),
        throttle=Throttle(_VisitAllowance(full_allowance(deps.clock.now())), deps.clock),
        call_log=call_log,
        session=deps.clients.session(),
    )
    try:
        profile = visiting.call("profile", {}, write=False)["result"]
    except SyncError as error:
        status = 503 if isinstance(error, Later) else 401
        raise RequestRejected(
            status, error.code or "no_profile", _error_text(error), error.change
        ) from None
    admin = profile.get("ADMIN") in (True, "Y", "1", 1)
    return PageUser(as_int(profile.get("ID")) or proven.user_id, admin)


def is_still_admin(deps: Deps, visitor: Visitor, access_token: str) -> bool:
    """Return whether the portal says that this token is the same visitor's, an administrator."""
    if not access_token:
        return False
    portal = require_portal(deps, visitor.portal_id)
    credentials = Credentials(
        portal.member_id, portal.client_endpoint, portal.server_endpoint, access_token, ""
    )
    try:
        page_user = identify_user(deps, credentials)
    except RequestRejected:
        return False
    return page_user.admin and page_user.user_id == visitor.user_id


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
) -> PortalRecord:
    """Store a proven installation; the portal is `installing` until its steps were run.

    `in_background`: no page is open that would run them, so a worker does.
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
        portal_id = portals.create_or_update(conn, deps.vault, installation, now)
        if in_background:
            install_steps.schedule_steps(conn, portal_id, now)
        record = _load_portal(conn, portal_id)
    _clear_caches(deps)
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
    with write(deps.engine) as conn:
        if clean:
            portals.erase(conn, portal_id)
        else:
            dead = dict.fromkeys(
                ("access_token_sealed", "refresh_token_sealed", "application_token_sealed")
            )
            conn.execute(update(table).where(table.c.id == portal_id).values(**dead))
            portals.set_state(conn, portal_id, "removed", "The application was uninstalled", now)
    _clear_caches(deps)
    log.info("portal_removed", portal_id=portal_id, clean=clean)


def check_payment(deps: Deps, portal_id: int) -> None:
    """Pause or resume the portal by what it says of the application's subscription.

    https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
    """
    try:
        info = deps.clients.portal(portal_id).call("app.info", {}, write=False)["result"]
        over = info.get("PAYMENT_EXPIRED") in ("Y", True)
    except Denied as error:
        if error.code != "PAYMENT_REQUIRED":
            raise
        over = True
    with write(deps.engine) as conn:
        portal, now = _load_portal(conn, portal_id), deps.clock.now()
        if over:
            portals.set_state(conn, portal_id, "paused", PAYMENT_OVER, now)
        elif portal.state == "paused" and portal.state_reason == PAYMENT_OVER:
            # The portal may have forgotten handlers meanwhile: a worker checks all of them.
            portals.set_state(conn, portal_id, "installing", install_steps.PENDING, now)
    deps.wake(portal_id)


def _load_portal(conn: Connection, portal_id: int) -> PortalRecord:
    record = portals.by_id(conn, portal_id)
    if record is None or record.state == "removed":
        raise RequestRejected(404, "no_portal", "The portal is not installed here")
    return record


def _clear_caches(deps: Deps) -> None:
    deps.portal_cache.clear()
    deps.hook_cache.clear()


@dataclass(slots=True)
class _VisitTokens:
    """Tokens of a page's visitor: used as they are, never renewed or stored."""

    credentials: Credentials

    def load(self) -> Credentials:
        return self.credentials

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        raise Denied("The access token of this page is over", change="Open the page again")
        yield

    def save(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def domain_moved(self, client_endpoint: str) -> None:
        self.credentials = replace(self.credentials, client_endpoint=client_endpoint)


@dataclass(slots=True)
class _VisitAllowance:
    """An allowance for the one call that identifies a visitor."""

    allowance: Allowance

    def change(self, step: Callable[[Allowance], tuple[Allowance, T]]) -> T:
        self.allowance, answer = step(self.allowance)
        return answer
