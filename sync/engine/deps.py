"""What the engine works with, and which room reads which origin: one line a system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Connection, Engine

from sync.bitrix24.events import parse as bitrix24_hooks
from sync.bitrix24.events.php_form import BadForm, parse_form
from sync.bitrix24.rest.client import Portal
from sync.clock_check import ClockCheck
from sync.core.clock import Clock
from sync.core.model.events import (
    CodeEvent,
    TaskChanged,
    TaskCommented,
    TaskDeleted,
    TaskEvent,
    TrackerEvent,
    UnrecognisedEvent,
)
from sync.core.rules.portal import DEFAULT_RULES, Rules
from sync.engine.deliver.calls import Calls, InlineCalls
from sync.engine.issue_sync.process import IssueSync
from sync.engine.load.scope import Scope, read_portal
from sync.errors import Denied
from sync.gitlab.api.client import GitLab
from sync.gitlab.ci_reports import events as ci_reports_events
from sync.gitlab.webhooks import parse as gitlab_hooks
from sync.gitlab.webhooks import verify as gitlab_verify
from sync.sentences import sentence
from sync.store.oauth_grants import GrantRecord
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord, DeliveryRow
from sync.store.vault import Vault
from sync.youtrack.api.client import YouTrack
from sync.youtrack.webhooks import parse as youtrack_hooks

TASK = "task"  # the kinds of subjects that are reconciled
NOTIFICATION = "notification"
ALERT = "alerts"  # of one ref; each alert is a notification
ACCESS = "access"  # of a connection's token
PORTAL_LANE = "bitrix24"  # the counterpart that commands go to


def _no_youtrack(record: ConnectionRecord) -> YouTrack:
    raise Denied(
        sentence("Nothing here opens the connection {name}", name=record.name), code="no_client"
    )


def _no_personal(record: ConnectionRecord, user_id: int) -> GitLab:
    raise Denied(
        sentence("Nobody signed in for themselves at {name}", name=record.name), code="no_client"
    )


def _keep_sign_in(record: ConnectionRecord, grant: GrantRecord) -> None:
    raise Denied(
        sentence("Nothing here ends sign-ins at {name}", name=record.name), code="no_client"
    )


@dataclass(frozen=True)
class Deps:
    """Everything that is not a decision. `owner` names this worker (sync.engine.lanes).

    `portal_for` (raises Denied where there are no tokens), `code_host_for` and `youtrack_for` open
    the other sides, each time for the calling thread alone; `personal_code_host_for` does it in the
    name of a person of the portal, whose sign-in `end_sign_in` ends. `rules_for` gives the rules of
    a stored portal, `jitter` numbers in [0, 1). `audit_writer` gives what writes the calls made
    until now into a transaction (sync.engine.audit), where anybody keeps them. `calls` makes a
    portal's requests. `clock_check` says whether the clock is right; None: it is believed.
    `spare_tokens`: the folder in which a new token is kept until the database has it, or None.
    """

    database: Engine
    vault: Vault
    clock: Clock
    portal_for: Callable[[PortalRow], Portal]
    code_host_for: Callable[[ConnectionRecord], GitLab]
    owner: str
    youtrack_for: Callable[[ConnectionRecord], YouTrack] = _no_youtrack
    personal_code_host_for: Callable[[ConnectionRecord, int], GitLab] = _no_personal
    end_sign_in: Callable[[ConnectionRecord, GrantRecord], object] = _keep_sign_in
    rules_for: Callable[[Connection, PortalRow], Rules] = lambda conn, row: DEFAULT_RULES
    issue_sync: IssueSync = field(default_factory=IssueSync)
    jitter: Callable[[], float] = field(default_factory=lambda: Random().random)
    audit_writer: Callable[[], AbstractContextManager[Callable[[Connection], None]]] = field(
        default=lambda: nullcontext(lambda conn: None)
    )
    calls: Calls = field(default_factory=InlineCalls)
    clock_check: ClockCheck | None = None
    spare_tokens: Path | None = None


def clock_lead(deps: Deps) -> timedelta:
    """Return by how much our clock is known to be ahead of the other systems'; never below 0.

    What they are asked since a moment of ours is asked since so much earlier.
    """
    offset = deps.clock_check.offset if deps.clock_check else None
    return max(offset or timedelta(), timedelta())


def build_scope(deps: Deps, conn: Connection, row: PortalRow) -> Scope:
    """Return the bounds of a look at the portal's work now."""
    return Scope(
        row.record.id,
        deps.rules_for(conn, row),
        deps.clock.now(),
        administrator_id=row.record.token_user_id,
        url=row.record.client_endpoint.removesuffix("/rest/"),
    )


def read_scope(deps: Deps, conn: Connection, portal_id: int) -> Scope:
    """Return the same for a portal by its id. Raises Denied where it is not stored any more."""
    return build_scope(deps, conn, read_portal(conn, portal_id))


def _parse_gitlab(delivery: DeliveryRow) -> Sequence[CodeEvent]:
    connection_id = delivery.connection_id or 0
    if delivery.event == ci_reports_events.EVENT:
        return ci_reports_events.parse_events(delivery.body, connection_id)
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return gitlab_hooks.parse_events(
        delivery.event,
        delivery.body,
        connection_id=connection_id,
        instance=headers.get("x-gitlab-instance", ""),
        sent_at=gitlab_verify.sent_at(headers, delivery.received_at),
    )


def _parse_bitrix24(delivery: DeliveryRow) -> Sequence[TaskEvent]:
    try:
        event = bitrix24_hooks.parse_event(parse_form(_without_auth(delivery.body)))
    except BadForm as error:
        return (UnrecognisedEvent(delivery.event, str(error)),)
    match event:
        case TaskChanged() | TaskDeleted() | TaskCommented() | UnrecognisedEvent():
            return (event,)
    return (UnrecognisedEvent(delivery.event, "dealt with when it was received"),)


def _without_auth(body: bytes) -> bytes:
    """Leave out the fields `auth[…]`, most of an event's: they were checked when it was received.

    https://apidocs.bitrix24.com/api-reference/events/index.html
    """
    return b"&".join(field for field in body.split(b"&") if not field.startswith(b"auth"))


def _parse_youtrack(delivery: DeliveryRow) -> Sequence[TrackerEvent]:
    return youtrack_hooks.parse_events(delivery.body, delivery.connection_id or 0)


Event = CodeEvent | TaskEvent | TrackerEvent
_PARSERS: dict[str, Callable[[DeliveryRow], Sequence[Event]]] = {
    "gitlab": _parse_gitlab,
    "bitrix24": _parse_bitrix24,
    "youtrack": _parse_youtrack,
}


def parse_delivery(delivery: DeliveryRow) -> tuple[Event, ...]:
    """Parse a delivery into typed events. Raises KeyError for an origin nobody reads."""
    return tuple(_PARSERS[delivery.origin.split(":", 1)[0]](delivery))
