"""Which commits merge requests have now, asked of many at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sync.core.model.common import Commit, Project
from sync.errors import Denied, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import build_commit
from sync.gitlab.json_fields import email, mapping, mappings, text, timestamp, web_url

# A list of commits costs Gitaly a look each, and GitLab ends a query after 30 seconds.
# https://docs.gitlab.com/api/graphql/#limits
MERGE_REQUESTS_PER_QUERY = 50
MAX_COMMITS = 300  # of one merge request that are read, the newest

# https://docs.gitlab.com/api/graphql/reference/#mergerequest ; a host that lacks one of the fields
# refuses the whole, and REST is asked.
COMMIT_FIELDS = """
        diffHeadSha
        targetBranch
        commitsWithoutMergeCommits(first: 100) {
          nodes { sha message authorName authorEmail authoredDate webUrl }
          pageInfo { hasNextPage }
        }
"""
_QUERY = """
query($path: ID!, $iids: [String!]) {
  project(fullPath: $path) {
    id
    mergeRequests(iids: $iids, first: 50) { nodes { iid COMMIT_FIELDS } }
  }
}
""".replace("COMMIT_FIELDS", COMMIT_FIELDS)


@dataclass(frozen=True, slots=True)
class MergeRequestCommits:
    """The commits, oldest first and without merge commits, and what they were compared of.

    `head_sha`, `target_branch`: "" where the host did not tell.
    """

    commits: tuple[Commit, ...]
    head_sha: str = ""
    target_branch: str = ""


def read_commits(
    client: GitLab, project: Project, iids: Iterable[int]
) -> dict[int, MergeRequestCommits]:
    """Return the commits of the merge requests by their numbers; those that are gone are left out.

    One request for fifty; what GraphQL does not tell in full REST is asked for. Raises SyncError.
    """
    keys = sorted(set(iids))
    commits: dict[int, MergeRequestCommits] = {}
    for start in range(0, len(keys), MERGE_REQUESTS_PER_QUERY):
        try:
            commits |= _read_many(client, project, keys[start : start + MERGE_REQUESTS_PER_QUERY])
        except (Refused, Denied):  # a token that GraphQL denies may be good all the same
            break
    for iid in keys:
        if iid not in commits and (answer := _read_one(client, project, iid)):
            commits[iid] = answer
    return commits


def _read_many(client: GitLab, project: Project, iids: list[int]) -> dict[int, MergeRequestCommits]:
    answer = client.graphql(_QUERY, path=project.path, iids=[str(iid) for iid in iids])
    place = mapping(mapping(answer.get("data")).get("project"))
    if text(place.get("id")).rpartition("/")[2] != str(project.id):
        raise Refused("GraphQL tells no commits of this project", code="graphql")
    nodes = mappings(mapping(place.get("mergeRequests")).get("nodes"))
    answers = ((text(node.get("iid")), parse_commits(node)) for node in nodes)
    return {
        int(iid): merge_request_commits
        for iid, merge_request_commits in answers
        if merge_request_commits and iid.isascii() and iid.isdigit()
    }


def parse_commits(node: dict[str, Any]) -> MergeRequestCommits | None:
    """Return None where there are more than a page, or the list may not be seen."""
    listed = mapping(node.get("commitsWithoutMergeCommits"))
    nodes = listed.get("nodes")
    if not isinstance(nodes, list) or mapping(listed.get("pageInfo")).get("hasNextPage"):
        return None
    return MergeRequestCommits(
        tuple(reversed([_parse_commit(commit) for commit in mappings(nodes)])),
        text(node.get("diffHeadSha")),
        text(node.get("targetBranch")),
    )


def _parse_commit(node: dict[str, Any]) -> Commit:
    return Commit(
        sha=text(node.get("sha")),
        message=text(node.get("message")),
        author_name=text(node.get("authorName")),
        author_email=email(node.get("authorEmail")),
        url=web_url(node.get("webUrl")),
        at=timestamp(node.get("authoredDate")),
    )


def _read_one(client: GitLab, project: Project, iid: int) -> MergeRequestCommits | None:
    """Return None where the merge request is gone.

    https://docs.gitlab.com/api/merge_requests/#retrieve-merge-request-commits
    """
    path = f"/projects/{project.id}/merge_requests/{iid}/commits"
    try:
        listed = list(islice(client.list(path), MAX_COMMITS))
    except Refused as refused:
        if refused.code != "404":
            raise
        return None
    plain = [commit for commit in mappings(listed) if not _is_merge(commit)]
    return MergeRequestCommits(tuple(reversed([build_commit(commit) for commit in plain])))


def _is_merge(commit: dict[str, Any]) -> bool:
    parents = commit.get("parent_ids")
    return isinstance(parents, list) and len(parents) > 1
