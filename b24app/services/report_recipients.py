"""Whose a CI job's report is: its token says which project speaks, and the portals name projects.

Anybody can name a project of a public GitLab, and a stranger may own its path once it was renamed.
So the project's number decides, and each connection's own token is asked what it may do there,
once a week. A project that says itself to which portal it reports needs no such proof.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from b24app.clients import Clients
from b24app.services.claims import is_proven
from sync.core.clock import is_recent
from sync.errors import Later, SyncError
from sync.gitlab.api.target_checks import Standing, read_standing
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.store import connections, portals, projects
from sync.store.db.database import read, write
from sync.store.rows import ConnectionRecord

Verdict = Literal["proven", "member", "refuted", "unknown", "unanswered"]
PROOF_LIFE = timedelta(days=7)  # then the token is asked again
_ASKED_LIFE: dict[Verdict, timedelta] = {
    "member": timedelta(minutes=10),
    "refuted": timedelta(minutes=10),
    "unknown": timedelta(minutes=1),
    "unanswered": timedelta(seconds=20),
}
_VERDICTS: dict[Standing, Verdict] = {
    "maintainer": "proven",
    "member": "member",
    "nobody": "refuted",
}
_MOST_ASKED = 20  # connections of one report; those who came first
_MOST_KEPT = 20_000


class Contested(Exception):
    """Several portals name the project, and none has proven its access. `later`: one could not."""

    def __init__(self, *, later: bool) -> None:
        super().__init__("contested")
        self.later = later


@dataclass
class Recipients:
    """Chooses who gets a report. What tokens were refused is kept here for some minutes."""

    clients: Clients
    _asked: dict[tuple[int, int], tuple[datetime, Verdict]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(
        self, including: Sequence[ConnectionRecord], claims: Claims, portal_id: int | None
    ) -> tuple[ConnectionRecord, ...]:
        """Return which of the connections that include the project get its report.

        `portal_id`: the portal to which the job addressed it, None where it addressed none. Of
        several portals those that proved their access; nobody else, also where that leaves none,
        for whoever came first may be a stranger, too. Raises Contested.
        """
        if portal_id is not None:
            including = [record for record in including if record.portal_id == portal_id]
        verdicts = {record.id: self._verdict(record, claims) for record in including[:_MOST_ASKED]}
        if len({record.portal_id for record in including}) <= 1:
            return tuple(
                record
                for record in including
                if verdicts.get(record.id) != "refuted" or self._was_met(record, claims)
            )
        proven = tuple(record for record in including if verdicts.get(record.id) == "proven")
        if not proven:
            raise Contested(later="unanswered" in verdicts.values())
        return proven

    def _was_met(self, record: ConnectionRecord, claims: Claims) -> bool:
        """Tell whether the settings or a webhook name this very project, and not just its path."""
        if claims.project_id in record.options.get("projects", ()):
            return True
        with read(self.clients.engine) as conn:
            return projects.has_project(conn, record.id, claims.project_id)

    def _verdict(self, record: ConnectionRecord, claims: Claims) -> Verdict:
        """Return what the connection's token has shown of the project, asking where it is due."""
        now, name = self.clients.clock.now(), proof_name(claims.project_id)
        proven_at = record.proven.get(name)
        if proven_at and is_recent(datetime.fromisoformat(proven_at), PROOF_LIFE, now):
            return "proven"
        verdict = self._kept(record, claims, now) or self._ask(record, claims)
        if verdict in ("unknown", "unanswered") and (
            proven_at or is_proven(record, claims.project_id, claims.project_path)
        ):
            return "proven"
        return verdict

    def _ask(self, record: ConnectionRecord, claims: Claims) -> Verdict:
        verdict = self._ask_gitlab(record, claims)
        with self._lock:
            if len(self._asked) >= _MOST_KEPT:
                self._asked.clear()
            self._asked[record.id, claims.project_id] = (self.clients.clock.now(), verdict)
        return verdict

    def _ask_gitlab(self, record: ConnectionRecord, claims: Claims) -> Verdict:
        name = proof_name(claims.project_id)
        if record.options.get("proxy") and urlsplit(record.base_url).scheme != "https":
            return "unknown"  # its own proxy could answer in GitLab's place
        try:
            standing = read_standing(self.clients.code_host(record), claims.project_id)
        except Later:
            return "unanswered"
        except SyncError:
            return "unknown"
        with write(self.clients.engine) as conn:
            if standing == "maintainer":
                connections.add_proofs(conn, record.id, [name], self.clients.clock.now())
            elif name in record.proven:
                connections.remove_proof(conn, record.id, name)
        return _VERDICTS[standing]

    def _kept(self, record: ConnectionRecord, claims: Claims, now: datetime) -> Verdict | None:
        with self._lock:
            kept = self._asked.get((record.id, claims.project_id))
        if kept is None or not is_recent(kept[0], _ASKED_LIFE.get(kept[1], timedelta()), now):
            return None
        return kept[1]


def proof_name(project_id: int) -> str:
    """Return under which name the access to a project is kept: by its number, not by its path."""
    return f"project {project_id}"


def addressed_portal(clients: Clients, host: str, candidates: Iterable[int]) -> int | None:
    """Return which of the portals has the host in its address; None where none has."""
    with read(clients.engine) as conn:
        records = [portals.by_id(conn, portal_id) for portal_id in dict.fromkeys(candidates)]
    return next(
        (
            record.id
            for record in records
            if record and urlsplit(record.client_endpoint).netloc.casefold() == host.casefold()
        ),
        None,
    )
