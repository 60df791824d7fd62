"""Create branches and merge requests in the name of a token's user.

https://docs.gitlab.com/api/branches/#create-repository-branch
https://docs.gitlab.com/api/merge_requests/#create-mr
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import mapping, positive_int, text

DEVELOPER = 30  # https://docs.gitlab.com/api/access_requests/#valid-access-levels
MAX_PROJECTS = 500  # of one account, those in use first


@dataclass(frozen=True, slots=True)
class Created:
    """What was created: a branch's name or a merge request's reference, and its page."""

    name: str
    url: str


def workable_projects(client: GitLab) -> frozenset[int]:
    """Return the ids of the projects in which the token's user may push. Raises SyncError.

    https://docs.gitlab.com/api/projects/#list-all-projects
    """
    rows = client.list(
        "/projects",
        membership=True,
        min_access_level=DEVELOPER,
        archived=False,
        simple=True,
        order_by="last_activity_at",
    )
    ids = (positive_int(row.get("id")) for row in islice(rows, MAX_PROJECTS))
    return frozenset(id_ for id_ in ids if id_)


def create_branch(client: GitLab, project: int, name: str, ref: str = "") -> Created:
    """Create a branch from `ref`, without it from the default branch. Raises SyncError."""
    path = f"/projects/{encode_segment(project)}"
    start = ref or _default_branch(client, path)
    answer = mapping(client.post(f"{path}/repository/branches", {"branch": name, "ref": start}))
    return Created(text(answer.get("name")) or name, text(answer.get("web_url")))


def create_merge_request(client: GitLab, project: int, branch: str, title: str) -> Created:
    """Propose a branch for the default branch, as a draft. Raises SyncError.

    GitLab refuses (409) where one from that branch is open already.
    """
    path = f"/projects/{encode_segment(project)}"
    body = {
        "source_branch": branch,
        "target_branch": _default_branch(client, path),
        "title": f"Draft: {title}",
    }
    answer = mapping(client.post(f"{path}/merge_requests", body))
    reference = text(mapping(answer.get("references")).get("full"))
    return Created(reference or f"!{answer.get('iid')}", text(answer.get("web_url")))


def _default_branch(client: GitLab, path: str) -> str:
    return text(mapping(client.get(path)).get("default_branch")) or "main"
