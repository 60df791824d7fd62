"""`alerts`, `alerts ack ALERT` and `alerts assign ALERT USER_ID`."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.cli.context import database, say, steady
from b24app.services import alerts as services_alerts
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.clock import WallClock
from sync.core.i18n.durations import lasted
from sync.engine import alert_actions
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write

_HEAD = ("ALERT", "STATE", "SEVERITY", "FAILURES", "AGE", "BRANCH", "WHO")


def run(config: Config, args: argparse.Namespace) -> int:
    return _list(config, args) if args.action is None else _act(config, args)


def _list(config: Config, args: argparse.Namespace) -> int:
    now = WallClock().now()
    with read(database(config)) as conn:
        portal = find_portal(conn, args.portal)
        found = services_alerts.rows(conn, portal.id, over=args.all)
        recovered = services_alerts.recoveries(conn, portal.id, now)
    say(*map(steady, _table([_cells(row, now) for row in found])))
    for one in recovered:
        took = lasted(timedelta(seconds=one.seconds), "en")
        say(f"recovered in {took} on average, {one.count} in 30 days: {one.project} {one.branch}")
    return 0


def _cells(row: services_alerts.Row, now: datetime) -> tuple[str, ...]:
    stage = f" ({row.stage})" if row.stage else ""
    seen = f"seen by {row.acknowledged_by}" if row.acknowledged_by else ""
    name = row.assigned_name or row.assigned_to
    who = ", ".join(filter(None, [seen, f"assigned to {name}" if name else ""])) or "-"
    age = lasted((row.ended_at or now) - row.opened_at, "en")
    place = f"{row.project} {row.branch}{stage}"
    return row.id, row.state, row.severity, str(row.failures), age, place, who


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["No alert is open."]
    every = [_HEAD, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(_HEAD) - 1)]
    return [
        "  ".join([*(c.ljust(width) for c, width in zip(row, widths, strict=False)), row[-1]])
        for row in every
    ]


def _act(config: Config, args: argparse.Namespace) -> int:
    with write(database(config)) as conn:
        portal = find_portal(conn, args.portal)
        row = _changed(conn, portal.id, args)
    if row is None:
        raise LookupError(f"There is no alert {args.alert}; `b24bridge alerts` lists them")
    if args.action == "ack":
        say(f"{args.alert} was seen by {row.acknowledged_by}.")
    else:
        say(f"{args.alert} is assigned to {row.assigned_to}.")
    return 0


def _changed(conn: Connection, portal_id: int, args: argparse.Namespace) -> AlertRow | None:
    now = WallClock().now()
    if args.action == "ack":
        return alert_actions.acknowledge(conn, portal_id, args.alert, args.by, now)
    return alert_actions.assign(conn, portal_id, args.alert, args.user, now)
