"""`youtrack test NAME`, `youtrack app NAME` and `youtrack token NAME`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from b24app.cli.context import (
    find_connection,
    open_clients,
    prepare_database,
    print_lines,
    print_problems,
)
from b24app.cli.new_token import PASTED, store_new_token
from b24app.cli.parser import hide_secrets
from b24app.clients import Clients
from b24app.services.chosen_portal import find_portal
from b24app.services.youtrack_app import FILE_NAME, make_app
from b24app.services.youtrack_connections import (
    app_notes,
    check_connection,
    describe,
    replace_token,
)
from sync.config import Config
from sync.errors import SyncError
from sync.sentences import sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord
from sync.youtrack.api.account import problems

MOST_PROJECTS = 1000


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection, write its app or give it a token; return 1 where something is wrong."""
    if args.action == "token" and (args.pasted or hide_secrets(args.name) != args.name):
        print_problems(sentence(PASTED, system="YouTrack"))
        return 2
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            portal = find_portal(conn, args.portal)
            record = find_connection(conn, portal.id, args.name)
        if args.action == "token":
            return _replace_token(opened, portal, record, args)
        return _app(opened, record, args.output) if args.action == "app" else _test(opened, record)


def _test(opened: Clients, record: ConnectionRecord) -> int:
    tested = check_connection(opened, record, MOST_PROJECTS)
    print_lines(*filter(None, [tested.account, *tested.problems]))
    if tested.account:
        print_lines(*app_notes(opened, opened.youtrack(record), record))
    return 0 if tested.ok else 1


def _replace_token(
    opened: Clients, portal: PortalRecord, record: ConnectionRecord, args: argparse.Namespace
) -> int:
    """Store a token that YouTrack accepts; the old one stays where it does not."""

    def store(token: str) -> tuple[str, Sequence[str]]:
        account = replace_token(opened, portal, record, token)
        return describe(account), list(problems(account))

    return store_new_token(opened, portal, record, args.file, store)


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
