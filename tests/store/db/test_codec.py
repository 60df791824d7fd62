"""Values of the core as JSON and back."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from sync.core.merge_requests.fold import ApprovalVote, Memory
from sync.core.model.common import Commit
from sync.core.model.merge_requests import MergeRequest, Reviewer
from sync.core.model.tasks import KanbanStage, Task, TaskStatus
from sync.store.db.codec import encode, from_json, to_json
from sync.store.db.types import dump_json
from tests.store.factories import ANN, BOB, NOW, a_merge_request, a_pipeline

VALUES = [
    a_merge_request(1),
    a_merge_request(
        1,
        author=None,
        assignees=(ANN,),
        reviewers=(Reviewer(BOB, "approved"),),
        labels=("a", "б"),
        approved_by=(BOB,),
        pipeline=a_pipeline(1),
    ),
    Task(1, "t", TaskStatus.WAITING, accomplices=(3, 4), actions=frozenset({"start"})),
    Commit("c0ffee", "text", "Ann", None, at=NOW),
    Memory((ApprovalVote(ANN, True, NOW),), rules_met=True, rules_met_at=NOW),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_survives_json(value: object) -> None:
    assert from_json(type(value), json.loads(json.dumps(to_json(value)))) == value


ODD_TEXTS = ("a\0b", "\ud800", "\ud83d\ude00", 'ж\u2028\x7f\x1f</script>"\\u0000', "", "\U0001f600")
ODD = [Commit("c0ffee", text, text, text, at=NOW) for text in ODD_TEXTS]


@pytest.mark.parametrize("value", [*VALUES, *ODD], ids=lambda value: type(value).__name__)
def test_a_value_is_encoded_as_the_column_would_write_it(value: object) -> None:
    assert dump_json(encode(value)) == dump_json(to_json(value))


def test_a_key_that_a_later_version_wrote_is_passed_over() -> None:
    assert from_json(KanbanStage, {"id": 1, "title": "New", "colour": "red"}) == KanbanStage(
        1, "New"
    )


def test_what_is_no_such_value_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_json(MergeRequest, {"iid": "x"})
