"""The installation's steps: run while a page waits for them, or by a worker when nobody looks.

A portal in the state `installing` is to be set up. Its reason says who does that: "" is a page
that is open just now, anything else the worker, which also ends what was left on a page.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event

from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import SQLAlchemyError

from b24app.clients import Rooms
from sync.bitrix24.install import steps as installer
from sync.bitrix24.install.steps import StepResult
from sync.engine import backoff
from sync.errors import Later, SyncError
from sync.log import log
from sync.store import leases, portals
from sync.store.db.database import read, write
from sync.store.rows import PortalRecord
from sync.store.tables import portal as table

PENDING = "The portal is being set up"
STARTED = "The portal is being set up just now"
NOT_YET = "The portal could not be set up yet, it is tried again by itself"
NOT_ALL = "Not everything worked at the installation"
PAYMENT_OVER = "The subscription of the application has ended"
LEFT_AFTER = timedelta(minutes=10)  # then a page of the installation counts as closed
_LEASE = timedelta(minutes=10)
_LOOK_SECONDS = 2.0


def set_up(
    rooms: Rooms, portal: PortalRecord, only: Container[str] | None = None
) -> Iterator[StepResult]:
    """Runs the install steps (or some of them) with the stored tokens, keeping what they learn."""
    try:
        client = rooms.portal(portal.id)
    except SyncError as error:
        yield StepResult("tokens", False, error.what, error.change, later=isinstance(error, Later))
        return
    language = "ru" if portal.language == "ru" else "en"
    for step in installer.run(client, rooms.config.public_url, language, only):
        if not step.ok:
            log.warning("install_step_failed", portal_id=portal.id, step=step.name, why=step.text)
        if "features" in step.found:
            with write(rooms.engine) as conn:
                features = dict(step.found["features"])
                portals.set_features(conn, portal.id, features, rooms.clock.now())
        yield step


def pend(conn: Connection, portal_id: int, now: datetime) -> None:
    """Leaves the steps to a worker. What is paused stays so: its steps are run when it resumes."""
    found = portals.by_id(conn, portal_id)
    if found is not None and found.state in ("installing", "active"):
        portals.set_state(conn, portal_id, "installing", PENDING, now)


def activate(rooms: Rooms, portal_id: int, failed: Sequence[str] = ()) -> None:
    """The installation is over; what failed is shown until it is repeated."""
    reason = f"{NOT_ALL}: {', '.join(failed)}" if failed else ""
    with write(rooms.engine) as conn:
        found = portals.by_id(conn, portal_id)
        if found is not None and found.state in ("installing", "active"):
            portals.set_state(conn, portal_id, "active", reason, rooms.clock.now())


@dataclass
class SettingUp:
    """The worker's part. What failed for the moment is repeated later and later, for good."""

    rooms: Rooms
    jitter: Random = field(default_factory=Random)
    _failures: dict[int, int] = field(default_factory=dict)
    _next: dict[int, datetime] = field(default_factory=dict)

    def run_forever(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                self.run_once()
            except SQLAlchemyError as error:
                log.error("database_failed", error=type(error).__name__)
            except Exception:  # noqa: BLE001 - told here, and it looks again
                log.exception("setting_up_failed")
            stop.wait(_LOOK_SECONDS)

    def run_once(self) -> int:
        """Sets up what waits for it; how many portals were tried."""
        now = self.rooms.clock.now()
        with read(self.rooms.engine) as conn:
            waiting = [portals.by_id(conn, one) for one in _waiting(conn, now)]
        due = [one for one in waiting if one and self._next.get(one.id, now) <= now]
        return sum(self._under_lease(one) for one in due)

    def _under_lease(self, portal: PortalRecord) -> bool:
        """Whether it was tried: one worker at a time, and who is late finds nothing to do."""
        name, rooms, now = f"setup:{portal.id}", self.rooms, self.rooms.clock.now()
        with write(rooms.engine) as conn:
            if not leases.acquire(conn, name, rooms.owner, now=now, ttl=_LEASE):
                return False
            current = portals.by_id(conn, portal.id)
            open_ = current is not None and current.state == "installing"
            if open_:
                portals.set_state(conn, portal.id, "installing", STARTED, now)
        try:
            if open_:
                self._set_up(portal)
        finally:
            with write(rooms.engine) as conn:
                leases.release(conn, name, rooms.owner)
        return open_

    def _set_up(self, portal: PortalRecord) -> None:
        failed = [step for step in set_up(self.rooms, portal) if not step.ok]
        passing = [step for step in failed if step.later]
        if not passing:
            self._failures.pop(portal.id, None)
            self._next.pop(portal.id, None)
            names = ", ".join(step.name for step in failed)
            self._end(portal.id, "active", f"{NOT_ALL}: {names}" if names else "")
            return
        count = self._failures[portal.id] = self._failures.get(portal.id, 0) + 1
        pause = timedelta(seconds=backoff.delay(count, self.jitter.random()))
        self._next[portal.id] = self.rooms.clock.now() + pause
        self._end(portal.id, "installing", f"{NOT_YET}: {passing[0].text}")

    def _end(self, portal_id: int, state: str, reason: str) -> None:
        """What was heard meanwhile counts: an update asks for another run, a removal for none."""
        with write(self.rooms.engine) as conn:
            found = portals.by_id(conn, portal_id)
            if found is not None and (found.state, found.state_reason) == ("installing", STARTED):
                portals.set_state(conn, portal_id, state, reason, self.rooms.clock.now())
                log.info("portal_set_up", portal_id=portal_id, state=state, reason=reason)


def _waiting(conn: Connection, now: datetime) -> Sequence[int]:
    """Portals that a worker sets up: with tokens, and with no page open on them."""
    left = or_(table.c.state_reason != "", table.c.updated_at <= now - LEFT_AFTER)
    of = (table.c.state == "installing", table.c.access_token_sealed.is_not(None), left)
    return conn.scalars(select(table.c.id).where(*of).order_by(table.c.id)).all()
