"""ID tokens of CI jobs: verified with the keys of a GitLab that portals connect."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from b24app.deps import Deps
from sync.addresses import normal_url
from sync.errors import SyncError
from sync.gitlab.ci_reports import id_tokens, issuer_keys
from sync.gitlab.ci_reports.id_tokens import Claims, InvalidToken
from sync.gitlab.ci_reports.issuer_keys import IssuerKeys, KeySource, fetch_keys
from sync.net import guarded_session
from sync.store import connections
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord

_MOST_SOURCES = 20  # ways to one issuer that are tried, those without a proxy first


class JobTokens:
    """Verifies tokens; the issuers' keys are kept for an hour."""

    def __init__(self, deps: Deps) -> None:
        self._deps, self._keys = deps, IssuerKeys(self._fetch)

    def verify(self, token: str, portal: str) -> tuple[Claims, tuple[ConnectionRecord, ...]]:
        """Return what a token proves, and the connections to its issuer that believe it.

        `portal`: to which the job addressed its report, "" for none: then the token is for that
        address. Without TLS a connection believes what came on its own way alone, as a stranger's
        proxy could answer in GitLab's place. With it all ways say the same, and a dead one stops
        nobody. Raises InvalidToken; SyncError where no keys can be read.
        """
        audience = self._deps.config.public_url
        if not audience:
            raise InvalidToken("no public address of ours")
        audience += f"/ci/{portal}" if portal else ""
        issuer, kid = id_tokens.issuer_of(token), id_tokens.key_id_of(token)
        records = connections_of_issuer(self._deps, issuer)
        if not records:
            raise InvalidToken("no connection has this issuer")
        sources = {record.id: _source_of(issuer, record) for record in records}
        ways = sorted(set(sources.values()), key=lambda way: (way.proxy, way.ca_file))
        now, ends = self._deps.clock.now(), time.monotonic() + issuer_keys.PATIENCE_SECONDS
        self._keys.fetch_unknown(ways[:_MOST_SOURCES], kid, now)
        claims_by_way: dict[KeySource, Claims] = {}
        failures: list[InvalidToken | SyncError] = []
        for way in ways[:_MOST_SOURCES]:
            try:
                keys = self._keys.get(way, kid, now, max(0.0, ends - time.monotonic()))
                claims_by_way[way] = id_tokens.verify_token(
                    token, keys, issuer=issuer, audience=audience, now=now
                )
            except (InvalidToken, SyncError) as error:
                failures.append(error)
                continue
            if urlsplit(issuer).scheme == "https":
                return claims_by_way[way], records
        for claims in claims_by_way.values():
            believing = (record for record in records if sources[record.id] in claims_by_way)
            return claims, tuple(believing)
        raise max(failures, key=lambda error: isinstance(error, SyncError))

    def _fetch(self, source: KeySource) -> tuple[Mapping[str, Any], ...]:
        """Fetch an issuer's keys on one way to it. Raises SyncError."""
        records = connections_of_issuer(self._deps, source.issuer)
        record = next((each for each in records if _source_of(source.issuer, each) == source), None)
        call_log = self._deps.clients.call_log(
            "gitlab",
            record.portal_id if record else None,
            connection=record.name if record else "",
        )
        with guarded_session(
            self._deps.config.allowed_networks,
            ca_file=source.ca_file or None,
            proxy=source.proxy or None,
        ) as session:
            return fetch_keys(session, source.issuer, call_log)


def connections_of_issuer(deps: Deps, issuer: str) -> tuple[ConnectionRecord, ...]:
    """Return the connections to the issuer, which is asked for its keys at its own address.

    So it has to be written as servers write theirs, or as the connection does: each further
    spelling would let a stranger make us ask once more. Nor does a connection without TLS count for
    an issuer with it: whose proxy stands between can answer in its name.
    """
    if not issuer:
        return ()
    with read(deps.engine) as conn:
        records = connections.by_server(conn, issuer)
    return tuple(
        record
        for record in records
        if record.base_url == issuer or issuer == _normal(record.base_url)
    )


def _source_of(issuer: str, record: ConnectionRecord) -> KeySource:
    proxy, ca_file = record.options.get("proxy"), record.options.get("ca_file")
    return KeySource(issuer, str(proxy or ""), str(ca_file or ""))


def _normal(base_url: str) -> str:
    try:
        return normal_url(base_url)
    except ValueError:
        return base_url
