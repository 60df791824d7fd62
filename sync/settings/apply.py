"""Storing settings with a portal and its connections, and exporting them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection as Database

from sync.errors import SyncError
from sync.sentences import sentence
from sync.settings import document
from sync.settings.apply_guards import require_kind, require_removable, require_server
from sync.settings.model import Connection, Settings, load, stored
from sync.settings.problems import Invalid, Problem
from sync.settings.secrets import resolve
from sync.settings.stored_connection import (
    build_draft,
    fresh_secrets,
    is_same_server,
    update_connection,
)
from sync.store import connections, oauth_applications, portals
from sync.store.rows import ConnectionRecord, Json, PortalRecord
from sync.store.vault import Vault

HISTORY_KEPT = timedelta(days=30)  # of a connection that was removed from the settings


class RemovalUnconfirmed(SyncError):
    """Settings lack connections that exist, and nobody said that they are to be removed."""

    def __init__(self, names: Sequence[str]) -> None:
        asked = " ".join(f"--remove {name}" for name in names)
        super().__init__(
            sentence("The settings do not name what is connected: {names}", names=", ".join(names)),
            cause="A connection that is missing is removed with its history",
            change=sentence(
                "Say {asked} to remove it, or `was: {names}` beside its new name",
                asked=asked,
                names=names[0],
            ),
            code="removal_unconfirmed",
        )


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A project or group that was taken out of a connection: its webhook stays in the code host."""

    connection_id: int
    connection: str
    kind: Literal["project", "group"]
    target: str
    base_url: str


