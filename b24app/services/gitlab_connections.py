"""A connection put to the test, and its webhooks made, repaired and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from b24app.clients import Rooms
from sync.core.rules.portal import Rules, internal_wanted, kinds_wanted
from sync.errors import Refused, SyncError
from sync.gitlab.api import account, custom_issue_tracker
from sync.gitlab.api import hooks as api_hooks
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.hooks import Target
from sync.store import connections
from sync.store.db.database import read, write
from sync.store.rows import ConnectionRecord, ConnectionSecrets, PortalRecord


@dataclass(frozen=True, slots=True)
class Tested:
    """`account` in one line; `problems` readable, empty where everything is right."""

    ok: bool
    account: str
    problems: tuple[str, ...]


def examine(rooms: Rooms, record: ConnectionRecord) -> Tested:
    """Asks the instance who the token is and keeps the answer with the connection."""
    try:
        found = account.probe(rooms.code_host(record))
    except SyncError as error:
        return Tested(
            False, "", tuple(part for part in (error.what, error.why, error.change) if part)
        )
    problems = account.problems(found, rooms.clock.now())
    kept = {
        "username": found.username,
        "scopes": None if found.scopes is None else list(found.scopes),
        "expires_at": found.expires_at.isoformat() if found.expires_at else None,
        "version": found.version,
        "can_sign": found.can_sign,
    }
    with write(rooms.engine) as conn:
        connections.set_account(conn, record.id, kept)
    return Tested(not problems, _line(found), problems)


def _line(found: account.Account) -> str:
    scopes = "unknown scopes" if found.scopes is None else ", ".join(found.scopes)
    until = f"until {found.expires_at:%Y-%m-%d}" if found.expires_at else "without an end"
    return f"{found.username} at GitLab {found.version}, token with {scopes}, {until}"


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What was done at one project or group, in words."""

    target: str
    ok: bool
    text: str


def change_hooks(
    rooms: Rooms, record: ConnectionRecord, portal: PortalRecord, *, remove: bool = False
) -> list[HookOutcome]:
    """Makes, repairs or removes the webhooks of every project and group of the connection.

    Where the settings ask for it, GitLab's links to tasks too. Raises Denied without a token.
    """
    client = rooms.code_host(record)
    with read(rooms.engine) as conn:
        secrets = connections.secrets(conn, rooms.vault, record.id)
    if secrets is None or not rooms.config.public_url:
        raise Refused(
            "Webhooks need the public address of this service",
            change="Set B24BRIDGE_PUBLIC_URL",
            code="no_public_url",
        )
    url = f"{rooms.config.public_url}/hooks/gitlab/{secrets.hook_key}"
    done, rules = [], rooms.rules(portal.id)
    for target in _targets(record):
        work = (
            _removal(client, target, url)
            if remove
            else _repair(client, target, url, secrets, rules)
        )
        done.append(_tried(str(target), work))
    if record.options.get("issue_links"):
        address = portal.client_endpoint.removesuffix("/rest/")
        for project in record.options.get("projects", ()):
            done.append(_tried(f"links of {project}", _links(client, project, address, remove)))
    return done


def _targets(record: ConnectionRecord) -> list[Target]:
    kinds = (("project", "projects"), ("group", "groups"))
    return [Target(kind, one) for kind, key in kinds for one in record.options.get(key, ())]


def _tried(target: str, work: Callable[[], tuple[bool, str]]) -> HookOutcome:
    try:
        return HookOutcome(target, *work())
    except SyncError as error:
        return HookOutcome(target, False, str(error))


def _repair(
    client: GitLab, target: Target, url: str, secrets: ConnectionSecrets, rules: Rules
) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        report = api_hooks.ensure(
            client,
            target,
            url=url,
            token=secrets.hook_token or "",
            signing_token=secrets.signing_token,
            events=kinds_wanted(rules),
            internal=internal_wanted(rules),
        )
        said = ["created" if report.created else "in place"]
        said += [f"corrected: {', '.join(report.changed)}"] if report.changed else []
        said += [f"{len(report.removed)} duplicates removed"] if report.removed else []
        said += ["switched on again"] if report.revived else []
        said += ["signed" if report.signed else "not signed: this GitLab cannot"]
        said += [report.problem] if report.problem else []
        return not report.problem, "; ".join(said)

    return work


def _removal(client: GitLab, target: Target, url: str) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        removed = api_hooks.remove(client, target, url=url)
        return True, f"{len(removed)} removed" if removed else "there was none"

    return work


def _links(
    client: GitLab, project: int | str, portal_url: str, remove: bool
) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        change = custom_issue_tracker.remove if remove else custom_issue_tracker.ensure
        changed = change(client, project, portal_url=portal_url)
        return True, "changed" if changed else "as they should be"

    return work
