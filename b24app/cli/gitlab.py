"""`gitlab test NAME`, `gitlab hooks NAME ensure|remove` and `gitlab token NAME`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from b24app.cli.context import (
    find_connection,
    open_clients,
    prepare_database,
    print_lines,
    print_problems,
)
from b24app.cli.new_token import PASTED, store_new_token
from b24app.cli.parser import hide_secrets
from b24app.cli.progress import Progress
from b24app.clients import Clients
from b24app.services.chosen_portal import find_portal
from b24app.services.connection_checks import check_targets, find_inaccessible, replace_token
from b24app.services.gitlab_connections import check_connection, describe_account, update_hooks
from sync.config import Config
from sync.gitlab.api.account import problems as account_problems
from sync.sentences import as_sentence, sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

_MAX_TARGETS = 20  # projects and groups that a new token is tried on


def run(config: Config, args: argparse.Namespace) -> int:
    """Test a connection, set up its webhooks, or give it a new token."""
    if args.action == "token" and (args.pasted or hide_secrets(args.name) != args.name):
        print_problems(sentence(PASTED, system="GitLab"))
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

    def store(token: str) -> tuple[str, Sequence[str]]:
        account = replace_token(opened, portal, record, token)
        problems: Sequence[str] = account_problems(account, opened.clock.now())
        if not problems:
            problems = [str(check) for check in find_inaccessible(opened, record, _MAX_TARGETS)]
        return describe_account(account), problems

    return store_new_token(opened, portal, record, args.file, store)
