"""How the installation, a portal and its connections are, from the database alone: true or red."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from b24app.services.health_check import SHORT_SILENCE, STALE_AFTER, Check, seconds_of
from b24app.services.health_of_connections import check_connection
from b24app.services.health_rows import HealthRows, load_rows
from sync.bitrix24.rest.limits import BURST, OPERATING_LIMIT
from sync.config import Config
from sync.core.clock import is_recent
from sync.errors import UNREADABLE
from sync.settings.apply import portal_domain
from sync.store import inbox, logs, program
from sync.store.access import NO_ADMIN, REFUSED, UNREACHABLE, PortalAccess
from sync.store.failed_looks import FailedLook
from sync.store.program import ProgramRow
from sync.store.rows import AllowanceRow, ConnectionRecord, PortalRecord, WorkerRow
from sync.store.sealed import fingerprint

SILENT_AFTER = timedelta(seconds=60)
WRONG_CLOCK = timedelta(minutes=5)
OLD_WORK = timedelta(minutes=10)
OLD_BACKUP = timedelta(days=7)
LOOKED_AGAIN = timedelta(hours=2)  # by then a look that failed was tried again, if it is due at all
LEAST_FREE_BYTES = 500_000_000
LEAST_FREE_SHARE = 0.05
LEAST_FREE_FILES = 100


@dataclass(frozen=True, slots=True)
class Disk:
    """The room on the disk of the data folder, in bytes.

    `files`: how many more files it takes, where it has a limit of its own for them (inodes).
    """

    total: int
    free: int
    files: int | None = None

    @property
    def takes_deliveries(self) -> bool:
        """Whether there is room to work; below 5 % of a large disk it is red all the same."""
        return self.free >= LEAST_FREE_BYTES


def read_disk(folder: Path) -> Disk:
    """Measure the disk of a folder, which need not be there yet; no room where it cannot be."""
    existing = folder.absolute()
    try:
        while not existing.exists():
            existing = existing.parent
        total, _, free = shutil.disk_usage(existing)
        room = os.statvfs(existing)
    except OSError:
        return Disk(0, 0)
    return Disk(total, free, room.f_favail if room.f_files else None)


def read_checks(
    conn: Connection,
    config: Config,
    now: datetime,
    ids: Collection[int] | None = None,
    disk: Disk | None = None,
) -> tuple[Check, ...]:
    """Return every check of the installation, and of the portals of these ids, or of all."""
    disk = disk or read_disk(config.data_dir)
    rows = load_rows(conn, ids)
    of_portals = (check for portal in rows.portals for check in check_portal(portal, rows, now))
    return (*check_installation(conn, disk, present_fingerprints(config), now), *of_portals)


def present_fingerprints(config: Config) -> Collection[str]:
    """Return the fingerprints of the keys here now: they may be rotated meanwhile."""
    try:
        return fingerprint(config.current_keys()).split()
    except (OSError, ValueError):  # the file cannot be read now
        return fingerprint(config.secret_keys).split()


def wrong(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return what is not right, the urgent first."""
    return tuple(sorted((each for each in checks if not each.ok), key=lambda each: not each.urgent))


def check_installation(
    conn: Connection, disk: Disk, key_fingerprints: Collection[str], now: datetime
) -> Iterator[Check]:
    """Yield what concerns the machine, the database and the worker."""
    yield check_disk(disk)
    yield check_backup(program.read_state(conn), key_fingerprints, now)
    workers = logs.workers(conn)
    yield check_worker(workers, now)
    yield from check_clock_of(workers, now)
    yield check_queue(inbox.oldest_waiting_at(conn), now)


def check_disk(disk: Disk) -> Check:
    """Judge the room on the disk. Pure."""
    ok = disk.takes_deliveries and disk.free >= disk.total * LEAST_FREE_SHARE
    values = {"free": disk.free / 1e9, "total": disk.total / 1e9}
    if ok and disk.files is not None and disk.files < LEAST_FREE_FILES:
        return Check("disk", "disk_no_files", False, values={"files": disk.files})
    return Check("disk", "disk_ok" if ok else "disk_full", ok, values=values)


def check_backup(state: ProgramRow, key_fingerprints: Collection[str], now: datetime) -> Check:
    """Judge when the last backup was made, and whether the keys here open it. Pure."""
    at, needed = state.backed_up_at, state.key_fingerprint.split()
    if at is None:
        return Check("backup", "backup_missing", False, urgent=False)
    values: dict[str, object] = {"at": at, "keys": ", ".join(needed)}
    if not set(needed) <= set(key_fingerprints):
        return Check("backup", "backup_closed", False, values=values, urgent=False)
    ok = is_recent(at, OLD_BACKUP, now)
    return Check("backup", "backup_ok" if ok else "backup_old", ok, values=values, urgent=False)


def check_worker(workers: Iterable[WorkerRow], now: datetime) -> Check:
    """Judge whether a worker lives. Pure."""
    alive = [row for row in workers if is_recent(row.seen_at, SILENT_AFTER, now)]
    state = "worker_ok" if alive else "worker_silent"
    return Check("worker", state, bool(alive), values={"count": len(alive)})


