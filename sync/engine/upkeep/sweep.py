"""What nobody asked for: merge requests whose hook was lost, people, and the purge at night."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from sync.core.clock import is_due
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, is_open
from sync.core.model.moments import merge_request_until
from sync.deadlines import limit_outbound
from sync.engine.deps import Deps, clock_lead, read_scope
from sync.engine.ingest import mirror_lock as ingest_mirror_lock
from sync.engine.ingest.merge_requests import update_links
from sync.engine.ingest.people import save_people
from sync.engine.issue_sync.own_accounts import end_dismissed
from sync.engine.issue_sync.pairs import has_pairs
from sync.engine.lanes import CALL_LEASE_TTL, Lane, LaneLost, hold
from sync.engine.load.scope import read_portal
from sync.engine.pauses import disconnect
from sync.engine.reconcile import portal_users
from sync.engine.reconcile.fetch_branches import fetch_branch_commits
from sync.engine.reconcile.fetch_commits import fetch_merge_request_commits
from sync.engine.reconcile.fetch_deployments import fetch_deployment_contents
from sync.engine.upkeep.absence import Absence
from sync.engine.upkeep.apart import Apart
from sync.engine.upkeep.bot import find_out_of_step, keep_bot
from sync.engine.upkeep.endings import end_removed
from sync.engine.upkeep.failed_looks import FailedLooks
from sync.engine.upkeep.gap import make_up_for_gaps, owes_history
from sync.engine.upkeep.purge import NightlyPurge
from sync.engine.upkeep.task_gap import EVERY as TASKS_EVERY
from sync.engine.upkeep.task_gap import make_up_for_events
from sync.engine.upkeep.workgroup_names import refresh_names
from sync.errors import Denied, Later, SyncError
from sync.gitlab.api import merge_requests as gitlab_peer
from sync.sentences import encode_sentence
from sync.store import (
    access,
    branch_checks,
    clock_repair,
    connections,
    deployments,
    hook_logs,
    merge_request_commits,
    portals,
)
from sync.store import merge_requests as store_merge_requests
from sync.store import projects as store_projects
from sync.store.db.database import AWAY, select_only, write
from sync.store.db.upsert import chunks
from sync.store.failed_looks import LookKey
from sync.store.rows import ConnectionRecord, PortalRecord

log = structlog.get_logger()
Look = Callable[[], int]
Item = ConnectionRecord | int  # a connection, or a portal by its id

HOSTS_EVERY = timedelta(minutes=10)
CLOSED_FOR = timedelta(minutes=5)  # since the last try of its token; the watch tries it again
RETRY_EVERY = timedelta(minutes=1)  # a host that could not be asked
PEOPLE_EVERY = timedelta(days=1)
BOTS_EVERY = timedelta(minutes=1)
BOT_REFUSED_EVERY = timedelta(hours=1)
MOMENTS_EVERY = timedelta(minutes=1)
HOST_SECONDS = 1800.0  # for one host, whose lists may have no end
OVERLAP = timedelta(minutes=10)  # clocks differ, and a list is not read in one instant
_MERGE_REQUESTS_PER_WRITE = 50  # merge requests stored in one transaction


class Sweep:
    """Runs what is due. Each part holds a lease, so one worker of all does it.

    `absence`: whether others were at work before; without it nobody was, and the first look is at
    everything.
    """

    def __init__(
        self, deps: Deps, absence: Absence | None = None, failures: FailedLooks | None = None
    ) -> None:
        self._deps, self._absence = deps, absence
        self._began_at = deps.clock.now()
        self._was_alone: bool | None = True
        self._last_attempts: dict[int, datetime] = {}
        self._owing: dict[int, bool] = {}  # connections with a gap that was not read whole
        self._lists_read: set[int] = set()
        self._tasks_read: set[int] = set()
        self._people_read_at: dict[int, datetime] = {}
        self._bots_kept_at: dict[int, datetime] = {}
        self._failed_at: dict[LookKey, datetime] = {}
        self._failures = failures or FailedLooks(deps)
        self._moments_checked_at: datetime | None = None
        self._purge, self._apart = NightlyPurge(deps, self._failures), Apart()

    def run(self, now: datetime) -> int:
        """Do what is due and return about how many things that were."""
        done = self._repair_moments(now)
        self._failures.load()
        self._was_alone = self._absence.was_alone(now) if self._absence else True
        with select_only(self._deps.database) as conn:
            active = portals.all_active(conn)
            records = connections.of_portals(conn)
            tasks_read_at = hook_logs.tasks_read(conn)
            with_pairs = self._deps.issue_sync.portals_with_pairs(conn)
            closed = access.closed_connections(conn, now - CLOSED_FOR)
            silent = access.silent_portals(conn, now - CLOSED_FOR)
        ids = {portal.id for portal in active}
        hosts = [item for item in records if item.kind == "gitlab" and item.portal_id in ids]
        for connection in hosts:
            if connection.id not in closed and self._host_is_due(connection, now):
                self._last_attempts[connection.id] = now
                done += self._apart.run(
                    ("host", connection.id), partial(self._read_host, connection)
                )
        with select_only(self._deps.database) as conn:
            to_ask = set(deployments.portals_to_fetch(conn, now))
            unread = set(merge_request_commits.portals_due(conn, self._deps.clock.now()))
            doubtful = set(branch_checks.portals_due(conn, now))
        wanted: dict[int, list[Look]] = {}
        for part, work, portal_ids in (
            ("deployments", fetch_deployment_contents, to_ask),
            ("commits", fetch_merge_request_commits, unread),
            ("branches", fetch_branch_commits, doubtful),
        ):
            for portal_id in sorted(portal_ids & ids):
                look = partial(self._run_part, part, work, portal_id)
                wanted.setdefault(portal_id, []).append(look)
        reachable = [portal for portal in active if portal.id not in silent]
        for portal_id in self._bots_to_keep(reachable, now):
            look = partial(self._run_part, "bot", keep_bot, portal_id)
            wanted.setdefault(portal_id, []).append(look)
        for portal in reachable:
            is_first = self._is_first(portal.id, self._tasks_read)
            looks = wanted.setdefault(portal.id, [])
            if is_first or is_due(tasks_read_at.get(portal.id), TASKS_EVERY, now):
                looks.append(partial(self._run_part, "tasks", self._read_tasks, portal.id))
            if portal.id in with_pairs:
                looks.append(partial(self._run_part, "issue lists", self._read_lists, portal.id))
            if is_due(self._last_read_of_people(portal), PEOPLE_EVERY, now):
                looks.append(partial(self._read_people, portal.id, now))
        for portal_id, looks in wanted.items():
            if looks:
                done += self._apart.run(("portal", portal_id), partial(_look_all, looks))
        done += self._purge.run(now)
        return done + self._apart.run("endings", partial(end_removed, self._deps, now))

    def _read_host(self, connection: ConnectionRecord) -> int:
        """Read what the code host's log and its lists have that no hook told."""
        with limit_outbound(HOST_SECONDS):
            done = self._run_part("gap", make_up_for_gaps, connection)
            done += self._run_part("host", sweep_connection, connection)
        self._owing[connection.id] = owes_history(self._deps, connection.id)
        return done

    def _read_people(self, portal_id: int, now: datetime) -> int:
        is_read = self._run_part("people", refresh_people, portal_id)
        self._people_read_at[portal_id] = now if is_read else now - PEOPLE_EVERY + RETRY_EVERY
        return 1

    def _bots_to_keep(self, active: Iterable[PortalRecord], now: datetime) -> list[int]:
        """Return the portals whose bot is due and not as the settings want it."""
        due = [
            portal.id
            for portal in active
            if is_due(
                self._bots_kept_at.get(portal.id),
                BOT_REFUSED_EVERY if portal.bot_problem else BOTS_EVERY,
                now,
            )
        ]
        self._bots_kept_at.update(dict.fromkeys(due, now))
        return sorted(find_out_of_step(self._deps, due))

    def _read_lists(self, deps: Deps, portal_id: int) -> int:
        """Read the issue lists that are due; with the first look after a start, all of them."""
        if not has_pairs(deps, portal_id):
            return 0
        from sync.engine.issue_sync.lists import read_lists

        is_first = self._is_first(portal_id, self._lists_read)
        count = read_lists(deps, portal_id, after_start=is_first)
        if is_first:
            self._lists_read.add(portal_id)
        return count

    def _read_tasks(self, deps: Deps, portal_id: int) -> int:
        """Read the tasks that changed where that is due; with the first look, whenever it was."""
        is_first = self._is_first(portal_id, self._tasks_read)
        count = make_up_for_events(deps, portal_id, after_start=is_first)
        if is_first:
            self._tasks_read.add(portal_id)
        return count

    def _last_read_of_people(self, portal: PortalRecord) -> datetime | None:
        """Return when people were read: by this worker, or by those before it when it began."""
        is_older = not self._was_alone and portal.created_at < self._began_at
        return self._people_read_at.get(portal.id, self._began_at if is_older else None)

    def _is_first(self, portal_id: int, looked_at: Collection[int]) -> bool:
        """Tell whether this is the first look after a time in which no worker ran."""
        return self._was_alone is True and portal_id not in looked_at

    def _run_part(self, part: str, work: Callable[[Deps, Any], int], item: Item) -> int:
        """Run one part for one portal or connection: what fails there ends nothing else.

        It is tried again after a while. A database that is away concerns everything.
        """
        now, key = self._deps.clock.now(), _key_of(part, item)
        if not is_due(self._failed_at.get(key), RETRY_EVERY, now):
            return 0
        try:
            done = work(self._deps, item)
        except AWAY:
            raise
        except LaneLost:  # another worker took it over
            return 0
        except Exception as error:
            log.exception("sweep_failed", **key._asdict())
            self._failed_at[key] = now
            self._failures.note_failure(key, error)
            return 0
        self._failures.note_success(key)
        return done

    def _repair_moments(self, now: datetime) -> int:
        """Let moments that a clock ahead of time stored count as now."""
        if not is_due(self._moments_checked_at, MOMENTS_EVERY, now):
            return 0
        self._moments_checked_at = now
        check = self._deps.clock_check
        sure = check is None or check.is_plausible
        with select_only(self._deps.database) as conn:
            if not clock_repair.has_future(conn, now, sure=sure):
                return 0
        with write(self._deps.database) as conn:
            count = clock_repair.pull_back(conn, now, sure=sure)
        log.warning("clock_was_put_back", moments=count)
        return count

    def _host_is_due(self, connection: ConnectionRecord, now: datetime) -> bool:
        if connection.state != "active":
            return False
        last = self._last_attempts.get(connection.id)  # None: not yet since this worker began
        is_urgent = self._was_alone if last is None else self._owing.get(connection.id)
        if not is_urgent and not is_due(connection.swept_at, HOSTS_EVERY, now):
            return False
        return is_due(last, RETRY_EVERY, now)


