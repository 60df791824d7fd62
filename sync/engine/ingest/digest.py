"""Deliveries become mirror and dirty subjects: one transaction a batch, one portal at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deps import Deps, parse_delivery
from sync.engine.ingest import apply
from sync.engine.lanes import Lane, LaneLost, hold
from sync.store import inbox
from sync.store.db.database import read, write
from sync.store.rows import DeliveryRow

log = structlog.get_logger()

BATCH = 100
_INFRASTRUCTURE_ERRORS = (OperationalError, InterfaceError, InternalError, LaneLost)


def digest(deps: Deps, portal_id: int, batches: int = 1) -> int:
    """Takes up to so many batches of the portal's new deliveries and returns how many they were.

    0: there are none, or another worker is at it.
    """
    with read(deps.database) as conn:
        waiting = inbox.next_batch(conn, portal_id, 1, deps.clock.now())
    if not waiting:
        return 0
    with hold(deps, mirror_lane(portal_id)) as lane:
        return 0 if lane is None else _digest_batches(deps, lane, portal_id, batches)


def mirror_lane(portal_id: int) -> str:
    """Who holds it may write to the portal's mirror, which is read, folded and written back."""
    return f"digest:{portal_id}"


def _digest_batches(deps: Deps, lane: Lane, portal_id: int, most: int) -> int:
    """A batch that is not full was the last: what has come since is another turn's."""
    done = 0
    for _ in range(most):
        count = _digest_next(deps, lane, portal_id)
        done += count
        if count < BATCH:
            break
    return done


def _digest_next(deps: Deps, lane: Lane, portal_id: int) -> int:
    with read(deps.database) as conn:
        batch = inbox.next_batch(conn, portal_id, BATCH, deps.clock.now())
    try:
        _ingest_batch(deps, lane, portal_id, batch)
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: it must not hold up the other deliveries
        log.warning("batch_failed", portal_id=portal_id, error=type(error).__name__)
        for delivery in batch:
            _ingest_separately(deps, lane, portal_id, delivery)
    return len(batch)


def _ingest_batch(deps: Deps, lane: Lane, portal_id: int, batch: Sequence[DeliveryRow]) -> None:
    told = {delivery.id: parse_delivery(delivery) for delivery in batch}
    rules = deps.rules_for(portal_id)
    with write(deps.database) as conn:
        lane.keep(conn)
        outcomes = apply.ingest(conn, portal_id, told, rules, deps.clock.now())
        inbox.mark_done(conn, outcomes)


def _ingest_separately(deps: Deps, lane: Lane, portal_id: int, delivery: DeliveryRow) -> None:
    try:
        _ingest_batch(deps, lane, portal_id, [delivery])
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:
        log.exception("delivery_failed", delivery_id=delivery.id, portal_id=portal_id)
        with write(deps.database) as conn:
            lane.keep(conn)
            _record_failure(conn, deps, delivery, format_traceback(error))


def _record_failure(conn: Connection, deps: Deps, delivery: DeliveryRow, why: str) -> None:
    attempts = delivery.attempts + 1
    if attempts >= backoff.MAX_ATTEMPTS:
        inbox.mark_dead(conn, delivery.id, why)
        return
    wait = timedelta(seconds=backoff.delay(attempts, deps.jitter()))
    inbox.mark_failed(conn, delivery.id, why, deps.clock.now() + wait)
