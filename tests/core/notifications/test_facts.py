"""What rules see of each kind of thing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.model.activity import Resource
from sync.core.model.kinds import Kind
from sync.core.notifications.facts import BASIC_STATES, FactsContext, build_facts
from sync.core.notifications.keys import (
    NotificationSubject,
    SubjectKey,
    actor_of,
    author_of,
    people_of,
    subject_key_of,
)
from sync.core.rules.routes import Channel, Route
from tests.core.factories import ANN, BOB, CAROL, NOW, mr
from tests.core.messages.cases import CASES
from tests.core.messages.items import deployment, job, note, pipeline, push, token

MAIN = FactsContext("main", {"main", "stable"})


@pytest.mark.parametrize(
    ("one", "branch", "default", "protected"),
    [
        (push(branch="main"), "main", True, True),
        (push(branch="stable"), "stable", False, True),
        (push(branch="x", protected=True), "x", False, True),
        (push(branch="x"), "x", False, False),
        (pipeline(ref="main"), "main", True, True),
        (job(ref="main"), "main", True, True),
        (job(ref="main", tag=True), "main", False, False),
        (pipeline(ref="main", tag=True), "main", False, False),
        (mr(), "main", True, True),
        (mr(target_branch="next"), "next", False, False),
        (deployment(ref="main"), "main", True, True),
        (note(), "", False, False),
    ],
)
def test_a_thing_is_of_a_branch(
    one: NotificationSubject, branch: str, default: bool, protected: bool
) -> None:
    facts = build_facts(one, MAIN)
    assert (facts.branch, facts.is_default, facts.is_protected) == (branch, default, protected)


def test_a_merge_request_is_filtered_by_the_branch_it_goes_to() -> None:
    facts = build_facts(mr(source_branch="feature/x", target_branch="main"), MAIN)
    kinds = frozenset({Kind.MERGE_REQUEST})
    assert Route(kinds, (Channel.PROJECT,), branches=("default",)).matches(facts)
    assert not Route(kinds, (Channel.PROJECT,), branches=("feature/*",)).matches(facts)


@pytest.mark.parametrize(
    ("one", "before", "changed"),
    [
        (pipeline("success"), None, False),
        (pipeline("success"), "failed", True),
        (pipeline("success"), "success", False),
        (pipeline("failed"), None, True),
        (pipeline("failed"), "success", True),
        (pipeline("manual"), "success", True),
        (pipeline("pending"), "failed", False),
        (pipeline("running"), None, False),
        (deployment("success"), None, True),
        (deployment("success"), "failed", True),
        (deployment("success"), "success", False),
        (deployment("running"), "success", False),
        (deployment("running"), None, False),
    ],
)
def test_a_result_is_news_where_the_one_before_was_another(
    one: NotificationSubject, before: str | None, changed: bool
) -> None:
    assert build_facts(one, FactsContext(previous_state=before)).state_changed is changed


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=90), "expires_60"),
        (timedelta(days=60), "expires_60"),
        (timedelta(days=30), "expires_30"),
        (timedelta(days=6, hours=15), "expires_7"),
        (timedelta(hours=15), "expires_1"),
        (timedelta(days=-3), "expires_1"),
    ],
)
def test_a_token_is_told_anew_as_its_day_comes_nearer(left: timedelta, state: str) -> None:
    assert build_facts(token(expires_at=NOW + left), FactsContext(now=NOW)).state == state


def test_states_that_rules_may_name_are_those_of_the_things() -> None:
    kinds = set(Kind) - {Kind.ALERT}
    assert BASIC_STATES.keys() == kinds
    odd = {"haunt", "haunted", "", "unknown"}
    for one in CASES.values():
        facts = build_facts(one, FactsContext(now=NOW))
        assert facts.state in {*BASIC_STATES[facts.kind], *odd}


def test_a_word_of_a_later_version_stays_as_it_was_told() -> None:
    odd = Resource(push().project, Kind.MEMBER, "4", "Eve", "", action="user_vanished")
    assert build_facts(odd, FactsContext()).state == "user_vanished"


@pytest.mark.parametrize(
    ("one", "actor", "author"),
    [
        (push(), BOB, BOB),
        (pipeline(), None, BOB),  # how it went is nobody's doing
        (job(), None, BOB),
        (deployment(), BOB, BOB),
        (note(), BOB, BOB),
        (mr("merged", author=BOB, actor=ANN), ANN, BOB),
    ],
)
def test_who_did_it_and_whose_it_is(
    one: NotificationSubject, actor: object, author: object
) -> None:
    assert (actor_of(one), author_of(one)) == (actor, author)


def test_everybody_a_merge_request_names_is_looked_for() -> None:
    one = mr(author=BOB, actor=None, approved_by=(CAROL,))
    assert people_of(one) == (BOB, CAROL)
    assert people_of(token()) == ()


def test_a_name_can_be_taken_apart() -> None:
    wrong = {}
    for name, item in CASES.items():
        about = SubjectKey.parse(subject_key_of(item))
        parts = (about.kind, about.connection_id, about.project_id)
        if parts != (build_facts(item, FactsContext()).kind, 1, 7):
            wrong[name] = parts
    assert wrong == {}


def test_a_moment_without_a_day_is_near() -> None:
    assert build_facts(token(None), FactsContext(now=NOW)).state == "expires_1"
