"""Reviews as GraphQL and REST tell them, and answers that are not what they should be."""

from __future__ import annotations

import pytest

from sync.core.model.common import Project
from sync.errors import Refused
from sync.gitlab.api.approvals import Review, read_reviews

SHOP = Project(1, 7, "acme/shop", "https://gitlab.test/acme/shop")
BOB = {"id": "gid://gitlab/User/2", "username": "bob", "name": "Bob"}
NODE = {
    "iid": "5",
    "approved": True,
    "approvedBy": {"nodes": [BOB]},
    "reviewers": {
        "nodes": [{"id": BOB["id"], "mergeRequestInteraction": {"reviewState": "REVIEWED"}}]
    },
    "headPipeline": {
        "id": "gid://gitlab/Ci::Pipeline/12",
        "project": {"id": "gid://gitlab/Project/7"},
    },
}
WHOLE = Review(
    {"approved": True, "approved_by": [{"user": {**BOB, "id": 2}}]},
    [
        {
            "user": {"id": 2, "mergeRequestInteraction": {"reviewState": "REVIEWED"}},
            "state": "reviewed",
        }
    ],
    12,
)


class Answers:
    """A client that always gets one answer."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def graphql(self, query: str, **variables: object) -> object:
        return self._answer


def found(*nodes: object) -> dict[int, Review]:
    answer = {"data": {"project": {"mergeRequests": {"nodes": list(nodes)}}}}
    return read_reviews(Answers(answer), SHOP, [5])


def test_a_review_is_told_in_the_words_of_rest() -> None:
    assert found(NODE) == {5: WHOLE}


@pytest.mark.parametrize(
    ("change", "pipeline_id"),
    [
        ({"headPipeline": None}, None),
        ({"headPipeline": {"id": "gid://gitlab/Ci::Pipeline/12", "project": None}}, 12),
        (
            {
                "headPipeline": {
                    "id": "gid://gitlab/Ci::Pipeline/12",
                    "project": {"id": "gid://gitlab/Project/8"},  # a fork's
                }
            },
            None,
        ),
        ({"headPipeline": {"id": 12}}, None),
    ],
)
def test_only_a_pipeline_of_the_project_itself_is_named(change, pipeline_id) -> None:
    assert found({**NODE, **change})[5].pipeline_id == pipeline_id


@pytest.mark.parametrize(
    "node",
    [
        {**NODE, "approved": None},
        {**NODE, "approvedBy": None},
        {**NODE, "approvedBy": {"nodes": None}},
        {**NODE, "reviewers": "none"},
        {**NODE, "iid": None},
        {**NODE, "iid": "²"},
        {},
        None,
        "node",
    ],
)
def test_what_is_not_told_in_full_is_not_told(node) -> None:
    assert found(node) == {}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"data": {"project": None}}, "no such project"),
        ({"data": None, "errors": [{"message": "Timeout"}, {"message": "No"}]}, "Timeout; No"),
        ({"errors": "x"}, "no such project"),
        ({}, "no such project"),
    ],
)
def test_an_answer_without_the_project_is_a_refusal(answer, said) -> None:
    with pytest.raises(Refused) as caught:
        read_reviews(Answers(answer), SHOP, [5])
    assert caught.value.message == f"GraphQL tells no reviews: {said}"
