"""One portal's turn: digest, settle, reconcile, deliver, until nothing is left that can be done."""

from __future__ import annotations

import structlog

from sync.engine.deliver.send import deliver
from sync.engine.deliver.settle import settle
from sync.engine.deps import PORTAL_LANE, Deps
from sync.engine.ingest.digest import digest
from sync.engine.lanes import Lane, LaneLost, hold
from sync.engine.pauses import Pauses, disconnect
from sync.engine.reconcile import portal_users
from sync.engine.reconcile.fetch import fetch_deployment_contents
from sync.engine.reconcile.fetch_commits import fetch_merge_request_commits
from sync.engine.reconcile.loop import reconcile
from sync.errors import Denied, Later
from sync.store import outbox, portals, subjects
from sync.store.db.database import read

log = structlog.get_logger()

_MAX_ROUNDS = 1000  # then other portals have their turn
_MAX_BATCHES = 10  # of deliveries between two looks at the lane


def take_turn(deps: Deps, portal_id: int, pauses: Pauses) -> int:
    """Does what can be done for the portal now and returns about how many things it did."""
    done = 0
    try:
        done += _digest_waiting(deps, portal_id)
        if _has_work(deps, portal_id) and not pauses.is_paused(portal_id, deps.clock.now()):
            with hold(deps, f"lane:{portal_id}:{PORTAL_LANE}") as lane:
                done += _run_rounds(deps, lane, portal_id, pauses) if lane else 0
    except LaneLost as lost:
        log.warning("lane_lost", portal_id=portal_id, lane=str(lost))
    return done


def _digest_waiting(deps: Deps, portal_id: int) -> int:
    """Digests what is there, up to a bound: a storm must not keep the lane from its turn.

    Then it is asked which commits merge requests have, and what deployments carry.
    """
    done = digest(deps, portal_id, _MAX_BATCHES)
    if done:  # what could not be asked before the sweep asks for
        done += fetch_merge_request_commits(deps, portal_id)
    return done + fetch_deployment_contents(deps, portal_id)


def _has_work(deps: Deps, portal_id: int) -> bool:
    """Whether the portal is open to us and something waits for it."""
    now = deps.clock.now()
    with read(deps.database) as conn:
        record = portals.by_id(conn, portal_id)
        if record is None or record.state != "active":
            return False
        return portal_id in subjects.portals_with_work(conn, now) or any(
            found == portal_id for found, _ in outbox.lanes_with_work(conn, now)
        )


def _run_rounds(deps: Deps, lane: Lane, portal_id: int, pauses: Pauses) -> int:
    done = 0
    try:
        portal = deps.portal_for(portal_id)
        if portal_id not in pauses.users_checked:
            portal_users.read_if_missing(deps, portal_id, portal)
            pauses.users_checked.add(portal_id)
        for _ in range(_MAX_ROUNDS):
            done += _digest_waiting(deps, portal_id)  # what comes in later has a wake-up of its own
            count = settle(deps, lane, portal_id, portal)
            decided = reconcile(deps, lane, portal_id, portal)
            sent = 0 if decided else deliver(deps, lane, portal_id, portal)
            count += decided + sent
            done += count
            if sent:
                pauses.record_success(portal_id)
            if not count:
                break
    except Later as error:
        seconds = pauses.pause(portal_id, error, deps.clock.now(), deps.jitter())
        log.warning("portal_later", portal_id=portal_id, error=str(error), seconds=seconds)
    except Denied as error:
        disconnect(deps, portal_id, error)
    return done
