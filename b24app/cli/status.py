"""`status`: the state of workers, portals and what is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from b24app.cli.banner import first_steps
from b24app.cli.context import prepare_database, print_lines, printable
from b24app.cli.language import current_language, say
from b24app.cli.portal_lines import portal_lines
from b24app.cli.worker_lines import worker_lines
from b24app.services.chosen_portal import find_portal
from b24app.services.health import read_checks, wrong
from b24app.services.health_check import Check
from b24app.texts_health import describe, subject_name
from sync.config import Config
from sync.core.clock import WallClock
from sync.store import logs, portals
from sync.store.db.database import read

_HAVE_LINES = frozenset(
    {
        "worker_silent", "clock_wrong", "connection_none", "connection_paused",
        "portal_disconnected", "portal_paused",
    }
)  # fmt: skip


def run(config: Config, args: argparse.Namespace) -> int:
    """Print the state of portals."""
    now = WallClock().now()
    with read(prepare_database(config)) as conn:
        workers = logs.workers(conn)
        chosen = [find_portal(conn, args.portal)] if args.portal else portals.all_portals(conn)
        print_lines(*worker_lines(workers, now))
        if chosen:
            ids = [portal.id for portal in chosen]
            checks = read_checks(conn, config, now, ids)
            print_lines(*map(printable, wrong_lines(checks)))
        for portal in chosen:
            print_lines("", *map(printable, portal_lines(conn, portal, args.limit, now)))
        if not chosen:
            print_lines("", "No portal is installed yet.", *first_steps(config))
    return 0


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
