"""`gitlab test NAME` and `gitlab hooks NAME ensure|remove`."""

from __future__ import annotations

import argparse

from b24app.cli.context import connection, database, rooms, say
from b24app.clients import Rooms
from b24app.services.gitlab_connections import change_hooks, examine
from b24app.services.overview import find_portal
from sync.config import Config
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    with rooms(config, database(config)) as opened:
        return _run(opened, args)


def _run(opened: Rooms, args: argparse.Namespace) -> int:
    with read(opened.engine) as conn:
        portal = find_portal(conn, args.portal)
        record = connection(conn, portal.id, args.name)
    if args.action == "test":
        tested = examine(opened, record)
        say(*filter(None, [tested.account, *tested.problems]))
        return 0 if tested.ok else 1
    outcomes = change_hooks(opened, record, portal, remove=args.change == "remove")
    for outcome in outcomes:
        say(f"{outcome.target}: {outcome.text}")
    if not outcomes:
        say("The settings of this connection name no projects and no groups.")
    return 0 if all(outcome.ok for outcome in outcomes) else 1
