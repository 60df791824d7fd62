"""Deliveries become mirror and dirty subjects: one transaction a batch, one portal at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from sync.core.model.events import DeploymentEvent
from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deps import Deps, build_scope, parse_delivery
from sync.engine.ingest import apply
from sync.engine.ingest.mirror_lock import lock_mirror
from sync.engine.lanes import Lane
from sync.engine.load.scope import Scope
from sync.store import inbox
from sync.store.db.database import read, write
from sync.store.portals import PortalRow
from sync.store.rows import DeliveryRow

log = structlog.get_logger()

BATCH = 100


class _TakenMeanwhile(Exception):
    """Another worker digested some of the batch: nothing of it is to be digested again."""


_INFRASTRUCTURE_ERRORS = (OperationalError, InterfaceError, InternalError, _TakenMeanwhile)


@dataclass(frozen=True, slots=True)
class Digested:
    """How many deliveries were digested, and whether deployments were among their events."""

    deliveries: int = 0
    has_deployments: bool = False


def digest(
    deps: Deps, row: PortalRow, batch: Sequence[DeliveryRow], lane: Lane | None, *, most: int = 1
) -> Digested:
    """Take the batch and those after it, up to `most`, into the mirror.

    Nothing where another worker is at it. The last batch's transaction takes the `lane`, too.
    """
    done = Digested()
    for number in range(most):
        if number:
            with read(deps.database) as conn:
                batch = next_batch(conn, row.record.id, deps.clock.now())
        is_last = len(batch) < BATCH  # what has come since is another turn's
        with read(deps.database) as conn:
            scope = build_scope(deps, conn, row)
        try:
            deployed = bool(batch) and _digest_batch(deps, scope, batch, lane if is_last else None)
        except _TakenMeanwhile:
            break
        done = Digested(done.deliveries + len(batch), done.has_deployments or deployed)
        if is_last:
            break
    return done


def next_batch(conn: Connection, portal_id: int, now: datetime) -> tuple[DeliveryRow, ...]:
    """Read the deliveries of the portal that are to be digested first."""
    return inbox.next_batch(conn, portal_id, BATCH, now)


def _digest_batch(
    deps: Deps, scope: Scope, batch: Sequence[DeliveryRow], lane: Lane | None
) -> bool:
    """Digests the deliveries together, or each alone; whether they told of deployments."""
    try:
        return _ingest_batch(deps, scope, batch, lane)
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: it must not hold up the other deliveries
        log.warning("batch_failed", portal_id=scope.portal_id, error=type(error).__name__)
        return any([_ingest_separately(deps, scope, delivery) for delivery in batch])


def _ingest_batch(
    deps: Deps, scope: Scope, batch: Sequence[DeliveryRow], lane: Lane | None = None
) -> bool:
    events = {delivery.id: parse_delivery(delivery) for delivery in batch}
    with write(deps.database) as conn:
        lock_mirror(conn, scope.portal_id)
        outcomes = apply.ingest(conn, scope.portal_id, events, scope.rules, deps.clock.now())
        if inbox.mark_done(conn, outcomes) < len(batch):
            raise _TakenMeanwhile
        acquired = lane is not None and lane.take(conn)
    if lane and acquired:
        lane.is_held = True
    return any(isinstance(event, DeploymentEvent) for group in events.values() for event in group)


def _ingest_separately(deps: Deps, scope: Scope, delivery: DeliveryRow) -> bool:
    try:
        return _ingest_batch(deps, scope, [delivery])
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:
        log.exception("delivery_failed", delivery_id=delivery.id, portal_id=scope.portal_id)
        with write(deps.database) as conn:
            _record_failure(conn, deps, delivery, format_traceback(error))
        return False


def _record_failure(conn: Connection, deps: Deps, delivery: DeliveryRow, why: str) -> None:
    attempts = delivery.attempts + 1
    if attempts >= backoff.MAX_ATTEMPTS:
        inbox.mark_dead(conn, delivery.id, why)
        return
    wait = timedelta(seconds=backoff.delay(attempts, deps.jitter()))
    inbox.mark_failed(conn, delivery.id, why, deps.clock.now() + wait)
