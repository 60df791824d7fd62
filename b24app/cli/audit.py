"""`audit`: every call that was made, who made it and what came of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from sqlalchemy import Connection

from b24app.cli.arguments import back
from b24app.cli.context import database, say
from b24app.services.overview import find_portal
from sync.config import Config
from sync.core.clock import WallClock
from sync.settings.apply import domain
from sync.store import logs, portals
from sync.store.db.database import read
from sync.store.rows import RestCall, Wanted

_HEAD = ("AT (UTC)", "PORTAL", "WHO", "SYSTEM", "STATUS", "MS", "CALL", "WHAT CAME OF IT")
_RIGHT = ("STATUS", "MS")
_WIDEST = 120  # characters of a call or an error in the table; JSON has them whole


def run(config: Config, args: argparse.Namespace) -> int:
    with read(database(config)) as conn:
        names = {one.id: domain(one) for one in portals.everything(conn)}
        found = logs.find_calls(conn, _wanted(conn, args))[::-1]
    if args.json:
        for call in found:
            say(_json(call, names))
        return 0
    say(*_table([_row(call, names) for call in found]))
    return 0


def _wanted(conn: Connection, args: argparse.Namespace) -> Wanted:
    return Wanted(
        portal_id=find_portal(conn, args.portal).id if args.portal else None,
        since=back(args.since, WallClock().now()) if args.since else None,
        system=args.system or "",
        connection=args.connection or "",
        method=args.method or "",
        failed=args.failed,
        limit=args.limit,
    )


def _json(call: RestCall, names: dict[int, str]) -> str:
    told = asdict(call) | {"at": call.at.isoformat(), "portal": names.get(call.portal_id or 0)}
    return json.dumps(told, ensure_ascii=False)


def _row(call: RestCall, names: dict[int, str]) -> tuple[str, ...]:
    return (
        f"{call.at:%Y-%m-%d %H:%M:%S}",
        names.get(call.portal_id or 0, "-"),
        f"{call.source or '-'} {call.actor}".strip(),
        f"{call.system} {call.connection}".strip(),
        str(call.status or "-"),
        str(call.milliseconds),
        _line(call.method),
        _line(call.error) or ("no answer" if not call.status else "ok"),
    )


def _line(text: str) -> str:
    """Printable, in one line: errors quote what other systems said."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _WIDEST else plain[: _WIDEST - 1] + "…"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["No such call is in the log."]
    rows = [_HEAD, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    return ["  ".join([*map(_cell, _HEAD, row, widths), row[-1]]) for row in rows]


def _cell(head: str, text: str, width: int) -> str:
    return text.rjust(width) if head in _RIGHT else text.ljust(width)
