"""People of code hosts as users of the portal: by mapping, by e-mail, by their own commits."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from sync.core.model.common import Commit, Person
from sync.core.model.merge_requests import MergeRequest
from sync.engine.load.scope import Scope
from sync.store import people

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class AuthoredCommit:
    """A commit and who brought it, whose e-mail the host may hide."""

    connection_id: int
    commit: Commit
    actor: Person | None

    @property
    def email(self) -> str:
        """Return the author's address in lower case, "" where it is hidden."""
        return (self.commit.author_email or "").casefold()

    @property
    def actor_if_author(self) -> Person | None:
        """Who brought it, if they have the author's name."""
        name, actor = self.commit.author_name.casefold(), self.actor
        own = name and actor and name in (actor.name.casefold(), actor.username.casefold())
        return actor if own else None


def portal_users_of(
    conn: Connection, scope: Scope, persons: Mapping[int, Iterable[Person]]
) -> dict[int, dict[int, int]]:
    """Person → portal user, by connection: by mapping, public e-mail, then that of commits."""
    if not persons:
        return {}
    by_email = scope.users_by_email(conn)
    by_name = {name.casefold(): user for name, user in scope.rules.people.items()}
    users: dict[int, dict[int, int]] = {}
    for connection_id, group in persons.items():
        by_id = {person.id: person for person in group}
        emails = people.emails_of(conn, connection_id, by_id)
        for person in by_id.values():
            same_email = [by_email[e] for e in emails.get(person.id, ()) if e in by_email]
            user = by_name.get(person.username.casefold()) or next(iter(same_email), None)
            if user:
                users.setdefault(connection_id, {})[person.id] = user
    return users


def portal_authors(
    conn: Connection, scope: Scope, signed: Mapping[K, AuthoredCommit]
) -> dict[K, int]:
    """Return commits' authors as portal users: by the settings' mapping, or by e-mail."""
    if not signed:
        return {}
    by_email = scope.users_by_email(conn)
    by_name = {name.casefold(): user for name, user in scope.rules.people.items()}
    by_key: dict[K, int] = {}
    for connection_id in sorted(
        {authored_commit.connection_id for authored_commit in signed.values()}
    ):
        own = {
            key: authored_commit
            for key, authored_commit in signed.items()
            if authored_commit.connection_id == connection_id
        }
        hosts = people.by_emails(
            conn, connection_id, {authored_commit.email for authored_commit in own.values()} - {""}
        )
        persons = {
            key: person
            for key, authored_commit in own.items()
            if (person := hosts.get(authored_commit.email) or authored_commit.actor_if_author)
        }
        emails = people.emails_of(conn, connection_id, {person.id for person in persons.values()})
        for key, authored_commit in own.items():
            person = persons.get(key)
            existing = (
                (authored_commit.email, *emails.get(person.id, ()))
                if person
                else (authored_commit.email,)
            )
            user = by_name.get(person.username.casefold()) if person else None
            if user := user or next((by_email[e] for e in existing if e in by_email), None):
                by_key[key] = user
    return by_key


def people_of_merge_request(merge_request: MergeRequest) -> tuple[Person | None, ...]:
    """Everybody a merge request names."""
    return (
        merge_request.author,
        merge_request.actor,
        *merge_request.assignees,
        *merge_request.approved_by,
        *(reviewer.person for reviewer in merge_request.reviewers),
    )
