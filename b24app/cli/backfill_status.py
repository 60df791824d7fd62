"""The table of `backfill --status`."""

from __future__ import annotations

import argparse

from b24app.cli.language import say
from b24app.clients import Clients
from sync.engine.upkeep import backfill
from sync.engine.upkeep.backfill_parts import PARTS
from sync.sentences import as_sentence, sentence
from sync.store import backfill as table
from sync.store import connections, leases
from sync.store.db.database import read
from sync.store.rows import PortalRecord


def status_lines(opened: Clients, portal: PortalRecord, args: argparse.Namespace) -> list[str]:
    """Return how far the history of each project was read, a line a part."""
    now = opened.clock.now()
    with read(opened.engine) as conn:
        names = {
            connection_record.id: connection_record.name
            for connection_record in connections.by_portal(conn, portal.id)
        }
        connection_ids = [i for i, name in names.items() if args.connection in (None, name)]
        rows = table.of_connections(conn, connection_ids)
        lanes = {backfill.lane_name(row.connection_id, row.project_id) for _, row in rows}
        held = leases.held_leases(conn, lanes, now)
    selected = [
        (path, row) for path, row in rows if args.project in (None, path, str(row.project_id))
    ]
    if not selected:
        return ["No history was read yet.", sentence("Parts: {parts}", parts=", ".join(PARTS))]
    lines = [
        _HEADINGS,
        *(_row(names[row.connection_id], path, row, held) for path, row in selected),
    ]
    return _table(lines) + [
        sentence("{path} {part}: {error}", path=path, part=row.part, error=as_sentence(row.error))
        for path, row in selected
        if row.error
    ]


_HEADINGS = ("CONNECTION", "PROJECT", "PART", "STATE", "READ", "SINCE", "LAST")


def _row(connection: str, path: str, row: table.PartRow, held: frozenset[str]) -> tuple[str, ...]:
    """Return the row of a part; one that says running without a lease was killed."""
    running = backfill.lane_name(row.connection_id, row.project_id) in held
    state = "stopped" if row.state == "running" and not running else row.state
    dates = f"{row.since:%Y-%m-%d}", f"{row.updated_at:%Y-%m-%d %H:%M}"
    return connection, path, row.part, as_sentence(state), f"{row.read:,}", *dates


def _table(lines: list[tuple[str, ...]]) -> list[str]:
    lines = [tuple(map(say, cells)) for cells in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [map(str.ljust, each, widths) for each in lines]
    return ["  ".join(each).rstrip() for each in padded]