def check_clock_of(workers: Iterable[WorkerRow], now: datetime) -> Iterator[Check]:
    """Judge the clock of the living worker whose is most off, where any of them knows. Pure."""
    offsets = [
        row.clock_offset
        for row in workers
        if row.clock_offset is not None and is_recent(row.seen_at, SILENT_AFTER, now)
    ]
    if offsets:
        yield check_clock(max(offsets, key=abs))


def check_clock(offset: int) -> Check:
    """Judge by how many seconds this machine's clock is ahead of the other systems'. Pure."""
    ok = abs(offset) < WRONG_CLOCK.total_seconds()
    return Check(
        "clock", "clock_ok" if ok else "clock_wrong", ok, values={"offset": f"{offset:+d}"}
    )


def check_queue(oldest: datetime | None, now: datetime, place: str = "") -> Check:
    """Judge how long the oldest delivery waits. Pure."""
    age = max(now - oldest, timedelta()) if oldest else timedelta()
    ok = age <= OLD_WORK
    state = "queue_old" if not ok else "queue_ok" if oldest else "queue_empty"
    return Check("queue", state, ok, place, {"seconds": seconds_of(age)})


def check_portal(portal: PortalRecord, rows: HealthRows, now: datetime) -> Iterator[Check]:
    """Yield what is known of a portal and of its connections. Pure."""
    domain = portal_domain(portal)
    yield check_grant(portal, rows.grants.get(portal.id), domain, now)
    if portal.state == "active":
        yield check_tasks(rows.tasks_read_at.get(portal.id), portal.created_at, domain, now)
    allowance = rows.allowances.get(portal.id)
    if allowance is not None:
        yield check_budget(allowance, domain, now)
    records = rows.connections.get(portal.id, ())
    if portal.state == "active":
        yield from check_looks(rows.failed_looks.get(portal.id, ()), records, domain, now)
    if not records:
        yield Check("connection", "connection_none", False, domain, urgent=False)
    for record in records:
        token, hooks = rows.tokens.get(record.id), rows.hooks.get(record.id, ())
        yield from check_connection(record, token, hooks, f"{domain} {record.name}", now)


def check_grant(
    portal: PortalRecord, row: PortalAccess | None, domain: str, now: datetime
) -> Check:
    """Judge whether the portal is open to us. Pure."""
    values: dict[str, object]
    if portal.state != "active":
        values = {"state": portal.state, "reason": portal.state_reason}
        state = f"portal_{portal.state}"
        return Check("portal", state, portal.state == "installing", domain, values)
    if row is None:
        return Check("portal", "portal_ok", True, domain)
    values = {"text": row.text, "seconds": seconds_of(now - row.since)}
    if row.state == NO_ADMIN:
        return Check("portal", "portal_no_admin", False, domain, values, since=row.since)
    if row.code == UNREADABLE:
        return Check("portal", "portal_unreadable", False, domain, since=row.since)
    late = now - row.since >= SHORT_SILENCE
    if row.state in (UNREACHABLE, REFUSED) and late:
        return Check("portal", "portal_unreachable", False, domain, values, since=row.since)
    if not is_recent(row.checked_at, SHORT_SILENCE, now):
        values = {"seconds": seconds_of(now - row.checked_at)}
        return Check("portal", "portal_stale", False, domain, values, since=row.checked_at)
    return Check("portal", "portal_ok", True, domain, values)


def check_tasks(
    read_at: datetime | None, installed_at: datetime, domain: str, now: datetime
) -> Check:
    """Judge when the portal's changed tasks were last read. Pure."""
    last = read_at or installed_at
    ok = is_recent(last, STALE_AFTER, now)
    values = {"seconds": seconds_of(now - last)}
    return Check("tasks", "tasks_ok" if ok else "tasks_stale", ok, domain, values)


def check_looks(
    looks: Iterable[FailedLook], records: Iterable[ConnectionRecord], domain: str, now: datetime
) -> Iterator[Check]:
    """Yield the looks of the worker that fail; not those that nobody tries any more. Pure."""
    places = {0: domain, **{record.id: f"{domain} {record.name}" for record in records}}
    for look in looks:
        if look.connection_id in places and is_recent(look.at, LOOKED_AGAIN, now):
            values = {
                "look": look.part,
                "text": look.text,
                "seconds": seconds_of(now - look.since),
            }
            place = places[look.connection_id]
            yield Check("look", "look_failed", False, place, values, since=look.since)


def check_budget(row: AllowanceRow, domain: str, now: datetime) -> Check:
    """Judge how much of the portal's request allowance is used. Pure."""
    busy = busy_methods(row, now)
    names = ", ".join(f"{method} ({seconds:.0f} s)" for method, seconds in sorted(busy.items()))
    values = {"level": f"{row.level:.0f}", "burst": BURST, "methods": names}
    state = "budget_used" if busy else "budget_ok"
    return Check("budget", state, not busy, domain, values, urgent=False)


def busy_methods(row: AllowanceRow, now: datetime) -> Mapping[str, float]:
    """Return the methods for which the portal's time is used up, with their seconds. Pure."""
    return {
        method: seconds
        for method, seconds in used_seconds(row, now).items()
        if seconds >= OPERATING_LIMIT
    }


def used_seconds(row: AllowanceRow, now: datetime) -> Mapping[str, float]:
    """Return the seconds of the portal's time that each method uses at present. Pure."""
    return {
        method: used[0]
        for method, used in sorted(row.operating.items())
        if isinstance(used, Sequence) and used[1] > now.timestamp()
    }
