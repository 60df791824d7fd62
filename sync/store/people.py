"""Store users of portals and code hosts, and find them by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from sync.core.model.common import Person, PortalUser
from sync.store.db.upsert import chunks, upsert
from sync.store.tables import connection, host_user, portal_user

_PORTAL_KEYS = ("portal_id", "user_id")
_HOST_KEYS = ("connection_id", "user_id")
_OF_PORTAL = portal_user.c.portal_id == bindparam("of_portal")
_ANY_USER = select(portal_user.c.user_id).where(_OF_PORTAL).limit(1)
_ACTIVE_BY_EMAIL = (
    select(portal_user.c.email, func.min(portal_user.c.user_id))
    .where(_OF_PORTAL, portal_user.c.active)
    .where(portal_user.c.email.is_not(None), portal_user.c.email != "")
    .group_by(portal_user.c.email)
    .having(func.count() == 1)
)


def save_portal_users(conn: Connection, portal_id: int, users: Iterable[PortalUser]) -> None:
    """Store portal users; others of the portal stay."""
    rows = [
        {
            "portal_id": portal_id,
            "user_id": user.id,
            "name": user.name,
            "email": user.email and user.email.casefold(),
            "active": user.active,
        }
        for user in users
    ]
    upsert(conn, portal_user, rows, keys=_PORTAL_KEYS, update=("name", "email", "active"))


def replace_portal_users(conn: Connection, portal_id: int, users: Iterable[PortalUser]) -> None:
    """Replace the portal's whole list of users with `users`."""
    conn.execute(delete(portal_user).where(portal_user.c.portal_id == portal_id))
    save_portal_users(conn, portal_id, users)


def portal_users(conn: Connection, portal_id: int) -> dict[int, PortalUser]:
    """Return the portal's users by id."""
    query = select(portal_user).where(portal_user.c.portal_id == portal_id)
    return {row.user_id: _portal_user(row) for row in conn.execute(query)}


def has_portal_users(conn: Connection, portal_id: int) -> bool:
    """Tell whether any user of the portal is stored."""
    return conn.execute(_ANY_USER, {"of_portal": portal_id}).first() is not None


def active_by_email(conn: Connection, portal_id: int) -> dict[str, int]:
    """Map casefolded e-mails of active users to their ids; shared ones are left out."""
    return dict(conn.execute(_ACTIVE_BY_EMAIL, {"of_portal": portal_id}).all())


def save_host_people(conn: Connection, connection_id: int, people: Iterable[Person]) -> None:
    """Store people of a code host; a hidden e-mail does not erase a known one."""
    rows = [
        {
            "connection_id": connection_id,
            "user_id": person.id,
            "username": person.username,
            "name": person.name,
            "email": person.email,
        }
        for person in people
    ]
    upsert(
        conn,
        host_user,
        rows,
        keys=_HOST_KEYS,
        update=_keep_known_email,
    )


def _keep_known_email(new: Any) -> dict[str, Any]:
    email = func.coalesce(new.email, host_user.c.email)
    return {"username": new.username, "name": new.name, "email": email}


def host_people_of_portal(conn: Connection, portal_id: int) -> dict[int, list[Person]]:
    """Return the people of a portal's code hosts, by connection."""
    c = host_user.c
    query = (
        select(c.connection_id, c.user_id, c.username, c.name)
        .join(connection, connection.c.id == c.connection_id)
        .where(connection.c.portal_id == portal_id)
    )
    persons: dict[int, list[Person]] = {}
    for connection_id, user_id, username, name in conn.execute(query):
        persons.setdefault(connection_id, []).append(Person(user_id, username, name))
    return persons


def save_commit_emails(conn: Connection, connection_id: int, emails: Mapping[Person, str]) -> None:
    """Store the e-mails that people used in their own commits."""
    rows = [
        {
            "connection_id": connection_id,
            "user_id": person.id,
            "username": person.username,
            "name": person.name,
            "commit_email": email,
        }
        for person, email in emails.items()
    ]
    upsert(conn, host_user, rows, keys=_HOST_KEYS, update=("commit_email",))


def emails_of(
    conn: Connection, connection_id: int, user_ids: Iterable[int]
) -> dict[int, tuple[str, ...]]:
    """Return casefolded e-mails by a person's id on the code host, the public one first."""
    by_key = {}
    columns = host_user.c
    for piece in chunks(set(user_ids)):
        query = select(columns.user_id, columns.email, columns.commit_email).where(
            columns.connection_id == connection_id, columns.user_id.in_(piece)
        )
        for user_id, *emails in conn.execute(query):
            by_key[user_id] = tuple(dict.fromkeys(e.casefold() for e in emails if e))
    return by_key


def of_connection(conn: Connection, connection_id: int) -> tuple[Person, ...]:
    """Return all people of a code host that were heard of."""
    query = select(host_user.c.user_id, host_user.c.username, host_user.c.name, host_user.c.email)
    own = host_user.c.connection_id == connection_id
    return tuple(Person(*row) for row in conn.execute(query.where(own)))


def by_ids(conn: Connection, connection_id: int, ids: Iterable[int]) -> dict[int, Person]:
    """Return the people of a code host by their numbers there; unknown ones are left out."""
    query = select(host_user.c.user_id, host_user.c.username, host_user.c.name, host_user.c.email)
    people: dict[int, Person] = {}
    for piece in chunks(set(ids)):
        same = host_user.c.connection_id == connection_id, host_user.c.user_id.in_(piece)
        people |= {row.user_id: Person(*row) for row in conn.execute(query.where(*same))}
    return people


def by_emails(conn: Connection, connection_id: int, emails: Iterable[str]) -> dict[str, Person]:
    """Map casefolded e-mails, of commits or public, to people of the code host.

    A public e-mail outweighs one from commits.
    """
    by_key: dict[str, Person] = {}
    columns = host_user.c
    for piece in chunks(set(emails)):
        for address in (columns.commit_email, columns.email):
            query = select(
                func.lower(address), columns.user_id, columns.username, columns.name, columns.email
            ).where(columns.connection_id == connection_id, func.lower(address).in_(piece))
            for email, *person_names in conn.execute(query.order_by(columns.user_id)):
                by_key[email] = Person(*person_names)
    return by_key


def _portal_user(row: Row[Any]) -> PortalUser:
    return PortalUser(row.user_id, row.name, row.email, row.active)
