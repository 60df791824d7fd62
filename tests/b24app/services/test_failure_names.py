"""Names of failures: every kind of object has words in both languages."""

import re

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
