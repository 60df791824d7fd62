"""`youtrack test NAME`: whose token it is, and what projects can hold; `app`: our YouTrack app."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.clients import Clients
from b24app.services.overview import find_portal
from b24app.services.youtrack_app import FILE_NAME, make_app
from sync.config import Config
from sync.errors import SyncError
from sync.sentences import as_sentence, sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord
from sync.youtrack.api.account import Account, problems, read_account
from sync.youtrack.api.client import YouTrack
from sync.youtrack.issues.client import YouTrackIssues


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection or write its app; return 1 where something is wrong."""
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
            record = find_connection(conn, portal.id, args.name)
        return _app(opened, record, args.output) if args.action == "app" else _test(opened, record)


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


def _app(opened: Clients, record: ConnectionRecord, output: str | None) -> int:
    try:
        packed = make_app(opened, record)
    except SyncError as error:
        print_lines(*filter(None, [error.message, error.cause, error.change]))
        return 1
    target = Path(output or FILE_NAME)
    target.unlink(missing_ok=True)
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(packed)
    print_lines(
        sentence(
            "Wrote {target}, with the secret of the connection {name} in it.",
            target=target,
            name=record.name,
        ),
        sentence(
            "Upload it in YouTrack ({base_url}): Administration, Apps, Add app; then attach it "
            "to the projects and delete the file.",
            base_url=record.base_url,
        ),
    )
    return 0


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
            yield sentence("{project}: {why}", project=str(project), why=error)
            continue
        wanted = ("status", "priority", "assignees", "deadline", "estimate")
        yield from (
            sentence("{project}: {why}", project=str(project), why=as_sentence(able.missing[name]))
            for name in wanted
            if name in able.missing
        )
