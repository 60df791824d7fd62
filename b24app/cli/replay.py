"""`replay`: try again what failed."""

from __future__ import annotations

import argparse

from sqlalchemy import Connection

from b24app.cli.context import prepare_database, print_lines
from b24app.services import replay
from b24app.services.chosen_portal import find_portal
from b24app.services.failures import list_failures
from sync.config import Config
from sync.core.clock import WallClock
from sync.sentences import sentence
from sync.store import subjects
from sync.store.db.database import write
from sync.store.rows import PortalRecord


def run(config: Config, args: argparse.Namespace) -> int:
    """Try again what failed, or look at tasks anew. Raises LookupError for what did not fail."""
    now = WallClock().now()
    with write(prepare_database(config)) as conn:
        portal = find_portal(conn, args.portal)
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
    return [(failure.kind, failure.id) for failure in list_failures(conn, portal.id)]
