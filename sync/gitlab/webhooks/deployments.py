"""Deployments as hooks tell them, and the merge requests that the API says each carries.

https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from sync.core.deployments.environments import Deployment, DeploymentStatus, tier_of
from sync.core.model.common import Commit
from sync.core.model.events import DeploymentEvent
from sync.gitlab.api.client import GitLab
from sync.gitlab.dates import timestamp
from sync.gitlab.json_fields import (
    UnreadablePayload,
    mapping,
    mappings,
    positive_int,
    require,
    require_kind,
    text,
    web_url,
)
from sync.gitlab.people import email, person
from sync.gitlab.webhooks.projects import hook_project

# Whose word these are: the approver's, while `user` is who deploys.
_APPROVAL_STATUSES = (DeploymentStatus.APPROVED, DeploymentStatus.REJECTED)
MAX_MERGE_REQUESTS = 500  # merge requests of one deployment that are looked at
MAX_COMMITS = 1000  # of one deployment, likewise
_COMMIT_SHA = re.compile(r"[0-9a-f]{8,64}")


def parse_deployment(payload: dict[str, Any], connection_id: int) -> DeploymentEvent:
    """The event of a deployment hook. Raises Unreadable."""
    require_kind(payload, "deployment")
    environment = text(payload.get("environment"))
    if not environment:
        raise UnreadablePayload("the deployment names no environment")
    said = deployment_status(payload.get("status"))
    return DeploymentEvent(
        Deployment(
            project=hook_project(payload.get("project"), None, connection_id),
            id=require(positive_int(payload.get("deployment_id")), "the deployment has no id"),
            environment=environment,
            tier=tier_of(text(payload.get("environment_tier")), environment),
            status=said,
            sha=_commit_sha(payload),
            ref=text(payload.get("ref")),
            updated_at=require(
                timestamp(payload.get("status_changed_at")), "the deployment has no date"
            ),
            url=web_url(payload.get("environment_external_url")),
            job_url=web_url(payload.get("deployable_url")),
            commit_title=text(payload.get("commit_title")),
            actor=person(payload.get("approver" if said in _APPROVAL_STATUSES else "user")),
        )
    )


def deployment_status(value: object) -> DeploymentStatus:
    """A deployment's status; `unknown` for words that a future version adds."""
    try:
        return DeploymentStatus(text(value))
    except ValueError:
        return DeploymentStatus.UNKNOWN


def read_merge_request_iids(client: GitLab, project_id: int, deployment_id: int) -> frozenset[int]:
    """The numbers of the merge requests a deployment brought: those whose commits came since the
    last successful one to its environment. Raises SyncError.

    https://docs.gitlab.com/api/deployments/#list-of-merge-requests-associated-with-a-deployment
    """
    listed = client.list(f"/projects/{project_id}/deployments/{deployment_id}/merge_requests")
    found = (
        positive_int(mapping(item).get("iid"))
        for item in mappings(list(islice(listed, MAX_MERGE_REQUESTS)))
    )
    return frozenset(iid for iid in found if iid)


def read_commits(client: GitLab, project_id: int, before: str, after: str) -> tuple[Commit, ...]:
    """The commits that came with `after` since `before`, the last ones of many. Raises SyncError.

    https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits
    """
    query = {"from": before, "to": after}
    answer = mapping(client.get(f"/projects/{project_id}/repository/compare", **query))
    return tuple(_parse_commit(told) for told in mappings(answer.get("commits"))[-MAX_COMMITS:])


def _parse_commit(told: dict[str, Any]) -> Commit:
    return Commit(
        sha=text(told.get("id")),
        message=text(told.get("message")),
        author_name=text(told.get("author_name")),
        author_email=email(told.get("author_email")),
        url=web_url(told.get("web_url")),
        at=timestamp(told.get("created_at")),
    )


def _commit_sha(payload: dict[str, Any]) -> str:
    """The whole commit id stands at the end of its address; by itself it is shortened."""
    short = text(payload.get("short_sha"))
    whole_sha = web_url(payload.get("commit_url")).rstrip("/").rpartition("/")[2]
    sha = whole_sha if _COMMIT_SHA.fullmatch(whole_sha) else short
    if not _COMMIT_SHA.fullmatch(sha):
        raise UnreadablePayload("the deployment names no commit")
    return sha
