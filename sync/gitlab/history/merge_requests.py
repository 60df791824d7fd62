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
from sync.sentences import sentence

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
    reader = _ReviewReader(client, project, state.get("of", _GRAPHQL), state.get("lacks", ""))
    reviews = reader.read_reviews(
        [iid for json_object in page.items if (iid := positive_int(json_object.get("iid")))]
    )
    listed = [
        reader.read_merge_request(
            json_object, reviews.get(positive_int(json_object.get("iid")) or 0)
        )
        for json_object in page.items
    ]
    state = {"of": reader.source, "lacks": reader.problem}  # as stored cursors have it
    further = {**page.cursor, "reviews": state} if page.cursor else None
    return Page(
        tuple(past_merge_request for past_merge_request in listed if past_merge_request),
        further,
        page.remaining,
        reader.problem,
    )


@dataclass
class _ReviewReader:
    """`of`: whom reviews are asked of; once refused, not again. `lacks`: why of nobody."""

    client: GitLab
    project: Project
    source: str = _GRAPHQL
    problem: str = ""

    def read_reviews(self, iids: list[int]) -> dict[int, Review]:
        """Ask GraphQL; None where it denies the token, which may be good all the same for REST."""
        by_key: dict[int, Review] = {}
        if self.source != _GRAPHQL:
            return by_key
        for start in range(0, len(iids), MERGE_REQUESTS_PER_QUERY):
            try:
                by_key |= read_reviews(
                    self.client, self.project, iids[start : start + MERGE_REQUESTS_PER_QUERY]
                )
            except (Refused, Denied):
                self.source = _REST
                break
        return by_key

    def read_merge_request(
        self, json_object: JsonObject, review: Review | None
    ) -> PastMergeRequest | None:
        """None where it cannot be read, or was deleted since it was listed."""
        try:
            listed = build_merge_request(self.project, json_object, {}, [])
            ended = timestamp(json_object.get("merged_at")) or timestamp(
                json_object.get("closed_at")
            )
            if listed.state in _FINISHED:
                return self._build(listed.iid, json_object, review, ended or listed.updated_at)
            return self._read_open(listed.iid, json_object, review)
        except UnreadablePayload:
            return None

    def _read_open(
        self, iid: int, json_object: JsonObject, review: Review | None
    ) -> PastMergeRequest | None:
        """Its pipeline may be older than the period that is read."""
        if review is None:
            whole_one = self._get_unless_gone(f"merge_requests/{iid}")
            return self._build(iid, whole_one, None, None) if whole_one else None
        pipeline = review.pipeline_id and self._get_unless_gone(f"pipelines/{review.pipeline_id}")
        return self._build(iid, {**json_object, "head_pipeline": pipeline or None}, review, None)

    def _build(
        self, iid: int, json_object: JsonObject, review: Review | None, ended: datetime | None
    ) -> PastMergeRequest:
        review = review or self._read_review(iid, json_object)
        links_by_key = review or Review()
        request = build_merge_request(
            self.project, json_object, links_by_key.approvals, links_by_key.reviewers
        )
        return PastMergeRequest(request, review is not None, ended, links_by_key.commits)

    def _read_review(self, iid: int, json_object: JsonObject) -> Review | None:
        if self.source == _UNAVAILABLE:
            return None
        try:
            return read_review(
                self.client, f"/projects/{self.project.id}/merge_requests/{iid}", json_object
            )
        except Refused as refused:
            self.problem = sentence("reviews were left out: {error}", error=refused)
            if refused.code != _NOT_FOUND:
                self.source = _UNAVAILABLE
            return None

    def _get_unless_gone(self, subject: str) -> dict[str, Any] | None:
        """None: it is gone."""
        try:
            details = self.client.get(f"/projects/{self.project.id}/{subject}")
        except Refused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return None
        return details if isinstance(details, dict) else None
