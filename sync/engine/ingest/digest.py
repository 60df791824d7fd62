"""Deliveries become mirror and dirty subjects: one transaction a batch, one portal at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from sync.core.model.events import DeploymentEvent
from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deps import Deps, build_scope, parse_delivery
from sync.engine.ingest import apply
from sync.engine.lanes import Lane, LaneLost, hold
from sync.engine.load.scope import Scope
from sync.store import inbox
from sync.store.db.database import read, write
from sync.store.portals import PortalRow
from sync.store.rows import DeliveryRow

log = structlog.get_logger()

BATCH = 100
_INFRASTRUCTURE_ERRORS = (OperationalError, InterfaceError, InternalError, LaneLost)


@dataclass(frozen=True, slots=True)
class Digested:
    """How many deliveries were digested, and whether deployments were among their events."""

    deliveries: int = 0
    has_deployments: bool = False


def digest(deps: Deps, row: PortalRow, batches: int = 1) -> Digested:
    """Takes up to so many batches of the portal's new deliveries into the mirror.

    Nothing: there are none, or another worker is at it.
    """
    with hold(deps, mirror_lane(row.record.id)) as lane:
        return Digested() if lane is None else _digest_batches(deps, lane, row, batches)


def mirror_lane(portal_id: int) -> str:
    """Who holds it may write to the portal's mirror, which is read, folded and written back."""
    return f"digest:{portal_id}"


def _digest_batches(deps: Deps, lane: Lane, row: PortalRow, most: int) -> Digested:
    """A batch that is not full was the last: what has come since is another turn's."""
    done = Digested()
    for _ in range(most):
        with read(deps.database) as conn:
            scope = build_scope(deps, conn, row)
            batch = inbox.next_batch(conn, scope.portal_id, BATCH, scope.now)
        if batch:
            deployed = _digest_batch(deps, lane, scope, batch)
            done = Digested(done.deliveries + len(batch), done.has_deployments or deployed)
        if len(batch) < BATCH:
            break
    return done


def _digest_batch(deps: Deps, lane: Lane, scope: Scope, batch: Sequence[DeliveryRow]) -> bool:
    """Digests the deliveries together, or each alone; whether they told of deployments."""
    try:
        return _ingest_batch(deps, lane, scope, batch)
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: it must not hold up the other deliveries
        log.warning("batch_failed", portal_id=scope.portal_id, error=type(error).__name__)
        return any([_ingest_separately(deps, lane, scope, delivery) for delivery in batch])


def _ingest_batch(deps: Deps, lane: Lane, scope: Scope, batch: Sequence[DeliveryRow]) -> bool:
    events = {delivery.id: parse_delivery(delivery) for delivery in batch}
    with write(deps.database) as conn:
        lane.keep(conn)
        outcomes = apply.ingest(conn, scope.portal_id, events, scope.rules, deps.clock.now())
        inbox.mark_done(conn, outcomes)
    return any(isinstance(event, DeploymentEvent) for group in events.values() for event in group)


def _ingest_separately(deps: Deps, lane: Lane, scope: Scope, delivery: DeliveryRow) -> bool:
    try:
        return _ingest_batch(deps, lane, scope, [delivery])
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:
        log.exception("delivery_failed", delivery_id=delivery.id, portal_id=scope.portal_id)
        with write(deps.database) as conn:
            lane.keep(conn)
            _record_failure(conn, deps, delivery, format_traceback(error))
        return False


def _record_failure(conn: Connection, deps: Deps, delivery: DeliveryRow, why: str) -> None:
    attempts = delivery.attempts + 1
    if attempts >= backoff.MAX_ATTEMPTS:
        inbox.mark_dead(conn, delivery.id, why)
        return
    wait = timedelta(seconds=backoff.delay(attempts, deps.jitter()))
    inbox.mark_failed(conn, delivery.id, why, deps.clock.now() + wait)
