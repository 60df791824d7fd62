"""Store what the code hosts' logs say of our webhooks, and until when changed tasks were read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from sync.sentences import as_sentence, sentence
from sync.store.db.upsert import upsert
from sync.store.tables import connection, hook_log, task_reading

# Why a log could not be read whole, or is not all: `HookLogRow.problem`.
NO_HOOK = "our webhook is not there: `b24bridge gitlab hooks` makes it"
NO_LOG = "this GitLab keeps no list of deliveries (17.3 and later do)"
TOO_LONG = "the log is longer than can be read: only the newest deliveries were made up for"
SWITCHED_OFF = "GitLab has switched the webhook off: `b24bridge gitlab hooks` repairs it"
FAILURES_UNTIL_OFF = 4  # in a row; then GitLab tries nothing for a while, and no log says what


@dataclass(frozen=True, slots=True)
class HookLogRow:
    """What is known of the webhook in one project or group (`target`).

    `failed` and `made_up` count the last gap, which was seen at `gap_at`. `problem`: why the log
    could not be read whole; "" normally.
    """

    connection_id: int
    target: str
    read_at: datetime
    hook_id: int = 0
    newest_id: int = 0
    gap_at: datetime | None = None
    failed: int = 0
    made_up: int = 0
    good_at: datetime | None = None
    refused_at: datetime | None = None
    refused: str = ""
    problem: str = ""


def leaves_out_some(row: HookLogRow) -> bool:
    """Tell whether there may have been what neither the log nor any list of GitLab's has. Pure."""
    was_off = row.gap_at is not None and row.failed >= FAILURES_UNTIL_OFF
    is_gone = row.problem == NO_HOOK and row.good_at is not None
    return was_off or is_gone or row.problem in (NO_LOG, SWITCHED_OFF, TOO_LONG)


@dataclass(frozen=True, slots=True)
class TaskGap:
    """How many tasks had changed without an event, when that was last found and made up for."""

    at: datetime
    tasks: int


_FIELDS = tuple(HookLogRow.__dataclass_fields__)
_COLUMNS = [hook_log.c[name] for name in _FIELDS]
_KEYS = ("connection_id", "target")


def describe_target(target: str) -> str:
    """Return `project acme/shop` in the reader's words."""
    kind, separator, path = target.partition(" ")
    if not separator:
        return target
    return sentence("{kind} {id}", kind=as_sentence(kind), id=path)


def of_connection(conn: Connection, connection_id: int) -> dict[str, HookLogRow]:
    """Return the rows of a connection by target."""
    query = select(*_COLUMNS).where(hook_log.c.connection_id == connection_id)
    return {row.target: HookLogRow(*row) for row in conn.execute(query.order_by(hook_log.c.target))}


def of_portal(conn: Connection, portal_id: int) -> tuple[HookLogRow, ...]:
    """Return the rows of a portal's connections that were not removed."""
    return of_portals(conn, [portal_id])


def of_portals(conn: Connection, ids: Collection[int] | None = None) -> tuple[HookLogRow, ...]:
    """Return the rows of the connections in use, of these portals or of all."""
    query = (
        select(*_COLUMNS)
        .join(connection, connection.c.id == hook_log.c.connection_id)
        .where(connection.c.state != "removed")
        .order_by(hook_log.c.connection_id, hook_log.c.target)
    )
    if ids is not None:
        query = query.where(connection.c.portal_id.in_(ids))
    return tuple(HookLogRow(*row) for row in conn.execute(query))


def tasks_read(conn: Connection, ids: Collection[int] | None = None) -> dict[int, datetime]:
    """Return until when changed tasks were read, by portal: of these, or of all."""
    query = select(task_reading.c.portal_id, task_reading.c.read_at)
    if ids is not None:
        query = query.where(task_reading.c.portal_id.in_(ids))
    return {portal_id: read_at for portal_id, read_at in conn.execute(query)}


def save(conn: Connection, row: HookLogRow) -> None:
    """Store a row in the place of the one before."""
    update = tuple(name for name in _FIELDS if name not in _KEYS)
    upsert(conn, hook_log, [asdict(row)], keys=_KEYS, update=update)


def note_repaired(
    conn: Connection, connection_id: int, targets: Collection[str], now: datetime
) -> None:
    """Forget what was wrong with webhooks that were just made or repaired.

    What happened until now is owed: no log has it.
    """
    of = (hook_log.c.connection_id == connection_id, hook_log.c.target.in_(list(targets)))
    wrong = update(hook_log).where(*of, hook_log.c.problem.in_([NO_HOOK, SWITCHED_OFF]))
    conn.execute(wrong.values(problem="", gap_at=now))


def tasks_read_at(conn: Connection, portal_id: int) -> datetime | None:
    """Return until when a portal's changed tasks were read; None where they never were."""
    query = select(task_reading.c.read_at).where(task_reading.c.portal_id == portal_id)
    return conn.scalar(query)


def set_tasks_read(
    conn: Connection, portal_id: int, until: datetime, changed: int, gap: TaskGap | None = None
) -> None:
    """Remember until when a portal's changed tasks were read, and how many there were.

    `gap` takes the place of the last one.
    """
    row = {"portal_id": portal_id, "read_at": until, "changed": changed}
    if gap:
        row |= {"gap_at": gap.at, "missed": gap.tasks}
    update = tuple(name for name in row if name != "portal_id")
    upsert(conn, task_reading, [row], keys=("portal_id",), update=update)


def task_gaps(conn: Connection, ids: Collection[int]) -> dict[int, TaskGap]:
    """Return the last gap in these portals' events, by portal."""
    query = select(task_reading.c.portal_id, task_reading.c.gap_at, task_reading.c.missed)
    query = query.where(task_reading.c.portal_id.in_(ids), task_reading.c.gap_at.is_not(None))
    return {portal_id: TaskGap(at, count) for portal_id, at, count in conn.execute(query)}
