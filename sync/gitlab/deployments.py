"""Deployments as hooks and the API tell them, and the merge requests that each carries.

https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from sync.core.deployments import Deployment, DeploymentStatus, Tier, tier_of
from sync.core.events import DeploymentHeard
from sync.core.model import Project
from sync.gitlab.client import GitLab
from sync.gitlab.dates import moment
from sync.gitlab.people import person
from sync.gitlab.places import project_of
from sync.gitlab.reading import Unreadable, link, mapping, mappings, must, of_kind, text, whole

# Whose word these are: the approver's, while `user` is who deploys.
_VERDICTS = (DeploymentStatus.APPROVED, DeploymentStatus.REJECTED)
MOST_CARRIED = 500  # merge requests of one deployment that are looked at
_SHA = re.compile(r"[0-9a-f]{8,64}")
_TIERS = frozenset(Tier)


def deployment_heard(payload: dict[str, Any], connection_id: int) -> DeploymentHeard:
    """The event of a deployment hook. Raises Unreadable."""
    of_kind(payload, "deployment")
    environment = text(payload.get("environment"))
    if not environment:
        raise Unreadable("the deployment names no environment")
    said = status(payload.get("status"))
    return DeploymentHeard(
        Deployment(
            project=project_of(payload.get("project"), None, connection_id),
            id=must(whole(payload.get("deployment_id")), "the deployment has no id"),
            environment=environment,
            tier=tier_of(text(payload.get("environment_tier")), environment),
            status=said,
            sha=_sha(payload),
            ref=text(payload.get("ref")),
            updated_at=must(moment(payload.get("status_changed_at")), "the deployment has no date"),
            url=link(payload.get("environment_external_url")),
            job_url=link(payload.get("deployable_url")),
            commit_title=text(payload.get("commit_title")),
            actor=person(payload.get("approver" if said in _VERDICTS else "user")),
        )
    )


def deployment_of(
    project: Project, told: dict[str, Any], tiers: Mapping[str, str]
) -> Deployment | None:
    """A deployment as the API tells it, None where too little is told.

    `tiers`: of the environments whose tier is another than their name says.
    """
    environment, job = mapping(told.get("environment")), mapping(told.get("deployable"))
    name, sha = text(environment.get("name")), text(told.get("sha"))
    number, updated_at = whole(told.get("id")), moment(told.get("updated_at"))
    if not name or not _SHA.fullmatch(sha) or number is None or updated_at is None:
        return None
    return Deployment(
        project=project,
        id=number,
        environment=name,
        tier=tier_of(tiers.get(name, ""), name),
        status=status(told.get("status")),
        sha=sha,
        ref=text(told.get("ref")),
        updated_at=updated_at,
        url=link(environment.get("external_url")),
        job_url=link(job.get("web_url")),
        commit_title=text(mapping(job.get("commit")).get("title")),
        actor=person(told.get("user")),
    )


def tiers(client: GitLab, project_id: int) -> dict[str, str]:
    """The tier of each environment that is there and whose name says another. Raises SyncError.

    https://docs.gitlab.com/api/environments/#list-environments
    """
    listed = client.list(f"/projects/{project_id}/environments", states="available")
    told = {text(one.get("name")): text(one.get("tier")) for one in mappings(list(listed))}
    return {name: tier for name, tier in told.items() if tier in _TIERS and _unlike(name, tier)}


def _unlike(name: str, tier: str) -> bool:
    return tier_of("", name).value != tier


def status(value: object) -> DeploymentStatus:
    """A deployment's status; `unknown` for words that a future version adds."""
    try:
        return DeploymentStatus(text(value))
    except ValueError:
        return DeploymentStatus.UNKNOWN


def carried(client: GitLab, project_id: int, deployment_id: int) -> frozenset[int]:
    """The numbers of the merge requests a deployment brought: those whose commits came since the
    last successful one to its environment. Raises SyncError.

    https://docs.gitlab.com/api/deployments/#list-of-merge-requests-associated-with-a-deployment
    """
    listed = client.list(f"/projects/{project_id}/deployments/{deployment_id}/merge_requests")
    found = (
        whole(mapping(item).get("iid")) for item in mappings(list(islice(listed, MOST_CARRIED)))
    )
    return frozenset(iid for iid in found if iid)


def _sha(payload: dict[str, Any]) -> str:
    """The whole commit id stands at the end of its address; by itself it is shortened."""
    short = text(payload.get("short_sha"))
    whole_sha = link(payload.get("commit_url")).rstrip("/").rpartition("/")[2]
    sha = whole_sha if _SHA.fullmatch(whole_sha) else short
    if not _SHA.fullmatch(sha):
        raise Unreadable("the deployment names no commit")
    return sha
