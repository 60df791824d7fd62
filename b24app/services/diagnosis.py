"""What is right and what is wrong with this installation, each with what to change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.cli.banner import unready_texts
from b24app.cli.context import database_file, describe_database
from b24app.clients import Clients
from b24app.services.connection_checks import check_targets
from b24app.services.gitlab_connections import check_connection
from b24app.services.public_address import check_public_address
from sync.bitrix24.install.steps import EVENTS, PLACEMENT, run_steps
from sync.bitrix24.rest.batch import as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.limits import BURST, OPERATING_LIMIT
from sync.errors import SyncError
from sync.settings.apply import portal_domain
from sync.store import connections, hook_logs, inbox, logs, portals, program
from sync.store.db.database import read
from sync.store.hook_logs import HookLogRow
from sync.store.revisions import newest_revision
from sync.store.rows import AllowanceRow, ConnectionRecord, PortalRecord
from sync.store.sealed import fingerprint, opens

SILENT_AFTER = timedelta(seconds=60)
WRONG_CLOCK = timedelta(minutes=5)
OLD_WORK = timedelta(minutes=10)
OLD_BACKUP = timedelta(days=7)
LEAST_FREE_BYTES = 500_000_000
LEAST_FREE_SHARE = 0.05
_READING_STEPS = ("rights", "secret", "address", "scopes")  # of an installation, without writes


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: of what, whether it is right, what was found, and what to change where it is not.

    `subject` is one word; `place` the portal or connection, "" for the whole installation.
    """

    subject: str
    ok: bool
    text: str
    change: str = ""
    place: str = ""


def examine(clients: Clients) -> Iterator[Finding]:
    """Yield every finding: of this machine, then of each portal and its connections."""
    now = clients.clock.now()
    with read(clients.engine) as conn:
        findings = [
            *examine_configuration(clients),
            *examine_database(clients, conn),
            *examine_work(conn, now),
        ]
        records = [portal for portal in portals.all_portals(conn) if portal.state != "removed"]
    yield from findings
    if not records:
        yield Finding("portal", False, "no portal is installed", "open the application in Bitrix24")
    for portal in records:
        yield from examine_portal(clients, portal)


def examine_configuration(clients: Clients) -> Iterator[Finding]:
    """Yield what is not set, and whether there is room on the disk."""
    texts = unready_texts(clients.config)
    for text in texts:
        yield Finding("settings", False, text, "set it in the environment file")
    if not texts:
        yield Finding("settings", True, "the environment has what is needed")
    yield examine_disk(*shutil.disk_usage(_existing_folder(clients)))


def _existing_folder(clients: Clients) -> str:
    folder = clients.config.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    return str(folder)


def examine_disk(total: int, used: int, free: int) -> Finding:
    """Judge the room on the disk of the data folder, in bytes. Pure."""
    text = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB free"
    ok = free >= LEAST_FREE_BYTES and free >= total * LEAST_FREE_SHARE
    return Finding("disk", ok, text, "" if ok else "make room: a full disk stops every delivery")


def examine_database(clients: Clients, conn: Connection) -> Iterator[Finding]:
    """Yield what the database is, whether the keys open it, and when it was last backed up."""
    name = describe_database(clients.config)
    file = database_file(clients.config)
    size = f", {file.stat().st_size / 1e6:.1f} MB" if file and file.is_file() else ""
    yield Finding("database", True, f"{name}, revision {newest_revision()}{size}")
    keys = clients.config.current_keys()
    right = opens(conn, keys)
    yield Finding(
        "key",
        right,
        f"the key {fingerprint(keys)} opens the database's secrets"
        if right
        else "the keys here do not open the database's secrets",
        "" if right else "put the right key into B24BRIDGE_SECRET_KEY or the key file",
    )
    yield examine_backup(program.read_state(conn).backed_up_at, clients.clock.now())


def examine_backup(at: datetime | None, now: datetime) -> Finding:
    """Judge when the last backup was made. Pure."""
    if at is None:
        return Finding(
            "backup", False, "none was ever made", "run `b24bridge backup FILE` each night"
        )
    ok = now - at <= OLD_BACKUP
    change = "" if ok else "run `b24bridge backup FILE` each night"
    return Finding("backup", ok, f"last made {at:%Y-%m-%d %H:%M} UTC", change)


def examine_work(conn: Connection, now: datetime) -> Iterator[Finding]:
    """Yield whether a worker lives, whether its clock is right, and what waits longest."""
    workers = logs.workers(conn)
    alive = [row for row in workers if now - row.seen_at <= SILENT_AFTER]
    yield Finding(
        "worker",
        bool(alive),
        f"{len(alive)} at work" if alive else "none was seen in the last minute",
        "" if alive else "start the service, or `b24bridge serve`",
    )
    offsets = [row.clock_offset for row in workers if row.clock_offset is not None]
    if offsets:
        offset = max(offsets, key=abs)
        ok = abs(offset) < WRONG_CLOCK.total_seconds()
        text = f"{offset:+d} s beside Bitrix24's and GitLab's"
        yield Finding("clock", ok, text, "" if ok else "set this machine's time")
    waiting = inbox.oldest_waiting_at(conn)
    age = max(now - waiting, timedelta()) if waiting else timedelta()
    ok = age <= OLD_WORK
    yield Finding(
        "queue",
        ok,
        f"the oldest delivery waits for {int(age.total_seconds())} s" if waiting else "empty",
        "" if ok else "look at the worker's log; `b24bridge status` names what failed",
    )


