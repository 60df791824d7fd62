"""Merge requests of before anybody listened, with their reviews, read page by page through the API.

Lists tell nothing of reviews: GraphQL does, of many at a time. What it does not tell REST is asked
for one by one; where that is refused too the merge requests are told without, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.model.common import Project
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.errors import Denied, Refused
from sync.gitlab.api.approvals import MERGE_REQUESTS_PER_QUERY, Review, read_review, read_reviews
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_request_commits import MergeRequestCommits
from sync.gitlab.api.merge_requests import build_merge_request
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_changed
from sync.gitlab.json_fields import UnreadablePayload, positive_int, timestamp

_FINISHED = (MergeRequestState.MERGED, MergeRequestState.CLOSED)
_NOT_FOUND = "404"
_GRAPHQL, _REST, _UNAVAILABLE = "graphql", "rest", "nobody"


@dataclass(frozen=True, slots=True)
class PastMergeRequest:
    """A merge request. `whole`: with its approvals, the states of its reviews and, while it is
    open, its pipeline. `ended_at`: when it was merged or closed, None while it is open."""

    merge_request: MergeRequest
    complete: bool
    ended_at: datetime | None = None
    commits: MergeRequestCommits | None = None


def read_merge_requests(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[PastMergeRequest]:
    """Fifty cost a request more; those that are open and have a pipeline one each.

    https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests
    """
    path = f"/projects/{project.id}/merge_requests"
    page = read_changed(client, path, cursor, since, scope="all", state="all")
    state = (cursor or {}).get("reviews", {})
    asking = _ReviewReader(client, project, state.get("of", _GRAPHQL), state.get("lacks", ""))
    reviews = asking.read_reviews(
        [iid for told in page.items if (iid := positive_int(told.get("iid")))]
    )
    found = [
        asking.read_merge_request(told, reviews.get(positive_int(told.get("iid")) or 0))
        for told in page.items
    ]
    state = {"of": asking.source, "lacks": asking.problem}  # as stored cursors have it
    further = {**page.cursor, "reviews": state} if page.cursor else None
    return Page(tuple(one for one in found if one), further, page.remaining, asking.problem)


@dataclass
class _ReviewReader:
    """`of`: whom reviews are asked of; once refused, not again. `lacks`: why of nobody."""

    client: GitLab
    project: Project
    source: str = _GRAPHQL
    problem: str = ""

    def read_reviews(self, iids: list[int]) -> dict[int, Review]:
        """A token that GraphQL denies may be good all the same: REST will tell."""
        found: dict[int, Review] = {}
        if self.source != _GRAPHQL:
            return found
        for start in range(0, len(iids), MERGE_REQUESTS_PER_QUERY):
            try:
                found |= read_reviews(
                    self.client, self.project, iids[start : start + MERGE_REQUESTS_PER_QUERY]
                )
            except (Refused, Denied):
                self.source = _REST
                break
        return found

    def read_merge_request(
        self, told: JsonObject, review: Review | None
    ) -> PastMergeRequest | None:
        """None where it cannot be read, or was deleted since it was listed."""
        try:
            listed = build_merge_request(self.project, told, {}, [])
            ended = timestamp(told.get("merged_at")) or timestamp(told.get("closed_at"))
            if listed.state in _FINISHED:
                return self._build(listed.iid, told, review, ended or listed.updated_at)
            return self._read_open(listed.iid, told, review)
        except UnreadablePayload:
            return None

    def _read_open(
        self, iid: int, told: JsonObject, review: Review | None
    ) -> PastMergeRequest | None:
        """Its pipeline may be older than the period that is read."""
        if review is None:
            whole_one = self._get_unless_gone(f"merge_requests/{iid}")
            return self._build(iid, whole_one, None, None) if whole_one else None
        pipeline = review.pipeline_id and self._get_unless_gone(f"pipelines/{review.pipeline_id}")
        return self._build(iid, {**told, "head_pipeline": pipeline or None}, review, None)

    def _build(
        self, iid: int, told: JsonObject, review: Review | None, ended: datetime | None
    ) -> PastMergeRequest:
        review = review or self._read_review(iid, told)
        shown = review or Review()
        request = build_merge_request(self.project, told, shown.approvals, shown.reviewers)
        return PastMergeRequest(request, review is not None, ended, shown.commits)

    def _read_review(self, iid: int, told: JsonObject) -> Review | None:
        if self.source == _UNAVAILABLE:
            return None
        try:
            return read_review(
                self.client, f"/projects/{self.project.id}/merge_requests/{iid}", told
            )
        except Refused as refused:
            self.problem = f"reviews were left out: {refused}"
            if refused.code != _NOT_FOUND:
                self.source = _UNAVAILABLE
            return None

    def _get_unless_gone(self, what: str) -> dict[str, Any] | None:
        """None: it is gone."""
        try:
            told = self.client.get(f"/projects/{self.project.id}/{what}")
        except Refused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return None
        return told if isinstance(told, dict) else None
