"""`gitlab test NAME`, `gitlab hooks NAME ensure|remove` and `gitlab token NAME`."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path

from b24app.cli.context import (
    find_connection,
    open_clients,
    prepare_database,
    print_lines,
    print_problems,
)
from b24app.cli.language import say
from b24app.cli.progress import Progress
from b24app.clients import Clients
from b24app.services.connection_checks import check_targets, replace_token
from b24app.services.gitlab_connections import check_connection, describe_account, update_hooks
from b24app.services.overview import find_portal
from sync.config import Config
from sync.gitlab.api.account import problems as account_problems
from sync.sentences import as_sentence, sentence
from sync.settings.apply import current_settings
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

_WRITE_STORED = (
    "In the settings file write `token: {stored: true}`, or the next `apply` takes the old."
)
_PASTED = (
    "A token is never an argument: other accounts of this machine and the shell's history see it. "
    "Revoke this one in GitLab, and run the command without it."
)


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection, set up its webhooks, or give it a new token."""
    if args.action == "token" and args.pasted:
        print_problems(_PASTED)
        return 2
    with open_clients(config, prepare_database(config)) as opened:
        return _run(opened, args)


def _run(opened: Clients, args: argparse.Namespace) -> int:
    with read(opened.engine) as conn:
        portal = find_portal(conn, args.portal)
        record = find_connection(conn, portal.id, args.name)
    actions = {"test": _test, "hooks": _change_hooks, "token": _replace_token}
    return actions[args.action](opened, portal, record, args)


def _test(
    opened: Clients, portal: PortalRecord, record: ConnectionRecord, args: argparse.Namespace
) -> int:
    tested = check_connection(opened, record)
    print_lines(*filter(None, [tested.account, *tested.problems]))
    if not tested.account:
        return 1
    passed = tested.ok
    progress = Progress("projects and groups")
    for check in check_targets(opened, record, progress.show):
        print_lines(str(check))
        passed = passed and check.ok
    return 0 if passed else 1


def _change_hooks(
    opened: Clients, portal: PortalRecord, record: ConnectionRecord, args: argparse.Namespace
) -> int:
    outcomes = update_hooks(opened, record, portal, remove=args.change == "remove")
    for outcome in outcomes:
        print_lines(
            sentence("{target}: {text}", target=outcome.target, text=as_sentence(outcome.text))
        )
    if not outcomes:
        print_lines("The settings of this connection name no projects and no groups.")
    return 0 if outcomes and all(outcome.ok for outcome in outcomes) else 1


def _replace_token(
    opened: Clients, portal: PortalRecord, record: ConnectionRecord, args: argparse.Namespace
) -> int:
    """Store a token that GitLab accepts; the old one stays where it does not."""
    token = _read_token(args.file)
    if not token or not token.isprintable() or " " in token:
        print_problems("That is no token; nothing was changed.")
        return 1
    with read(opened.engine) as conn:
        settings = current_settings(conn, portal)
    elsewhere = any(
        connection.name == record.name and not (connection.token and connection.token.stored)
        for connection in settings.connections
    )
    account = replace_token(opened, portal, record, token)
    problems = account_problems(account, opened.clock.now())
    print_lines(
        sentence(
            "The connection {name} has a new token: {account}",
            name=record.name,
            account=describe_account(account),
        ),
        *problems,
        *([_WRITE_STORED] if elsewhere else []),
    )
    return 1 if problems else 0


def _read_token(file: str | None) -> str:
    """Return the token from a file, from standard input, or from a prompt that does not show it.

    Raises LookupError where the file cannot be read; its name is not shown: it may be the token.
    """
    if file == "-" or (file is None and not sys.stdin.isatty()):
        return sys.stdin.readline().strip()
    if file is None:
        return getpass(say("The new access token (it is not shown): ")).strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or as_sentence("it is not UTF-8 text")
        raise LookupError(
            sentence("The file of the token cannot be read: {reason}", reason=reason)
        ) from None
