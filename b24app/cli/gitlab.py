"""`gitlab test NAME` and `gitlab hooks NAME ensure|remove`."""

from __future__ import annotations

import argparse

from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.clients import Clients
from b24app.services.gitlab_connections import check_connection, update_hooks
from b24app.services.overview import find_portal
from sync.config import Config
from sync.store.db.database import read


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection, or create, repair or remove its webhooks."""
    with open_clients(config, prepare_database(config)) as opened:
        return _run(opened, args)


def _run(opened: Clients, args: argparse.Namespace) -> int:
    with read(opened.engine) as conn:
        portal = find_portal(conn, args.portal)
        record = find_connection(conn, portal.id, args.name)
    if args.action == "test":
        tested = check_connection(opened, record)
        print_lines(*filter(None, [tested.account, *tested.problems]))
        return 0 if tested.ok else 1
    outcomes = update_hooks(opened, record, portal, remove=args.change == "remove")
    for outcome in outcomes:
        print_lines(f"{outcome.target}: {outcome.text}")
    if not outcomes:
        print_lines("The settings of this connection name no projects and no groups.")
    return 0 if all(outcome.ok for outcome in outcomes) else 1
