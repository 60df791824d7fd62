"""What a deployment includes: its merge requests and commits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from sync.core.model.common import Commit
from sync.core.model.deployments import same_commit
from sync.gitlab.api.client import GitLab
from sync.gitlab.json_fields import email, mapping, mappings, positive_int, text, timestamp, web_url

# Read of one deployment at most.
MAX_MERGE_REQUESTS = 500
MAX_COMMITS = 1000


def read_merge_request_iids(client: GitLab, project_id: int, deployment_id: int) -> frozenset[int]:
    """Return the iids of the merge requests that a deployment brought to its environment.

    These are the ones with commits since the last successful deployment there. Raises SyncError.
    https://docs.gitlab.com/api/deployments/#list-of-merge-requests-associated-with-a-deployment
    """
    listed = client.list(f"/projects/{project_id}/deployments/{deployment_id}/merge_requests")
    iids = (
        positive_int(mapping(item).get("iid"))
        for item in mappings(list(islice(listed, MAX_MERGE_REQUESTS)))
    )
    return frozenset(iid for iid in iids if iid)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The commits that one commit has and another has not, at most the last MAX_COMMITS.

    `follows`: the other is among its ancestors, or it is the same.
    """

    commits: tuple[Commit, ...] = ()
    follows: bool = True


def compare_commits(client: GitLab, project_id: int, before: str, after: str) -> Comparison:
    """Return what `after` has and `before` has not. Raises SyncError.

    Where `before` is an ancestor, a commit of the list has it as a parent.
    https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits
    """
    query = {"from": before, "to": after}
    answer = mapping(client.get(f"/projects/{project_id}/repository/compare", **query))
    rows = mappings(answer.get("commits"))
    parents = (text(sha) for row in rows for sha in _parent_ids(row))
    follows = same_commit(before, after) or any(same_commit(before, sha) for sha in parents)
    return Comparison(tuple(_parse_commit(row) for row in rows[-MAX_COMMITS:]), follows)


def _parent_ids(row: dict[str, Any]) -> list[Any]:
    shas = row.get("parent_ids")
    return shas if isinstance(shas, list) else []


def _parse_commit(row: dict[str, Any]) -> Commit:
    return Commit(
        sha=text(row.get("id")),
        message=text(row.get("message")),
        author_name=text(row.get("author_name")),
        author_email=email(row.get("author_email")),
        url=web_url(row.get("web_url")),
        at=timestamp(row.get("created_at")),
    )
