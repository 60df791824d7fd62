"""`audit`: the calls that were made to other systems, by whom, and their results."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from b24app.cli.arguments import resolve_since
from b24app.cli.context import prepare_database, print_lines
from b24app.cli.language import say
from b24app.services.audit_entries import CallEntry, TaskPlaces, list_entries
from b24app.services.chosen_portal import find_portal
from sync.config import Config
from sync.core.clock import WallClock
from sync.settings.apply import portal_domain
from sync.store import logs, messages, portals, tasks
from sync.store.db.database import read
from sync.store.rows import ApiCallRow, CallFilter

_HEADINGS = ("AT (UTC)", "PORTAL", "WHO", "SYSTEM", "STATUS", "MS", "CALL", "TASK", "RESULT")
_RIGHT_ALIGNED = ("STATUS", "MS")
_MAX_COLUMN_WIDTH = 120  # of a call or an error in the table; JSON has them whole


def run(config: Config, args: argparse.Namespace) -> int:
    """Print the newest calls that match, as a table or as JSON lines."""
    with read(prepare_database(config)) as conn:
        names = {
            portal_record.id: portal_domain(portal_record)
            for portal_record in portals.all_portals(conn)
        }
        portal_id = find_portal(conn, args.portal).id if args.portal else None
        places = TaskPlaces(
            tasks.chats(conn, portal_id), messages.tasks_by_message(conn, portal_id)
        )
        rows = logs.find_calls(conn, _call_filter(args, portal_id, places))[::-1]
    entries = [_matching(row, places, args) for row in rows]
    if args.json:
        for matching in filter(None, entries):
            print_lines(_json(matching, names))
        return 0
    print_lines(*_table([_row(entry, names) for matching in entries for entry in matching]))
    return 0


def _call_filter(args: argparse.Namespace, portal_id: int | None, places: TaskPlaces) -> CallFilter:
    texts: tuple[str, ...] = ()
    if args.task:
        texts = (
            str(args.task),
            *(
                str(key)
                for keys in (places.by_chat, places.by_message)
                for key, task in keys.items()
                if task == args.task
            ),
        )
    return CallFilter(
        portal_id=portal_id,
        since=resolve_since(args.since, WallClock().now()) if args.since else None,
        system=args.system or "",
        connection=args.connection or "",
        method=args.method or "",
        texts=texts,
        only_failed=args.failed,
        limit=args.limit,
    )


def _matching(row: ApiCallRow, places: TaskPlaces, args: argparse.Namespace) -> list[CallEntry]:
    """Return the request's entries that are asked for: a batch as a whole only without a filter."""
    entries = list(list_entries(row, places))
    return [
        entry
        for entry in entries
        if (not args.method or args.method.lower() in entry.method.lower())
        and (not args.task or entry.task == args.task)
        and (not args.failed or entry.failed)
    ]


def _json(entries: Sequence[CallEntry], names: Mapping[int, str]) -> str:
    row = entries[0].row
    calls = [
        {"method": entry.method, "task": entry.task, "result": entry.result}
        for entry in entries
        if entry.inner
    ]
    fields = asdict(row) | {"at": row.at.isoformat(), "portal": names.get(row.portal_id or 0)}
    return json.dumps(fields | {"calls": calls}, ensure_ascii=False)


def _row(entry: CallEntry, names: Mapping[int, str]) -> tuple[str, ...]:
    call = entry.row
    return (
        f"{call.at:%Y-%m-%d %H:%M:%S}",
        names.get(call.portal_id or 0, "-"),
        f"{call.source or '-'} {call.actor}".strip(),
        f"{call.system} {call.connection}".strip(),
        str(call.status or "-"),
        "" if entry.inner else str(call.milliseconds),
        ("  " if entry.inner else "") + _printable(entry.method),
        str(entry.task or ""),
        _printable(say(entry.result)),
    )


def _printable(text: str) -> str:
    """Return a text in one line without control characters: errors quote other systems."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _MAX_COLUMN_WIDTH else plain[: _MAX_COLUMN_WIDTH - 1] + "…"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return ["No such call is in the log."]
    headings = tuple(map(say, _HEADINGS))
    rows = [headings, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return ["  ".join([*map(_cell, _HEADINGS, row, widths), row[-1]]) for row in rows]


def _cell(head: str, text: str, width: int) -> str:
    return text.rjust(width) if head in _RIGHT_ALIGNED else text.ljust(width)
