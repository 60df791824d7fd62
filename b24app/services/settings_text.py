"""The settings document on a page: shown, checked with what would change, saved, and by whom.

A page is served to administrators of many portals, the file to whoever runs the bridge. So a
document from a page names no place of the server (variables, files) that its connection does not
have already, and no stored token goes to another address than it was given for.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from b24app.auth.rate_limit import PROOFS
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services.claims import prove_claims, remove_left_over
from b24app.services.kept_environment import read_environment
from b24app.services.settings_lookups import PortalLookups, ProjectLookups
from sync.errors import Refused, SyncError
from sync.sentences import sentence
from sync.settings import apply as settings_apply
from sync.settings.apply import (
    ConnectionChanges,
    RemovalUnconfirmed,
    current_settings,
    export_yaml,
    require_portal,
)
from sync.settings.document import Document, read
from sync.settings.document import write as write_document
from sync.settings.merge_patch import patched
from sync.settings.model import Connection as ConnectionSettings
from sync.settings.model import GitLabApplication, Secret, Settings, stored
from sync.settings.problems import Invalid, Path, Problem
from sync.store import connections, leases, logs, portals
from sync.store.db.database import open_writer, write
from sync.store.db.database import read as reading
from sync.store.rows import ConnectionRecord, DecisionRow, PortalRecord

AUDIT_KIND = "settings"  # of decisions: who changed the settings, and what
FORMER_KIND = "settings_before"  # of decisions: the document before the one that is its key
MAX_CHANGES = 10  # of the last ones, that the page shows
_ADDRESSES = ("url", "proxy", "ca_file")  # where a token goes


@dataclass(frozen=True, slots=True)
class SettingsText:
    """The document in force. `version` names it; `changes`: when, and who changed what.

    `values`: the same document as JSON. `undoable`: whether its last change was made on a page, and
    the document before it can be taken again.
    """

    text: str
    version: str
    changes: tuple[tuple[datetime, str], ...]
    values: dict[str, Any] = field(default_factory=dict)
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class SettingsCheck:
    """What saving a document would do, or did.

    `outcome`: ok, invalid, unconfirmed (a removal has to be said), or overtaken: somebody saved
    another document meanwhile, `difference` then says what they changed, and `current` is what is
    in force. `removed`: connections that have to be confirmed. `notes`: what happened beside it,
    or could not be checked.
    """

    outcome: str
    difference: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    current: SettingsText | None = None


def load_settings(conn: Connection, portal: PortalRecord) -> SettingsText:
    """Return the document in force, with who changed it last."""
    settings = current_settings(conn, portal)
    text = write_document(settings)
    version = version_of(text)
    rows = logs.decisions(conn, portal.id, AUDIT_KIND, "", MAX_CHANGES)
    return SettingsText(
        text,
        version,
        tuple((row.at, row.reason) for row in rows),
        stored(settings),
        bool(logs.decisions(conn, portal.id, FORMER_KIND, version, 1)),
    )


def version_of(text: str) -> str:
    """Return a name of a document by its content."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_settings(deps: Deps, portal: PortalRecord, text: str, base: str) -> SettingsCheck:
    """Return what saving the text would change; `base` is the document it was made from.

    Raises Later and Denied where the portal cannot be asked.
    """
    try:
        settings, notes = _read_checked(deps, portal, text)
        with open_writer(deps.engine) as conn:  # nothing of it is committed
            try:
                before = export_yaml(conn, portal)
                done = _apply(conn, deps, portal, settings, None)
                after = export_yaml(conn, portal)
            finally:
                conn.rollback()
    except Invalid as invalid:
        return SettingsCheck("invalid", problems=invalid.problems)
    if overtaken := _overtaken(deps, portal, base):
        return overtaken
    return SettingsCheck(
        "ok", difference_of(before, after), _describe(done), tuple(done.removed), notes=notes
    )


