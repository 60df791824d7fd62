"""Tests of a YouTrack connection: token, projects and our app in them. A new token for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from b24app.clients import Clients
from b24app.services.connection_results import ConnectionTest, store_token
from sync.errors import SyncError
from sync.sentences import as_sentence, sentence
from sync.store import connections
from sync.store.db.database import write
from sync.store.rows import ConnectionRecord, PortalRecord
from sync.version import package_version
from sync.youtrack.api.account import Account, problems, read_account

if TYPE_CHECKING:
    from sync.youtrack.api.client import YouTrack


@dataclass(frozen=True, slots=True)
class TargetRight:
    """What a project offers the account: `text` in one line, `change` says what is missing."""

    target: str
    ok: bool
    text: str
    change: str = ""


APP_ABSENT = "our app is not there"
WANTED = ("status", "priority", "assignees", "deadline", "estimate")


def check_connection(clients: Clients, record: ConnectionRecord, most: int) -> ConnectionTest:
    """Test the token and at most so many projects, and store whose token it is."""
    try:
        client = clients.youtrack(record)
        account = read_account(client)
        wrong = [*problems(account), *missing_fields(client, record, most)]
        wrong += app_problems(clients, client, record, most)
    except SyncError as error:
        return ConnectionTest(
            False, "", tuple(part for part in (error.message, error.cause, error.change) if part)
        )
    with write(clients.engine) as conn:
        kept = {"username": account.login, "version": account.version}
        connections.set_account(conn, record.id, kept)
    return ConnectionTest(not wrong, describe(account), tuple(wrong))


def describe(account: Account) -> str:
    """Return an account in one line."""
    return sentence(
        "{login} at YouTrack {version}, time zone {zone}",
        login=account.login,
        version=account.version,
        zone=account.zone,
    )


def missing_fields(
    client: YouTrack, record: ConnectionRecord, most: int | None = None
) -> Iterator[str]:
    """Yield what projects of the connection cannot hold, a line each."""
    from sync.youtrack.issues.client import YouTrackIssues

    issues = YouTrackIssues(client)
    for project in islice(projects_of(record), most):
        try:
            able = issues.capabilities(project)
        except SyncError as error:
            yield sentence("{project}: {why}", project=project, why=error)
            continue
        yield from (
            sentence("{project}: {why}", project=project, why=as_sentence(able.missing[name]))
            for name in WANTED
            if name in able.missing
        )


def list_rights(clients: Clients, record: ConnectionRecord, most: int) -> list[TargetRight]:
    """Return what each project of at most so many can hold for the account, and our app there.

    Raises SyncError where the account is not accepted.
    """
    from sync.youtrack.issues.client import YouTrackIssues

    client = clients.youtrack(record)
    read_account(client)
    issues = YouTrackIssues(client)
    versions = dict(app_versions(clients, client, record, most))
    rights = []
    for project in islice(projects_of(record), most):
        try:
            able = issues.capabilities(project)
        except SyncError as error:
            rights.append(TargetRight(project, False, error.message, error.change))
            continue
        lacking = [able.missing[name] for name in WANTED if name in able.missing]
        app = versions.get(project)
        text = sentence("our app: {version}", version=app) if app else APP_ABSENT
        rights.append(TargetRight(project, not lacking, text, lacking[0] if lacking else ""))
    return rights


def app_problems(
    clients: Clients, client: YouTrack, record: ConnectionRecord, most: int | None = None
) -> list[str]:
    """Return what is wrong with our app in the projects; that it is not there is no mistake."""
    from sync.youtrack.issues.true_authors import is_older

    lines: list[str] = []
    for project, installed in app_versions(clients, client, record, most):
        if installed and is_older(installed, package_version()):
            lines.append(
                sentence(
                    "{project}: our app there is {installed}, older than the bridge ({bridge}): "
                    "upload it anew",
                    project=project,
                    installed=installed,
                    bridge=package_version(),
                )
            )
    return lines


def app_notes(clients: Clients, client: YouTrack, record: ConnectionRecord) -> list[str]:
    """Return where our app is, and once, for all projects, where it is not."""
    apps = list(app_versions(clients, client, record))
    with_app = [f"{project} ({installed})" for project, installed in apps if installed]
    without = [project for project, installed in apps if not installed]
    notes: list[str] = []
    if with_app:
        notes.append(sentence("Our app answers in: {projects}.", projects=", ".join(with_app)))
    if without:
        notes.append(
            sentence(
                "Our app does not answer in: {projects}. Without it, changes are found by asking, "
                "and the account writes in everybody's place, with the name in the text.",
                projects=", ".join(without),
            )
        )
    return notes


def app_versions(
    clients: Clients, client: YouTrack, record: ConnectionRecord, most: int | None = None
) -> Iterator[tuple[str, str]]:
    """Yield our app's version in each project, "" where it is not there."""
    from sync.youtrack.issues.projects import Instance
    from sync.youtrack.issues.true_authors import ask_app

    instance = Instance(client)
    for project in islice(projects_of(record), most):
        try:
            project_id = instance.project(project).id
            yield project, ask_app(client, project_id, clients.clock.now()).version
        except SyncError:  # said beside its fields
            continue


def projects_of(record: ConnectionRecord) -> list[str]:
    """Return the projects that the settings name."""
    return [str(project) for project in record.options.get("projects") or ()]


def replace_token(
    clients: Clients, portal: PortalRecord, record: ConnectionRecord, token: str
) -> Account:
    """Store a token that YouTrack accepts, else none; return whose it is. Raises SyncError."""
    account = read_account(clients.youtrack(record, token))
    store_token(clients, portal, record, token)
    return account
