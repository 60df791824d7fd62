"""GitLab's Markdown says the words that GitLab shows: compared with comrak, its own parser."""

from __future__ import annotations

from sync.text import markdown
from tests.text.comrak_peer import shown_words
from tests.text.corpus import texts
from tests.text.shown import words_in_order

TEXTS = texts()


def test_the_corpus_is_large_enough() -> None:
    assert len(set(TEXTS.values())) >= 150


def test_the_words_are_those_that_gitlab_shows() -> None:
    words = {name: words_in_order(markdown.read(text)) for name, text in TEXTS.items()}
    expected = {name: shown_words(text) for name, text in TEXTS.items()}
    assert {name: words[name] for name in TEXTS if words[name] != expected[name]} == {}


def _is_settled(text: str) -> bool:
    document = markdown.read(text)
    written = markdown.write(document)
    again = markdown.read(written)
    return again == document and markdown.write(again) == written


def test_a_text_is_settled_after_one_round() -> None:
    assert [name for name, text in TEXTS.items() if not _is_settled(text)] == []
