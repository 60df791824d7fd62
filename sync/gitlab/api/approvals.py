"""Approvals and reviewers of merge requests, read for many at once by GraphQL or one by REST."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sync.core.model.common import Project
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_request_commits import (
    COMMIT_FIELDS,
    MergeRequestCommits,
    parse_commits,
)
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import sentence

# GitLab evaluates the approval rules of each merge request and ends a query after 30 seconds. A
# list by `iids` costs the same whatever its length: about 40 of the allowed complexity of 250.
# https://docs.gitlab.com/api/graphql/#limits
MERGE_REQUESTS_PER_QUERY = 50

# https://docs.gitlab.com/api/graphql/reference/#mergerequest ; an instance that lacks one of the
# fields refuses the whole query: the caller then reads by REST.
_QUERY = """
query($path: ID!, $iids: [String!]) {
  project(fullPath: $path) {
    mergeRequests(iids: $iids, first: 50) {
      nodes {
        iid
        approved
        approvedBy { nodes { id username name } }
        reviewers { nodes { id mergeRequestInteraction { reviewState } } }
        headPipeline { id project { id } }
        COMMIT_FIELDS
      }
    }
  }
}
""".replace("COMMIT_FIELDS", COMMIT_FIELDS)
_GLOBAL_ID = re.compile(r"gid://gitlab/[A-Za-z:]+/([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Review:
    """The review state of a merge request; `approvals` and `reviewers` have the form of REST.

    `pipeline_id`: of the newest commit; None where there is none or it runs in a fork.
    """

    approvals: dict[str, Any] = field(default_factory=dict)
    reviewers: list[dict[str, Any]] = field(default_factory=list)
    pipeline_id: int | None = None
    commits: MergeRequestCommits | None = None


def read_reviews(client: GitLab, project: Project, iids: Iterable[int]) -> dict[int, Review]:
    """Return reviews by iid, by one GraphQL request for up to MERGE_REQUESTS_PER_QUERY.

    A merge request that GitLab does not describe in full is left out. Raises SyncError.
    """
    answer = client.graphql(_QUERY, path=project.path, iids=[str(iid) for iid in iids])
    place = mapping(mapping(answer.get("data")).get("project"))
    if not place:
        heading = "; ".join(text(row.get("message")) for row in mappings(answer.get("errors")))
        raise Refused(
            sentence("GraphQL tells no reviews: {heading}", heading=heading or "no such project"),
            code="graphql",
        )
    nodes = mappings(mapping(place.get("mergeRequests")).get("nodes"))
    parsed = ((text(node.get("iid")), _parse_review(node, project)) for node in nodes)
    return {
        int(iid): review for iid, review in parsed if review and iid.isascii() and iid.isdigit()
    }


def read_review(client: GitLab, path: str, row: dict[str, Any]) -> Review:
    """Return the review of the merge request at `path` by REST.

    Costs one request, and a second one where a reviewer was asked. Raises SyncError.
    https://docs.gitlab.com/api/merge_request_approvals/
    """
    approvals = mapping(client.get(f"{path}/approvals"))
    reviewers = list(client.list(f"{path}/reviewers")) if row.get("reviewers") else []
    return Review(approvals, reviewers)


def _parse_review(node: dict[str, Any], project: Project) -> Review | None:
    """Return a node's review; None where a part is missing (timed out, or not visible)."""
    approved, parameters = node.get("approved"), _nodes(node.get("approvedBy"))
    reviewers = _nodes(node.get("reviewers"))
    if not isinstance(approved, bool) or parameters is None or reviewers is None:
        return None
    pipeline = mapping(node.get("headPipeline"))
    is_own = _numeric_id(mapping(pipeline.get("project")).get("id")) in (None, project.id)
    return Review(
        {
            "approved": approved,
            "approved_by": [{"user": _with_numeric_id(row)} for row in parameters],
        },
        [{"user": _with_numeric_id(row), "state": _review_state(row)} for row in reviewers],
        _numeric_id(pipeline.get("id")) if is_own else None,
        parse_commits(node),
    )


def _nodes(value: object) -> list[dict[str, Any]] | None:
    nodes = mapping(value).get("nodes")
    return mappings(nodes) if isinstance(nodes, list) else None


def _review_state(reviewer: dict[str, Any]) -> str:
    return text(mapping(reviewer.get("mergeRequestInteraction")).get("reviewState")).lower()


def _with_numeric_id(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": _numeric_id(row.get("id"))}


def _numeric_id(value: object) -> int | None:
    match = _GLOBAL_ID.fullmatch(text(value))
    return int(match[1]) if match else None