def _key_of(part: str, item: Item) -> LookKey:
    """Return the key of a look at a connection, or at the portal of this id. Pure."""
    if isinstance(item, ConnectionRecord):
        return LookKey(item.portal_id, item.id, part)
    return LookKey(item, 0, part)


def _look_all(looks: Iterable[Look]) -> int:
    return sum(look() for look in looks)


def sweep_connection(deps: Deps, connection: ConnectionRecord) -> int:
    """Read the merge requests that changed since the last sweep; return how many there were.

    A code host that cannot be asked is asked again, from the same moment on; what it denied
    stands in the connection's account. Its hooks go on being heard.
    """
    with hold(deps, f"sweep:{connection.id}", ttl=CALL_LEASE_TTL) as lane:
        if lane is None:
            return 0
        began_at, count = deps.clock.now(), 0
        since = (connection.swept_at or connection.created_at) - OVERLAP - clock_lead(deps)
        try:
            for piece in chunks(
                _read_changed(deps, lane, connection, since), _MERGE_REQUESTS_PER_WRITE
            ):
                ingest_snapshots(deps, connection, piece)
                count += len(piece)
        except SyncError as error:
            log.warning("code_host_not_read", connection_id=connection.id, error=str(error))
            _record_problem(deps, connection, None if isinstance(error, Later) else str(error))
            return count
        _record_problem(deps, connection, None)
        with write(deps.database) as conn:
            connections.set_swept(conn, connection.id, began_at)
        return count


