"""Create branches and merge requests in the name of a token's user.

https://docs.gitlab.com/api/branches/#create-repository-branch
https://docs.gitlab.com/api/merge_requests/#create-mr
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import mapping, text


@dataclass(frozen=True, slots=True)
class Created:
    """What was created: a branch's name or a merge request's reference, and its page."""

    name: str
    url: str


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
