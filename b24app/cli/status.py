"""`status` and `replay`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.cli.banner import first_steps
from b24app.cli.context import prepare_database, print_lines, printable
from b24app.cli.language import current_language, say
from b24app.services import overview as services_overview
from b24app.services import replay
from b24app.services.failure_names import load_names
from b24app.services.health import read_checks, wrong
from b24app.services.health_check import Check
from b24app.services.link_status import link_lines
from b24app.texts_health import describe, subject_name
from sync.config import Config
from sync.core.clock import WallClock, is_recent
from sync.sentences import as_sentence, join_sentences, sentence
from sync.settings.apply import HISTORY_KEPT
from sync.store import bots, connections, hook_logs, inbox, logs, portals, subjects
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow, describe_target
from sync.store.rows import PortalRecord, PurgeRow, WorkerRow

_HEADINGS = ("MERGE REQUEST", "STATE", "PIPELINE", "TASKS", "TITLE")
_NAME_PARTS = 5  # see sync.engine.lanes.owner_name
SILENT_AFTER = timedelta(seconds=60)
WRONG_CLOCK = timedelta(minutes=5)
_HAVE_LINES = frozenset(
    {
        "worker_silent", "clock_wrong", "connection_none", "connection_paused",
        "portal_disconnected", "portal_paused",
    }
)  # fmt: skip


def run(config: Config, args: argparse.Namespace) -> int:
    """Print the state of portals, or replay failures."""
    return _status(config, args) if args.command == "status" else _replay(config, args)


def _status(config: Config, args: argparse.Namespace) -> int:
    now = WallClock().now()
    with read(prepare_database(config)) as conn:
        workers = logs.workers(conn)
        chosen = (
            [services_overview.find_portal(conn, args.portal)]
            if args.portal
            else portals.all_portals(conn)
        )
        print_lines(*_worker_lines(workers, now))
        if chosen:
            ids = [portal.id for portal in chosen]
            checks = read_checks(conn, config, now, ids)
            print_lines(*map(printable, wrong_lines(checks)))
        for portal in chosen:
            print_lines("", *map(printable, _status_lines(conn, portal, args.limit, now)))
        if not chosen:
            print_lines("", "No portal is installed yet.", *first_steps(config))
    return 0


def _worker_lines(workers: Sequence[WorkerRow], now: datetime) -> list[str]:
    lines: list[str] = [
        sentence(
            "worker   {name}  seen {age}",
            name=describe_worker(row.name),
            age=describe_age(now - row.seen_at),
        )
        for row in workers
    ]
    if not workers:
        return ["worker   none runs", "next     start it: the service, or `b24bridge serve`"]
    if not any(is_recent(row.seen_at, SILENT_AFTER, now) for row in workers):
        lines.append("next     no worker runs: start the service, or `b24bridge serve`")
    offset = max((row.clock_offset or 0 for row in workers), key=abs)
    if abs(offset) >= WRONG_CLOCK.total_seconds():
        lines.append(
            sentence(
                "clock    {offset} Bitrix24's and GitLab's: set this machine's time",
                offset=describe_offset(offset),
            )
        )
    return lines


def describe_worker(name: str) -> str:
    """Return `process 4711 on bridge` for the name that a worker gives itself."""
    parts = name.split(":")
    if len(parts) != _NAME_PARTS:
        return name
    return sentence("process {pid} on {host}", pid=parts[2], host=parts[0])


def wrong_lines(checks: Iterable[Check]) -> list[str]:
    """Return what is not as it should be, the urgent first, each with what to change.

    What other lines of the status say is left out.
    """
    lines = []
    for check in wrong(check for check in checks if check.state not in _HAVE_LINES):
        words = describe(check, current_language())
        place = f"{check.place}: " if check.place else ""
        word = say("wrong   " if check.urgent else "notice  ")
        subject = subject_name(check.subject, current_language())
        lines.append(f"{word} {subject}  {place}{words.what} → {words.change}")
    return lines


def describe_offset(seconds: int) -> str:
    """Return `3 h ahead of`, or `2 min behind`, for the seconds that our clock is ahead."""
    size, unit = next(
        (size, unit)
        for size, unit in ((86400, "d"), (3600, "h"), (60, "min"))
        if abs(seconds) >= size or unit == "min"
    )
    return sentence(
        "{amount} {unit} ahead of" if seconds > 0 else "{amount} {unit} behind",
        amount=abs(seconds) // size,
        unit=as_sentence(unit),
    )


def _status_lines(conn: Connection, portal: PortalRecord, limit: int, now: datetime) -> list[str]:
    overview = services_overview.build_overview(conn, portal)
    merge_requests = services_overview.latest_merge_requests(conn, portal.id, limit)
    lines: list[str] = [
        sentence(
            "portal   {portal}  {state}: {reason}"
            if overview.reason
            else "portal   {portal}  {state}",
            portal=overview.portal,
            state=as_sentence(overview.state),
            reason=as_sentence(overview.reason),
        )
    ]
    lines += [
        sentence(
            "waiting  {deliveries_waiting} deliveries, {subjects_waiting} tasks, "
            "{commands_waiting} commands",
            deliveries_waiting=overview.deliveries_waiting,
            subjects_waiting=overview.subjects_waiting,
            commands_waiting=overview.commands_waiting,
        )
    ]
    lines += _received_lines(conn, portal, overview, now)
    lines += [_describe_purge(item) for item in [logs.last_purge(conn, portal.id)] if item]
    if portal.bot_id:
        closed = len(bots.refused_places(conn, portal.id))
        lines.append(
            sentence(
                "bot      writes in chats and tasks; in {count} that do not let it in, the "
                "application itself does",
                count=closed,
            )
            if closed
            else "bot      writes in chats and tasks"
        )
    if portal.bot_problem:
        lines.append(
            sentence(
                "bot      none, so the application writes itself: {problem}",
                problem=as_sentence(portal.bot_problem),
            )
        )
    if overview.alerts:
        lines += [sentence("alerts   {alerts} open: `b24bridge alerts`", alerts=overview.alerts)]
    lines += [_describe_connection(item) for item in overview.connections]
    lines += gap_lines(hook_logs.of_portal(conn, portal.id))
    lines += [
        sentence(
            "missed   {failed} changes of tasks of which Bitrix24 sent no event, {made_up} made up "
            "for: {gap_at} UTC",
            failed=gap.tasks,
            made_up=gap.tasks,
            gap_at=f"{gap.at:%Y-%m-%d %H:%M}",
        )
        for gap in hook_logs.task_gaps(conn, [portal.id]).values()
    ]
    lines += [
        sentence(
            "dropped  {count} deliveries of {project}, which is not connected: remove its webhook",
            count=count,
            project=project,
        )
        for project, count in inbox.outside_counts(conn, portal.id).items()
    ]
    lines += [
        sentence(
            "removed  {name}  {base_url}  its history is kept until {removed_at}",
            name=record.name,
            base_url=record.base_url,
            removed_at=f"{record.removed_at + HISTORY_KEPT:%Y-%m-%d}",
        )
        for record in connections.removed(conn, portal.id)
        if record.removed_at
    ]
    lines += _table([_merge_request_cells(row) for row in merge_requests])
    for row in merge_requests:
        lines += [
            sentence(
                "unknown  {reference}: task {id} does not exist or is not visible",
                reference=row.reference,
                id=task.id,
            )
            for task in row.tasks
            if task.unknown
        ]
    lines += link_lines(conn, portal.id, limit)
    failures = services_overview.list_failures(conn, portal.id)
    names = load_names(conn, portal, failures)
    for failure in failures:
        lines.append(
            sentence(
                "failed   {kind}:{id}  {what}: {text}",
                kind=failure.kind,
                id=failure.id,
                what=names.describe(failure, current_language()),
                text=as_sentence(failure.text),
            )
        )
    return lines + _next_lines(overview, failures)


def gap_lines(rows: Sequence[HookLogRow]) -> list[str]:
    """Return what failed while we were away and what was made up for, and what nobody can tell."""
    lines: list[str] = [
        sentence(
            "missed   {failed} deliveries failed while we were away, {made_up} made up for: "
            "{target}, {gap_at} UTC",
            failed=row.failed,
            made_up=row.made_up,
            target=describe_target(row.target),
            gap_at=f"{row.gap_at:%Y-%m-%d %H:%M}",
        )
        for row in rows
        if row.gap_at and row.failed
    ]
    return (
        lines
        + [
            sentence(
                "missed   {target}: {problem}",
                target=describe_target(row.target),
                problem=as_sentence(row.problem),
            )
            for row in rows
            if row.problem
        ]
        + [
            sentence(
                "missed   {target}: not made up for is what GitLab did not try to send and lists "
                "nowhere: wiki pages, feature flags, emoji, members, tokens, vulnerabilities, jobs",
                target=describe_target(row.target),
            )
            for row in rows
            if hook_logs.leaves_out_some(row)
        ]
    )


def _received_lines(
    conn: Connection, portal: PortalRecord, overview: services_overview.Overview, now: datetime
) -> list[str]:
    """Return when GitLab and Bitrix24 were heard of last, and what to do where they never were."""
    lines: list[str] = []
    for origin, system in (("gitlab", "GitLab"), ("bitrix24", "Bitrix24")):
        last = inbox.last_received(conn, portal.id, origin)
        if last is not None:
            event, at = last
            lines.append(
                sentence(
                    "received {system}: {event} at {at} UTC, {age}",
                    system=as_sentence(system),
                    event=event,
                    at=f"{at:%Y-%m-%d %H:%M}",
                    age=describe_age(now - at),
                )
            )
        elif origin == "gitlab" and (names := _gitlab_names(overview)):
            name = names[0]
            lines.append(
                sentence(
                    "received {system}: nothing yet; `b24bridge gitlab test {name}` says why",
                    system=as_sentence(system),
                    name=name,
                )
            )
        elif origin == "bitrix24":
            lines.append(sentence("received {system}: nothing yet", system=as_sentence(system)))
    return lines


def _gitlab_names(overview: services_overview.Overview) -> list[str]:
    return [row["name"] for row in overview.connections if row["kind"] == "gitlab"]


def _next_lines(
    overview: services_overview.Overview, failures: Sequence[services_overview.Failure]
) -> list[str]:
    """Return what an administrator should do now."""
    lines: list[str] = []
    if overview.state == "disconnected":
        lines.append("next     open the application in Bitrix24 as an administrator")
    if not overview.connections:
        lines.append("next     connect GitLab: `b24bridge settings export` shows an example")
    for row in overview.connections:
        if row["state"] == "paused":
            lines.append(
                sentence(
                    "next     `b24bridge {kind} test {name}` says what to change",
                    kind=row["kind"],
                    name=row["name"],
                )
            )
    if failures:
        lines.append(
            "next     change what is said above, then `b24bridge replay NAME`; without a name all"
        )
    return lines


def describe_age(age: timedelta) -> str:
    """Return `5 min ago`; what is ahead of this machine's clock was `just now`."""
    seconds = int(age.total_seconds())
    if seconds < 1:
        return "just now"
    for size, unit, most in ((1, "s", 60), (60, "min", 60), (3600, "h", 48)):
        if seconds < size * most:
            return sentence("{seconds} {unit} ago", seconds=seconds // size, unit=as_sentence(unit))
    return sentence("{seconds} d ago", seconds=seconds // 86400)


def _describe_purge(last: PurgeRow) -> str:
    counts = join_sentences(
        ", ",
        [
            sentence("{amount} {label}", label=as_sentence(label), amount=count)
            for label, count in last.rows.items()
        ],
    ) or as_sentence("nothing")
    return sentence(
        "purged   {at} UTC in {seconds} s: {counts}",
        at=f"{last.at:%Y-%m-%d %H:%M}",
        seconds=f"{last.milliseconds / 1000:.1f}",
        counts=counts,
    )


def _describe_connection(connection: dict[str, str]) -> str:
    reason = connection["state_reason"]
    return sentence(
        "{kind} {name}  {url}  {state}: {reason}" if reason else "{kind} {name}  {url}  {state}",
        kind=f"{connection['kind']:<8}",
        name=connection["name"],
        url=connection["base_url"],
        state=as_sentence(connection["state"]),
        reason=as_sentence(reason),
    )


def _merge_request_cells(row: services_overview.MergeRequestSummary) -> tuple[str, ...]:
    states = ["draft" if row.draft and row.state == "opened" else row.state]
    if row.approved and row.state == "opened":
        states.append("approved")
    state = ", ".join(say(as_sentence(word)) for word in states)
    task_names = ", ".join(f"{task.id} ({say(as_sentence(task.kind))})" for task in row.tasks)
    task_names = task_names or say("no task")
    return (
        row.reference,
        state,
        say(as_sentence(row.pipeline)) if row.pipeline else "-",
        task_names,
        row.title,
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["merge requests: none yet"]
    rows = [tuple(map(say, _HEADINGS)), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]


def _replay(config: Config, args: argparse.Namespace) -> int:
    now = WallClock().now()
    with write(prepare_database(config)) as conn:
        portal = services_overview.find_portal(conn, args.portal)
        done = _chosen_failures(conn, portal, args)
        missing = [name for name in done if not replay.replay(conn, portal.id, [name], now)]
        count = len(done) - len(missing)
        if args.everything:
            count += subjects.replay(conn, portal.id, now)
        subjects.mark_dirty_many(
            conn, portal.id, [("task", str(task), "replayed") for task in args.task], now
        )
    print_lines(sentence("{count} will be looked at again.", count=count + len(args.task)))
    if args.what and missing:
        names = ", ".join(f"{kind}:{key}" if key else kind for kind, key in missing)
        raise LookupError(
            sentence(
                "Nothing of that name failed, or the task has moved on since: {names}. "
                "`b24bridge status` names what failed",
                names=names,
            )
        )
    return 0


def _chosen_failures(
    conn: Connection, portal: PortalRecord, args: argparse.Namespace
) -> list[tuple[str, str]]:
    if args.what:
        return [(kind, key) for kind, _, key in (name.partition(":") for name in args.what)]
    if args.task or args.everything:
        return []
    return [
        (failure.kind, failure.id) for failure in services_overview.list_failures(conn, portal.id)
    ]