def _record_problem(deps: Deps, connection: ConnectionRecord, problem: str | None) -> None:
    row = {name: value for name, value in connection.account.items() if name != "problem"}
    account = {**row, "problem": encode_sentence(problem)} if problem else row
    if account != connection.account:
        with write(deps.database) as conn:
            connections.set_account(conn, connection.id, account)


def ingest_snapshots(
    deps: Deps, connection: ConnectionRecord, answers: Iterable[MergeRequest]
) -> None:
    """Store merge requests as the code host itself answered, and mark their tasks dirty.

    Those that were over and done with before the connection are silent: nothing is shown of them.
    """
    merge_requests = list(answers)
    ingest_mirror_lock.write_mirror(
        deps, connection.portal_id, lambda conn: _ingest(conn, deps, connection, merge_requests)
    )


def _ingest(
    conn: Connection, deps: Deps, connection: ConnectionRecord, merge_requests: list[MergeRequest]
) -> None:
    rules = read_scope(deps, conn, connection.portal_id).rules.references
    now = deps.clock.now()
    merge_requests = [merge_request_until(item, now) for item in merge_requests]
    keys = {merge_request.key for merge_request in merge_requests}
    before = store_merge_requests.get_merge_requests(conn, keys)
    projects = [merge_request.project for merge_request in merge_requests]
    store_projects.save_projects(conn, projects, now)
    save_people(conn, merge_requests)
    stored = store_merge_requests.fold_snapshots(conn, merge_requests)
    changed = {
        key: merge_request
        for key, merge_request in stored.items()
        if before.get(key) != merge_request
    }
    silent = frozenset(_silent_keys(conn, connection, changed.values(), before.keys()))
    update_links(
        conn,
        connection.portal_id,
        changed,
        rules,
        now=now,
        silent_keys=silent,
        wait_for_commits=True,  # no turn follows in which the host is asked first
    )


