"""The time logged for a task: by person, and where each entry was made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.services import visitors
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import TimeEntry
from sync.core.model.smart_commits import SmartCommitState, Verb
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
    entries = visitors.ask_portal(
        deps, visitor, portal, lambda client: _read_entries(client, task_id)
    )
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
    for entry in entries:
        seconds = by_person.setdefault(int(entry.author.id), {})
        origin = _origin(entry, shas)
        seconds[origin] = seconds.get(origin, 0) + entry.seconds
    rows = [
        PersonHours(users[id_].name if id_ in users else str(id_), seconds)
        for id_, seconds in by_person.items()
    ]
    return sorted(rows, key=lambda row: (-sum(row.seconds.values()), row.person))


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
