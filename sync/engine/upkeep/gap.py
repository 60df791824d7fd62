"""Make up for deliveries that failed while we were away, from the code host's own log of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import structlog

from sync.core.clock import TOLERANCE
from sync.engine.deps import Deps
from sync.engine.lanes import CALL_LEASE_TTL, hold
from sync.engine.upkeep.gap_history import read_missed
from sync.errors import Denied, Later, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.hook_log import HookLog, LoggedDelivery, find_own_hook, read_hook_log
from sync.gitlab.api.hooks import HookTarget, is_disabled
from sync.gitlab.json_fields import positive_int
from sync.gitlab.webhooks.verify import SENT_AT, dedupe_key, event_name
from sync.store import connections, hook_logs, inbox
from sync.store.db.database import select_only, write
from sync.store.hook_logs import NO_HOOK, NO_LOG, SWITCHED_OFF, TOO_LONG, HookLogRow
from sync.store.rows import ConnectionRecord, Delivery

log = structlog.get_logger()

SAME_GAP = timedelta(hours=1)  # failures that are seen within it belong to one gap
LOG_IS_KEPT = timedelta(days=6)  # GitLab keeps a week, by its own clock
READ_AGAIN = timedelta(days=1)  # of what was read last by a clock that was put back since
_STORED_HEADERS = frozenset(
    {"content-type", "user-agent", "x-gitlab-event", "x-gitlab-event-uuid", "x-gitlab-instance"}
)
_KINDS: tuple[tuple[Literal["project", "group"], str], ...] = (
    ("project", "projects"),
    ("group", "groups"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """The deliveries of a log that never arrived, and how many of all read ones failed."""

    failed: int
    missing: tuple[LoggedDelivery, ...]


def find_gap(entries: Sequence[LoggedDelivery]) -> Gap:
    """Return what failed and was not delivered by a resend, each delivery once. Pure."""
    arrived = {entry.key for entry in entries if entry.arrived and entry.key}
    missing: dict[str, LoggedDelivery] = {}
    for entry in entries:
        if not entry.arrived and entry.key not in arrived:
            missing.setdefault(entry.key or f"entry {entry.id}", entry)
    return Gap(len(missing), tuple(missing.values()))


def make_up_for_gaps(deps: Deps, connection: ConnectionRecord) -> int:
    """Read the log of each of the connection's webhooks; return how many deliveries were missing.

    They go into the inbox, as they would have come: what had arrived after all is known by its key.
    """
    targets = tuple(_targets(connection))
    if not targets:
        return 0
    with hold(deps, f"gap:{connection.id}", ttl=CALL_LEASE_TTL) as lane:
        if lane is None:
            return 0
        with select_only(deps.database) as conn:
            secrets = connections.secrets(conn, deps.vault, connection.id)
            rows = hook_logs.of_connection(conn, connection.id)
        if secrets is None:
            return 0
        try:
            client = deps.code_host_for(connection)
        except Denied:
            return 0  # it has no token; the connection says so
        client.before_request = partial(lane.keep_for_call, deps.database)
        done, owing = 0, dict[str, tuple[HookLogRow, datetime]]()
        for target in targets:
            stored = rows.get(str(target)) or _first_row(connection, target)
            before = _without_future(stored, deps.clock.now())
            try:
                row, count = _read_target(
                    deps, connection, client, target, secrets.hook_key, before
                )
            except (Later, Denied) as error:
                log.warning("hook_log_not_read", connection_id=connection.id, error=str(error))
                return done  # of the whole instance, or of the token: the next time
            except Refused as refused:
                row, count = replace(before, problem=str(refused)), 0
            done += count
            if _needs_history(before, row, count):
                owing[str(target)] = row, before.read_at
            with write(deps.database) as conn:
                hook_logs.save(conn, row)
        return done + (_read_history(deps, connection, client, owing) if owing else 0)


def _needs_history(before: HookLogRow, row: HookLogRow, failed: int) -> bool:
    """Whether the log cannot be all. Pure.

    Neither where something is wrong, or was at the last look; nor where deliveries failed, for then
    GitLab may have switched the webhook off for a while, and tried nothing; nor where the last look
    is longer ago than the log goes back; nor where that was so and is still to be made up for.
    """
    return bool(
        row.problem
        or before.problem
        or failed
        or row.read_at - before.read_at > LOG_IS_KEPT
        or is_owed(before)
    )


def is_owed(row: HookLogRow) -> bool:
    """Whether what no log told of the last gap is still to be read. Pure."""
    return row.gap_at is not None and row.read_at < row.gap_at


def _without_future(row: HookLogRow, now: datetime) -> HookLogRow:
    """Return the row as if a clock that was ahead had not dated it: the last day is owed. Pure."""
    future = now + TOLERANCE
    if row.read_at <= future and (row.gap_at is None or row.gap_at <= future):
        return row
    return replace(row, read_at=min(row.read_at, now - READ_AGAIN), gap_at=now)


def owes_history(deps: Deps, connection_id: int) -> bool:
    """Whether that is so for any webhook of the connection."""
    with select_only(deps.database) as conn:
        return any(map(is_owed, hook_logs.of_connection(conn, connection_id).values()))


def _first_row(connection: ConnectionRecord, target: HookTarget) -> HookLogRow:
    read_at = connection.swept_at or connection.created_at
    return HookLogRow(connection.id, str(target), read_at)


def _read_history(
    deps: Deps,
    connection: ConnectionRecord,
    client: GitLab,
    owing: Mapping[str, tuple[HookLogRow, datetime]],
) -> int:
    """Read what no log holds; return how much that was. What cannot be read now is read later.

    Deliveries that wait to be digested come first: they tell more, and are not to be told twice.
    """
    counts: Mapping[str, int] | None = None
    with select_only(deps.database) as conn:
        is_busy = inbox.pending_count(conn, connection.portal_id) > 0
    if not is_busy:
        try:
            last_good = min(at for _, at in owing.values())
            counts = read_missed(deps, connection, client, last_good)
        except (Later, Denied) as error:
            log.warning("missed_not_read", connection_id=connection.id, error=str(error))
    by_target = _count_by_target(counts or {}, list(owing))
    with write(deps.database) as conn:
        for target, (row, last_good) in owing.items():
            if counts is None:  # the next time from the same moment on
                hook_logs.save(conn, replace(row, read_at=last_good))
            elif count := by_target[target]:
                hook_logs.save(conn, _add_missed(row, 0, count, row.read_at))
    return sum(by_target.values())


def _count_by_target(counts: Mapping[str, int], targets: Sequence[str]) -> dict[str, int]:
    """Count what was read in projects by the project or group whose webhook should have told it."""
    by_target = dict.fromkeys(targets, 0)
    for path, count in counts.items():
        owners = (t for t in targets if f"{path}/".startswith(f"{t.partition(' ')[2]}/"))
        by_target[next(owners, targets[0])] += count
    return by_target


def _targets(connection: ConnectionRecord) -> Iterable[HookTarget]:
    for kind, option in _KINDS:
        for path in connection.options.get(option) or ():
            yield HookTarget(kind, path)


def _read_target(
    deps: Deps,
    connection: ConnectionRecord,
    client: GitLab,
    target: HookTarget,
    hook_key: str,
    before: HookLogRow,
) -> tuple[HookLogRow, int]:
    """Return the target's new row, and how many deliveries were missing. Raises SyncError."""
    now = deps.clock.now()
    hook = find_own_hook(client, target, hook_key)
    hook_id = positive_int((hook or {}).get("id"))
    if hook is None or hook_id is None:
        return replace(before, read_at=now, hook_id=0, problem=NO_HOOK), 0
    after_id = before.newest_id if before.hook_id == hook_id else 0
    hook_log = read_hook_log(client, target, hook_id, after_id)
    if hook_log is None:
        return replace(before, read_at=now, hook_id=hook_id, problem=NO_LOG), 0
    gap = find_gap(hook_log.deliveries)
    made_up = _store(deps, connection, hook_id, gap.missing, now)
    if gap.failed:
        log.warning(
            "deliveries_failed_while_away",
            connection_id=connection.id,
            target=str(target),
            failed=gap.failed,
            made_up=made_up,
        )
    row = _describe_log(before, hook_id, hook_log, gap, made_up, now)
    problem = "" if hook_log.is_whole or not after_id else TOO_LONG
    return replace(row, problem=SWITCHED_OFF if is_disabled(hook) else problem), gap.failed


