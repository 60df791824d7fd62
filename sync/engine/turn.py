"""One portal's turn: digest, settle, reconcile, deliver, until its agenda is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import structlog

from sync.engine.deliver.flights import Flights
from sync.engine.deliver.send import deliver, land, land_all
from sync.engine.deliver.settle import settle
from sync.engine.deps import PORTAL_LANE, Deps
from sync.engine.ingest.digest import BATCH, digest, next_batch
from sync.engine.lanes import CALL_LEASE_TTL, Lane, LaneLost, give_back_after_look, take
from sync.engine.pauses import Pauses, disconnect
from sync.engine.reconcile import portal_users
from sync.engine.reconcile.fetch_branches import fetch_branch_commits
from sync.engine.reconcile.fetch_commits import fetch_merge_request_commits
from sync.engine.reconcile.fetch_deployments import fetch_deployment_contents
from sync.engine.reconcile.loop import reconcile
from sync.errors import Denied, Later
from sync.store.agenda import Agenda, read_agenda
from sync.store.db.database import select_only
from sync.store.rows import DeliveryRow

log = structlog.get_logger()

Rest = Callable[[], object]  # is called between the parts of a long turn

_MAX_ROUNDS = 1000  # then other portals have their turn
_MAX_MORE = 3  # turns that follow at once where more came in
_MAX_BATCHES = 5  # of deliveries between two looks at the lane


class TurnResult(NamedTuple):
    """About how many things a turn did, and whether its last look found nothing that waits.

    `has_more`: work that takes the portal's lane came in before the lane was given back, where
    another worker could not take it. `has_news`: so did deliveries.
    """

    done: int = 0
    is_idle: bool = False
    has_more: bool = False
    has_news: bool = False


def take_turn(deps: Deps, portal_id: int, pauses: Pauses, rest: Rest = lambda: None) -> TurnResult:
    """Do what can be done for the portal now, and what came in while the lane was held.

    Deliveries that did are left: in a burst those of a moment are dealt with together.
    """
    result = _try_turn(deps, portal_id, pauses, rest)
    for _ in range(_MAX_MORE):
        if not result.has_more:
            break
        following = _try_turn(deps, portal_id, pauses, rest)
        result = following._replace(done=result.done + following.done)
    return result


def _try_turn(deps: Deps, portal_id: int, pauses: Pauses, rest: Rest) -> TurnResult:
    result, lane = TurnResult(), _portal_lane(deps, portal_id)
    remaining: Agenda | None = None
    try:
        agenda, batch = _look(deps, portal_id, lane)
        if agenda is not None and agenda.is_busy and agenda.deliveries and take(deps, lane):
            agenda, batch = _look(deps, portal_id, lane)  # it was given back just now
        if agenda is None:
            return TurnResult()
        is_open = _is_open(deps, agenda, pauses)
        if len(batch) == BATCH and is_open and not take(deps, lane):
            batch = ()  # one worker deals with a storm
        done, agenda = _digest_waiting(deps, agenda, batch, lane if is_open else None, rest)
        if agenda.links and is_open:
            from sync.engine.issue_sync.work import work_on_links  # most servers have no links

            done += work_on_links(deps, agenda.portal)
        result = TurnResult(done)
        if agenda.needs_portal and is_open and take(deps, lane):
            rounds = _run_rounds(deps, lane, agenda, pauses, rest)
            result = TurnResult(done + rounds.done, rounds.is_idle)
    except LaneLost as lost:
        log.warning("lane_lost", portal_id=portal_id, lane=str(lost))
    finally:
        remaining = give_back_after_look(deps, lane, portal_id)
    if remaining is None:
        return result
    if remaining.needs_portal and _is_open(deps, remaining, pauses):
        return TurnResult(result.done, has_more=True, has_news=remaining.deliveries)
    return result._replace(has_news=remaining.deliveries)


def _is_open(deps: Deps, agenda: Agenda, pauses: Pauses) -> bool:
    """Return whether the portal takes work now."""
    portal = agenda.portal.record
    return portal.state == "active" and not pauses.is_paused(portal.id, deps.clock.now())


def _portal_lane(deps: Deps, portal_id: int) -> Lane:
    """Return the portal's lane, taken for as long as a call may last: one follows at once."""
    name = f"lane:{portal_id}:{PORTAL_LANE}"
    return Lane(name, deps.owner, deps.clock, ttl=CALL_LEASE_TTL)


def _look(deps: Deps, portal_id: int, lane: Lane) -> tuple[Agenda | None, Sequence[DeliveryRow]]:
    """Read the portal's agenda, and the first deliveries where some wait.

    Those of a portal whose lane another worker has are that worker's: it looks before it gives
    the lane back. In a storm each worker would read and parse hundreds that another digests.
    """
    now = deps.clock.now()
    with select_only(deps.database) as conn:
        agenda = read_agenda(conn, portal_id, now, lane=lane.name, owner=lane.owner)
        is_ours = agenda is not None and agenda.deliveries and not agenda.is_busy
        return agenda, next_batch(conn, portal_id, now) if is_ours else ()