def save_settings(
    deps: Deps,
    portal: PortalRecord,
    text: str,
    base: str,
    *,
    person: str,
    remove: Collection[str],
) -> SettingsCheck:
    """Save the text, if the document it was made from is still in force, and note who did it.

    Raises Later and Denied where the portal cannot be asked.
    """
    now = deps.clock.now()
    try:
        settings, notes = _read_checked(deps, portal, text)
        with write(deps.engine) as conn:
            leases.lock(conn, f"settings:{portal.id}")
            before = export_yaml(conn, portal)
            overtaken = version_of(before) != base
            if not overtaken:
                done = _apply(conn, deps, portal, settings, remove)
                after = export_yaml(conn, portal)
                difference = difference_of(before, after)
                record_change(conn, portal, _audit_text(person, difference), now)
                if after != before:
                    former = DecisionRow(portal.id, FORMER_KIND, version_of(after), now, before)
                    logs.save_decisions(conn, [former])
    except Invalid as invalid:
        return SettingsCheck("invalid", problems=invalid.problems)
    except RemovalUnconfirmed:
        return replace(check_settings(deps, portal, text, base), outcome="unconfirmed")
    if overtaken:
        return _overtaken(deps, portal, base) or SettingsCheck("overtaken")
    deps.wake(portal.id)
    notes += _settle(deps, portal, done)
    return SettingsCheck("ok", difference, _describe(done), notes=notes)


def patch_text(deps: Deps, portal: PortalRecord, patch: dict[str, Any]) -> str:
    """Return the document in force with a JSON merge patch in it. Raises Invalid."""
    with reading(deps.engine) as conn:
        return write_document(patched(current_settings(conn, portal), patch))


def former_text(deps: Deps, portal: PortalRecord) -> str:
    """Return the document before the last change that was made on a page; "" without one."""
    with reading(deps.engine) as conn:
        version = version_of(export_yaml(conn, portal))
        rows = logs.decisions(conn, portal.id, FORMER_KIND, version, 1)
    return rows[0].reason if rows else ""


def record_change(conn: Connection, portal: PortalRecord, text: str, now: datetime) -> None:
    """Note who changed the settings."""
    logs.save_decisions(conn, [DecisionRow(portal.id, AUDIT_KIND, "", now, text)])


def add_application(
    conn: Connection, portal: PortalRecord, url: str, client_id: str, now: datetime
) -> str:
    """Name an application in the settings, whose secret the database has; return its address.

    Raises Refused.
    """
    settings = current_settings(conn, portal)
    try:
        made = GitLabApplication(url=url, client_id=client_id, client_secret=Secret(stored=True))
    except ValueError:
        raise Refused(
            sentence("{url} is not the address of a GitLab", url=url),
            change="Write it like https://gitlab.example.com",
            code="base_url",
        ) from None
    others = [each for each in settings.gitlab_applications if each.url != made.url]
    changed = settings.model_copy(update={"gitlab_applications": [*others, made]})
    portals.save_settings(conn, portal.id, stored(changed), now)
    return made.url


