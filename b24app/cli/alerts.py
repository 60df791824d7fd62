"""`alerts`, `alerts ack ALERT` and `alerts assign ALERT USER_ID`."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.cli.context import prepare_database, print_lines, printable
from b24app.cli.language import current_language, say
from b24app.services import alerts as services_alerts
from b24app.services.chosen_portal import find_portal
from sync.config import Config
from sync.core.clock import WallClock
from sync.core.i18n.durations import format_span
from sync.engine import alert_actions
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write

_HEADINGS = ("ALERT", "STATE", "SEVERITY", "FAILURES", "AGE", "BRANCH", "WHO")


def run(config: Config, args: argparse.Namespace) -> int:
    """List alerts, or acknowledge or assign one."""
    return _list(config, args) if args.action is None else _change_alert(config, args)


def _list(config: Config, args: argparse.Namespace) -> int:
    now = WallClock().now()
    with read(prepare_database(config)) as conn:
        portal = find_portal(conn, args.portal)
        summaries = services_alerts.list_alerts(conn, portal.id, include_ended=args.all)
        recovered = services_alerts.recoveries(conn, portal.id, now)
    print_lines(*map(printable, _table([_cells(row, now) for row in summaries])))
    for summary in recovered:
        took = format_span(timedelta(seconds=summary.seconds), current_language())
        print_lines(
            sentence(
                "recovered in {took} on average, {count} in 30 days: {project} {branch}",
                took=took,
                count=summary.count,
                project=summary.project,
                branch=summary.branch,
            )
        )
    return 0


def _cells(row: services_alerts.AlertSummary, now: datetime) -> tuple[str, ...]:
    stage = f" ({row.stage})" if row.stage else ""
    acknowledged = (
        sentence("seen by {acknowledged_by}", acknowledged_by=row.acknowledged_by)
        if row.acknowledged_by
        else ""
    )
    name = row.assigned_name or row.assigned_to
    assigned = sentence("assigned to {name}", name=name) if name else ""
    people = (
        join_sentences(
            ", ",
            [text for text in (acknowledged, assigned) if text],
        )
        or "-"
    )
    age = format_span((row.ended_at or now) - row.opened_at, current_language())
    place = f"{row.project} {row.branch}{stage}"
    return (
        row.id,
        as_sentence(row.state),
        as_sentence(row.severity),
        str(row.failures),
        age,
        place,
        people,
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["No alert is open."]
    every = [tuple(map(say, row)) for row in (_HEADINGS, *rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(_HEADINGS) - 1)]
    return [
        "  ".join([*(c.ljust(width) for c, width in zip(row, widths, strict=False)), row[-1]])
        for row in every
    ]


def _change_alert(config: Config, args: argparse.Namespace) -> int:
    with write(prepare_database(config)) as conn:
        portal = find_portal(conn, args.portal)
        row = _apply_action(conn, portal.id, args)
    if row is None:
        raise LookupError(
            sentence("There is no alert {alert}; `b24bridge alerts` lists them", alert=args.alert)
        )
    if args.action == "ack":
        print_lines(
            sentence(
                "{alert} was seen by {acknowledged_by}.",
                alert=args.alert,
                acknowledged_by=row.acknowledged_by,
            )
        )
    else:
        print_lines(
            sentence(
                "{alert} is assigned to {assigned_to}.",
                alert=args.alert,
                assigned_to=row.assigned_to,
            )
        )
    return 0


def _apply_action(conn: Connection, portal_id: int, args: argparse.Namespace) -> AlertRow | None:
    now = WallClock().now()
    if args.action == "ack":
        return alert_actions.acknowledge(conn, portal_id, args.alert, args.by, now)
    return alert_actions.assign(conn, portal_id, args.alert, args.user, now)
