"""`youtrack test NAME`: whose token it is, and what of issues its projects can hold."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.clients import Clients
from b24app.services.overview import find_portal
from sync.config import Config
from sync.errors import SyncError
from sync.sentences import sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord
from sync.youtrack.api.account import Account, problems, read_account
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection; return 1 where something is wrong with it."""
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
            record = find_connection(conn, portal.id, args.name)
        return _test(opened, record)


def _test(opened: Clients, record: ConnectionRecord) -> int:
    try:
        client = opened.youtrack(record)
        account = read_account(client)
        lines = [describe(account), *problems(account), *missing_fields(client, record)]
    except SyncError as error:
        print_lines(*filter(None, [error.message, error.cause, error.change]))
        return 1
    print_lines(*lines)
    return 1 if len(lines) > 1 else 0


def describe(account: Account) -> str:
    """Return an account in one line."""
    return sentence(
        "{login} at YouTrack {version}, time zone {zone}",
        login=account.login,
        version=account.version,
        zone=account.zone,
    )


def missing_fields(client: YouTrack, record: ConnectionRecord) -> Iterator[str]:
    """Yield what projects of the connection cannot hold, a line each."""
    issues = YouTrackIssues(client)
    for project in record.options.get("projects") or ():
        try:
            able = issues.capabilities(str(project))
        except SyncError as error:
            yield f"{project}: {error}"
            continue
        wanted = ("status", "priority", "assignees", "deadline", "estimate")
        yield from (f"{project}: {able.missing[name]}" for name in wanted if name in able.missing)
