"""Store the code hosts' projects as they were last reported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from sync.core.model.common import Project
from sync.store.db.upsert import in_keys, upsert
from sync.store.tables import project


def save_projects(
    conn: Connection, projects: Iterable[Project], at: datetime | None = None
) -> None:
    """Store projects as they were at that moment; see `save_told`."""
    save_told(conn, [(item, at) for item in projects])


def save_told(conn: Connection, news: Iterable[tuple[Project, datetime | None]]) -> None:
    """Store projects, each with the time of the news that tells of it, None for an unknown one.

    Late news, sent before a rename, does not bring the old name back. A project without a default
    branch only updates path and address.
    """
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for item, at in news:
        key = item.connection_id, item.id
        before = rows[key]["told_at"] if key in rows else None
        if before is None or (at is not None and at >= before):
            rows[key] = {
                "connection_id": item.connection_id,
                "project_id": item.id,
                "path": item.path,
                "url": item.url,
                "name": item.name,
                "default_branch": item.default_branch,
                "told_at": at,
            }
    for complete in (False, True):  # a job's report does not tell the default branch
        names = ("path", "url", "told_at")
        upsert(
            conn,
            project,
            [rows[key] for key in sorted(rows) if bool(rows[key]["default_branch"]) is complete],
            keys=("connection_id", "project_id"),
            update=(*names, "name", "default_branch") if complete else names,
            where=_is_newer,
        )


def _is_newer(new: Any) -> ColumnElement[bool]:
    return or_(project.c.told_at.is_(None), new.told_at >= project.c.told_at)


def has_project(conn: Connection, connection_id: int, project_id: int) -> bool:
    """Tell whether the code host ever reported the project."""
    same = project.c.connection_id == connection_id, project.c.project_id == project_id
    return conn.scalar(select(project.c.project_id).where(*same)) is not None


def default_branches(
    conn: Connection, projects: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """Return each known project's default branch, "" where it was not reported."""
    of = project.c.connection_id, project.c.project_id
    return {
        (c, p): branch
        for condition in in_keys(of, projects)
        for c, p, branch in conn.execute(select(*of, project.c.default_branch).where(condition))
    }


def project_paths(
    conn: Connection, projects: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], tuple[str, str]]:
    """Return each known project's path and address."""
    of = project.c.connection_id, project.c.project_id
    return {
        (c, p): (path, url)
        for condition in in_keys(of, projects)
        for c, p, path, url in conn.execute(
            select(*of, project.c.path, project.c.url).where(condition)
        )
    }
