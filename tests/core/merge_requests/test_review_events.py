"""Steps of a task and milestones of a merge request, as tables."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.merge_requests.review_events import event_to_notify, next_review_event
from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.tasks import Step
from sync.core.tasks.progress import step_of
from tests.core.factories import STATES, mr

STEPS = [
    ("", None),
    ("draft", Step.DEVELOPMENT),
    ("draft approved", Step.DEVELOPMENT),
    ("draft, draft", Step.DEVELOPMENT),
    ("draft, merged", Step.DEVELOPMENT),
    ("open", Step.REVIEW),
    ("locked", Step.REVIEW),
    ("open, draft", Step.REVIEW),
    ("open, approved", Step.REVIEW),
    ("approved, draft", Step.REVIEW),
    ("approved, draft approved", Step.REVIEW),
    ("open, merged", Step.REVIEW),
    ("approved", Step.APPROVED),
    ("approved, approved", Step.APPROVED),
    ("approved, merged", Step.APPROVED),
    ("approved, closed", Step.APPROVED),
    ("merged", Step.MERGED),
    ("merged, merged", Step.MERGED),
    ("merged, closed", Step.MERGED),
    ("closed", Step.CLOSED),
    ("closed, closed", Step.CLOSED),
]


def _set(words: str) -> list:
    states = words.split(", ") if words else []
    return [mr(state, iid) for iid, state in enumerate(states, 1)]


@pytest.mark.parametrize(("words", "step"), STEPS)
def test_the_step_follows_from_the_set(words: str, step: Step | None) -> None:
    assert step_of(_set(words)) is step


@given(st.lists(st.sampled_from(sorted(STATES)), max_size=6).flatmap(
    lambda states: st.tuples(st.just(states), st.permutations(states))))  # fmt: skip
def test_the_order_of_merge_requests_means_nothing(orders: tuple[list[str], list[str]]) -> None:
    one, other = orders
    assert step_of(_set(", ".join(one))) is step_of(_set(", ".join(other)))


# What happens to one merge request, and what people are told of each thing that happened.
LIVES = [
    ("open", ["opened"]),
    ("open open", ["opened", ""]),
    ("draft open", ["", "opened"]),
    ("draft approved", ["", "approved"]),
    ("open draft open", ["opened", "", ""]),
    ("open approved", ["opened", "approved"]),
    ("open approved merged", ["opened", "approved", "merged"]),
    ("open approved open", ["opened", "approved", ""]),
    ("open approved open approved", ["opened", "approved", "", "approved"]),
    ("approved draft approved", ["approved", "", "approved"]),
    ("approved draft-approved approved", ["approved", "", ""]),
    ("open merged", ["opened", "merged"]),
    ("merged", ["merged"]),
    ("open locked merged", ["opened", "", "merged"]),
    ("open closed", ["opened", "closed"]),
    ("open closed open", ["opened", "closed", "reopened"]),
    ("open closed open approved", ["opened", "closed", "reopened", "approved"]),
    ("approved closed approved", ["approved", "closed", "reopened"]),
    ("closed draft open", ["closed", "", "reopened"]),
    ("closed merged", ["closed", "merged"]),
    ("merged-approved", ["merged"]),
]


@pytest.mark.parametrize(("states", "told"), LIVES, ids=[life for life, _ in LIVES])
def test_each_milestone_of_a_life_is_told_once(states: str, told: list[str]) -> None:
    recorded: list[ReviewEvent | None] = [None]
    for state in states.split():
        recorded.append(next_review_event(mr(state.replace("-", " ")), recorded[-1]))
    assert [str(event_to_notify(*pair) or "") for pair in pairwise(recorded)] == told


def test_a_milestone_recorded_is_no_news_again() -> None:
    told_again = []
    for state, previous in product(STATES, [None, *ReviewEvent]):
        recorded = next_review_event(mr(state), previous)
        again = next_review_event(mr(state), recorded)
        if again is not recorded or event_to_notify(recorded, recorded):
            told_again.append((state, previous))
    assert told_again == []