def _store(
    deps: Deps,
    connection: ConnectionRecord,
    hook_id: int,
    missing: Sequence[LoggedDelivery],
    now: datetime,
) -> int:
    """Put the deliveries into the inbox, each once; return how many are there now."""
    deliveries = [
        _delivery(connection, hook_id, entry, entry.body, now)
        for entry in missing
        if entry.body is not None
    ]
    with write(deps.database) as conn:
        inbox.insert_many(conn, deliveries)
    return len(deliveries)


def _delivery(
    connection: ConnectionRecord, hook_id: int, entry: LoggedDelivery, body: bytes, now: datetime
) -> Delivery:
    """Build the delivery that would have come; before 17.4 the log's number is its key."""
    key = dedupe_key(entry.headers, body, now) if entry.key else f"log:{hook_id}:{entry.id}"
    return Delivery(
        portal_id=connection.portal_id,
        connection_id=connection.id,
        origin=f"gitlab:{connection.id}",
        dedupe_key=key,
        event=event_name(entry.headers),
        headers={
            name: value for name, value in entry.headers.items() if name.lower() in _STORED_HEADERS
        }
        | {SENT_AT: str(int(entry.sent_at.timestamp())) if entry.sent_at else ""},
        body=body,
        received_at=now,
    )


def _describe_log(
    before: HookLogRow, hook_id: int, hook_log: HookLog, gap: Gap, made_up: int, now: datetime
) -> HookLogRow:
    """Return the row after the log was read. Pure."""
    entries = hook_log.deliveries
    good = next((entry for entry in reversed(entries) if entry.arrived), None)
    refused = next((entry for entry in reversed(entries) if not entry.arrived), None)
    row = replace(
        before,
        read_at=now,
        hook_id=hook_id,
        newest_id=entries[-1].id if entries else before.newest_id,
        good_at=(good.sent_at or now) if good else before.good_at,
        refused_at=(refused.sent_at or now) if refused else before.refused_at,
        refused=refused.answer if refused else before.refused,
    )
    return _add_missed(row, gap.failed, made_up, now) if gap.failed else row


def _add_missed(row: HookLogRow, failed: int, made_up: int, now: datetime) -> HookLogRow:
    """Return the row with more that was missed in the same gap, or in a new one. Pure.

    What was read without a delivery was missed as well: GitLab did not even try, or no log says so.
    """
    goes_on = row.gap_at is not None and now - row.gap_at < SAME_GAP
    total = made_up + (row.made_up if goes_on else 0)
    return replace(
        row,
        gap_at=now,
        failed=max(total, failed + (row.failed if goes_on else 0)),
        made_up=total,
    )
