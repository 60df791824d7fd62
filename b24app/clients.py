"""Clients of the other systems for a portal: its REST client, its GitLab clients, its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import requests
from sqlalchemy import Engine

from b24app.auth.current_user import current_user
from b24app.grants import StoredGrant
from b24app.portal_rules import portal_settings, rules_of
from b24app.portal_tokens import StoredAllowance, StoredTokens, build_credentials
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import AppKeys
from sync.bitrix24.rest.throttle import Throttle
from sync.clock_check import ClockCheck
from sync.config import Config
from sync.core.audit import ApiCall, CallLog
from sync.core.clock import Clock
from sync.core.rules.portal import Rules
from sync.engine.audit.writer import Caller, CallRecorder, call_row
from sync.engine.load.scope import read_portal
from sync.errors import NO_KEY_OPENS, UNREADABLE, Denied, Refused
from sync.gitlab.api.rate_limit import REQUESTS_PER_MINUTE, RateLimiter, RateLimiters
from sync.net import guarded_session
from sync.sentences import sentence
from sync.store import connections, oauth_grants
from sync.store.db.database import select_only
from sync.store.oauth_grants import OWN, GrantRecord
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord
from sync.store.vault import Vault, VaultError

if TYPE_CHECKING:
    from sync.gitlab.api.client import GitLab
    from sync.gitlab.api.oauth import BearerTokens
    from sync.youtrack.api.client import YouTrack


def _require_kind(record: ConnectionRecord, kind: str) -> None:
    """Raise Refused for a connection of another kind: its token is for its own server alone."""
    if record.kind != kind:
        raise Refused(
            sentence(
                "The connection {name} is of the kind {kind}, not {other}",
                name=record.name,
                kind=record.kind,
                other=kind,
            ),
            code="kind",
        )


@dataclass(frozen=True)
class Clients:
    """Opens clients with the stored tokens.

    `owner` names this process in leases (`sync.engine.lanes.owner_name`), `source` in the audit
    log. `rate_limiters` are shared by all GitLab clients that are opened here.
    """

    config: Config
    engine: Engine
    vault: Vault
    clock: Clock
    owner: str
    audit: CallRecorder
    source: str = "worker"
    rate_limiters: RateLimiters = field(default_factory=RateLimiters, repr=False, compare=False)

    @cached_property
    def clock_check(self) -> ClockCheck:
        """Whether this machine's clock is right, by the answers to all of these clients."""
        return ClockCheck(self.clock)

    @cached_property
    def app_keys(self) -> AppKeys:
        """The application's key and secret, from the configuration."""
        return AppKeys(
            self.config.client_id, self.config.client_secret, frozenset(self.config.oauth_hosts)
        )

    def session(self) -> requests.Session:
        """Return a session for one thread to Bitrix24: public and allowed addresses."""
        return self._watched(
            guarded_session(
                self.config.allowed_networks,
                proxy=self.config.portal_proxy or None,
                further_ca_file=self.config.portal_ca_file or None,
            )
        )

    def _watched(self, session: requests.Session) -> requests.Session:
        """Let each answer say what time it is."""
        session.hooks["response"].append(self.clock_check.observe)
        return session

    def portal(self, portal_id: int) -> Portal:
        """Return the portal's client, for one thread. Raises Denied where there are no tokens."""
        with select_only(self.engine) as conn:
            row = read_portal(conn, portal_id)
        return self.portal_of(row)

    def portal_of(self, row: PortalRow) -> Portal:
        """Return the client of a portal just read, for one thread. Raises Denied without tokens."""
        portal_id, settings = row.record.id, portal_settings(row)
        credentials = build_credentials(self.vault, row)
        store = StoredTokens(self, portal_id)
        portal = Portal(
            credentials,
            self.app_keys,
            tokens=store,
            throttle=Throttle(
                StoredAllowance(self, portal_id),
                self.clock,
                settings.limits.rate,
                settings.limits.burst,
            ),
            call_log=self.call_log("bitrix24", portal_id, user=credentials.user_id),
            session=self.session(),
            features=row.record.features,
        )
        portal.bot_id = row.record.bot_id
        return portal

    def code_host(self, record: ConnectionRecord) -> GitLab:
        """Return the connection's client, for one thread. Raises Denied where it has no token.

        Raises Refused for a connection of another kind: its token is for its own server alone.
        """
        _require_kind(record, "gitlab")
        with select_only(self.engine) as conn:
            grant = oauth_grants.find(conn, record.id)
        if grant is not None:
            return self.signed_in_code_host(record, grant)
        token = self._access_token(record)
        actor = str(record.account.get("username") or "")
        return self._gitlab(record, token, actor, lambda: self._access_token(record))

    def signed_in_code_host(self, record: ConnectionRecord, grant: GrantRecord) -> GitLab:
        """Return a client of the account that granted it, for one thread."""
        actor = str(grant.account.get("username") or "")
        return self._gitlab(record, StoredGrant(self, record, grant), actor)

    def personal_code_host(self, record: ConnectionRecord, user_id: int) -> GitLab:
        """Return a client of a person's own account. Raises Denied where they have none."""
        with select_only(self.engine) as conn:
            grant = oauth_grants.usable_by_person(conn, record.id).get(user_id)
        if grant is None or user_id == OWN:
            raise Denied("The sign-in at GitLab is over", code="invalid_grant")
        return self.signed_in_code_host(record, grant)

    def youtrack(self, record: ConnectionRecord, on_trial: str = "") -> YouTrack:
        """Return the client of a YouTrack connection, for one thread; raises as `code_host`.

        `on_trial`: a token that is not stored yet, in place of the connection's own.
        """
        from sync.youtrack.api.client import YouTrack

        _require_kind(record, "youtrack")
        user = str(record.account.get("username") or "")
        return YouTrack(
            record.base_url,
            on_trial or self._access_token(record),
            connection_id=record.id,
            session=self.session_of(record),
            call_log=self.call_log("youtrack", record.portal_id, connection=record.name, user=user),
            rate_limiter=self._pace_of(record),
        )

    def _access_token(self, record: ConnectionRecord) -> str:
        try:
            with select_only(self.engine) as conn:
                secrets = connections.secrets(conn, self.vault, record.id)
        except VaultError as error:
            raise Denied(
                sentence("The stored token of {name} cannot be read", name=record.name),
                cause=NO_KEY_OPENS,
                change="Give it a new one under `token` in the settings",
                code=UNREADABLE,
            ) from error
        if secrets is None or not secrets.access_token:
            raise Denied(
                sentence("The connection {name} has no access token", name=record.name),
                change="Give it one under `token` in the settings",
                code="no_token",
            )
        return secrets.access_token

    def code_host_on_trial(self, record: ConnectionRecord, token: str | BearerTokens) -> GitLab:
        """Return a client with a token that is not stored yet. Raises Refused as `code_host`."""
        _require_kind(record, "gitlab")
        return self._gitlab(record, token, "")

    def anonymous_code_host(self, record: ConnectionRecord, actor: str) -> GitLab:
        """Return a client without the connection's token, for calls that carry their own."""
        return self._gitlab(record, "", actor)

    def _gitlab(
        self,
        record: ConnectionRecord,
        token: str | BearerTokens,
        actor: str,
        present_token: Callable[[], str] | None = None,
    ) -> GitLab:
        from sync.gitlab.api.client import GitLab  # large: a web process needs it for few requests

        client = GitLab(
            record.base_url,
            token,
            connection_id=record.id,
            session=self.session_of(record),
            call_log=self.call_log("gitlab", record.portal_id, connection=record.name, user=actor),
            rate_limiter=self._pace_of(record),
        )
        client.present_token = present_token
        return client

    def session_of(self, record: ConnectionRecord) -> requests.Session:
        """Return a session for one thread to a connection's server, by its CA file and proxy."""
        return self._watched(
            guarded_session(
                self.config.allowed_networks,
                ca_file=record.options.get("ca_file"),
                proxy=record.options.get("proxy"),
            )
        )

    def _pace_of(self, record: ConnectionRecord) -> RateLimiter:
        return self.rate_limiters.for_connection(
            record.id, record.options.get("requests_per_minute") or REQUESTS_PER_MINUTE
        )

    def log_of(self, record: ConnectionRecord, grant: GrantRecord | None = None) -> CallLog:
        """Return the log of calls to a connection's server, in the name of a grant's account."""
        actor = str(grant.account.get("username") or "") if grant else ""
        return self.call_log("gitlab", record.portal_id, connection=record.name, user=actor)

    def call_log(
        self,
        system: str,
        portal_id: int | None = None,
        *,
        connection: str = "",
        user: int | str = "",
    ) -> CallLog:
        """Return the log in which a client records its calls.

        `user`: whose token the client has. While a page is served, the page's user is recorded
        instead.
        """

        def write_down(exchange: ApiCall) -> None:
            actor = current_user.get() or str(user or "")
            caller = Caller(portal_id, system, connection, self.source, actor)
            self.audit.add(call_row(exchange, caller))

        return CallLog(write_down, self.clock)

    def rules(self, portal_id: int) -> Rules:
        """Return the portal's rules. Raises Denied where it is not installed any more."""
        with select_only(self.engine) as conn:
            return rules_of(conn, read_portal(conn, portal_id))
