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
from sync.sentences import sentence
from sync.store import backfill, commits
from sync.store import projects as store_projects
from sync.store.backfill import PartRow
from sync.store.db.database import select_only, write
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
        self, row: PartRow, remaining: int | None = None, waiting_reason: str = ""
    ) -> None:
        """Report how far a part is; `remaining`: as many are to be read yet, where known."""
        seconds = (self.deps.clock.now() - self.began_at).total_seconds()
        state, error = ("waiting", waiting_reason) if waiting_reason else (row.state, row.error)
        new = row.read - self.read_before
        self.report(
            Progress(
                row.part, state, row.read, new, remaining, self.client.requests_sent, seconds, error
            )
        )


def lane_name(connection_id: int, project_id: int) -> str:
    """Return the lease under which one process reads a project's past."""
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
    """Read what is missing of the project since then; return the parts as they are afterwards.

    None: another process is at it. `again`: also what was read. `stop` is asked before each page.
    A worker that calls this needs an owner of its own. Raises Denied, Later (the host did not
    answer for long) and Refused (there is no such project); what was read is stored.
    """
    client = deps.code_host_for(connection)
    answer = (
        project
        if isinstance(project, Project)
        else api_merge_requests.read_project(client, project)
    )
    with hold(deps, lane_name(connection.id, answer.id)) as lane:
        if lane is None:
            return None
        # The first renewal comes with the first request, for as long as requests may take.
        kept_at = deps.clock.now() - _RENEW_EVERY
        backfill_run = BackfillRun(deps, connection, client, answer, lane, report, kept_at)
        client.before_request = backfill_run.keep_lease
        chosen = [name for name in PARTS if name in parts]
        with write(deps.database) as conn:
            read_at = None if answer is project else kept_at + _RENEW_EVERY
            store_projects.save_projects(conn, [answer], read_at)
            for name in chosen if reread else ():
                backfill.save(
                    conn, replace(_restart_part(backfill_run, name, since), state="waiting")
                )
        for name in chosen:
            _read_part(backfill_run, name, since, should_stop)
        with select_only(deps.database) as conn:
            return backfill.of_project(conn, connection.id, answer.id)


def _read_part(
    backfill_run: BackfillRun, name: str, since: datetime, stop: Callable[[], bool]
) -> None:
    row, waits = _begin_part(backfill_run, name, since), 0
    backfill_run.began_at, backfill_run.read_before = backfill_run.deps.clock.now(), row.read
    if row.state == "done":
        backfill_run.report_progress(row)
    while row.state == "running" and not stop():
        try:
            page = _read_page(backfill_run, row)
            row, waits = _store_page(backfill_run, row, page), 0
            backfill_run.report_progress(row, page.remaining)
        except Refused as refused:
            row = _set_state(backfill_run, row, state="failed", error=str(refused))
            backfill_run.report_progress(row)
        except Denied as denied:
            _set_state(backfill_run, row, state="failed", error=str(denied))
            raise
        except Later as later:
            waits += 1
            if waits > MAX_WAITS:
                _set_state(backfill_run, row, state="waiting", error=str(later))
                raise
            _wait(backfill_run, row, later, waits)


def _read_page(backfill_run: BackfillRun, row: PartRow) -> Page[Any]:
    part = PARTS[row.part]
    extra: dict[str, Any] = (
        {"find_commits_by_title": partial(_commits_by_title, backfill_run)}
        if part.needs_commits
        else {}
    )
    return part.read(backfill_run.client, backfill_run.project, row.since, row.cursor, **extra)


def _commits_by_title(
    backfill_run: BackfillRun, titles: Collection[str]
) -> dict[str, tuple[Commit, ...]]:
    with select_only(backfill_run.deps.database) as conn:
        return commits.by_title(conn, (backfill_run.connection.id, backfill_run.project.id), titles)


def _begin_part(backfill_run: BackfillRun, name: str, since: datetime) -> PartRow:
    with select_only(backfill_run.deps.database) as conn:
        part_row = backfill.of_project(
            conn, backfill_run.connection.id, backfill_run.project.id
        ).get(name)
    planned = _resume_row(part_row, name, since) if part_row else None
    return planned or _restart_part(backfill_run, name, since)


def _restart_part(backfill_run: BackfillRun, name: str, since: datetime) -> PartRow:
    place = backfill_run.connection.id, backfill_run.project.id, name
    return PartRow(*place, since, None, 0, "running", "", backfill_run.deps.clock.now())


def _resume_row(part_row: PartRow, name: str, since: datetime) -> PartRow | None:
    """Return the row to go on with, None: from the start. Of a longer period what lacks, if that
    can be asked for."""
    if part_row.since <= since or (part_row.state == "done" and not PARTS[name].dated):
        state = "done" if part_row.state == "done" else "running"
        return replace(part_row, state=state, error=part_row.error if state == "done" else "")
    until = (
        part_row.since.isoformat()
        if part_row.state == "done"
        else (part_row.cursor or {}).get("until")
    )
    if not PARTS[name].extendable or not until:
        return None
    return replace(part_row, since=since, cursor={"until": until}, state="running", error="")


def _store_page(backfill_run: BackfillRun, row: PartRow, page: Page[Any]) -> PartRow:
    deps, done = backfill_run.deps, page.cursor is None
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
        rules = read_scope(deps, conn, backfill_run.connection.portal_id).rules.references
        backfill_run.lane.keep(conn, CALL_LEASE_TTL)
        to = PageContext(conn, backfill_run.connection, backfill_run.project, rules, now)
        PARTS[row.part].save(to, page.items)
        backfill.save(conn, after)

    ingest_mirror_lock.write_mirror(deps, backfill_run.connection.portal_id, store)
    return after


def _set_state(backfill_run: BackfillRun, row: PartRow, *, state: str, error: str) -> PartRow:
    after = replace(row, state=state, error=error, updated_at=backfill_run.deps.clock.now())
    with recording_transaction(backfill_run.deps) as conn:
        backfill_run.lane.keep(conn, CALL_LEASE_TTL)
        backfill.save(conn, after)
    return after


def _wait(backfill_run: BackfillRun, row: PartRow, later: Later, waits: int) -> None:
    """As long as the host says, in naps short enough to keep the lease."""
    seconds_left = (
        backoff.delay(waits, backfill_run.deps.jitter()) if later.after is None else later.after
    )
    reason = sentence("{seconds} s: {error}", seconds=f"{seconds_left:.0f}", error=later)
    backfill_run.report_progress(row, waiting_reason=reason)
    while seconds_left > 0:
        backfill_run.deps.clock.sleep(min(seconds_left, _NAP_SECONDS))
        seconds_left -= _NAP_SECONDS
        backfill_run.keep_lease()