@dataclass(frozen=True, slots=True)
class ConnectionChanges:
    """Names of the connections that were created, changed, restored, renamed and removed."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)


def apply(
    conn: Database,
    vault: Vault,
    portal: PortalRecord,
    settings: Settings,
    *,
    environ: Mapping[str, str],
    now: datetime,
    remove: Collection[str] | None = (),
) -> ConnectionChanges:
    """Store checked settings and bring the connections to them, in the caller's transaction.

    A connection keeps its hook address, tokens and history for as long as it keeps its name, or
    says what it `was` called. One that is gone from the document has to be in `remove` (None: any
    may go); its history is kept for HISTORY_KEPT, for when it comes back. Raises UnresolvedSecret,
    RemovalUnconfirmed, Invalid.
    """
    done = ConnectionChanges()
    records_by_name = {record.name: record for record in connections.by_portal(conn, portal.id)}
    names = {connection.name for connection in settings.connections}
    _rename(conn, portal.id, settings, records_by_name, done)
    missing = [name for name in records_by_name if name not in names]
    if remove is not None and (unsaid := [name for name in missing if name not in remove]):
        raise RemovalUnconfirmed(unsaid)
    require_removable(conn, portal, settings, remove or ())
    removed_by_name = {record.name: record for record in connections.removed(conn, portal.id)}
    for connection in settings.connections:
        token = resolve(connection.token, environ) or None if connection.token else None
        record = records_by_name.get(connection.name)
        if record is None and (record := removed_by_name.get(connection.name)) is not None:
            connections.restore(conn, record.id)
            done.restored.append(connection.name)
        if record is not None:
            require_kind(record, connection)
            is_said = connection.was == connection.name or _arrow(connection) in done.renamed
            require_server(conn, record, connection, is_said=is_said)
        if record is None:
            fresh = fresh_secrets(token)
            connections.upsert(conn, vault, portal.id, build_draft(connection, fresh), now)
            done.created.append(connection.name)
        elif update_connection(conn, vault, record, connection, token=token, now=now):
            done.changed.append(connection.name)
        if record is not None and record.state != "removed":
            done.left_over.extend(_left_over(record, connection))
    for name in missing:
        record = records_by_name[name]
        connections.mark_removed(conn, record.id, now)
        done.removed.append(name)
        done.left_over.extend(_left_over(record, None))
    _store_applications(conn, vault, portal.id, settings, environ)
    portals.save_settings(conn, portal.id, stored(settings), now)
    return done


def _store_applications(
    conn: Database, vault: Vault, portal_id: int, settings: Settings, environ: Mapping[str, str]
) -> None:
    """Store the applications that are named, and forget the others. Raises UnresolvedSecret."""
    for application in settings.gitlab_applications:
        secret = resolve(application.client_secret, environ) or None
        oauth_applications.save(
            conn, vault, portal_id, application.url, application.client_id, secret
        )
    named = [application.url for application in settings.gitlab_applications]
    oauth_applications.keep_only(conn, portal_id, named)


def _rename(
    conn: Database,
    portal_id: int,
    settings: Settings,
    records_by_name: dict[str, ConnectionRecord],
    done: ConnectionChanges,
) -> None:
    """Give connections their new names, those too that were removed under their former ones.

    A former name that nobody has any more says nothing.

    Raises Invalid where both names are taken.
    """
    names = {connection.name for connection in settings.connections}
    claimed = Counter(connection.was for connection in settings.connections if connection.was)
    for connection in settings.connections:
        if connection.was and claimed[connection.was] > 1:
            text = "is said of several connections, and its history can be of one"
            raise Invalid([Problem(0, f"was: {connection.was}", text)])
        if connection.was == connection.name:
            continue  # the same server under another address
        former = records_by_name.get(connection.was or "")
        if former is None and connection.was and connection.name not in records_by_name:
            former = _restore_former(conn, portal_id, connection, records_by_name, done)
        if former is None or connection.was is None:
            continue
        if connection.was in names or connection.name in records_by_name:
            text = sentence(
                "is said of {name}, but both names are in use: rename one after the other, each "
                "with settings of its own",
                name=connection.name,
            )
            raise Invalid([Problem(0, f"was: {connection.was}", text)])
        removed = {record.name: record for record in connections.removed(conn, former.portal_id)}
        if connection.name in removed:
            text = sentence(
                "{name} was removed, and its history is still kept under this name",
                name=connection.name,
            )
            raise Invalid([Problem(0, f"was: {connection.was}", text)])
        connections.rename(conn, former.id, connection.name)
        records_by_name.pop(former.name)
        records_by_name[connection.name] = replace(former, name=connection.name)
        done.renamed.append(_arrow(connection))


def _arrow(connection: Connection) -> str:
    return f"{connection.was} → {connection.name}"


def _restore_former(
    conn: Database,
    portal_id: int,
    connection: Connection,
    records_by_name: dict[str, ConnectionRecord],
    done: ConnectionChanges,
) -> ConnectionRecord | None:
    """Take the connection that was removed under its former name into use again, if there is."""
    removed = {record.name: record for record in connections.removed(conn, portal_id)}
    former = removed.get(connection.was or "")
    if former is None or connection.name in removed:
        return None
    connections.restore(conn, former.id)
    done.restored.append(connection.name)
    records_by_name[former.name] = replace(former, state="active")
    return records_by_name[former.name]


def _left_over(record: ConnectionRecord, connection: Connection | None) -> Iterator[LeftOver]:
    """Yield what the connection had a webhook in, and has no more; all of it for None."""
    if record.kind != "gitlab":
        return
    kinds: tuple[tuple[Literal["project", "group"], str], ...] = (
        ("project", "projects"),
        ("group", "groups"),
    )
    same_host = connection is not None and is_same_server(connection.url, record.base_url)
    for kind, key in kinds:
        now_in = getattr(connection, key) if connection is not None and same_host else []
        kept = {str(entry).casefold() for entry in now_in}
        for entry in record.options.get(key, ()):
            if str(entry).casefold() not in kept:
                yield LeftOver(record.id, record.name, kind, str(entry), record.base_url)


def current_settings(conn: Database, portal: PortalRecord) -> Settings:
    """Return the settings in force: until some are applied, defaults in the portal's language."""
    return load(stored_settings(portal, portals.settings(conn, portal.id)))


def stored_settings(portal: PortalRecord, stored_document: Json) -> Json:
    """Return the document in force, of the one that is stored for the portal."""
    language = "ru" if portal.language == "ru" else "en"
    return {"portal": portal_domain(portal), "language": language, **stored_document}


def export_yaml(conn: Database, portal: PortalRecord) -> str:
    """Return the settings in force as YAML, secrets by reference only."""
    return document.write(current_settings(conn, portal))


def portal_domain(portal: PortalRecord) -> str:
    """Return `portal.bitrix24.com` for `https://portal.bitrix24.com/rest/`."""
    return urlsplit(portal.client_endpoint).netloc


def require_portal(settings: Settings, portal: PortalRecord) -> None:
    """Check that settings are of this portal. Raises Invalid."""
    domain = portal_domain(portal)
    if settings.portal.casefold() not in (portal.member_id.casefold(), domain.casefold()):
        text = sentence("is {portal}, not {domain}", portal=settings.portal, domain=domain)
        raise Invalid([Problem(0, "portal", text)])