def _read_checked(deps: Deps, portal: PortalRecord, text: str) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings of a text and what could not be checked. Raises Invalid, SyncError."""
    document = Document(text)
    with reading(deps.engine) as conn:
        before = current_settings(conn, portal)
        removed = connections.removed(conn, portal.id)
        environ = read_environment(conn, deps, portal)
    if document.settings is not None:  # first, so that no place of the server is looked at
        wrong = [
            *_places_of_the_server(before, document.settings, removed),
            *_applications_of_the_server(before, document.settings),
        ]
        if wrong:
            raise Invalid(document.problem(path, problem) for path, problem in wrong)
    lookups = PortalLookups(deps.clients.portal(portal.id))
    projects = ProjectLookups(deps.clients, portal.id)
    settings = read(text, environ, lookups, projects)
    require_portal(settings, portal)
    note = sentence("The chats could not be checked: {unchecked}", unchecked=lookups.unchecked)
    return settings, (note,) if lookups.unchecked else ()


def _places_of_the_server(
    before: Settings, after: Settings, removed: Collection[ConnectionRecord]
) -> Iterator[tuple[Path, str]]:
    """Yield what a page may not say about tokens and files."""
    by_name = {connection.name: connection for connection in before.connections}
    removed_by_name = {
        record.name: [record.base_url, *map(record.options.get, _ADDRESSES[1:])]
        for record in removed
    }
    for index, connection in enumerate(after.connections):
        here: Path = ("connections", index)
        former = by_name.get(connection.was or "") or by_name.get(connection.name)
        if connection.ca_file is not None and (not former or former.ca_file != connection.ca_file):
            yield (*here, "ca_file"), "is a file of the server: only its settings file may name it"
        token = connection.token
        if token is None:
            continue
        if not token.stored and (former is None or former.token != token):
            yield (
                (*here, "token"),
                "names a place of the server: write {stored: true}, and give it by its form",
            )
        given_for = _addresses(former) if former else removed_by_name.get(connection.name)
        if given_for is not None and given_for != _addresses(connection):
            yield (
                (*here, "url"),
                "is not the address that the token was given for: leave `token` out, save, and "
                "give the connection its token again",
            )


def _applications_of_the_server(before: Settings, after: Settings) -> Iterator[tuple[Path, str]]:
    """Yield what a page may not say about the secrets of applications."""
    secrets = {
        application.url: application.client_secret for application in before.gitlab_applications
    }
    for index, application in enumerate(after.gitlab_applications):
        secret = application.client_secret
        if not secret.stored and secrets.get(application.url) != secret:
            yield (
                ("gitlab_applications", index, "client_secret"),
                "names a place of the server: write {stored: true}, and give it by its form",
            )


def _addresses(connection: ConnectionSettings) -> list[object]:
    return [getattr(connection, name) for name in _ADDRESSES]


def _apply(
    conn: Connection,
    deps: Deps,
    portal: PortalRecord,
    settings: Settings,
    remove: Collection[str] | None,
) -> ConnectionChanges:
    now, environ = deps.clock.now(), read_environment(conn, deps, portal)
    return settings_apply.apply(
        conn, deps.vault, portal, settings, environ=environ, now=now, remove=remove
    )


def _overtaken(deps: Deps, portal: PortalRecord, base: str) -> SettingsCheck | None:
    """Return that somebody saved another document than `base`, and which; None where nobody did."""
    with reading(deps.engine) as conn:
        current = load_settings(conn, portal)
    if current.version == base:
        return None
    return SettingsCheck("overtaken", current=current)


def difference_of(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that differ, with two around them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return tuple(line for line in lines if not line.startswith(("---", "+++")))


def _describe(done: ConnectionChanges) -> tuple[str, ...]:
    verbs = ("created", "changed", "restored", "renamed", "removed")
    return tuple(f"{verb}: {name}" for verb in verbs for name in getattr(done, verb))


def _audit_text(person: str, difference: Collection[str]) -> str:
    added = sum(line.startswith("+") for line in difference)
    taken = sum(line.startswith("-") for line in difference)
    return f"{person}: +{added} −{taken}"


def _settle(deps: Deps, portal: PortalRecord, done: ConnectionChanges) -> tuple[str, ...]:
    """Remove webhooks that are left over, and prove access to what others connect, too."""
    with reading(deps.engine) as conn:
        records = [*connections.by_portal(conn, portal.id), *connections.removed(conn, portal.id)]
    try:
        removed = remove_left_over(deps.clients, records, done.left_over)
        return (*removed, *prove_claims(deps.clients, portal, partial(_may_prove, deps)))
    except SyncError as error:
        return (str(error),)


def _may_prove(deps: Deps, connection_id: int) -> bool:
    """Return whether another portal's connection may be asked, which costs its requests."""
    try:
        deps.limits.admit("proof", PROOFS, connection=connection_id)
    except RequestRejected:
        return False
    return True


def with_difference(check: SettingsCheck, base_text: str) -> SettingsCheck:
    """Return an overtaken check with what the other person changed in `base_text`."""
    if check.current is None:
        return check
    return replace(check, difference=difference_of(base_text, check.current.text))
