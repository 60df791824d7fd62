"""What is stored of a thing that the host was asked about, beside what hooks told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.activity.backfill import fold_fetched
from sync.core.model.activity import Comment, CommentTarget, Push, Release, Resource, TagPush
from sync.core.model.common import Person, Project
from sync.core.model.kinds import Kind

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
SHOP = Project(1, 3, "acme/shop", "https://gitlab.example.com/acme/shop")
ANN = Person(7, "ann")

PUSHED = Push(SHOP, "main", (), ANN, "a" * 40, created=True, protected=False)
BRANCH = replace(PUSHED, actor=None, after="b" * 40, at=AT)
TAGGED = TagPush(SHOP, "v1", "a" * 40, ANN)
TAG = replace(TAGGED, actor=None, at=AT)
PUBLISHED = Release(SHOP, "v1", "One", "New", "https://gitlab.example.com/1", AT, at=AT)
RELEASE = replace(PUBLISHED, actor=ANN)
CLOSED = Resource(SHOP, Kind.ISSUE, "4", "Slow", "", "closed", "close", ANN, AT)
ISSUE = replace(CLOSED, action="", actor=None)
ON = CommentTarget("issue", "4", "Slow", "")
SAID = Comment(SHOP, 9, ON, "Yes", ANN, "", AT, AT)

CASES = {
    "what nobody told of is stored as it is": (None, BRANCH, BRANCH),
    "a branch that was told of": (PUSHED, BRANCH, None),
    "of which nobody said whether it is protected": (
        replace(PUSHED, protected=None),
        BRANCH,
        replace(PUSHED, protected=False),
    ),
    "a host that does not say it": (PUSHED, replace(BRANCH, protected=None), None),
    "a branch that is protected now": (
        PUSHED,
        replace(BRANCH, protected=True),
        replace(PUSHED, protected=True),
    ),
    "a branch that is there again": (
        replace(PUSHED, deleted=True),
        BRANCH,
        replace(BRANCH, at=None),
    ),
    "a tag that was told of": (TAGGED, TAG, None),
    "a tag that was moved": (
        TAGGED,
        replace(TAG, sha="c" * 40),
        replace(TAG, sha="c" * 40, at=None),
    ),
    "a tag that is there again": (replace(TAGGED, deleted=True), TAG, replace(TAG, at=None)),
    "a release that was told of": (PUBLISHED, RELEASE, None),
    "a release that was edited": (
        PUBLISHED,
        replace(RELEASE, text="Newer"),
        replace(RELEASE, text="Newer", at=None),
    ),
    "an issue in the state that was told": (CLOSED, ISSUE, None),
    "an issue that changed since": (CLOSED, replace(ISSUE, at=LATER), replace(ISSUE, at=LATER)),
    "an issue as it was before": (replace(CLOSED, at=LATER), ISSUE, None),
    "a comment that was told of": (SAID, SAID, None),
    "a comment that was edited": (
        SAID,
        replace(SAID, text="No", updated_at=LATER),
        replace(SAID, text="No", updated_at=LATER),
    ),
}


@pytest.mark.parametrize(("known", "read", "stored"), CASES.values(), ids=CASES)
def test_of_one_state_the_hook_knows_more_and_a_later_one_counts(known, read, stored) -> None:
    assert fold_fetched(known, read) == stored


@pytest.mark.parametrize(("known", "read", "stored"), CASES.values(), ids=CASES)
def test_what_was_stored_is_not_stored_again(known, read, stored) -> None:
    after = stored or known
    assert fold_fetched(after, read) is None
