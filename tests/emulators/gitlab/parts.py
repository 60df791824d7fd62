"""The pieces every webhook payload is made of: people, projects, commits, times. Pure.

Shapes: https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from tests.emulators.gitlab.entities import Commit, Label, Project, User
from tests.emulators.gitlab.state import State

VISIBILITY = {"private": 0, "internal": 10, "public": 20}
REDACTED = "[REDACTED]"


def raw(payload: dict) -> bytes:
    """The bytes GitLab posts: compact JSON, UTF-8."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def hook_time(moment: datetime | None) -> str | None:
    """`2026-01-16 05:56:22 UTC`: merge requests, pipelines, notes; fractions are lost."""
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else None


def git_time(moment: datetime) -> str:
    """`2026-01-16T05:56:22+00:00`: commits."""
    return moment.isoformat(timespec="seconds")


def iso_time(moment: datetime | None) -> str | None:
    """`2026-01-16T05:56:22.123Z`: REST, issues' labels, jobs' `_iso` fields."""
    return (
        moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
        if (moment)
        else None
    )


def zone_time(moment: datetime) -> str:
    """`2026-01-16T05:56:22.000+00:00`: deployments; fractions are lost."""
    return moment.replace(microsecond=0).isoformat(timespec="milliseconds")


def plain_time(moment: datetime | None) -> str | None:
    """`2026-01-16T05:56:22Z`: members, subgroups, projects."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def avatar(user: User) -> str:
    digest = hashlib.sha256(user.email.encode()).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?s=80&d=identicon"


def person(user: User) -> dict:
    """A user as hooks show one: the address only if it is public."""
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "avatar_url": avatar(user),
        "email": user.public_email or REDACTED,
    }


def project_url(state: State, project: Project) -> str:
    return f"{state.url}/{project.path}"


def namespace_name(state: State, project: Project) -> str:
    if project.group_id:
        return state.groups[project.group_id].name
    return project.namespace_path


def project_part(state: State, project: Project) -> dict:
    url = project_url(state, project)
    ssh = f"git@{state.url.split('://')[1].split(':')[0]}:{project.path}.git"
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "web_url": url,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": f"{url}.git",
        "namespace": namespace_name(state, project),
        "visibility_level": VISIBILITY[project.visibility],
        "path_with_namespace": project.path,
        "default_branch": project.default_branch,
        "ci_config_path": None,
        "homepage": url,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": f"{url}.git",
    }


def repository_part(state: State, project: Project) -> dict:
    """The legacy twin of `project`."""
    whole = project_part(state, project)
    return {key: whole[key] for key in ("name", "url", "description", "homepage")}


def push_repository_part(state: State, project: Project) -> dict:
    whole = project_part(state, project)
    extra = {key: whole[key] for key in ("git_http_url", "git_ssh_url", "visibility_level")}
    return repository_part(state, project) | extra


def commit_part(state: State, project: Project, commit: Commit) -> dict:
    return {
        "id": commit.id,
        "message": commit.message,
        "title": commit.title,
        "timestamp": git_time(commit.at),
        "url": f"{project_url(state, project)}/-/commit/{commit.id}",
        "author": {"name": commit.author_name, "email": commit.author_email},
    }


def user_url(state: State, user: User) -> str:
    return f"{state.url}/{user.username}"


def label_part(
    project: Project, label: Label, written: Callable[..., str | None] = hook_time
) -> dict:
    return {
        "id": label.id,
        "title": label.title,
        "color": label.color,
        "project_id": None if label.group_id else project.id,
        "created_at": written(project.created_at),
        "updated_at": written(project.created_at),
        "template": False,
        "description": label.description,
        "type": "GroupLabel" if label.group_id else "ProjectLabel",
        "group_id": label.group_id,
    }