def _silent_keys(
    conn: Connection,
    connection: ConnectionRecord,
    merge_requests: Iterable[MergeRequest],
    known_before: Iterable[MergeRequestKey],
) -> Iterator[MergeRequestKey]:
    """Yield those that were over, or unchanged, since before anybody looked, and stayed unseen.

    The last sweep would have found what ended after it.
    """
    items = {item.key: item for item in merge_requests}
    merge_request_keys = set(known_before)
    since = connection.created_at
    if connection.swept_at:
        since = max(since, connection.swept_at - OVERLAP)
    over = {key for key, item in items.items() if not is_open(item)}
    yield from merge_request_commits.silent_keys(conn, over)
    for key, item in items.items():
        if key in merge_request_keys:
            continue
        ended_at = item.ended_at if key in over else None
        if item.updated_at < connection.created_at or (ended_at and ended_at < since):
            yield key


def _read_changed(
    deps: Deps, lane: Lane, connection: ConnectionRecord, since: datetime
) -> Iterator[MergeRequest]:
    client = deps.code_host_for(connection)
    client.before_request = partial(lane.keep_for_call, deps.database)
    for project in gitlab_peer.read_projects(client, connection.options):
        yield from gitlab_peer.read_merge_requests_since(client, project.id, since)


def refresh_people(deps: Deps, portal_id: int) -> bool:
    """Read everybody of the portal and its workgroups' names; return whether that was done."""
    with hold(deps, f"people:{portal_id}", ttl=CALL_LEASE_TTL) as lane:
        if lane is None:
            return True
        try:
            with select_only(deps.database) as conn:
                row = read_portal(conn, portal_id)
            portal = deps.portal_for(row)
            portal.on_admitted = partial(lane.keep_for_call, deps.database)
            if portal_users.refresh_users(deps, portal_id, portal):
                end_dismissed(deps, portal_id)
            refresh_names(deps, portal_id, portal)
        except Denied as error:
            disconnect(deps, portal_id, error)
        except Later as error:
            log.warning("people_not_read", portal_id=portal_id, error=str(error))
            return False
        return True
