"""Deployments of before anybody listened, read page by page through the API.

https://docs.gitlab.com/api/deployments/#list-project-deployments
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sync.core.model.common import Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier, tier_of
from sync.core.model.events import DeploymentEvent
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.deployments import read_merge_request_iids
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_changed
from sync.gitlab.json_fields import (
    mapping,
    mappings,
    person,
    positive_int,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.deployments import deployment_status

_TIERS = frozenset(Tier)
_SHA = re.compile(r"[0-9a-f]{8,64}")


def read_deployments(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[DeploymentEvent]:
    """Read a page of deployments; a finished one costs a request more, for its merge requests."""
    at = cursor or {}
    tiers = at["tiers"] if "tiers" in at else _read_tiers(client, project.id)
    page = read_changed(client, f"/projects/{project.id}/deployments", at, since)
    parsed = (_parse_deployment(project, json_object, tiers) for json_object in page.items)
    deployment_events = tuple(
        _with_contents(client, deployment) for deployment in parsed if deployment
    )
    further = {**page.cursor, "tiers": tiers} if page.cursor else None
    return Page(deployment_events, further, page.remaining)


def _with_contents(client: GitLab, deployment: Deployment) -> DeploymentEvent:
    if deployment.status is not DeploymentStatus.SUCCESS:
        return DeploymentEvent(deployment)
    return DeploymentEvent(
        deployment,
        tuple(sorted(read_merge_request_iids(client, deployment.project.id, deployment.id))),
    )


def _parse_deployment(
    project: Project, json_object: JsonObject, tiers: Mapping[str, str]
) -> Deployment | None:
    """None where too little is told."""
    environment, job = (
        mapping(json_object.get("environment")),
        mapping(json_object.get("deployable")),
    )
    name, sha = text(environment.get("name")), text(json_object.get("sha"))
    number, updated_at = (
        positive_int(json_object.get("id")),
        timestamp(json_object.get("updated_at")),
    )
    if not name or not _SHA.fullmatch(sha) or number is None or updated_at is None:
        return None
    return Deployment(
        project=project,
        id=number,
        environment=name,
        tier=tier_of(tiers.get(name, ""), name),
        status=deployment_status(json_object.get("status")),
        sha=sha,
        ref=text(json_object.get("ref")),
        updated_at=updated_at,
        url=web_url(environment.get("external_url")),
        job_url=web_url(job.get("web_url")),
        commit_title=text(mapping(job.get("commit")).get("title")),
        actor=person(json_object.get("user")),
    )


def _read_tiers(client: GitLab, project_id: int) -> dict[str, str]:
    """Read the tier of each environment that is there and whose name says another.

    Only environments tell theirs. https://docs.gitlab.com/api/environments/#list-environments
    """
    listed = client.list(f"/projects/{project_id}/environments", states="available")
    by_key = {text(row.get("name")): text(row.get("tier")) for row in mappings(list(listed))}
    return {
        name: tier
        for name, tier in by_key.items()
        if tier in _TIERS and _differs_from_name(name, tier)
    }


def _differs_from_name(name: str, tier: str) -> bool:
    return tier_of("", name).value != tier
