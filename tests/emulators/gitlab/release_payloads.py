"""Webhook bodies about releases and deployments. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#release-events
"""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.parts import (
    commit_part,
    hook_time,
    iso_time,
    person,
    project_part,
    project_url,
    user_url,
    zone_time,
)
from tests.emulators.gitlab.shipped import Approval, Deployment, Release
from tests.emulators.gitlab.state import State

ARCHIVES = ("zip", "tar.gz", "tar.bz2", "tar")
NEW_SINCE = (18, 0)  # `ref` and ISO times, seen in bodies of 2026; the version is not documented


def release(state: State, project: Project, one: Release, action: str) -> dict:
    """`action`: create, update or delete."""
    url, assets = project_url(state, project), _assets(state, project, one)
    return {
        "id": one.id,
        "created_at": hook_time(one.created_at),
        "description": one.description,
        "name": one.name,
        "released_at": hook_time(one.released_at),
        "tag": one.tag,
        "object_kind": "release",
        "project": project_part(state, project),
        "url": f"{url}/-/releases/{one.tag}",
        "action": action,
        "assets": assets,
        "commit": commit_part(state, project, project.commits[project.tags[one.tag].sha]),
    }


def _assets(state: State, project: Project, one: Release) -> dict:
    url, name = project_url(state, project), project.path.rsplit("/", 1)[1]
    sources = [
        {"format": kind, "url": f"{url}/-/archive/{one.tag}/{name}-{one.tag}.{kind}"}
        for kind in ARCHIVES
    ]
    links = [
        {"id": number, "link_type": "other", "name": name, "url": link}
        for number, (name, link) in enumerate(one.links.items(), 1)
    ]
    return {"count": len(sources) + len(links), "links": links, "sources": sources}


def deployment(
    state: State, project: Project, one: Deployment, status: str, *, at: datetime
) -> dict:
    """`status`: the deployment's own, or approved or rejected."""
    url, where = project_url(state, project), project.environments[one.environment]
    actor, commit = state.users[one.user_id], project.commits[one.sha]
    body = {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": _changed(state, at),
        "deployment_id": one.id,
        "deployable_id": one.job_id,
        "deployable_url": f"{url}/-/jobs/{one.job_id}" if one.job_id else None,
        "environment": where.name,
        "environment_tier": where.tier,
        "environment_slug": where.slug,
        "environment_external_url": where.external_url or None,
        "project": project_part(state, project),
        "short_sha": commit.id[:8],
        "user": person(actor),
        "user_url": user_url(state, actor),
        "commit_url": f"{url}/-/commit/{commit.id}",
        "commit_title": commit.title,
    }
    return body | {"ref": one.ref} if state.at_least(*NEW_SINCE) else body


def _changed(state: State, at: datetime) -> str:
    """`2026-03-02T09:28:00.000+00:00`, before that `2026-03-02 09:28:00 +0000`; in its zone."""
    local = at.astimezone(state.zone)
    if state.at_least(*NEW_SINCE):
        return zone_time(local)
    return local.strftime("%Y-%m-%d %H:%M:%S %z")


def judged(state: State, project: Project, one: Deployment, approval: Approval) -> dict:
    """What an approver decided; Premium.

    https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-approval-and-rejection-events
    """
    body = deployment(state, project, one, approval.status, at=approval.created_at)
    approver = person(state.users[approval.user_id])
    return body | {"approver": approver, "approval": _approval(approval)}


def _approval(one: Approval) -> dict:
    return {
        "id": one.id,
        "status": one.status,
        "comment": one.comment,
        "created_at": iso_time(one.created_at),
        "approval_rule": {
            "id": 1,
            "user_id": None,
            "group_id": None,
            "access_level": 40,
            "access_level_description": "Maintainers",
            "required_approvals": one.required,
            "group_inheritance_type": 0,
        },
    }
