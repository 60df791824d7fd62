"""Stores the people of a code host whom events name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.common import Person
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.engine.load.people import people_of_merge_request
from sync.store import people


def save_people(
    conn: Connection,
    merge_requests: Iterable[MergeRequest],
    actors: Mapping[MergeRequestKey, Person] | None = None,
) -> None:
    """Store everybody the merge requests name, and who acted on them."""
    by_connection: dict[int, dict[int, Person]] = {}
    for item in merge_requests:
        stored = by_connection.setdefault(item.project.connection_id, {})
        for person in (*people_of_merge_request(item), (actors or {}).get(item.key)):
            if person is not None and (person.id not in stored or person.email):
                stored[person.id] = person
    for connection_id, stored in by_connection.items():
        people.save_host_people(conn, connection_id, stored.values())


def save_commit_emails(conn: Connection, pushes: Iterable[Push]) -> None:
    """Store the e-mail addresses of pushers, which hooks tell by their commits alone."""
    emails: dict[int, dict[Person, str]] = {}
    for push in pushes:
        emails.setdefault(push.project.connection_id, {}).update(_pusher_emails(push))
    for connection_id, by_person in emails.items():
        people.save_commit_emails(conn, connection_id, by_person)


def _pusher_emails(push: Push) -> dict[Person, str]:
    """Return the pusher's e-mail by commits that carry the pusher's name."""
    if push.actor is None or not push.actor.id:
        return {}
    names = {push.actor.name.casefold(), push.actor.username.casefold()}
    own = [commit for commit in push.commits if commit.author_name.casefold() in names]
    emails = [commit.author_email for commit in own if commit.author_email]
    return {push.actor: emails[-1]} if emails else {}
