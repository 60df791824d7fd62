"""What the first run offers: projects and groups, workgroups with columns, people to match."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from b24app.deps import Deps
from b24app.errors import explain_failure
from sync.bitrix24.tasks.queries import read_stages, read_users
from sync.bitrix24.tasks.workgroups import find_workgroups
from sync.core.model.common import Person, PortalUser
from sync.errors import Denied, Refused, SyncError
from sync.gitlab.api.targets import FINDERS, TargetKind, read_members
from sync.settings.apply import current_settings
from sync.store import connections, people
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord
from sync.youtrack.api import targets as youtrack_targets

MAX_PROJECTS = 5  # whose members are asked for while a page waits
_NO_RIGHT = {"INSUFFICIENT_SCOPE", "INVALID_SCOPE", "ERROR_METHOD_NOT_FOUND"}


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person of GitLab with the portal's user: `by` settings, email, name, or "" (nobody yet)."""

    username: str
    name: str
    user_id: int | None
    by: str


def list_targets(
    deps: Deps, record: ConnectionRecord, kind: TargetKind, search: str, page: int
) -> dict[str, Any]:
    """Return one page of projects or groups of GitLab, or of YouTrack's projects.

    Raises SyncError.
    """
    if record.kind == "youtrack":
        client = deps.clients.youtrack(record)
        projects, more = youtrack_targets.find_projects(client, search, page)
        return {"items": [asdict(project) for project in projects], "more": more}
    targets, more = FINDERS[kind](deps.clients.code_host(record), search, page)
    return {"items": [asdict(target) for target in targets], "more": more}


def list_workgroups(deps: Deps, portal: PortalRecord, search: str, start: int) -> dict[str, Any]:
    """Return workgroups by name; `listed` False: the application may not list them.

    Raises SyncError.
    """
    try:
        groups, following = find_workgroups(deps.clients.portal(portal.id), search, start)
    except (Denied, Refused) as error:
        if error.code not in _NO_RIGHT:
            raise
        return {"items": [], "next": None, "listed": False}
    return {"items": [asdict(group) for group in groups], "next": following, "listed": True}


def list_columns(deps: Deps, portal: PortalRecord, group_id: int) -> list[dict[str, Any]]:
    """Return the kanban columns of a workgroup as they stand. Raises SyncError."""
    stages = read_stages(deps.clients.portal(portal.id), group_id)
    return [{"id": stage.id, "title": stage.title, "type": stage.system_type} for stage in stages]


def match_people(deps: Deps, portal: PortalRecord) -> dict[str, Any]:
    """Return people of the connected projects with the portal's users, the unmatched first.

    Raises SyncError of the portal; a GitLab that does not answer is a problem in the answer.
    """
    with read(deps.engine) as conn:
        records = [row for row in connections.by_portal(conn, portal.id) if row.kind == "gitlab"]
        mapped = current_settings(conn, portal).people
        met = {
            person.username: person
            for record in records
            for person in people.of_connection(conn, record.id)
        }
        users = tuple(people.portal_users(conn, portal.id).values())
    problems: list[str] = []
    for record in records:
        for project in list(record.options.get("projects", ()))[:MAX_PROJECTS]:
            try:
                for person in read_members(deps.clients.code_host(record), str(project)):
                    met.setdefault(person.username, person)
            except SyncError as error:
                problems.append(explain_failure(str(project), error))
    users = users or read_users(deps.clients.portal(portal.id))
    active = sorted((user for user in users if user.active), key=lambda user: user.name)
    matches = [_match(person, mapped, active) for person in met.values()]
    order = {"": 0, "name": 1, "email": 2, "settings": 3}
    matches.sort(key=lambda match: (order[match.by], match.username))
    return {
        "people": [asdict(match) for match in matches],
        "users": [{"id": user.id, "name": user.name or str(user.id)} for user in active],
        "problems": sorted(set(problems)),
    }


def _match(person: Person, mapped: dict[str, int | str], users: list[PortalUser]) -> PersonMatch:
    """Return whom a person of GitLab is taken for, or proposed as. Pure."""
    named = mapped.get(person.username)
    fitting_ids: dict[str, list[int]] = {
        "settings": [user.id for user in users if named in (user.id, user.email)],
        "email": [user.id for user in users if _same(person.email, user.email)],
        "name": [user.id for user in users if _same(person.name, user.name)],
    }
    if named is None:
        del fitting_ids["settings"]
    for by, user_ids in fitting_ids.items():
        if len(user_ids) == 1:
            return PersonMatch(person.username, person.name, user_ids[0], by)
    return PersonMatch(person.username, person.name, None, "")


def _same(first: str | None, other: str | None) -> bool:
    return bool(first) and str(first).casefold().strip() == (other or "").casefold().strip()
