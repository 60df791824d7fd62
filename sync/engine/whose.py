"""Whose work a thing is: the tasks that pushes, pipelines, deployments and the rest concern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from sync.core.alert_texts import AlertNews
from sync.core.deployments import Deployment
from sync.core.items import Push
from sync.core.kinds import Kind
from sync.core.model import LinkKind, MergeRequest, MergeRequestKey, Pipeline
from sync.core.news_facts import Subject
from sync.store import ci, deployments, items, links, mirror


def tasks_of(
    conn: Connection, portal_id: int, found: Mapping[str, Subject]
) -> dict[str, tuple[int, ...]]:
    """The tasks of each thing by its name. Silent links and mentions do not count."""
    requests = {key: frozenset(_requests(conn, one)) for key, one in found.items()}
    rows = links.by_merge_requests(conn, {one for mine in requests.values() for one in mine})
    named = ci.tasks_of(conn, {place for one in found.values() if (place := _place(one))})
    others = items.tasks_of(conn, {at for one in found.values() if (at := _item(one))})
    tasks: dict[str, tuple[int, ...]] = {}
    for key, one in found.items():
        mine = {
            row.task_id
            for request in requests[key]
            for row in rows.get(request, ())
            if row.portal_id == portal_id
            and row.live
            and not row.silent
            and row.kind is not LinkKind.MENTION
        }
        place = _place(one)
        mine |= set(named.get(place, ())) if place else set()
        at = _item(one)
        mine |= set(others.get(at, ())) if at else set()
        tasks[key] = tuple(sorted(mine))
    return tasks


def _requests(conn: Connection, one: Subject) -> Iterable[MergeRequestKey]:
    match one:
        case MergeRequest():
            return [one.key]
        case Pipeline():
            return mirror.by_pipelines(conn, [one])
        case AlertNews(failed=Pipeline() as failed):
            return mirror.by_pipelines(conn, [failed])
        case Deployment():
            return deployments.merge_requests_of(conn, [one])
        case Push() if not one.deleted:
            place = one.project.connection_id, one.project.id, one.branch
            return mirror.by_branches(conn, {place}).get(place, ())
    return ()


def _place(one: Subject) -> ci.Place | None:
    """The commit that may name tasks itself."""
    match one:
        case Push() if not one.deleted:
            return one.project.connection_id, one.project.id, one.branch, one.after
        case Pipeline():
            return one.project.connection_id, one.project.id, one.ref, one.sha
        case AlertNews(failed=Pipeline() as failed):
            return one.project.connection_id, one.project.id, one.ref, failed.sha
    return None


def _item(one: Subject) -> items.ItemId | None:
    """Under what the tasks that it names by itself are kept."""
    match one:
        case MergeRequest() | Pipeline() | AlertNews():
            return None
        case Deployment():
            return deployed_id(one)
        case _:
            return items.id_of(one)


def deployed_id(one: Deployment) -> items.ItemId:
    return one.project.connection_id, one.project.id, Kind.DEPLOYMENT.value, one.key
