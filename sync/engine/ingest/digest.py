"""Deliveries become mirror and dirty subjects: one transaction a batch, one portal at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deps import Deps, build_scope, parse_delivery
from sync.engine.ingest import admission, apply
from sync.engine.ingest.handler import Fetch
from sync.engine.ingest.mirror_lock import lock_mirror
from sync.engine.lanes import Lane
from sync.engine.load.scope import Scope
from sync.store import inbox
from sync.store.db.database import AWAY, select_only, write
from sync.store.portals import PortalRow
from sync.store.rows import DeliveryRow

log = structlog.get_logger()

BATCH = 500


class _TakenMeanwhile(Exception):
    """Another worker digested some of the batch: nothing of it is to be digested again."""


_INFRASTRUCTURE_ERRORS = (*AWAY, _TakenMeanwhile)


@dataclass(frozen=True, slots=True)
class Digested:
    """How many deliveries were digested, and what code hosts are to be asked for now.

    `has_links`: links of tasks and issues wait for work.
    """

    deliveries: int = 0
    fetches: frozenset[Fetch] = frozenset()
    has_links: bool = False

    def __or__(self, other: Digested) -> Digested:
        return Digested(
            self.deliveries + other.deliveries,
            self.fetches | other.fetches,
            self.has_links or other.has_links,
        )


def digest(
    deps: Deps,
    row: PortalRow,
    batch: Sequence[DeliveryRow],
    lane: Lane | None,
    rest: Callable[[], object] = lambda: None,
    *,
    most: int = 1,
) -> Digested:
    """Take the batch and those after it, up to `most`, into the mirror.

    Nothing where another worker is at it. The last batch's transaction takes the `lane`, too.
    `rest` is called after each batch.
    """
    done = Digested()
    for number in range(most):
        if number:
            with select_only(deps.database) as conn:
                batch = next_batch(conn, row.record.id, deps.clock.now())
        is_last = len(batch) < BATCH  # what has come since is another turn's
        with select_only(deps.database) as conn:
            scope = build_scope(deps, conn, row)
        try:
            if batch:
                done |= _digest_batch(deps, scope, batch, lane if is_last else None)
        except _TakenMeanwhile:
            break
        rest()
        if is_last:
            break
    return done


def next_batch(conn: Connection, portal_id: int, now: datetime) -> tuple[DeliveryRow, ...]:
    """Read the deliveries of the portal that are to be digested first."""
    return inbox.next_batch(conn, portal_id, BATCH, now)


def _digest_batch(
    deps: Deps, scope: Scope, batch: Sequence[DeliveryRow], lane: Lane | None
) -> Digested:
    """Digest the deliveries together, or each alone where that fails."""
    try:
        return _ingest_batch(deps, scope, batch, lane)
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: it must not hold up the other deliveries
        log.warning("batch_failed", portal_id=scope.portal_id, error=type(error).__name__)
        done = Digested()
        for delivery in batch:
            done |= _ingest_separately(deps, scope, delivery)
        return done


def _ingest_batch(
    deps: Deps, scope: Scope, batch: Sequence[DeliveryRow], lane: Lane | None = None
) -> Digested:
    events = {delivery.id: parse_delivery(delivery) for delivery in batch}
    with write(deps.database) as conn:
        lock_mirror(conn, scope.portal_id)
        if inbox.count_waiting(conn, scope.portal_id, batch[0].id, batch[-1].id) < len(batch):
            raise _TakenMeanwhile  # while this worker waited for the lock
        outside = admission.find_outside(conn, batch, events)
        events = {key: group for key, group in events.items() if key not in outside}
        connected = {
            row.connection_id: row.connected_at
            for row in batch
            if row.connection_id is not None and row.connected_at is not None
        }
        now = deps.clock.now()
        ingested = apply.ingest(conn, scope.portal_id, events, scope.rules, now, connected)
        if inbox.mark_done(conn, {**ingested.outcomes, **outside}) < len(batch):
            raise _TakenMeanwhile
        acquired = lane is not None and lane.take(conn)
    if lane and acquired:
        lane.is_held = True
    return Digested(len(batch), ingested.fetches, ingested.has_links)


def _ingest_separately(deps: Deps, scope: Scope, delivery: DeliveryRow) -> Digested:
    try:
        return _ingest_batch(deps, scope, [delivery])
    except _INFRASTRUCTURE_ERRORS:
        raise
    except Exception as error:
        log.exception("delivery_failed", delivery_id=delivery.id, portal_id=scope.portal_id)
        with write(deps.database) as conn:
            _record_failure(conn, deps, delivery, format_traceback(error))
        return Digested(1)


def _record_failure(conn: Connection, deps: Deps, delivery: DeliveryRow, why: str) -> None:
    attempts = delivery.attempts + 1
    if attempts >= backoff.MAX_ATTEMPTS:
        inbox.mark_dead(conn, delivery.id, why)
        return
    wait = timedelta(seconds=backoff.delay(attempts, deps.jitter()))
    inbox.mark_failed(conn, delivery.id, why, deps.clock.now() + wait)
