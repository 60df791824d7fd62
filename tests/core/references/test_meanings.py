"""What texts say of tasks, as tables of cases that the CI component has to answer too."""

from __future__ import annotations

import pytest

from sync.core.model.tasks import LinkKind
from sync.core.references.find import find_references, strongest_references
from sync.core.rules.portal import ReferenceRules
from tests.cases import (
    references_english,
    references_russian,
    references_sources,
    references_states,
    references_states_russian,
    references_unusual,
    references_unusual_russian,
    reverts_listed,
    reverts_unusual,
)

RULES = ReferenceRules()
LANGUAGES = {"en": references_english.CASES, "ru": references_russian.CASES}
UNUSUAL = (
    references_states,
    references_states_russian,
    references_unusual,
    references_unusual_russian,
    reverts_listed,
    reverts_unusual,
)
CASES = {
    f"{language}: {reason}": case
    for language, cases in LANGUAGES.items()
    for reason, case in cases.items()
} | {text: case for table in UNUSUAL for text, case in table.CASES.items()}


def kinds_of(written: str) -> dict[int, LinkKind]:
    words = written.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return {int(task_id): LinkKind(kind) for task_id, kind in pairs}


@pytest.mark.parametrize(("text", "kinds"), CASES.values(), ids=CASES)
def test_a_text_says_of_its_tasks(text: str, kinds: str) -> None:
    references = find_references(text, "commit", RULES)
    assert {one.task_id: one.kind for one in references} == kinds_of(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_hundred_and_fifty_cases(language: str) -> None:
    assert len(LANGUAGES[language]) >= 150


@pytest.mark.parametrize(
    ("texts", "kinds"), references_sources.CASES.values(), ids=references_sources.CASES
)
def test_the_texts_of_a_merge_request_say_together(texts: dict[str, str], kinds: str) -> None:
    references = [
        reference
        for source, text in texts.items()
        for reference in find_references(
            text, source, RULES, texts.get("title", "") if source == "description" else ""
        )
    ]
    strongest = strongest_references(references)
    assert {task_id: one.kind for task_id, one in strongest.items()} == kinds_of(kinds)
