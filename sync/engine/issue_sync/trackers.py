"""Which room holds the issues of a connection: one row a tracker, by the connection's kind.

A room is imported when the first connection of its kind is opened: most servers have no use for
both, and many for neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    DEADLINE,
    ESTIMATE,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STATUS,
    ItemAddress,
)
from sync.core.issue_sync.side import SideClient
from sync.core.model.common import Person
from sync.engine.issue_sync.own_accounts import load_own_accounts
from sync.errors import Refused
from sync.gitlab.api.client import encode_segment
from sync.gitlab.api.merge_requests import read_project
from sync.gitlab.api.targets import read_members
from sync.sentences import sentence
from sync.store.rows import ConnectionRecord
from sync.text.markdown.dialect import GITLAB, YOUTRACK, Dialect

if TYPE_CHECKING:
    from sync.engine.deps import Deps
    from sync.youtrack.api.users import User

M = TypeVar("M")
MOST_MEMBER_PAGES = 20  # of a hundred
_ANY_BOARD = ("", "milestone", "iteration")  # words of the settings that name no board


@dataclass(frozen=True, slots=True)
class Tracker:
    """A tracker: its name for people, its Markdown, how its issues and a project are reached.

    `project_id_for` gives the project's id for good. `find_issue` finds an issue by its project's
    id and its number. `users_of` lists accounts, for a tracker whose people no webhook stores;
    `members_of` those of a project by its id, beside the people that webhooks stored.
    `writes_for_all`: whether it may be able to write in the name of everybody whose account is
    known. `names_alone`: whether people name an issue without its project. All raise SyncError.
    """

    name: str
    dialect: Dialect
    open_issues: Callable[[Deps, ConnectionRecord, ProjectPair], SideClient]
    project_id_for: Callable[[Deps, ConnectionRecord, str], str]
    find_issue: Callable[[Deps, ConnectionRecord, str, str], ItemAddress]
    users_of: Callable[[Deps, ConnectionRecord], tuple[User, ...]] = lambda deps, connection: ()
    members_of: Callable[[Deps, ConnectionRecord, str], tuple[Person, ...]] = (
        lambda deps, connection, project_id: ()
    )
    writes_for_all: bool = False
    names_alone: bool = False


def tracker_of(connection: ConnectionRecord) -> Tracker:
    """Return the tracker of a connection. Raises Refused for one of an unknown kind."""
    tracker = TRACKERS.get(connection.kind)
    if tracker is None:
        raise Refused(
            sentence(
                "The connection {name} is of a kind without issues: {kind}",
                name=connection.name,
                kind=connection.kind,
            ),
            code="kind",
        )
    return tracker


def shared_memory(deps: Deps, key: tuple[int, str], make: type[M]) -> M:
    """Return what rooms of the process learned of an instance, which is empty at first."""
    held = deps.issue_sync.memories.get(key)
    if not isinstance(held, make):
        held = deps.issue_sync.memories[key] = make()
    return held


def _gitlab_issues(deps: Deps, connection: ConnectionRecord, pair: ProjectPair) -> SideClient:
    from sync.gitlab.issues.client import GitLabIssues
    from sync.gitlab.issues.options import IssueOptions
    from sync.gitlab.issues.projects import IssueMemory

    options = IssueOptions(
        custom_fields=bool(pair.custom),
        scopes=tuple(custom.tracker for custom in pair.custom),
        links=pair.crosses(LINKS),
        parents=pair.crosses(PARENT),
        checklist=pair.crosses(CHECKLIST),
        sprint=_gitlab_sprint(pair) if pair.crosses(SPRINT) else "",
        max_file_bytes=pair.max_file_bytes,
        confidential=pair.confidential,
    )
    client = deps.code_host_for(connection)
    memory = shared_memory(deps, (connection.id, client.base_url), IssueMemory)
    own_accounts = load_own_accounts(deps, connection)
    return GitLabIssues(client, options, deps.clock, memory, own_accounts)


def _gitlab_sprint(pair: ProjectPair) -> str:
    from sync.gitlab.issues.options import ITERATIONS, MILESTONES

    return ITERATIONS if pair.sprint.tracker.startswith("iteration") else MILESTONES


def _gitlab_project(deps: Deps, connection: ConnectionRecord, project: str) -> str:
    if project.isdigit():
        return project
    return str(read_project(deps.code_host_for(connection), project).id)


def _gitlab_issue(
    deps: Deps, connection: ConnectionRecord, project_id: str, number: str
) -> ItemAddress:
    path = f"/projects/{encode_segment(project_id)}/issues/{number}"
    issue = deps.code_host_for(connection).get(path)
    return ItemAddress(str(issue["id"]), str(issue["project_id"]), number)


def _gitlab_members(
    deps: Deps, connection: ConnectionRecord, project_id: str
) -> tuple[Person, ...]:
    return read_members(deps.code_host_for(connection), project_id, MOST_MEMBER_PAGES)


def _youtrack_issues(deps: Deps, connection: ConnectionRecord, pair: ProjectPair) -> SideClient:
    from sync.youtrack.issues.client import YouTrackIssues
    from sync.youtrack.issues.options import IssueOptions
    from sync.youtrack.issues.projects import IssueMemory

    words, names = pair.sprint.tracker, pair.tracker_fields
    usual = IssueOptions()
    options = IssueOptions(
        custom_fields=bool(pair.custom),
        links=pair.crosses(LINKS),
        parents=pair.crosses(PARENT),
        sprints=pair.crosses(SPRINT),
        board="" if words in _ANY_BOARD else words,
        status_field=names.get(STATUS, usual.status_field),
        priority_field=names.get(PRIORITY, usual.priority_field),
        assignee_field=names.get(ASSIGNEES, usual.assignee_field),
        deadline_field=names.get(DEADLINE, usual.deadline_field),
        estimate_fields=(names[ESTIMATE],) if ESTIMATE in names else usual.estimate_fields,
        work_type=pair.work_kind,
        transitions=pair.transitions,
        max_file_bytes=pair.max_file_bytes,
        confidential=pair.confidential,
    )
    client = deps.youtrack_for(connection)
    memory = shared_memory(deps, (connection.id, client.base_url), IssueMemory)
    return YouTrackIssues(client, options, memory, deps.clock)


def _youtrack_project(deps: Deps, connection: ConnectionRecord, project: str) -> str:
    from sync.youtrack.issues.projects import Instance, IssueMemory

    client = deps.youtrack_for(connection)
    memory = shared_memory(deps, (connection.id, client.base_url), IssueMemory)
    return Instance(client, memory, deps.clock).project(project, fresh=True).id


def _youtrack_issue(
    deps: Deps, connection: ConnectionRecord, project_id: str, number: str
) -> ItemAddress:
    """Find an issue by its readable id: also by the one that it had before it was moved."""
    from sync.youtrack.api.client import encode_segment
    from sync.youtrack.issues.rows import address_of

    fields = "id,idReadable,project(id)"
    path = f"/issues/{encode_segment(number)}"
    return address_of(deps.youtrack_for(connection).get(path, fields=fields))


def _youtrack_users(deps: Deps, connection: ConnectionRecord) -> tuple[User, ...]:
    from sync.youtrack.api.users import read_users

    return read_users(deps.youtrack_for(connection))


TRACKERS = {
    "gitlab": Tracker(
        "GitLab",
        GITLAB,
        _gitlab_issues,
        _gitlab_project,
        _gitlab_issue,
        members_of=_gitlab_members,
    ),
    "youtrack": Tracker(
        "YouTrack",
        YOUTRACK,
        _youtrack_issues,
        _youtrack_project,
        _youtrack_issue,
        _youtrack_users,
        writes_for_all=True,
        names_alone=True,
    ),
}
