"""Deployments as hooks tell them, and the merge requests that the API says each carries.

https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events
"""

from __future__ import annotations

from typing import Any

from sync.core.model.deployments import Deployment, DeploymentStatus, tier_of
from sync.core.model.events import DeploymentEvent
from sync.gitlab.json_fields import (
    UnreadablePayload,
    _commit_sha,
    person,
    positive_int,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.projects import hook_project

# Whose word these are: the approver's, while `user` is who deploys.
_APPROVAL_STATUSES = (DeploymentStatus.APPROVED, DeploymentStatus.REJECTED)


def parse_deployment(payload: dict[str, Any], connection_id: int) -> DeploymentEvent:
    """Parse a deployment. Raises UnreadablePayload."""
    require_kind(payload, "deployment")
    environment = text(payload.get("environment"))
    if not environment:
        raise UnreadablePayload("the deployment names no environment")
    outcome = deployment_status(payload.get("status"))
    return DeploymentEvent(
        Deployment(
            project=hook_project(payload.get("project"), None, connection_id),
            id=require(positive_int(payload.get("deployment_id")), "the deployment has no id"),
            environment=environment,
            tier=tier_of(text(payload.get("environment_tier")), environment),
            status=outcome,
            sha=_commit_sha(payload),
            ref=text(payload.get("ref")),
            updated_at=require(
                timestamp(payload.get("status_changed_at")), "the deployment has no date"
            ),
            url=web_url(payload.get("environment_external_url")),
            job_url=web_url(payload.get("deployable_url")),
            commit_title=text(payload.get("commit_title")),
            actor=person(payload.get("approver" if outcome in _APPROVAL_STATUSES else "user")),
        )
    )


def deployment_status(value: object) -> DeploymentStatus:
    """Return a deployment's status; `unknown` for words that a future version adds."""
    try:
        return DeploymentStatus(text(value))
    except ValueError:
        return DeploymentStatus.UNKNOWN
