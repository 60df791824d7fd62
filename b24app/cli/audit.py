"""`audit`: the calls that were made to other systems, by whom, and their results."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from sqlalchemy import Connection

from b24app.cli.arguments import resolve_since
from b24app.cli.context import prepare_database, print_lines
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.clock import WallClock
from sync.settings.apply import portal_domain
from sync.store import logs, portals
from sync.store.db.database import read
from sync.store.rows import ApiCallRow, CallFilter

_HEADINGS = ("AT (UTC)", "PORTAL", "WHO", "SYSTEM", "STATUS", "MS", "CALL", "WHAT CAME OF IT")
_RIGHT_ALIGNED = ("STATUS", "MS")
_MAX_COLUMN_WIDTH = 120  # of a call or an error in the table; JSON has them whole


def run(config: Config, args: argparse.Namespace) -> int:
    """Print the newest calls that match, as a table or as JSON lines."""
    with read(prepare_database(config)) as conn:
        names = {
            portal_record.id: portal_domain(portal_record)
            for portal_record in portals.all_portals(conn)
        }
        rehearsals = logs.find_calls(conn, _call_filter(conn, args))[::-1]
    if args.json:
        for call in rehearsals:
            print_lines(_json(call, names))
        return 0
    print_lines(*_table([_row(call, names) for call in rehearsals]))
    return 0


def _call_filter(conn: Connection, args: argparse.Namespace) -> CallFilter:
    return CallFilter(
        portal_id=find_portal(conn, args.portal).id if args.portal else None,
        since=resolve_since(args.since, WallClock().now()) if args.since else None,
        system=args.system or "",
        connection=args.connection or "",
        method=args.method or "",
        only_failed=args.failed,
        limit=args.limit,
    )


def _json(call: ApiCallRow, names: dict[int, str]) -> str:
    fields = asdict(call) | {"at": call.at.isoformat(), "portal": names.get(call.portal_id or 0)}
    return json.dumps(fields, ensure_ascii=False)


def _row(call: ApiCallRow, names: dict[int, str]) -> tuple[str, ...]:
    return (
        f"{call.at:%Y-%m-%d %H:%M:%S}",
        names.get(call.portal_id or 0, "-"),
        f"{call.source or '-'} {call.actor}".strip(),
        f"{call.system} {call.connection}".strip(),
        str(call.status or "-"),
        str(call.milliseconds),
        _printable(call.method),
        _printable(call.error) or ("no answer" if not call.status else "ok"),
    )


def _printable(text: str) -> str:
    """Return a text in one line without control characters: errors quote other systems."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _MAX_COLUMN_WIDTH else plain[: _MAX_COLUMN_WIDTH - 1] + "…"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["No such call is in the log."]
    rows = [_HEADINGS, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return ["  ".join([*map(_cell, _HEADINGS, row, widths), row[-1]]) for row in rows]


def _cell(head: str, text: str, width: int) -> str:
    return text.rjust(width) if head in _RIGHT_ALIGNED else text.ljust(width)
