"""Tests of a GitLab connection, and its webhooks: created, repaired, removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from b24app.clients import Clients
from b24app.services.connection_results import ConnectionTest
from sync.core.rules.portal import Rules, wanted_kinds, wants_internal
from sync.errors import Refused, SyncError
from sync.gitlab.api import account, custom_issue_tracker
from sync.gitlab.api import hooks as api_hooks
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.hooks import HookTarget
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store import connections, hook_logs
from sync.store.db.database import read, write
from sync.store.rows import ConnectionRecord, ConnectionSecrets, PortalRecord


def check_connection(rooms: Clients, record: ConnectionRecord) -> ConnectionTest:
    """Ask the instance about the token, and store the answer with the connection."""
    try:
        tested_account = account.read_account(rooms.code_host(record))
    except SyncError as error:
        return ConnectionTest(
            False, "", tuple(part for part in (error.message, error.cause, error.change) if part)
        )
    problems = account.problems(tested_account, rooms.clock.now())
    kept = {
        "username": tested_account.username,
        "scopes": None if tested_account.scopes is None else list(tested_account.scopes),
        "expires_at": tested_account.expires_at.isoformat() if tested_account.expires_at else None,
        "version": tested_account.version,
        "can_sign": tested_account.can_sign,
    }
    with write(rooms.engine) as conn:
        connections.set_account(conn, record.id, kept)
    return ConnectionTest(not problems, describe_account(tested_account), problems)


def describe_account(details: account.Account) -> str:
    """Return an account in one line."""
    scopes = "unknown scopes" if details.scopes is None else ", ".join(details.scopes)
    until = (
        sentence("valid until {expires_at}", expires_at=f"{details.expires_at:%Y-%m-%d}")
        if details.expires_at
        else "without an end"
    )
    return sentence(
        "{username} at GitLab {version}, token with {scopes}, {until}",
        username=details.username,
        version=details.version,
        scopes=scopes,
        until=until,
    )


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What was done at one project or group, in words."""

    target: str
    ok: bool
    text: str


def update_hooks(
    rooms: Clients, record: ConnectionRecord, portal: PortalRecord, *, remove: bool = False
) -> list[HookOutcome]:
    """Create, repair or remove the webhooks of every project and group of the connection.

    Where the settings ask for it, also GitLab's links to tasks. Raises Denied without a token,
    Refused without a public address.
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
    targets = hook_targets(record)
    for target in targets:
        work = (
            _remove_hook(client, target, url)
            if remove
            else _repair_hook(client, target, url, secrets, rules)
        )
        done.append(_try_change(str(target), work))
    proven = [target.id for target, outcome in zip(targets, done, strict=True) if outcome.ok]
    if proven and not remove:  # only who administers a project puts a webhook there
        with write(rooms.engine) as conn:
            connections.add_proofs(conn, record.id, proven, rooms.clock.now())
            repaired = [str(target) for target in targets if target.id in proven]
            hook_logs.note_repaired(conn, record.id, repaired, rooms.clock.now())
    if record.options.get("issue_links"):
        address = portal.client_endpoint.removesuffix("/rest/")
        for project in record.options.get("projects", ()):
            done.append(
                _try_change(
                    sentence("links of {project}", project=project),
                    _change_issue_links(client, project, address, remove),
                )
            )
    return done


def hook_targets(record: ConnectionRecord) -> list[HookTarget]:
    """Return the projects and groups that the connection names."""
    kinds: tuple[tuple[Literal["project", "group"], str], ...] = (
        ("project", "projects"),
        ("group", "groups"),
    )
    return [HookTarget(kind, path) for kind, key in kinds for path in record.options.get(key, ())]


def _try_change(target: str, work: Callable[[], tuple[bool, str]]) -> HookOutcome:
    try:
        return HookOutcome(target, *work())
    except SyncError as error:
        return HookOutcome(target, False, str(error))


def _repair_hook(
    client: GitLab, target: HookTarget, url: str, secrets: ConnectionSecrets, rules: Rules
) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        report = api_hooks.ensure_hook(
            client,
            target,
            url=url,
            token=secrets.hook_token or "",
            signing_token=secrets.signing_token,
            events=wanted_kinds(rules),
            internal=wants_internal(rules),
        )
        outcomes: list[str] = ["created" if report.created else "in place"]
        outcomes += (
            [sentence("corrected: {names}", names=", ".join(report.changed))]
            if report.changed
            else []
        )
        outcomes += (
            [sentence("{count} duplicates removed", count=len(report.removed))]
            if report.removed
            else []
        )
        outcomes += ["switched on again"] if report.reenabled else []
        outcomes += ["signed" if report.signed else "not signed: this GitLab cannot"]
        outcomes += [report.problem] if report.problem else []
        return not report.problem, join_sentences("; ", [*map(as_sentence, outcomes)])

    return work


def _remove_hook(client: GitLab, target: HookTarget, url: str) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        removed = api_hooks.remove_hooks(client, target, url=url)
        return True, sentence(
            "{count} removed", count=len(removed)
        ) if removed else "there was none"

    return work


def _change_issue_links(
    client: GitLab, project: int | str, portal_url: str, remove: bool
) -> Callable[[], tuple[bool, str]]:
    def work() -> tuple[bool, str]:
        change = custom_issue_tracker.remove if remove else custom_issue_tracker.ensure
        changed = change(client, project, portal_url=portal_url)
        return True, "changed" if changed else "as they should be"

    return work
