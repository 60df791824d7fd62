"""What may not be applied: removals that nobody meant, and histories of another server."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection as Database

from sync.sentences import sentence
from sync.settings.model import Connection, Settings
from sync.settings.problems import Invalid, Problem
from sync.settings.stored_connection import is_same_server
from sync.store import connections
from sync.store.rows import ConnectionRecord, PortalRecord


def require_removable(
    conn: Database, portal: PortalRecord, settings: Settings, remove: Collection[str]
) -> None:
    """Raise Invalid where a connection is to be removed that the settings name, or nobody knows.

    One that was removed before is known: the command may be repeated.
    """
    names = {connection.name for connection in settings.connections}
    records = [*connections.by_portal(conn, portal.id), *connections.removed(conn, portal.id)]
    former = {connection.was for connection in settings.connections}
    gone = {record.name for record in records} - names - former
    for name in remove:
        if name in names:
            text = "is to be removed, and the settings name it: take it out of them"
            raise Invalid([Problem(0, f"connections: {name}", text)])
        if name not in gone:
            text = sentence(
                "is to be removed, and no connection has this name: {names}",
                names=", ".join(sorted({*names, *gone})),
            )
            raise Invalid([Problem(0, f"connections: {name}", text)])


def require_kind(record: ConnectionRecord, connection: Connection) -> None:
    """Raise Invalid where a name's history is of another system."""
    if record.kind != connection.kind:
        text = sentence(
            "is the name of a connection of the kind {kind}, whose history it has: give the new "
            "one another name",
            kind=record.kind,
        )
        raise Invalid([Problem(0, f"connections: {connection.name}", text)])


def require_server(
    conn: Database, record: ConnectionRecord, connection: Connection, *, is_said: bool
) -> None:
    """Raise Invalid where a history by one server's numbers would go on at another server.

    Projects and issues of both have the same numbers: what one says would be taken for the other's.
    `is_said`: `was` says whose history this is, so it is one server under two addresses.
    """
    if is_said or is_same_server(record.base_url, connection.url):
        return
    if connections.has_history(conn, record.id):
        text = sentence(
            "has the history of {url}, whose numbers mean other projects elsewhere: say "
            "`was: {name}` if that server has another address now, else give the new one another "
            "name",
            url=record.base_url,
            name=connection.name,
        )
        raise Invalid([Problem(0, f"connections: {connection.name}", text)])
