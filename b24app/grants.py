"""Sign-ins at GitLab in the database: renewed in time, once for all processes, ended if refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import requests

from b24app.oauth_address import callback_url
from b24app.portal_tokens import KeyHolder
from b24app.refresh_lease import LEASE, refreshing
from sync.config import Config
from sync.core.audit import CallLog
from sync.deadlines import limit_outbound, seconds_left
from sync.errors import NO_KEY_OPENS, UNREADABLE, Denied, Later, SyncError
from sync.gitlab.api import oauth
from sync.gitlab.api.oauth import Application, TokenPair
from sync.log import log
from sync.sentences import join_sentences, sentence
from sync.store import connections, oauth_applications, oauth_grants
from sync.store.db.database import select_only, write
from sync.store.oauth_grants import OWN, GrantRecord, GrantTokens
from sync.store.rows import ConnectionRecord
from sync.store.vault import VaultError

LEEWAY = timedelta(seconds=60)  # before its end a token is renewed
_CALL_SECONDS = LEASE.total_seconds() / 2  # of a renewal, which has to end before its lease
_LEAST_SECONDS = 3.0
_ALL_SECONDS = 30.0  # to end all sign-ins of a portal
_CONNECT = "Connect with GitLab again on the settings page"
_CONNECT_OWN = "Connect your GitLab account again on the page of the application"


class Sessions(KeyHolder, Protocol):
    """What calls a connection's server, and records the calls."""

    @property
    def config(self) -> Config:
        """The configuration of this installation."""

    def session_of(self, record: ConnectionRecord) -> requests.Session:
        """Return a session for one thread to the connection's server."""

    def log_of(self, record: ConnectionRecord, grant: GrantRecord | None = None) -> CallLog:
        """Return the log of calls, in the name of a grant's account."""


@dataclass
class StoredGrant:
    """The tokens of a grant, for one client (sync.gitlab.api.oauth.BearerTokens)."""

    clients: Sessions
    connection: ConnectionRecord
    grant: GrantRecord
    _held: GrantTokens | None = field(default=None, repr=False)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What was granted."""
        return tuple(self.grant.account.get("scopes") or (oauth.SCOPE,))

    def current(self) -> str:
        """Return a token that lasts for at least another minute. Raises Denied, Later."""
        if self._held is None or _is_over(self._held, self.clients.clock.now()):
            self._held = self._fresh("")
        return self._held.access_token

    def renewed(self, refused: str) -> str:
        """Return another token than `refused`: a new one, or another worker's. Raises as above."""
        self._held = self._fresh(refused)
        return self._held.access_token

    def _fresh(self, refused: str) -> GrantTokens:
        stored = self._load()
        if self._is_usable(stored, refused):
            return stored
        with refreshing(self.clients, f"refresh:gitlab:{self.grant.id}", "this sign-in's tokens"):
            stored = self._load()
            return stored if self._is_usable(stored, refused) else self._renew(stored)

    def _renew(self, stored: GrantTokens) -> GrantTokens:
        """Renew the pair and save it before it is used; end the grant that GitLab refuses."""
        application = find_application(self.clients, self.connection)
        if (
            seconds_left(_CALL_SECONDS) < _LEAST_SECONDS
        ):  # an answer that is cut off is lost for good
            raise Later("Too little time is left to renew the sign-in", after=1.0)
        try:
            with limit_outbound(_CALL_SECONDS):
                pair = oauth.renew(
                    application,
                    stored.refresh_token,
                    session=self.clients.session_of(self.connection),
                    now=self.clients.clock.now(),
                    call_log=self.clients.log_of(self.connection, self.grant),
                )
        except Denied as denied:
            if denied.code == "invalid_grant":
                self._end(denied)
            raise
        fresh = to_tokens(pair)
        with write(self.clients.engine) as conn:
            if not oauth_grants.replace_tokens(conn, self.clients.vault, self.grant.id, fresh):
                raise self._ended()
        return fresh

    def _is_usable(self, stored: GrantTokens, refused: str) -> bool:
        is_another = stored.access_token != refused
        return is_another and not _is_over(stored, self.clients.clock.now())

    def _load(self) -> GrantTokens:
        try:
            with select_only(self.clients.engine) as conn:
                stored = oauth_grants.tokens(conn, self.clients.vault, self.grant.id)
        except VaultError as error:
            raise Denied(
                "The stored tokens of this sign-in cannot be read",
                cause=NO_KEY_OPENS,
                change=self._change,
                code=UNREADABLE,
            ) from error
        if stored is None:
            raise self._ended()
        return stored

    def _end(self, denied: Denied) -> None:
        """Forget the tokens; a connection's own account stops the connection, and says so."""
        log.warning("sign_in_ended", connection=self.connection.name, user=self.grant.user_id)
        reason = join_sentences(". ", [denied.message, denied.cause, self._change])
        with write(self.clients.engine) as conn:
            oauth_grants.end(conn, self.grant.id, denied.message)
            if self.grant.user_id == OWN:
                connections.set_state(conn, self.connection.id, "paused", reason)

    @property
    def _change(self) -> str:
        return _CONNECT if self.grant.user_id == OWN else _CONNECT_OWN

    def _ended(self) -> Denied:
        return Denied("The sign-in at GitLab is over", change=self._change, code="invalid_grant")


