"""The time logged for a task: by person, and where each entry was made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.services import visitors
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import TimeEntry
from sync.core.model.smart_commits import SmartCommitState, Verb
from sync.errors import Later, SyncError
from sync.sentences import sentence
from sync.store import people, smart_commits
from sync.store.db.database import read
from sync.store.rows import PortalRecord

MAX_PAGES = 20  # of fifty entries


@dataclass(frozen=True, slots=True)
class PersonHours:
    """The seconds of a person by where they were entered: `portal`, `commit` or `tracker`."""

    person: str
    seconds: dict[str, int]


def read_hours(
    deps: Deps, visitor: Visitor, portal: PortalRecord, task_id: int
) -> list[PersonHours]:
    """Return who worked how long, the busiest first; asked with the visitor's own token.

    Raises RequestRejected (401, 503).
    """
    with read(deps.engine) as conn:
        users = people.portal_users(conn, portal.id).keys()

    def read_named(client: Portal) -> list[TimeEntry]:
        return name_authors(client, _read_entries(client, task_id), users)

    entries = visitors.ask_portal(deps, visitor, portal, read_named)
    with read(deps.engine) as conn:
        return group_by_person(conn, portal.id, entries, [task_id])


def group_by_person(
    conn: Connection, portal_id: int, entries: Iterable[TimeEntry], task_ids: Collection[int]
) -> list[PersonHours]:
    """Add up what was logged for tasks by person and by where it was entered, the most first."""
    shas = {
        row.smart_commit.commit.sha[:8]
        for row in smart_commits.of_tasks(conn, portal_id, task_ids)
        if row.state is SmartCommitState.DONE and row.smart_commit.command.verb is Verb.TIME
    }
    users = people.portal_users(conn, portal_id)
    by_person: dict[int, dict[str, int]] = {}
    names = {id_: user.name for id_, user in users.items()}
    for entry in entries:
        user_id = int(entry.author.id)
        seconds = by_person.setdefault(user_id, {})
        names[user_id] = (
            names.get(user_id) or entry.author.name or sentence("employee {id}", id=user_id)
        )
        origin = _origin(entry, shas)
        seconds[origin] = seconds.get(origin, 0) + entry.seconds
    rows = [PersonHours(names[id_], seconds) for id_, seconds in by_person.items()]
    return sorted(rows, key=lambda row: (-sum(row.seconds.values()), row.person))


def name_authors(
    client: Portal, entries: Sequence[TimeEntry], users: Collection[int]
) -> list[TimeEntry]:
    """Name the authors who are not among `users`, all asked for at once.

    Where the portal refuses to name people, they stay without a name. Raises Later.
    """
    from sync.bitrix24.tasks.queries import read_named_users

    unknown = sorted({int(entry.author.id) for entry in entries} - set(users))
    try:
        names = {str(user.id): user.name for user in read_named_users(client, unknown)}
    except Later:
        raise
    except SyncError:
        names = {}
    return [
        replace(entry, author=replace(entry.author, name=names[entry.author.id]))
        if entry.author.id in names
        else entry
        for entry in entries
    ]


def _read_entries(client: Portal, task_id: int) -> list[TimeEntry]:
    from sync.bitrix24.issue_sync.calls import PAGE, time_call
    from sync.bitrix24.issue_sync.rows import parse_entries

    entries: dict[str, TimeEntry] = {}
    for page in range(1, MAX_PAGES + 1):
        call = time_call(task_id, page)
        rows = client.call(call.method, call.params, write=False)["result"] or ()
        entries |= {entry.id: entry for entry in parse_entries(rows, task_id)}
        if len(rows) < PAGE:
            break
    return list(entries.values())


def _origin(entry: TimeEntry, shas: Iterable[str]) -> str:
    if entry.key:
        return "tracker"
    return "commit" if any(sha in entry.text for sha in shas) else "portal"
