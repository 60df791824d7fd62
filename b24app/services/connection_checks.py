"""Tests of what a GitLab connection is given: a new token, every project and group, its hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from b24app.clients import Clients
from b24app.services.connection_results import ConnectionTest, store_token
from b24app.services.gitlab_connections import check_connection, hook_targets
from sync.gitlab.api.account import Account, read_account
from sync.gitlab.api.target_checks import TargetCheck, check_access, check_target
from sync.sentences import as_sentence
from sync.store import connections
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

Progress = Callable[[int, int], None]
NO_TARGETS = TargetCheck(
    as_sentence("projects"),
    False,
    "the connection names no projects and no groups, so nothing would ever arrive",
    "name them under `projects` or `groups` in the settings",
)


def check_targets(
    clients: Clients, record: ConnectionRecord, progress: Progress = lambda done, total: None
) -> Iterator[TargetCheck]:
    """Yield the result for every configured project and group. Raises Later and Denied."""
    targets = hook_targets(record)
    if not targets:
        yield NO_TARGETS
        return
    client, url = clients.code_host(record), _hook_url(clients, record)
    for number, target in enumerate(targets, 1):
        yield check_target(client, target, url=url)
        progress(number, len(targets))


def find_inaccessible(clients: Clients, record: ConnectionRecord, most: int) -> list[TargetCheck]:
    """Return which of at most so many projects and groups the token may not work in.

    Raises Later and Denied.
    """
    client, targets = clients.code_host(record), hook_targets(record)
    checks = [check_access(client, target) for target in targets[:most]] or [NO_TARGETS]
    return [check for check in checks if not check.ok]


def check_whole_connection(clients: Clients, record: ConnectionRecord, most: int) -> ConnectionTest:
    """Test the token, and at most so many of its projects and groups. Raises Later and Denied."""
    tested = check_connection(clients, record)
    checks = list(islice(check_targets(clients, record), most)) if tested.account else []
    problems = tuple(str(check) for check in checks if not check.ok)
    return ConnectionTest(tested.ok and not problems, tested.account, (*tested.problems, *problems))


def list_rights(clients: Clients, record: ConnectionRecord, most: int) -> list[TargetCheck]:
    """Return what the account may do in each of at most so many projects and groups.

    Raises Later and Denied.
    """
    return list(islice(check_targets(clients, record), most))


def _hook_url(clients: Clients, record: ConnectionRecord) -> str:
    """Return the address of the connection's webhook; "" without a public address."""
    with read(clients.engine) as conn:
        secrets = connections.secrets(conn, clients.vault, record.id)
    if secrets is None or not clients.config.public_url:
        return ""
    return f"{clients.config.public_url}/hooks/gitlab/{secrets.hook_key}"


def replace_token(
    clients: Clients, portal: PortalRecord, record: ConnectionRecord, token: str
) -> Account:
    """Store a token that GitLab accepts; the old one stays where it does not.

    The settings say from then on that the database has it. Raises SyncError.
    """
    account = read_account(clients.code_host_on_trial(record, token))
    store_token(clients, portal, record, token, account.expires_at)
    return account
