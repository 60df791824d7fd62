"""What is known of a merge request does not depend on the order in which it was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.merge_requests import fold as merge_requests_fold
from sync.core.merge_requests.fold import FoldedMergeRequest
from sync.core.merge_requests.times import MAX_APPROVALS
from sync.core.model.common import Person
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequestState, ReviewTimes
from sync.core.model.pipelines import Pipeline, PipelineStatus
from tests.core.factories import ANN, BOB, NOW, SHOP, mr


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def event(
    seconds: float, action: str = "update", actor: Person = ANN, **values: Any
) -> MergeRequestEvent:
    told = {
        name: values.pop(name)
        for name in ("actor_approved", "approval_rules_met", "approvals_reset")
        if name in values
    }
    request = mr(**{"actor": None, "updated_at": at(seconds), **values})
    return MergeRequestEvent(request, action, actor, **told)


def told(*events: MergeRequestEvent) -> FoldedMergeRequest:
    stored = None
    for each in events:
        stored = merge_requests_fold.fold_event(stored, each)
    assert stored is not None
    return stored


OPEN = event(0, "open")
APPROVE = event(10, "approved", BOB, actor_approved=True, approval_rules_met=True)
WITHDRAW = event(20, "unapproved", BOB, actor_approved=False, approval_rules_met=False)
APPROVE_AGAIN = event(30, "approved", BOB, actor_approved=True, approval_rules_met=True)
APPROVE_ANN = event(25, "approval", ANN, actor_approved=True)
RESET = event(40, "update", ANN, approvals_reset=True, approval_rules_met=False)
RETITLE = event(50, title="Other")
MERGE = event(60, "merge", BOB, state=MergeRequestState.MERGED)

CASES = {
    "opened": ([OPEN], (False, ()), ANN),
    "approved": ([OPEN, APPROVE], (True, (BOB,)), BOB),
    "approved and edited": ([OPEN, APPROVE, RETITLE], (True, (BOB,)), BOB),
    "withdrawn": ([OPEN, APPROVE, WITHDRAW], (False, ()), BOB),
    "withdrawn, approved again": ([APPROVE, WITHDRAW, APPROVE_AGAIN], (True, (BOB,)), BOB),
    "two people": ([APPROVE, WITHDRAW, APPROVE_ANN, APPROVE_AGAIN], (True, (ANN, BOB)), BOB),
    "reset by a push": ([APPROVE, APPROVE_ANN, RESET], (False, ()), BOB),
    "approved and merged": ([APPROVE, RETITLE, MERGE], (True, (BOB,)), BOB),
    "edited only": ([RETITLE], (False, ()), None),
}


@pytest.mark.parametrize(("events", "approvals", "actor"), CASES.values(), ids=CASES)
def test_any_order_of_arrival_tells_the_same(
    events: list[MergeRequestEvent], approvals: tuple[bool, tuple[Person, ...]], actor: Person
) -> None:
    newest = max(events, key=lambda each: each.merge_request.updated_at).merge_request
    approved, approved_by = approvals
    expected = replace(newest, approved=approved, approved_by=approved_by, actor=actor)
    for order in permutations(events):
        assert told(*order).merge_request == expected


@given(
    st.lists(
        st.sampled_from(
            [OPEN, APPROVE, WITHDRAW, APPROVE_ANN, APPROVE_AGAIN, RESET, RETITLE, MERGE]
        ),
        min_size=1,
    ).flatmap(lambda events: st.tuples(st.just(events), st.permutations(events)))
)
def test_duplicates_and_disorder_change_nothing(
    orders: tuple[list[MergeRequestEvent], list[MergeRequestEvent]],
) -> None:
    some, others = orders
    in_order = sorted(set(map(some.index, some)), key=lambda n: some[n].merge_request.updated_at)
    expected = told(*(some[n] for n in in_order))
    assert told(*some) == told(*others) == expected


def test_of_two_accounts_of_one_moment_the_later_arrival_counts() -> None:
    first, second = event(0, title="first"), event(0, title="second")
    assert told(first, second).merge_request.title == "second"
    assert told(second, first).merge_request.title == "first"


def test_nothing_undoes_a_merge() -> None:
    late = event(60, title="said at the moment of the merge")
    known = told(MERGE, late).merge_request
    assert (known.state, known.title) == (MergeRequestState.MERGED, late.merge_request.title)


def test_a_hook_that_tells_whole_seconds_is_not_older_than_a_fraction_of_the_same() -> None:
    known = told(event(5.9, title="with a fraction"), event(5, title="without"))
    assert known.merge_request.title == "without"
    known = told(event(5.9, title="later"), event(5.1, title="earlier"))
    assert known.merge_request.title == "later"


def test_the_host_itself_tells_who_approved() -> None:
    stored = merge_requests_fold.fold_snapshot(
        told(OPEN, APPROVE), mr(updated_at=at(15), approved_by=(ANN,), actor=None)
    )
    assert stored.merge_request.approved_by == (ANN,)
    assert (stored.merge_request.approved, stored.merge_request.actor) == (False, BOB)
    assert merge_requests_fold.fold_event(stored, APPROVE).merge_request.approved_by == (ANN,)


def test_what_was_heard_after_the_host_was_asked_stays() -> None:
    answer = mr(updated_at=at(15), approved_by=(), actor=None)
    known = told(OPEN, APPROVE_AGAIN)
    assert merge_requests_fold.fold_snapshot(known, answer) == known


def test_the_first_answer_of_the_host_is_taken_as_it_is() -> None:
    answer = mr("approved", approved_by=(BOB,))
    assert merge_requests_fold.fold_snapshot(None, answer).merge_request == answer


def _pipeline(number: int, sha: str, iid: int | None = None) -> Pipeline:
    status = PipelineStatus.SUCCESS
    return Pipeline(SHOP, number, status, "b", sha, "", NOW, merge_request_iid=iid)


PIPELINES = {
    "none": ([], None),
    "of another commit": ([_pipeline(1, "old")], None),
    "of the head": ([_pipeline(1, "old"), _pipeline(2, "head")], 2),
    "started again": ([_pipeline(2, "head"), _pipeline(3, "head")], 3),
    "of a merge result": ([_pipeline(2, "head"), _pipeline(3, "merged", 12)], 3),
    "of a merge result only": ([_pipeline(3, "merged", 12)], 3),
    "of a merge result of another": ([_pipeline(3, "merged", 13)], None),
    "of an earlier merge result": ([_pipeline(1, "merged", 12), _pipeline(2, "head")], 2),
}


@pytest.mark.parametrize(("pipelines", "expected"), PIPELINES.values(), ids=PIPELINES)
def test_the_pipeline_of_a_merge_request(pipelines: list[Pipeline], expected: int | None) -> None:
    pipeline = merge_requests_fold.head_pipeline(mr(head_sha="head"), pipelines)
    assert (pipeline and pipeline.id) == expected


def test_who_the_host_says_merged_it_stays_though_an_older_hook_comes_late() -> None:
    asked = merge_requests_fold.fold_snapshot(
        None, mr(actor=BOB, updated_at=at(60), state=MergeRequestState.MERGED)
    )
    assert merge_requests_fold.fold_event(asked, OPEN).merge_request.actor == BOB


# --- the moments that are measured


def moments(*events: MergeRequestEvent) -> ReviewTimes:
    return told(*events).memory.times


CREATED = event(1, "open", created_at=at(-5))
BY_BOB = event(10, "approval", BOB, actor_approved=True)
BY_AUTHOR = event(12, "approval", ANN, actor_approved=True)
BOB_AGAIN = event(30, "approved", BOB, actor_approved=True)
CLOSED = event(15, "close", state=MergeRequestState.CLOSED)
REOPENED = event(20, "reopen")
LATER_EDIT = event(90, title="Other", state=MergeRequestState.MERGED)


def test_moments_do_not_depend_on_the_order() -> None:
    events = [CREATED, BY_BOB, BY_AUTHOR, BOB_AGAIN, MERGE, LATER_EDIT]
    orders = {moments(*order) for order in permutations(events)}
    assert orders == {ReviewTimes(at(-5), at(60), None, (at(10), at(30)))}


def test_the_last_closing_counts() -> None:
    again = replace(CLOSED, merge_request=replace(CLOSED.merge_request, updated_at=at(40)))
    assert moments(CREATED, CLOSED, REOPENED, again).closed_at == at(40)


@pytest.mark.parametrize("older", [True, False])
def test_the_hosts_own_answer_has_the_moments_even_if_it_is_older(older: bool) -> None:
    answer = mr("merged", updated_at=at(0 if older else 99), created_at=at(-7), ended_at=at(55))
    folded = merge_requests_fold.fold_snapshot(told(CREATED, MERGE), answer)
    assert folded.memory.times == ReviewTimes(at(-7), at(55))


def test_many_approvals_keep_the_first_and_the_latest() -> None:
    events = [event(n, "approval", BOB, actor_approved=True) for n in range(50)]
    approvals = moments(*events).approvals
    assert (len(approvals), approvals[0], approvals[-1]) == (MAX_APPROVALS, at(0), at(49))
