"""Merge requests of before anybody listened, with their reviews, read page by page through the API.

Lists tell nothing of reviews: GraphQL does, of many at a time. What it does not tell REST is asked
for one by one; where that is refused too the merge requests are told without, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.model.common import MergeRequest, MergeRequestState, Project
from sync.errors import Denied, Refused
from sync.gitlab.api.approvals import AT_ONCE, Review, alone, together
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import merge_request_of
from sync.gitlab.api.pagination import Cursor, Page, Told, changed
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import Unreadable, whole

_FINISHED = (MergeRequestState.MERGED, MergeRequestState.CLOSED)
_GONE = "404"
_GRAPHQL, _REST, _NOBODY = "graphql", "rest", "nobody"


@dataclass(frozen=True, slots=True)
class Past:
    """A merge request. `whole`: with its approvals, the states of its reviews and, while it is
    open, its pipeline. `ended_at`: when it was merged or closed, None while it is open."""

    merge_request: MergeRequest
    whole: bool
    ended_at: datetime | None = None


def merge_requests(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Past]:
    """Fifty cost a request more; those that are open and have a pipeline one each.

    https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests
    """
    path = f"/projects/{project.id}/merge_requests"
    page = changed(client, path, cursor, since, scope="all", state="all")
    asking = _Asking(client, project, **(cursor or {}).get("reviews", {}))
    reviews = asking.together([iid for told in page.items if (iid := whole(told.get("iid")))])
    found = [asking.past(told, reviews.get(whole(told.get("iid")) or 0)) for told in page.items]
    state = {"of": asking.of, "lacks": asking.lacks}
    further = {**page.cursor, "reviews": state} if page.cursor else None
    return Page(tuple(one for one in found if one), further, page.left, asking.lacks)


@dataclass
class _Asking:
    """`of`: whom reviews are asked of; once refused, not again. `lacks`: why of nobody."""

    client: GitLab
    project: Project
    of: str = _GRAPHQL
    lacks: str = ""

    def together(self, iids: list[int]) -> dict[int, Review]:
        """A token that GraphQL denies may be good all the same: REST will tell."""
        found: dict[int, Review] = {}
        if self.of != _GRAPHQL:
            return found
        for start in range(0, len(iids), AT_ONCE):
            try:
                found |= together(self.client, self.project, iids[start : start + AT_ONCE])
            except (Refused, Denied):
                self.of = _REST
                break
        return found

    def past(self, told: Told, review: Review | None) -> Past | None:
        """None where it cannot be read, or was deleted since it was listed."""
        try:
            listed = merge_request_of(self.project, told, {}, [])
            ended = moment(told.get("merged_at")) or moment(told.get("closed_at"))
            if listed.state in _FINISHED:
                return self._past(listed.iid, told, review, ended or listed.updated_at)
            return self._open(listed.iid, told, review)
        except Unreadable:
            return None

    def _open(self, iid: int, told: Told, review: Review | None) -> Past | None:
        """Its pipeline may be older than the period that is read."""
        if review is None:
            whole_one = self._there(f"merge_requests/{iid}")
            return self._past(iid, whole_one, None, None) if whole_one else None
        pipeline = review.pipeline_id and self._there(f"pipelines/{review.pipeline_id}")
        return self._past(iid, {**told, "head_pipeline": pipeline or None}, review, None)

    def _past(self, iid: int, told: Told, review: Review | None, ended: datetime | None) -> Past:
        review = review or self._alone(iid, told)
        shown = review or Review()
        request = merge_request_of(self.project, told, shown.approvals, shown.reviewers)
        return Past(request, review is not None, ended)

    def _alone(self, iid: int, told: Told) -> Review | None:
        if self.of == _NOBODY:
            return None
        try:
            return alone(self.client, f"/projects/{self.project.id}/merge_requests/{iid}", told)
        except Refused as refused:
            self.lacks = f"reviews were left out: {refused}"
            if refused.code != _GONE:
                self.of = _NOBODY
            return None

    def _there(self, what: str) -> dict[str, Any] | None:
        """None: it is gone."""
        try:
            told = self.client.get(f"/projects/{self.project.id}/{what}")
        except Refused as refused:
            if refused.code != _GONE:
                raise
            return None
        return told if isinstance(told, dict) else None
