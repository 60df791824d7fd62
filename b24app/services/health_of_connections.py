"""How a connection is: its token, its instance, its sweeps, its webhooks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from b24app.services.health_check import SHORT_SILENCE, STALE_AFTER, Check, seconds_of
from sync.core.clock import is_recent
from sync.core.notifications.access import WARNING_DAYS, days_before_end
from sync.errors import UNREADABLE
from sync.store.access import LOST, MISSING, REFUSED, UNREACHABLE, ConnectionAccess
from sync.store.hook_logs import (
    NO_HOOK,
    NO_LOG,
    SWITCHED_OFF,
    TOO_LONG,
    HookLogRow,
    describe_target,
)
from sync.store.rows import ConnectionRecord

_REFUSALS = {LOST: "rotation_lost", UNREADABLE: "token_unreadable"}
URGENT_DAYS = 7  # before the end of a token
_HOOK_STATES = {
    NO_HOOK: "hook_missing",
    SWITCHED_OFF: "hook_disabled",
    NO_LOG: "hook_unlogged",
    TOO_LONG: "hook_long",
}
_HARMLESS = frozenset({"hook_unlogged"})


def check_connection(
    record: ConnectionRecord,
    row: ConnectionAccess | None,
    hooks: Iterable[HookLogRow],
    place: str,
    now: datetime,
) -> Iterator[Check]:
    """Yield what is known of a connection; of its hooks one check for each project and group."""
    if record.state != "active":
        values: dict[str, object] = {"state": record.state, "reason": record.state_reason}
        yield Check("connection", "connection_paused", False, place, values)
    yield check_token(record, row, place, now)
    if row is not None and row.state == UNREACHABLE:
        late = now - row.since >= SHORT_SILENCE
        values = {"text": row.text, "seconds": seconds_of(now - row.since)}
        state = "host_unreachable" if late else "host_answers"
        yield Check("host", state, not late, place, values, since=row.since)
    if record.kind == "gitlab" and record.state == "active":
        yield check_sweep(record, place, now)
        for hook in hooks:
            yield check_hook(hook, place, now)


def check_token(
    record: ConnectionRecord, row: ConnectionAccess | None, place: str, now: datetime
) -> Check:
    """Judge what the instance last said of the token."""
    if row is None:
        young = is_recent(record.created_at, SHORT_SILENCE, now)
        return Check("token", "token_unknown", young, place, urgent=False)
    if row.state == MISSING:
        return Check("token", "token_missing", False, place)
    values: dict[str, object]
    if row.state == REFUSED:
        state = _REFUSALS.get(row.code, "token_refused")
        values = {"text": row.text, "cause": row.cause}
        return Check("token", state, False, place, values, since=row.since)
    if not is_recent(row.checked_at, SHORT_SILENCE, now):
        values = {"seconds": seconds_of(now - row.checked_at)}
        return Check("token", "token_stale", False, place, values, since=row.checked_at)
    days = days_before_end(row.expires_at, now)
    ends = row.expires_at.date() if row.expires_at else None
    values = {"days": days or 0, "date": ends, "why": row.rotation}
    if days is not None and days <= max(WARNING_DAYS):
        state = "rotation_failed" if row.rotation else "token_ends"
        return Check("token", state, False, place, values, urgent=days <= URGENT_DAYS)
    return Check("token", "token_ok" if ends else "token_endless", True, place, values)


def check_sweep(record: ConnectionRecord, place: str, now: datetime) -> Check:
    """Judge when the merge requests were last read whole."""
    last = record.swept_at or record.created_at
    values = {"seconds": seconds_of(now - last)}
    stale = not is_recent(last, STALE_AFTER, now)
    return Check("sweep", "sweep_stale" if stale else "sweep_ok", not stale, place, values)


def check_hook(row: HookLogRow, place: str, now: datetime) -> Check:
    """Judge what the instance's log says of a webhook."""
    values = {
        "target": describe_target(row.target),
        "good": row.good_at or "–",
        "bad": row.refused_at or "–",
        "why": row.refused,
        "problem": row.problem,
        "seconds": seconds_of(now - row.read_at),
    }
    if row.problem:
        state = _HOOK_STATES.get(row.problem, "hook_problem")
        return Check("hook", state, state in _HARMLESS, place, values)
    if row.refused_at is not None and (row.good_at is None or row.refused_at > row.good_at):
        return Check("hook", "hook_refused", False, place, values, since=row.refused_at)
    if not is_recent(row.read_at, STALE_AFTER + timedelta(minutes=10), now):
        return Check("hook", "hook_unread", False, place, values, urgent=False)
    state = "hook_again" if row.refused_at else "hook_ok" if row.good_at else "hook_silent"
    return Check("hook", state, True, place, values)
