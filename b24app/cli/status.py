"""`status` and `replay`."""

from __future__ import annotations

import argparse

from sqlalchemy import Connection

from b24app.cli.context import prepare_database, print_lines, printable
from b24app.services import overview as services_overview
from b24app.services import replay
from sync.config import Config
from sync.core.clock import WallClock
from sync.core.smart_commits.messages import VERB_LABELS
from sync.settings.apply import HISTORY_KEPT
from sync.store import connections, inbox, logs, portals, subjects
from sync.store.db.database import read, write
from sync.store.rows import PortalRecord, PurgeRow


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
        for worker in workers:
            ago = (now - worker.seen_at).total_seconds()
            print_lines(f"worker   {worker.name}  seen {ago:.0f} s ago")
        if not workers:
            print_lines("worker   none has run yet")
        for portal in chosen:
            print_lines("", *map(printable, _status_lines(conn, portal, args.limit)))
        if not chosen:
            print_lines("", "No portal is installed yet.")
    return 0


def _status_lines(conn: Connection, portal: PortalRecord, limit: int) -> list[str]:
    overview = services_overview.build_overview(conn, portal, limit)
    lines = [
        f"portal   {overview.portal}  {overview.state}"
        + (f": {overview.reason}" if overview.reason else "")
    ]
    lines += [
        f"waiting  {overview.deliveries_waiting} deliveries, {overview.subjects_waiting} tasks, "
        f"{overview.commands_waiting} commands"
    ]
    lines += [_describe_purge(item) for item in [logs.last_purge(conn, portal.id)] if item]
    if overview.alerts:
        lines += [f"alerts   {overview.alerts} open: `b24bridge alerts`"]
    lines += [_describe_connection(item) for item in overview.connections]
    lines += [
        f"dropped  {count} deliveries of {project}, which is not connected: remove its webhook"
        for project, count in inbox.outside_counts(conn, portal.id).items()
    ]
    lines += [
        f"removed  {record.name}  {record.base_url}  its history is kept until "
        f"{record.removed_at + HISTORY_KEPT:%Y-%m-%d}"
        for record in connections.removed(conn, portal.id)
        if record.removed_at
    ]
    lines += _table([_merge_request_cells(row) for row in overview.merge_requests])
    for row in overview.merge_requests:
        lines += [
            f"unknown  {row.reference}: task {task.id} does not exist or is not visible"
            for task in row.tasks
            if task.unknown
        ]
    for failure in services_overview.list_failures(conn, portal.id):
        lines.append(
            f"failed   {failure.kind}:{failure.id}  {_describe_failure(failure)}: {failure.text}"
        )
    return lines


_ACTIONS = {
    "move_task": "status of {}",
    "set_stage": "kanban column of {}",
    "set_fields": "fields of {}",
    "card": "card in the discussion of {}",
    "message": "message in a discussion about {}",
    "log_time": "time of {}",
    "chat_message": "message in a chat about {}",
    "notify": "notification about {}",
    "create_task": "task for {}",
    "decide": "decision about {}",
    "read": "event {}",
    **{verb.value: f"{word} for {{}}" for verb, word in VERB_LABELS.items()},
}
_SUBJECTS = {"task": "task {}", "alerts": "alerts of {}"}


def _describe_failure(failure: services_overview.Failure) -> str:
    subject = _SUBJECTS.get(failure.of, "{}").format(failure.about)
    return _ACTIONS.get(failure.action, failure.action + " {}").format(subject)


def _describe_purge(last: PurgeRow) -> str:
    counts = ", ".join(f"{count} {label}" for label, count in last.rows.items()) or "nothing"
    return f"purged   {last.at:%Y-%m-%d %H:%M} UTC in {last.milliseconds / 1000:.1f} s: {counts}"


def _describe_connection(connection: dict[str, str]) -> str:
    reason = f": {connection['state_reason']}" if connection["state_reason"] else ""
    return f"gitlab   {connection['name']}  {connection['base_url']}  {connection['state']}{reason}"


def _merge_request_cells(row: services_overview.MergeRequestSummary) -> tuple[str, ...]:
    state = "draft" if row.draft and row.state == "opened" else row.state
    if row.approved and row.state == "opened":
        state += ", approved"
    task_names = ", ".join(f"{task.id} ({task.kind})" for task in row.tasks) or "no task"
    return row.reference, state, row.pipeline or "-", task_names, row.title


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["merge requests: none yet"]
    rows = [("MERGE REQUEST", "STATE", "PIPELINE", "TASKS", "TITLE"), *rows]
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
        count = replay.replay(conn, portal.id, done, now)
        if args.everything:
            count += subjects.replay(conn, portal.id, now)
        subjects.mark_dirty_many(
            conn, portal.id, [("task", str(task), "replayed") for task in args.task], now
        )
    print_lines(f"{count + len(args.task)} will be looked at again.")
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