def find_application(clients: Sessions, connection: ConnectionRecord) -> Application:
    """Return the application at the connection's address. Raises Denied where there is none."""
    with select_only(clients.engine) as conn:
        stored = oauth_applications.find(
            conn, clients.vault, connection.portal_id, connection.base_url
        )
    if stored is None:
        raise Denied(
            sentence("No application is registered for {base_url}", base_url=connection.base_url),
            change="Register one in GitLab, and put its id and secret into the settings",
            code="no_application",
        )
    return Application(
        stored.base_url, stored.client_id, stored.client_secret, callback_url(clients.config)
    )


def revoke(clients: Sessions, connection: ConnectionRecord, grant: GrantRecord) -> bool:
    """Have GitLab forget a grant's tokens, and delete it here; return whether GitLab did."""
    try:
        with select_only(clients.engine) as conn:
            stored = oauth_grants.tokens(conn, clients.vault, grant.id)
        is_done = stored is None
    except VaultError as error:
        log.warning("not_revoked", connection=connection.name, error=str(error))
        stored, is_done = None, False
    if stored is not None:
        try:
            oauth.revoke(
                find_application(clients, connection),
                stored.refresh_token,
                session=clients.session_of(connection),
                call_log=clients.log_of(connection, grant),
            )
            is_done = True
        except SyncError as error:
            log.warning("not_revoked", connection=connection.name, error=error.message)
    with write(clients.engine) as conn:
        oauth_grants.remove(conn, connection.id, grant.user_id)
    return is_done


def revoke_all(clients: Sessions, portal_id: int) -> tuple[int, int]:
    """End all sign-ins of a portal that is to be erased; count those that GitLab has forgotten.

    The second number: those of which GitLab could not be told in time.
    """
    with select_only(clients.engine) as conn:
        grants = oauth_grants.of_connections(conn, connections.all_ids(conn, portal_id))
        records = {grant.id: connections.by_id(conn, grant.connection_id) for grant in grants}
    with limit_outbound(_ALL_SECONDS):
        ended = [
            revoke(clients, record, grant) for grant in grants if (record := records[grant.id])
        ]
    return ended.count(True), len(grants) - ended.count(True)


def to_tokens(pair: TokenPair) -> GrantTokens:
    """Return a pair as it is stored."""
    return GrantTokens(pair.access_token, pair.refresh_token, pair.expires_at)


def _is_over(tokens: GrantTokens, now: datetime) -> bool:
    return now >= tokens.expires_at - LEEWAY
