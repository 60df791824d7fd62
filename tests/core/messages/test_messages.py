"""What people read of every kind of thing in every state, word by word, in both languages.

The texts stand in texts/en.txt and texts/ru.txt, each under its name; the project's address is
written @ and commit ids are cut to eight characters.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.core.i18n.translate import LANGUAGES, has_sentence
from sync.core.notifications.facts import BASIC_STATES
from tests.core.messages.cases import CASES
from tests.core.messages.items import HOME, kind_of, message, state

TEXTS = Path(__file__).with_name("texts")


def written(language: str) -> dict[str, str]:
    parts = (TEXTS / f"{language}.txt").read_text("utf-8").split("\n## ")
    pairs = (part.split("\n", 1) for part in parts[1:])
    return {name: text.strip("\n") for name, text in pairs}


WRITTEN = {language: written(language) for language in LANGUAGES}


def told(name: str, language: str) -> str:
    text = message(CASES[name], language).replace(HOME, "@")
    return re.sub(r"\b([0-9a-f]{8})[0-9a-f]{32}\b", r"\1", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thing_is_told_in_these_words(language: str) -> None:
    pairs = {name: (told(name, language), WRITTEN[language][name]) for name in CASES}
    assert {name: texts for name, texts in pairs.items() if texts[0] != texts[1]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_over(language: str) -> None:
    assert WRITTEN[language].keys() == CASES.keys()


@pytest.mark.parametrize("kind", BASIC_STATES)
def test_every_state_of_a_kind_is_told_and_has_a_word(kind: str) -> None:
    missing = set(BASIC_STATES[kind]) - {
        state(one) for one in CASES.values() if kind_of(one) == kind
    }
    assert {one for one in missing if not one.startswith("expires_")} == set()
    assert all(has_sentence(f"state {one}") for one in BASIC_STATES[kind])
