"""What texts say of tasks, as tables of cases that the CI component has to answer too."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sync.core.model.tasks import LinkKind
from sync.core.references.find import find_references, strongest_references
from sync.core.rules.portal import ReferenceRules
from tests.cases import (
    references_doubt,
    references_english,
    references_everyday,
    references_habits,
    references_habits_russian,
    references_later,
    references_names,
    references_ordinary,
    references_people,
    references_people_russian,
    references_quoted,
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
    references_doubt,
    references_everyday,
    references_habits,
    references_habits_russian,
    references_later,
    references_names,
    references_ordinary,
    references_people,
    references_people_russian,
    references_quoted,
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


def read_kinds(text: str) -> dict[int, LinkKind]:
    return {
        reference.task_id: reference.kind for reference in find_references(text, "commit", RULES)
    }


def test_each_text_says_of_its_tasks_what_the_tables_say() -> None:
    answers = {label: (read_kinds(text), kinds_of(kinds)) for label, (text, kinds) in CASES.items()}
    mistakes = {label: answer for label, answer in answers.items() if answer[0] != answer[1]}
    assert mistakes == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_hundred_and_fifty_cases(language: str) -> None:
    assert len(LANGUAGES[language]) >= 150


def read_strongest(texts: Mapping[str, str]) -> dict[int, LinkKind]:
    references = [
        reference
        for source, text in texts.items()
        for reference in find_references(
            text, source, RULES, texts.get("title", "") if source == "description" else ""
        )
    ]
    strongest = strongest_references(references)
    return {task_id: reference.kind for task_id, reference in strongest.items()}


def test_the_texts_of_a_merge_request_say_together_what_the_table_says() -> None:
    mistakes = {
        label: read_strongest(texts)
        for label, (texts, kinds) in references_sources.CASES.items()
        if read_strongest(texts) != kinds_of(kinds)
    }
    assert mistakes == {}
