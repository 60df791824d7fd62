"""Which tasks a merge request names, and when its commits count."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync.core.model.common import Project
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.tasks import LinkKind
from sync.core.rules.portal import ReferenceRules
from sync.engine.ingest.merge_requests import TaskMention, find_named_tasks

MOVE, MENTION, CLOSE = LinkKind.MOVE, LinkKind.MENTION, LinkKind.CLOSE
OPENED, MERGED = MergeRequestState.OPENED, MergeRequestState.MERGED
BEFORE = {5: TaskMention(MOVE, ("commit",)), 6: TaskMention(MOVE, ("title",))}


def _merge_request(branch: str, title: str, description: str, state: MergeRequestState):
    return MergeRequest(
        project=Project(1, 2, "acme/shop", "https://gitlab.test/acme/shop"),
        iid=3,
        title=title,
        description=description,
        url="https://gitlab.test/acme/shop/-/merge_requests/3",
        state=state,
        draft=False,
        source_branch=branch,
        target_branch="main",
        author=None,
        updated_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("branch", "title", "description", "messages", "found"),
    [
        ("feature/B24-5-x", "Pay", "", [], {5: TaskMention(MOVE, ("branch",))}),
        ("x", "B24-5: Pay", "", [], {5: TaskMention(MOVE, ("title",))}),
        ("x", "Pay", "see B24-5", [], {5: TaskMention(MENTION, ("description",))}),
        ("B24-5", "Pay", "see B24-5", [], {5: TaskMention(MOVE, ("branch", "description"))}),
        ("B24-5", "Pay", "Closes B24-5", [], {5: TaskMention(CLOSE, ("branch", "description"))}),
        ("x", "Pay", "", ["B24-5 one", "B24-5 two"], {5: TaskMention(MOVE, ("commit",))}),
        ("x", "Pay", "", [], {}),
    ],
)
def test_every_place_of_a_mention_is_known_and_the_strongest_counts(
    branch: str, title: str, description: str, messages: list[str], found: dict[int, TaskMention]
) -> None:
    told = _merge_request(branch, title, description, OPENED)
    assert find_named_tasks(told, messages, ReferenceRules(), {}) == found


def test_commits_no_longer_there_name_nothing_while_it_is_open() -> None:
    assert (
        find_named_tasks(_merge_request("x", "Pay", "", OPENED), [], ReferenceRules(), BEFORE) == {}
    )


def test_what_the_commits_named_stays_until_the_host_has_told_them() -> None:
    merged = _merge_request("x", "Pay", "", MERGED)
    named = find_named_tasks(merged, None, ReferenceRules(), BEFORE)
    assert named == {5: TaskMention(MOVE, ("commit",))}


def test_the_own_commits_of_what_is_over_count_as_told() -> None:
    merged = _merge_request("x", "Pay", "", MERGED)
    named = find_named_tasks(merged, ["B24-9 its own"], ReferenceRules(), BEFORE)
    assert named == {9: TaskMention(MOVE, ("commit",))}
