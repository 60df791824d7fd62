"""What people do in GitLab from a task: branches, merge requests, pipelines, in their own name.

GitLab decides what each person may do: it is asked by the account that they connected. An
administrator without one acts by the account of the connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected, error_text
from sync.errors import Later, Refused, SyncError
from sync.gitlab.api import new_work, pipelines
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.new_work import Created
from sync.gitlab.api.pipelines import PipelineAnswer
from sync.sentences import sentence
from sync.store import connections, flow, oauth_grants, tasks
from sync.store.db.database import read, write
from sync.store.flow import MeasuredProject
from sync.store.rows import ConnectionRecord, PortalRecord
from sync.store.subjects import mark_dirty_many

T = TypeVar("T")
MAX_NAME = 100  # characters of a branch's name
_WORD = re.compile(r"[a-z0-9]+")
_TITLE_WORDS = 6
PIPELINE_ACTS = ("run", "retry", "cancel")


def may_act(deps: Deps, visitor: Visitor, portal: PortalRecord) -> list[str]:
    """Return the paths of the projects in which GitLab can be asked in the visitor's name.

    An administrator gets all that are connected, others those in which GitLab says that they may
    push. Raises RequestRejected.
    """
    with read(deps.engine) as conn:
        projects = flow.measured_projects(conn, portal.id)
        records = {row.id: row for row in connections.by_portal(conn, portal.id)}
        own = oauth_grants.of_person(conn, portal.id, visitor.user_id)
    shown = [project for project in projects if records[project.key[0]].kind == "gitlab"]
    if not visitor.admin:
        with _refusing():
            workable = {
                (id_, number)
                for id_ in own.keys() & {project.key[0] for project in shown}
                for number in new_work.workable_projects(
                    deps.clients.personal_code_host(records[id_], visitor.user_id)
                )
            }
        shown = [project for project in shown if project.key in workable]
    return [project.path for project in shown]


def suggest_branch(deps: Deps, portal: PortalRecord, task_id: int) -> str:
    """Return a branch's name that names the task, with words of its title in Latin letters."""
    prefix = deps.clients.rules(portal.id).references.prefix
    words = _WORD.findall(_title(deps, portal, task_id).lower())[:_TITLE_WORDS]
    return "-".join([f"{prefix}-{task_id}", *words])[:MAX_NAME]


def create_branch(
    deps: Deps, visitor: Visitor, portal: PortalRecord, task_id: int, path: str
) -> Created:
    """Create a branch of the task in a project. Raises RequestRejected."""
    name = suggest_branch(deps, portal, task_id)
    return _in_gitlab(
        deps, visitor, portal, path,
        lambda client, number: new_work.create_branch(client, number, name),
    )  # fmt: skip


def create_merge_request(
    deps: Deps, visitor: Visitor, portal: PortalRecord, task_id: int, path: str, branch: str
) -> Created:
    """Propose a branch of the task. Raises RequestRejected."""
    prefix = deps.clients.rules(portal.id).references.prefix
    title = f"{prefix}-{task_id} {_title(deps, portal, task_id)}".strip()
    return _in_gitlab(
        deps, visitor, portal, path,
        lambda client, number: new_work.create_merge_request(client, number, branch, title),
    )  # fmt: skip


def act_on_pipeline(
    deps: Deps, visitor: Visitor, portal: PortalRecord, path: str, act: str, branch: str, id_: int
) -> PipelineAnswer:
    """Run a pipeline of a branch, or retry or cancel one. Raises RequestRejected."""

    def do(client: GitLab, number: int) -> PipelineAnswer:
        if act == "run":
            return pipelines.run(client, number, branch)
        change = pipelines.retry if act == "retry" else pipelines.cancel
        return change(client, number, id_)

    return _in_gitlab(deps, visitor, portal, path, do)


def decide_anew(deps: Deps, portal: PortalRecord, task_id: int) -> None:
    """Have everything about a task decided again: what is missing in it is written."""
    with write(deps.engine) as conn:
        mark = ("task", str(task_id), "replayed")
        mark_dirty_many(conn, portal.id, [mark], deps.clock.now())
    deps.wake(portal.id)


def _title(deps: Deps, portal: PortalRecord, task_id: int) -> str:
    with read(deps.engine) as conn:
        row = tasks.get(conn, portal.id, [task_id]).get(task_id)
    return row.body.title if row and row.body else ""


def _in_gitlab(
    deps: Deps,
    visitor: Visitor,
    portal: PortalRecord,
    path: str,
    act: Callable[[GitLab, int], T],
) -> T:
    project, record = _find_project(deps, portal, path)
    with _refusing():
        try:
            return act(_open_gitlab(deps, visitor, record), project.key[1])
        except Refused as error:
            if error.code == "404" and not visitor.admin:
                raise _no_project(
                    path
                ) from None  # theirs to see it is not: as if it were not there
            raise


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what GitLab refuses into an answer for the page."""
    try:
        yield
    except SyncError as error:
        status = 503 if isinstance(error, Later) else 409
        raise RequestRejected(
            status, error.code or "refused", error_text(error), error.change
        ) from None


def _find_project(
    deps: Deps, portal: PortalRecord, path: str
) -> tuple[MeasuredProject, ConnectionRecord]:
    with read(deps.engine) as conn:
        for project in flow.measured_projects(conn, portal.id):
            record = connections.by_id(conn, project.key[0])
            if project.path == path and record is not None and record.kind == "gitlab":
                return project, record
    raise _no_project(path)


def _no_project(path: str) -> RequestRejected:
    return RequestRejected(404, "no_project", sentence("There is no project {path}", path=path))


def _open_gitlab(deps: Deps, visitor: Visitor, record: ConnectionRecord) -> GitLab:
    """Return a client of the visitor's own account. Raises RequestRejected (403), SyncError."""
    with read(deps.engine) as conn:
        own = oauth_grants.usable_by_person(conn, record.id)
    if visitor.user_id in own:
        return deps.clients.personal_code_host(record, visitor.user_id)
    if visitor.admin:
        return deps.clients.code_host(record)
    raise RequestRejected(
        403,
        "no_account",
        "GitLab is asked in your own name",
        "Connect your GitLab account on this page",
    )
