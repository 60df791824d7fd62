"""Reads the history of one project into the mirror, part by part, and goes on where it stopped.

A page is stored together with the cursor of the next, in one transaction and under a lease: killed
at any moment, the next run begins after the last page that was stored. Nothing is said of it in
the portal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from sync.core.model.common import Commit, Project
from sync.engine import backoff
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps, read_scope
from sync.engine.ingest import mirror_lock as ingest_mirror_lock
from sync.engine.lanes import CALL_LEASE_TTL, Lane, hold
from sync.engine.upkeep.backfill_parts import PARTS
from sync.engine.upkeep.backfill_store import PageContext
from sync.errors import Denied, Later, Refused
from sync.gitlab.api import merge_requests as api_merge_requests
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.pagination import Page
from sync.store import backfill, commits
from sync.store import merge_requests as store_merge_requests
from sync.store.backfill import PartRow
from sync.store.db.database import read, write
from sync.store.rows import ConnectionRecord

MAX_WAITS = 30  # in a row: then whoever started it decides
_RENEW_EVERY = timedelta(seconds=10)
_NAP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a part is. `state` as stored, or `waiting` with the reason in `error`; where that is
    of a part that was read, something of it was not. `new`: read in this run, in `seconds`; `left`:
    None where it is not told; `requests`: of the whole run."""

    part: str
    state: str
    read: int
    new: int
    remaining: int | None
    requests: int
    seconds: float
    error: str = ""


@dataclass
class BackfillRun:
    """One process that reads one project. `began_at`: the part that is being read."""

    deps: Deps
    connection: ConnectionRecord
    client: GitLab
    project: Project
    lane: Lane
    report: Callable[[Progress], None]
    renewed_at: datetime
    began_at: datetime = field(init=False)
    read_before: int = 0

    def keep_lease(self) -> None:
        """Before every request: whoever lost the lease stops. Raises LaneLost."""
        now = self.deps.clock.now()
        if now - self.renewed_at >= _RENEW_EVERY:
            with write(self.deps.database) as conn:
                self.lane.keep(conn, CALL_LEASE_TTL)
            self.renewed_at = now

    def report_progress(
        self, row: PartRow, left: int | None = None, waiting_reason: str = ""
    ) -> None:
        seconds = (self.deps.clock.now() - self.began_at).total_seconds()
        state, error = ("waiting", waiting_reason) if waiting_reason else (row.state, row.error)
        new = row.read - self.read_before
        self.report(
            Progress(
                row.part, state, row.read, new, left, self.client.requests_sent, seconds, error
            )
        )


def lane_name(connection_id: int, project_id: int) -> str:
    return f"backfill:{connection_id}/{project_id}"


def connection_projects(deps: Deps, connection: ConnectionRecord) -> tuple[Project, ...]:
    """All that the connection is of. Raises SyncError."""
    return api_merge_requests.read_projects(deps.code_host_for(connection), connection.options)


def run_backfill(
    deps: Deps,
    connection: ConnectionRecord,
    project: int | str | Project,
    since: datetime,
    *,
    parts: Sequence[str] = tuple(PARTS),
    reread: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, PartRow] | None:
    """Reads what is missing of the project since then; the parts as they are afterwards.

    None: another process is at it. `again`: also what was read. `stop` is asked before each page.
    A worker that calls this needs an owner of its own. Raises Denied, Later (the host did not
    answer for long) and Refused (there is no such project); what was read is stored.
    """
    client = deps.code_host_for(connection)
    found = (
        project
        if isinstance(project, Project)
        else api_merge_requests.read_project(client, project)
    )
    with hold(deps, lane_name(connection.id, found.id)) as lane:
        if lane is None:
            return None
        # The first renewal comes with the first request, for as long as requests may take.
        kept_at = deps.clock.now() - _RENEW_EVERY
        mine = BackfillRun(deps, connection, client, found, lane, report, kept_at)
        client.before_request = mine.keep_lease
        chosen = [name for name in PARTS if name in parts]
        with write(deps.database) as conn:
            store_merge_requests.save_projects(conn, [found])
            for name in chosen if reread else ():
                backfill.save(conn, replace(_restart_part(mine, name, since), state="waiting"))
        for name in chosen:
            _read_part(mine, name, since, should_stop)
        with read(deps.database) as conn:
            return backfill.of_project(conn, connection.id, found.id)


