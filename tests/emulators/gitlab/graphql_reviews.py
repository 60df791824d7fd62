"""Merge requests in GraphQL: who approved, whose review is asked for and where it stands.

https://docs.gitlab.com/api/graphql/reference/#mergerequest ; …/#mergerequestreviewer
"""

from __future__ import annotations

from typing import Any

from tests.emulators.gitlab import approvals
from tests.emulators.gitlab.entities import MergeRequest, User
from tests.emulators.gitlab.graphql_spec import PAGE, Asked, Held, Spec, gid

Reviewing = tuple[MergeRequest, int]  # whose review, of what


def _approvers(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> list[User]:
    return [asked.state.users[one] for one in mr.approvals]


def _reviewers(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> list[Reviewing]:
    return [(mr, one) for one in mr.reviewers]


def _pipeline(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> Held | None:
    place, run = asked.state.head_pipeline(mr)
    return Held(place, run) if run else None


def _user(asked: Asked, one: Any) -> User:
    return asked.state.users[one[1]] if isinstance(one, tuple) else one


_PERSON = {
    "id": Spec("UserID", lambda a, u, g: gid("User", _user(a, u).id)),
    "username": Spec("String", lambda a, u, g: _user(a, u).username),
    "name": Spec("String", lambda a, u, g: _user(a, u).name),
    "publicEmail": Spec("String", lambda a, u, g: _user(a, u).public_email),
}
OF_REQUEST: dict[str, Spec] = {
    "approved": Spec("Boolean", lambda a, mr, g: approvals.approved(a.state, mr), cost=2),
    "approvedBy": Spec("UserCoreConnection", _approvers, PAGE),
    "reviewers": Spec("MergeRequestReviewerConnection", _reviewers, PAGE, cost=5),
    "headPipeline": Spec("Pipeline", _pipeline),
}
TYPES: dict[str, dict[str, Spec]] = {
    "UserCore": _PERSON,
    "MergeRequestReviewer": _PERSON
    | {"mergeRequestInteraction": Spec("UserMergeRequestInteraction", lambda a, one, g: one)},
    "UserMergeRequestInteraction": {
        "approved": Spec("Boolean", lambda a, one, g: one[1] in one[0].approvals),
        "reviewState": Spec(
            "MergeRequestReviewState", lambda a, one, g: one[0].reviewers[one[1]].upper()
        ),
    },
}