def examine_portal(clients: Clients, portal: PortalRecord) -> Iterator[Finding]:
    """Yield what is right and wrong with a portal and with each of its connections."""
    domain = portal_domain(portal)
    active = portal.state == "active"
    text = portal.state + (f": {portal.state_reason}" if portal.state_reason else "")
    change = "" if active else "open the application in Bitrix24 as an administrator"
    yield Finding("portal", active, text, change, domain)
    yield from _examine_grant(clients, portal, domain)
    with read(clients.engine) as conn:
        allowance = logs.read_allowance(conn, portal.id)
        records = connections.by_portal(conn, portal.id)
        rows = hook_logs.of_portal(conn, portal.id)
    if allowance is not None:
        yield examine_budget(allowance, clients.clock.now(), domain)
    if not records:
        yield Finding(
            "gitlab", False, "no connection", "`b24bridge settings export` shows one", domain
        )
    for record in records:
        yield from _examine_connection(clients, record, f"{domain} {record.name}")
        for row in rows:
            if row.connection_id == record.id:
                yield examine_hook_log(row, f"{domain} {record.name}")


def _examine_grant(clients: Clients, portal: PortalRecord, domain: str) -> Iterator[Finding]:
    try:
        client = clients.portal(portal.id)
    except SyncError as error:
        yield Finding("rights", False, error.message, error.change, domain)
        return
    for step in run_steps(
        client,
        clients.config.public_url,
        "en",
        _READING_STEPS,
        lambda: check_public_address(clients),
    ):
        yield Finding(step.name, step.ok, step.text, step.change, domain)
    yield from _examine_bindings(client, clients.config.public_url, domain)


def _examine_bindings(client: Portal, public_url: str, domain: str) -> Iterator[Finding]:
    """Yield whether the portal calls us: our events and the tab, at our address."""
    repair = "open the application in Bitrix24 as an administrator: it binds what is missing"
    wanted: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
        ("events", "event.get", "event", f"{public_url}/b24/events", EVENTS),
        ("placements", "placement.get", "placement", f"{public_url}/b24/task", (PLACEMENT,)),
    )
    for subject, method, column, handler, names in wanted:
        try:
            result = client.call(method, {}, write=False).get("result")
        except SyncError as error:
            yield Finding(subject, False, error.message, error.change, domain)
            continue
        rows = [as_mapping(row) for row in result] if isinstance(result, list) else []
        bound = {str(row.get(column)).upper() for row in rows if row.get("handler") == handler}
        missing = [name for name in names if name not in bound]
        text = f"not bound: {', '.join(missing)}" if missing else f"all {len(names)} are bound"
        yield Finding(subject, not missing, text, repair if missing else "", domain)


def examine_budget(row: AllowanceRow, now: datetime, place: str) -> Finding:
    """Judge how much of the portal's request allowance is used. Pure."""
    busy = {
        method: used[0]
        for method, used in row.operating.items()
        if used[0] >= OPERATING_LIMIT and used[1] > now.timestamp()
    }
    text = f"{row.level:.0f} of {BURST} requests in the bucket"
    if not busy:
        return Finding("budget", True, text, "", place)
    methods = ", ".join(f"{method} ({seconds:.0f} s)" for method, seconds in sorted(busy.items()))
    return Finding(
        "budget",
        False,
        f"{text}; the portal's time is used up for {methods}",
        "nothing: it goes on within ten minutes. If it comes back, somebody else uses it too",
        place,
    )


def _examine_connection(
    clients: Clients, record: ConnectionRecord, place: str
) -> Iterator[Finding]:
    if record.state != "active":
        text = f"{record.state}: {record.state_reason}"
        yield Finding("gitlab", False, text, f"`b24bridge gitlab test {record.name}`", place)
    tested = check_connection(clients, record)
    if tested.account:
        yield Finding("token", tested.ok, tested.account, " ".join(tested.problems), place)
    else:
        what, *change = tested.problems or ("the token was not accepted",)
        yield Finding("token", False, what, " ".join(change), place)
        return
    try:
        for check in check_targets(clients, record):
            yield Finding("hook", check.ok, f"{check.target}: {check.text}", check.change, place)
    except SyncError as error:
        yield Finding("hook", False, error.message, error.change, place)


def examine_hook_log(row: HookLogRow, place: str) -> Finding:
    """Judge when a webhook last delivered something, and when it was last refused. Pure."""
    good = f"{row.good_at:%Y-%m-%d %H:%M} UTC" if row.good_at else "never seen"
    text = f"{row.target}: last good delivery {good}"
    if row.refused_at:
        text += f", last refused {row.refused_at:%Y-%m-%d %H:%M} UTC ({row.refused})"
    if row.problem:
        return Finding("deliveries", False, f"{text}; {row.problem}", "", place)
    worse = row.refused_at is not None and (row.good_at is None or row.refused_at > row.good_at)
    change = "see that GitLab reaches the public address, and what the answer says"
    return Finding("deliveries", not worse, text, change if worse else "", place)
