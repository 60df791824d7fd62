"""The install steps, run while a page waits for them, or by a worker when no page is open.

A portal in the state `installing` is to be set up. Its state_reason says by whom: "" by a page that
is open now, anything else by the worker, which also finishes what a closed page left.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event

from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import SQLAlchemyError

from b24app.clients import Clients
from b24app.services.public_address import check_public_address
from sync.bitrix24.install import steps as installer
from sync.bitrix24.install.results import StepResult
from sync.core.clock import TOLERANCE, is_due
from sync.deadlines import limit_outbound
from sync.engine import backoff
from sync.errors import Denied, Later, SyncError
from sync.log import log
from sync.store import leases, portals
from sync.store.db.database import select_only, write
from sync.store.rows import PortalRecord
from sync.store.tables import portal as table

PENDING = "The portal is being set up"
STARTED = "The portal is being set up just now"
NOT_YET = "The portal could not be set up yet, it is tried again by itself"
NOT_ALL = "Not everything worked at the installation"
PAYMENT_OVER = "The subscription of the application has ended"
ABANDONED_AFTER = timedelta(minutes=10)  # then the install page counts as closed
_LEASE = timedelta(minutes=10)
_CHECK_SECONDS = 2.0
PAYMENT_EVERY = timedelta(minutes=10)
_PAYMENT_SECONDS = 5.0


def run_steps(
    rooms: Clients, portal: PortalRecord, only: Container[str] | None = None
) -> Iterator[StepResult]:
    """Run the install steps, or those in `only`; store the features and yield each result."""
    try:
        client = rooms.portal(portal.id)
    except SyncError as error:
        yield StepResult(
            "tokens", False, error.message, error.change, retryable=isinstance(error, Later)
        )
        return
    language = "ru" if portal.language == "ru" else "en"
    steps = installer.run_steps(
        client,
        rooms.config.public_url,
        language,
        only,
        check_address=lambda: check_public_address(rooms),
    )
    for step in steps:
        if not step.ok:
            log.warning("install_step_failed", portal_id=portal.id, step=step.name, why=step.text)
        if "features" in step.portal_data:
            with write(rooms.engine) as conn:
                features = dict(step.portal_data["features"])
                portals.set_features(conn, portal.id, features, rooms.clock.now())
        yield step


def schedule_steps(conn: Connection, portal_id: int, now: datetime) -> None:
    """Leave the steps to a worker. A paused portal stays so: its steps run when it resumes."""
    record = portals.by_id(conn, portal_id)
    if record is not None and record.state in ("installing", "active"):
        portals.set_state(conn, portal_id, "installing", PENDING, now)


def activate_portal(rooms: Clients, portal_id: int, failed: Sequence[str] = ()) -> None:
    """End the installation; `failed` steps are shown until they are repeated."""
    reason = f"{NOT_ALL}: {', '.join(failed)}" if failed else ""
    with write(rooms.engine) as conn:
        record = portals.by_id(conn, portal_id)
        if record is not None and record.state in ("installing", "active"):
            portals.set_state(conn, portal_id, "active", reason, rooms.clock.now())


def check_payment(rooms: Clients, portal_id: int) -> None:
    """Pause or resume a portal by what it says of the application's subscription.

    Raises SyncError where it cannot be asked.
    https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
    """
    try:
        info = rooms.portal(portal_id).call("app.info", {}, write=False)["result"]
        over = info.get("PAYMENT_EXPIRED") in ("Y", True)
    except Denied as error:
        if error.code != "PAYMENT_REQUIRED":
            raise
        over = True
    with write(rooms.engine) as conn:
        portal, now = portals.by_id(conn, portal_id), rooms.clock.now()
        if portal is None or portal.state == "removed":
            return
        if over:
            portals.set_state(conn, portal_id, "paused", PAYMENT_OVER, now)
        elif portal.state == "paused" and portal.state_reason == PAYMENT_OVER:
            # The portal may have forgotten handlers meanwhile: a worker checks all of them.
            portals.set_state(conn, portal_id, "installing", PENDING, now)


@dataclass
class InstallWorker:
    """The worker's part: a step that fails for the moment is repeated, later and later.

    Portals whose subscription ended are asked now and then: a hint of a payment may be lost.
    """

    clients: Clients
    jitter: Random = field(default_factory=Random)
    _failures: dict[int, int] = field(default_factory=dict)
    _retry_at: dict[int, datetime] = field(default_factory=dict)
    _payment_asked_at: dict[int, datetime] = field(default_factory=dict)

    def run_forever(self, stop: Event) -> None:
        """Set up waiting portals until `stop` is set."""
        while not stop.is_set():
            try:
                self.run_once()
            except SQLAlchemyError as error:
                log.error("database_failed", error=type(error).__name__)
            except Exception:  # noqa: BLE001 - logged, and tried again
                log.exception("setting_up_failed")
            stop.wait(_CHECK_SECONDS)

    def run_once(self) -> int:
        """Set up the portals that wait for it; return how many were tried."""
        now = self.clients.clock.now()
        self._ask_for_payments(now)
        with select_only(self.clients.engine) as conn:
            waiting = [portals.by_id(conn, record) for record in _portals_to_install(conn, now)]
        portal_records = [
            record for record in waiting if record and self._retry_at.get(record.id, now) <= now
        ]
        return sum(self._install_with_lease(record) for record in portal_records)

    def _ask_for_payments(self, now: datetime) -> None:
        with select_only(self.clients.engine) as conn:
            paused = conn.scalars(
                select(table.c.id).where(
                    table.c.state == "paused", table.c.state_reason == PAYMENT_OVER
                )
            ).all()
        for portal_id in paused:
            if not is_due(self._payment_asked_at.get(portal_id), PAYMENT_EVERY, now):
                continue
            self._payment_asked_at[portal_id] = now
            try:
                with limit_outbound(_PAYMENT_SECONDS):
                    check_payment(self.clients, portal_id)
            except SyncError as error:
                log.warning("payment_not_asked", portal_id=portal_id, error=str(error))

    def _install_with_lease(self, portal: PortalRecord) -> bool:
        """Set up a portal under a lease; return whether this worker did it."""
        name, rooms, now = f"setup:{portal.id}", self.clients, self.clients.clock.now()
        with write(rooms.engine) as conn:
            if not leases.acquire(conn, name, rooms.owner, now=now, ttl=_LEASE):
                return False
            current = portals.by_id(conn, portal.id)
            open_ = current is not None and current.state == "installing"
            if open_:
                portals.set_state(conn, portal.id, "installing", STARTED, now)
        try:
            if open_:
                self._install(portal)
        finally:
            with write(rooms.engine) as conn:
                leases.release(conn, name, rooms.owner)
        return open_

    def _install(self, portal: PortalRecord) -> None:
        failed = [step for step in run_steps(self.clients, portal) if not step.ok]
        passing = [step for step in failed if step.retryable]
        if not passing:
            self._failures.pop(portal.id, None)
            self._retry_at.pop(portal.id, None)
            names = ", ".join(step.name for step in failed)
            self._finish(portal.id, "active", f"{NOT_ALL}: {names}" if names else "")
            return
        count = self._failures[portal.id] = self._failures.get(portal.id, 0) + 1
        pause = timedelta(seconds=backoff.delay(count, self.jitter.random()))
        self._retry_at[portal.id] = self.clients.clock.now() + pause
        self._finish(portal.id, "installing", f"{NOT_YET}: {passing[0].text}")

    def _finish(self, portal_id: int, state: str, reason: str) -> None:
        """Store the new state, unless an update or a removal changed it meanwhile."""
        with write(self.clients.engine) as conn:
            record = portals.by_id(conn, portal_id)
            if record is not None and (record.state, record.state_reason) == (
                "installing",
                STARTED,
            ):
                portals.set_state(conn, portal_id, state, reason, self.clients.clock.now())
                log.info("portal_set_up", portal_id=portal_id, state=state, reason=reason)


def _portals_to_install(conn: Connection, now: datetime) -> Sequence[int]:
    """Return ids of portals to set up: with tokens, and with no page open on them."""
    silent = or_(table.c.updated_at <= now - ABANDONED_AFTER, table.c.updated_at > now + TOLERANCE)
    abandoned = or_(table.c.state_reason != "", silent)
    of = (table.c.state == "installing", table.c.access_token_sealed.is_not(None), abandoned)
    return conn.scalars(select(table.c.id).where(*of).order_by(table.c.id)).all()