def _digest_waiting(
    deps: Deps,
    agenda: Agenda,
    batch: Sequence[DeliveryRow],
    lane: Lane | None,
    rest: Rest = lambda: None,
) -> tuple[int, Agenda]:
    """Digest what waits, up to a bound: a storm must not keep the lane from its turn.

    Then ask the code hosts which commits merge requests have, and what deployments contain. The
    agenda that comes back has what may follow from both on it. `lane` is taken along with the
    last batch where it is given.
    """
    portal_id, done = agenda.portal.record.id, 0
    if batch:
        digested = digest(deps, agenda.portal, batch, lane, most=_MAX_BATCHES, rest=rest)
        done += digested.deliveries
        if "commits" in digested.fetches:  # what cannot be asked now the sweep asks for
            done += fetch_merge_request_commits(deps, portal_id)
        if "branches" in digested.fetches:
            done += fetch_branch_commits(deps, portal_id)
        agenda = replace(
            agenda,
            subjects=agenda.subjects or digested.deliveries > 0,
            deployments=agenda.deployments or "deployments" in digested.fetches,
            links=agenda.links or digested.has_links,
        )
    if agenda.deployments:
        fetched = fetch_deployment_contents(deps, portal_id)
        done += fetched
        agenda = replace(agenda, subjects=agenda.subjects or fetched > 0)
    return done, agenda


def _run_rounds(deps: Deps, lane: Lane, agenda: Agenda, pauses: Pauses, rest: Rest) -> TurnResult:
    portal_id, done, is_idle = agenda.portal.record.id, 0, False
    flights = Flights(deps, lane, agenda.portal)
    flights.is_trying = pauses.is_failing(portal_id)
    flights.work_meanwhile = lambda: _work_meanwhile(deps, lane, portal_id, flights)
    try:
        if portal_id not in pauses.users_checked:
            portal_users.read_if_missing(deps, portal_id, flights.portal)
            pauses.users_checked.add(portal_id)
        for _ in range(_MAX_ROUNDS):
            count = _run_round(deps, lane, agenda, flights, pauses)
            done += count
            following, batch = (
                _next_agenda(deps, lane, portal_id) if count or flights else (None, ())
            )
            if following is None or following.portal.record.state != "active":
                break
            is_idle = following.is_empty
            # What comes in later has a wake-up of its own.
            digested, agenda = _digest_waiting(deps, following, batch, None, rest)
            done += digested
            rest()
            if not agenda.needs_portal:
                break
    except Later as error:
        seconds = pauses.pause(portal_id, error, deps.clock.now(), deps.jitter())
        log.warning("portal_later", portal_id=portal_id, error=str(error), seconds=seconds)
    except Denied as error:
        disconnect(deps, portal_id, error)
    finally:
        land_all(deps, lane, portal_id, flights)
    return TurnResult(done, is_idle)


def _next_agenda(
    deps: Deps, lane: Lane, portal_id: int
) -> tuple[Agenda | None, Sequence[DeliveryRow]]:
    """Return the agenda that the round's last transaction left, or look again."""
    agenda, lane.agenda = lane.agenda, None
    if agenda is None or agenda.deliveries:
        return _look(deps, portal_id, lane)
    return agenda, ()


def _work_meanwhile(deps: Deps, lane: Lane, portal_id: int, flights: Flights) -> None:
    """Go on with what can be done while the turn waits for an answer of its own."""
    land(deps, lane, portal_id, flights)
    agenda, batch = _look(deps, portal_id, lane)
    if agenda is not None and batch:
        _digest_waiting(deps, agenda, batch, None)
    if agenda is not None and agenda.commands and flights.has_room():
        deliver(deps, lane, portal_id, flights)


def _run_round(deps: Deps, lane: Lane, agenda: Agenda, flights: Flights, pauses: Pauses) -> int:
    """Settles, then decides, and sends where nothing was decided; how many things that were.

    Where there is nothing to do but to wait for answers it waits for one, for a moment.
    """
    portal_id = agenda.portal.record.id
    landed = land(deps, lane, portal_id, flights)
    count = settle(deps, lane, portal_id, flights) if agenda.unsettled else 0
    decided = reconcile(deps, lane, agenda.portal, flights) if agenda.subjects else 0
    sent = 0
    if agenda.commands and not decided and flights.has_room():
        sent = deliver(deps, lane, portal_id, flights)
    if flights and not (landed or count or decided or sent):
        flights.wait()
    landed += land(deps, lane, portal_id, flights)
    if landed:
        pauses.record_success(portal_id)
        flights.is_trying = False
    return count + decided + max(sent, landed)
