"""Signing in at GitLab: begun on a page, agreed to in a window, finished by whoever began it.

A ticket goes from the page to its own window, which takes it for a cookie and the consent page's
address. The answer is believed only with that cookie: somebody who is led to GitLab by a link of
another person's brings an answer that nobody takes.
https://www.rfc-editor.org/rfc/rfc9700#section-4.7
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from b24app.auth.page_tokens import Visitor
from b24app.auth.rate_limit import EXCHANGES
from b24app.deps import Deps
from b24app.errors import RequestRejected, error_text
from b24app.grants import find_application, revoke, to_tokens
from b24app.oauth_address import callback_url
from b24app.services import settings_text, visitors
from b24app.services.connection_results import mark_token_stored
from b24app.services.gitlab_connections import describe_account
from sync.errors import Denied, SyncError
from sync.gitlab.api import oauth
from sync.gitlab.api.account import Account, read_account
from sync.gitlab.api.oauth import Application, TokenPair
from sync.log import log
from sync.oauth import new_state, new_verifier
from sync.sentences import sentence
from sync.store import (
    connections,
    leases,
    oauth_applications,
    oauth_grants,
    oauth_sign_ins,
    people,
    portals,
)
from sync.store.db.database import read, write
from sync.store.oauth_grants import OWN
from sync.store.oauth_sign_ins import SignIn, SignInDraft
from sync.store.rows import ConnectionRecord, PortalRecord

CONNECTED, REFUSED = "connected", "refused"
_DENIED = "GitLab says that the sign-in was not agreed to"
_STRANGE = RequestRejected(
    400,
    "no_sign_in",
    "This sign-in is over, or it was begun in another browser",
    "Close this window, and connect again on the page of the application",
)


@dataclass(frozen=True, slots=True)
class FixedTokens:
    """A pair just received, before it is stored (sync.gitlab.api.oauth.BearerTokens)."""

    pair: TokenPair

    @property
    def scopes(self) -> tuple[str, ...]:
        """What was granted."""
        return self.pair.scopes

    def current(self) -> str:
        """Return the token."""
        return self.pair.access_token

    def renewed(self, refused: str) -> str:
        """Raise Denied: what GitLab has just given should be accepted."""
        raise Denied("GitLab does not accept the token that it gave", code="401")


def begin_sign_in(
    deps: Deps, visitor: Visitor, portal: PortalRecord, name: str, *, personal: bool
) -> tuple[int, str]:
    """Return the id of a new sign-in, and the ticket for its window. Raises RequestRejected."""
    with read(deps.engine) as conn:
        record = connections.by_name(conn, portal.id, name)
        usable = oauth_applications.usable_addresses(conn, portal.id)
    if record is None or record.kind != "gitlab":
        raise RequestRejected(
            404, "no_connection", sentence("There is no connection {name}", name=name)
        )
    if record.base_url not in usable:
        raise RequestRejected(
            409,
            "no_application",
            "No application is registered for this GitLab",
            "Register one in GitLab, and put its id and secret into the settings",
        )
    if not callback_url(deps.config):
        raise RequestRejected(
            409,
            "no_public_url",
            "Signing in needs the public address of this service",
            "Set B24BRIDGE_PUBLIC_URL",
        )
    ticket = new_state()
    draft = SignInDraft(
        portal.id, record.id, visitor.user_id, portal.installation, personal, record.base_url
    )
    with write(deps.engine) as conn:
        token, now = visitor.access_token, deps.clock.now()
        sign_in_id = oauth_sign_ins.begin(
            conn, deps.vault, draft, ticket, access_token=token, now=now
        )
    return sign_in_id, ticket


def send_to_consent(deps: Deps, ticket: str) -> tuple[str, str]:
    """Return the address of the consent page, and what the browser has to bring back with it.

    Raises RequestRejected where the ticket was taken or is over, Denied without an application.
    """
    state, browser, verifier = new_state(), new_state(), new_verifier()
    with write(deps.engine) as conn:
        sign_in = oauth_sign_ins.send(
            conn,
            deps.vault,
            ticket,
            state=state,
            browser=browser,
            verifier=verifier,
            now=deps.clock.now(),
        )
        record = connections.by_id(conn, sign_in.connection_id) if sign_in else None
    if sign_in is None or record is None or not _still_holds(deps, sign_in, record):
        raise _STRANGE
    return oauth.consent_url(find_application(deps.clients, record), state, verifier), browser


def finish_sign_in(deps: Deps, state: str, browser: str, code: str) -> str:
    """Take the answer of the consent page and return the account that is connected now.

    `code` "": it was not agreed to. Raises RequestRejected; the waiting page learns it, too.
    """
    with write(deps.engine) as conn:
        sign_in = oauth_sign_ins.use(conn, deps.vault, state, browser, deps.clock.now())
        record = connections.by_id(conn, sign_in.connection_id) if sign_in else None
    if sign_in is None or record is None or not _still_holds(deps, sign_in, record):
        raise _STRANGE
    try:
        if not code:
            raise Denied(_DENIED, change="Try again, and choose to authorize", code="access_denied")
        deps.limits.admit(
            "exchange",
            EXCHANGES,
            user=(sign_in.portal_id, sign_in.user_id),
            portal=sign_in.portal_id,
        )
        _confirm_visitor(deps, sign_in)
        application = find_application(deps.clients, record)
        pair = _exchange(deps, application, record, code, sign_in.verifier)
        account = read_account(deps.clients.code_host_on_trial(record, FixedTokens(pair)))
    except (SyncError, RequestRejected) as error:
        text = error_text(error) if isinstance(error, SyncError) else error.text
        with write(deps.engine) as conn:
            oauth_sign_ins.finish(conn, sign_in.id, REFUSED, text, error.change)
        raise RequestRejected(409, "not_connected", text, error.change) from None
    try:
        _store(deps, sign_in, record, pair, account)
    except RequestRejected:
        _give_back(deps, application, record, pair)
        raise
    return account.username


def _give_back(
    deps: Deps, application: Application, record: ConnectionRecord, pair: TokenPair
) -> None:
    """Have GitLab forget tokens whose portal or connection was removed while they were asked for.

    Nobody is left to renew or to end them.
    """
    try:
        oauth.revoke(
            application,
            pair.refresh_token,
            session=deps.clients.session_of(record),
            call_log=deps.clients.call_log("gitlab", None),
        )
    except SyncError as error:
        log.warning("not_revoked", connection=record.name, error=error.message)


def _confirm_visitor(deps: Deps, sign_in: SignIn) -> None:
    """Ask the portal once more who they are: minutes passed on the consent page.

    Raises RequestRejected for who left meanwhile, and for a connection's own account for who is no
    administrator any more.
    """
    with read(deps.engine) as conn:
        portal = portals.by_id(conn, sign_in.portal_id)
    if portal is None:
        raise _STRANGE
    user = visitors.identify_again(deps, portal, sign_in.user_id, sign_in.access_token)
    if user.user_id != sign_in.user_id or not (user.admin or sign_in.personal):
        raise RequestRejected(
            403,
            "not_admin",
            "Only an administrator of the portal may connect this account",
            "Ask an administrator to do it",
        )


def _exchange(
    deps: Deps, application: Application, record: ConnectionRecord, code: str, verifier: str
) -> TokenPair:
    return oauth.exchange_code(
        application,
        code,
        verifier,
        session=deps.clients.session_of(record),
        now=deps.clock.now(),
        call_log=deps.clients.log_of(record),
    )


def _still_holds(deps: Deps, sign_in: SignIn, record: ConnectionRecord) -> bool:
    with read(deps.engine) as conn:
        portal = portals.by_id(conn, sign_in.portal_id)
    return portal is not None and _is_of(sign_in, portal, record)


def _is_of(sign_in: SignIn, portal: PortalRecord, record: ConnectionRecord) -> bool:
    """Return whether portal, installation and connection are those for which it was begun."""
    return (
        portal.state != "removed"
        and portal.installation == sign_in.installation
        and record.state != "removed"
        and record.base_url == sign_in.base_url
    )


def _store(
    deps: Deps, sign_in: SignIn, record: ConnectionRecord, pair: TokenPair, account: Account
) -> None:
    now, user_id = deps.clock.now(), sign_in.user_id if sign_in.personal else OWN
    granted = {
        "id": account.user_id,
        "username": account.username,
        "name": account.name,
        "scopes": list(pair.scopes),
    }
    with write(deps.engine) as conn:
        portal = portals.lock(conn, sign_in.portal_id)
        present = connections.by_id(conn, sign_in.connection_id)
        if portal is None or present is None or not _is_of(sign_in, portal, present):
            raise _STRANGE
        oauth_grants.save(conn, deps.vault, record.id, user_id, to_tokens(pair), granted, now)
        oauth_sign_ins.finish(conn, sign_in.id, CONNECTED)
        if not sign_in.personal:
            person = people.portal_users(conn, portal.id).get(sign_in.user_id)
            connections.forget_token(conn, record.id)
            connections.set_account(conn, record.id, _tested(account))
            connections.set_state(conn, record.id, "active", "")
            mark_token_stored(conn, portal, record.name, now)
            name = person.name if person and person.name else f"user {sign_in.user_id}"
            change = f"{name}: {record.name}, {describe_account(account)}"
            settings_text.record_change(conn, portal, change, now)
    deps.wake(sign_in.portal_id)


def _tested(account: Account) -> dict[str, Any]:
    return {
        "username": account.username,
        "scopes": list(account.scopes or ()),
        "expires_at": None,
        "version": account.version,
        "can_sign": account.can_sign,
    }


def store_application(
    deps: Deps, portal: PortalRecord, url: str, client_id: str, secret: str, person: str
) -> str:
    """Store an application, name it in the settings, and return its address. Raises Refused."""
    with write(deps.engine) as conn:
        leases.lock(conn, f"settings:{portal.id}")
        url = settings_text.add_application(conn, portal, url, client_id, deps.clock.now())
        oauth_applications.save(conn, deps.vault, portal.id, url, client_id, secret)
        change = f"{person}: gitlab_applications, {url}"
        settings_text.record_change(conn, portal, change, deps.clock.now())
    return url


def list_own_accounts(deps: Deps, visitor: Visitor) -> list[dict[str, Any]]:
    """Return the GitLab instances at which a visitor may sign in, with what they granted."""
    with read(deps.engine) as conn:
        usable = oauth_applications.usable_addresses(conn, visitor.portal_id)
        granted = oauth_grants.of_person(conn, visitor.portal_id, visitor.user_id)
        records = connections.by_portal(conn, visitor.portal_id)
    rows: list[dict[str, Any]] = []
    for record in records:
        grant = granted.get(record.id)
        if record.base_url not in usable and grant is None:
            continue
        rows.append(
            {
                "connection": record.name,
                "url": record.base_url,
                "account": str(grant.account.get("username") or "") if grant else "",
                "state": grant.state if grant else "none",
                "problem": grant.state_reason if grant else "",
            }
        )
    return rows


def disconnect_own_account(deps: Deps, visitor: Visitor, name: str) -> bool:
    """End what a visitor granted; return whether GitLab was told. Raises RequestRejected (404)."""
    with read(deps.engine) as conn:
        record = connections.by_name(conn, visitor.portal_id, name)
        grant = oauth_grants.find(conn, record.id, visitor.user_id) if record else None
    if record is None or grant is None:
        raise RequestRejected(404, "no_account", "There is no account of yours to disconnect")
    return revoke(deps.clients, record, grant)