def _read_part(mine: BackfillRun, name: str, since: datetime, stop: Callable[[], bool]) -> None:
    row, waits = _begin_part(mine, name, since), 0
    mine.began_at, mine.read_before = mine.deps.clock.now(), row.read
    if row.state == "done":
        mine.report_progress(row)
    while row.state == "running" and not stop():
        try:
            page = _read_page(mine, row)
            row, waits = _store_page(mine, row, page), 0
            mine.report_progress(row, page.remaining)
        except Refused as refused:
            row = _set_state(mine, row, state="failed", error=str(refused))
            mine.report_progress(row)
        except Denied as denied:
            _set_state(mine, row, state="failed", error=str(denied))
            raise
        except Later as later:
            waits += 1
            if waits > MAX_WAITS:
                _set_state(mine, row, state="waiting", error=str(later))
                raise
            _wait(mine, row, later, waits)


def _read_page(mine: BackfillRun, row: PartRow) -> Page[Any]:
    part = PARTS[row.part]
    more: dict[str, Any] = (
        {"find_commits_by_title": partial(_commits_by_title, mine)} if part.needs_commits else {}
    )
    return part.read(mine.client, mine.project, row.since, row.cursor, **more)


def _commits_by_title(mine: BackfillRun, titles: Collection[str]) -> dict[str, tuple[Commit, ...]]:
    with read(mine.deps.database) as conn:
        return commits.by_title(conn, (mine.connection.id, mine.project.id), titles)


def _begin_part(mine: BackfillRun, name: str, since: datetime) -> PartRow:
    with read(mine.deps.database) as conn:
        known = backfill.of_project(conn, mine.connection.id, mine.project.id).get(name)
    planned = _resume_row(known, name, since) if known else None
    return planned or _restart_part(mine, name, since)


def _restart_part(mine: BackfillRun, name: str, since: datetime) -> PartRow:
    place = mine.connection.id, mine.project.id, name
    return PartRow(*place, since, None, 0, "running", "", mine.deps.clock.now())


def _resume_row(known: PartRow, name: str, since: datetime) -> PartRow | None:
    """The row to go on with; None: from the start. Of a longer period what is missing, if that
    can be asked for."""
    if known.since <= since or (known.state == "done" and not PARTS[name].dated):
        state = "done" if known.state == "done" else "running"
        return replace(known, state=state, error=known.error if state == "done" else "")
    until = known.since.isoformat() if known.state == "done" else (known.cursor or {}).get("until")
    if not PARTS[name].extendable or not until:
        return None
    return replace(known, since=since, cursor={"until": until}, state="running", error="")


def _store_page(mine: BackfillRun, row: PartRow, page: Page[Any]) -> PartRow:
    deps, done = mine.deps, page.cursor is None
    now = deps.clock.now()
    after = replace(
        row,
        cursor=page.cursor,
        read=row.read + len(page.items),
        state="done" if done else "running",
        error=page.problem or row.error,
        updated_at=now,
    )

    def store(conn: Connection) -> None:
        rules = read_scope(deps, conn, mine.connection.portal_id).rules.references
        mine.lane.keep(conn, CALL_LEASE_TTL)
        to = PageContext(conn, mine.connection, mine.project, rules, now)
        PARTS[row.part].save(to, page.items)
        backfill.save(conn, after)

    ingest_mirror_lock.write_mirror(deps, mine.connection.portal_id, store)
    return after


def _set_state(mine: BackfillRun, row: PartRow, *, state: str, error: str) -> PartRow:
    after = replace(row, state=state, error=error, updated_at=mine.deps.clock.now())
    with recording_transaction(mine.deps) as conn:
        mine.lane.keep(conn, CALL_LEASE_TTL)
        backfill.save(conn, after)
    return after


def _wait(mine: BackfillRun, row: PartRow, later: Later, waits: int) -> None:
    """As long as the host says, in naps short enough to keep the lease."""
    left = backoff.delay(waits, mine.deps.jitter()) if later.after is None else later.after
    mine.report_progress(row, waiting_reason=f"{left:.0f} s: {later}")
    while left > 0:
        mine.deps.clock.sleep(min(left, _NAP_SECONDS))
        left -= _NAP_SECONDS
        mine.keep_lease()
