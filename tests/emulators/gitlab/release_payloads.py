"""Webhook bodies about releases and deployments. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#release-events
"""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab.entities import Commit, Project, User
from tests.emulators.gitlab.parts import (
    commit_part,
    hook_time,
    person,
    project_part,
    project_url,
)
from tests.emulators.gitlab.state import State

ARCHIVES = ("zip", "tar.gz", "tar.bz2", "tar")


def release(
    state: State, project: Project, commit: Commit, *, number: int, tag: str, at: datetime
) -> dict:
    url = project_url(state, project)
    name = project.path.rsplit("/", 1)[1]
    sources = [
        {"format": kind, "url": f"{url}/-/archive/{tag}/{name}-{tag}.{kind}"} for kind in ARCHIVES
    ]
    return {
        "id": number,
        "created_at": hook_time(at),
        "description": f"What is new in {tag}",
        "name": tag,
        "released_at": hook_time(at),
        "tag": tag,
        "object_kind": "release",
        "project": project_part(state, project),
        "url": f"{url}/-/releases/{tag}",
        "action": "create",
        "assets": {"count": len(sources), "links": [], "sources": sources},
        "commit": commit_part(state, project, commit),
    }


def deployment(
    state: State,
    project: Project,
    actor: User,
    commit: Commit,
    *,
    number: int,
    job_id: int,
    environment: str,
    status: str,
    at: datetime,
) -> dict:
    """`status_changed_at` has an offset, unlike the other times."""
    url = project_url(state, project)
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": at.strftime("%Y-%m-%d %H:%M:%S %z"),
        "deployment_id": number,
        "deployable_id": job_id,
        "deployable_url": f"{url}/-/jobs/{job_id}",
        "environment": environment,
        "environment_tier": environment,
        "environment_slug": environment,
        "environment_external_url": f"https://{environment}.acme.example",
        "project": project_part(state, project),
        "ref": project.default_branch,
        "short_sha": commit.id[:8],
        "user": person(actor),
        "user_url": f"{state.url}/{actor.username}",
        "commit_url": f"{url}/-/commit/{commit.id}",
        "commit_title": commit.title,
    }
