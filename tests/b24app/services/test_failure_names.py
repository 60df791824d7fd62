"""Names of failures: every kind of object has words in both languages."""

import re
from dataclasses import replace

import pytest

from b24app.services.failure_names import FailureNames
from b24app.services.overview import Failure
from sync.core.model.kinds import Kind

LATIN = re.compile(r"[a-z]{3,}")
NAMES = FailureNames(projects={(1, 2): "А/Б"}, titles={}, chats={})
SHARED = {Kind.ISSUE: "issue"}  # GitLab's own word, in Russian too


@pytest.mark.parametrize("kind", Kind)
def test_a_failure_about_any_kind_is_named_in_russian(kind: Kind) -> None:
    subject_key = f"{kind}:1/2:5"
    failure = Failure("command", "9", "notify", "", "", None, "", "", subject_key)
    text = NAMES.describe(failure, "ru").replace(SHARED.get(kind, "-"), "")
    assert not LATIN.search(text), text
    assert "5" in text
    assert "А/Б" in text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("chat:sg10", "message in the chat of workgroup Sales about branch feature/x of А/Б"),
        ("chat:sg11", "message in the chat of workgroup 11 about branch feature/x of А/Б"),
    ],
)
def test_a_chat_of_a_workgroup_is_named_by_its_title(place: str, text: str) -> None:
    names = replace(NAMES, workgroups={10: "Sales"})
    failure = Failure("command", "9", "message", "", "", None, "", place, "branch:1/2:feature/x")
    assert names.describe(failure) == text
