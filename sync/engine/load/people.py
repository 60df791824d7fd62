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
    """Commits' authors as portal users: as the settings map the code host's user, or by e-mail."""
    if not signed:
        return {}
    by_email = scope.users_by_email(conn)
    by_name = {name.casefold(): user for name, user in scope.rules.people.items()}
    found: dict[K, int] = {}
    for connection_id in sorted({one.connection_id for one in signed.values()}):
        mine = {key: one for key, one in signed.items() if one.connection_id == connection_id}
        hosts = people.by_emails(conn, connection_id, {one.email for one in mine.values()} - {""})
        persons = {
            key: person
            for key, one in mine.items()
            if (person := hosts.get(one.email) or one.actor_if_author)
        }
        emails = people.emails_of(conn, connection_id, {person.id for person in persons.values()})
        for key, one in mine.items():
            person = persons.get(key)
            known = (one.email, *emails.get(person.id, ())) if person else (one.email,)
            user = by_name.get(person.username.casefold()) if person else None
            if user := user or next((by_email[e] for e in known if e in by_email), None):
                found[key] = user
    return found


def people_of_merge_request(merge_request: MergeRequest) -> tuple[Person | None, ...]:
    """Everybody a merge request names."""
    return (
        merge_request.author,
        merge_request.actor,
        *merge_request.assignees,
        *merge_request.approved_by,
        *(reviewer.person for reviewer in merge_request.reviewers),
    )
