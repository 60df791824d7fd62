"""The component and the app give the same answer: one table of cases, played through both."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.named_tasks import combined_tasks
from reporter.references import named_tasks

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
    for language, cases in (("en", references_english.CASES), ("ru", references_russian.CASES))
    for reason, case in cases.items()
} | {text: case for table in UNUSUAL for text, case in table.CASES.items()}


def kinds_of(written: str) -> dict[int, str]:
    words = written.split()
    return {int(task_id): kind for task_id, kind in zip(words[::2], words[1::2], strict=True)}


def test_the_component_reads_each_text_as_the_app_does() -> None:
    answers = {
        label: (named_tasks(text, "commit", "B24"), kinds_of(kinds))
        for label, (text, kinds) in CASES.items()
    }
    mistakes = {label: answer for label, answer in answers.items() if answer[0] != answer[1]}
    assert mistakes == {}


def combined_kinds(texts: Mapping[str, str]) -> dict[int, str]:
    named = [(text, source, 1) for source, text in texts.items()]
    return {task.id: task.kind for task in combined_tasks(named, "B24")}


def test_the_component_joins_texts_as_the_app_does() -> None:
    mistakes = {
        label: combined_kinds(texts)
        for label, (texts, kinds) in references_sources.CASES.items()
        if combined_kinds(texts) != kinds_of(kinds)
    }
    assert mistakes == {}
