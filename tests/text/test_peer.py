"""GitLab's Markdown says the words that GitLab shows: compared with comrak, its own parser."""

from __future__ import annotations

import pytest

from sync.text import markdown
from tests.text.comrak_peer import shown_words
from tests.text.corpus import texts
from tests.text.shown import words_in_order

TEXTS = texts()


def test_the_corpus_is_large_enough() -> None:
    assert len(set(TEXTS.values())) >= 150


@pytest.mark.parametrize("name", TEXTS)
def test_the_words_are_those_that_gitlab_shows(name: str) -> None:
    assert words_in_order(markdown.read(TEXTS[name])) == shown_words(TEXTS[name])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_settled_after_one_round(name: str) -> None:
    document = markdown.read(TEXTS[name])
    written = markdown.write(document)
    assert markdown.read(written) == document
    assert markdown.write(markdown.read(written)) == written
