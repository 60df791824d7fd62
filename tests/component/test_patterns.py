"""A pattern that is cut to fit a text finds in it what the whole one finds."""

from __future__ import annotations

import re

import pytest
from reporter.patterns import LONG, TEXTS, Pattern, cut

from sync.core.references import clause_words, keywords
from tests.component.test_same_answers import CASES
from tests.depth import sample

TABLES = ["bare", "past", "uncertain", "after denied", "after part", "after closing"]
WHOLE = {name: clause_words.clause_pattern(name) for name in TABLES} | {
    "keywords": keywords._keyword_pattern(),
}
TEXTS_OF_CASES = [text.lower() for text, _ in CASES.values()]


@pytest.mark.parametrize("name", WHOLE)
def test_a_table_that_is_cut_finds_the_same(name: str) -> None:
    whole = WHOLE[name]
    assert len(whole.pattern) > LONG
    differing = []
    for text in sample(TEXTS_OF_CASES[::40]):
        before, _, after = text.partition("b24-5")
        short = re.compile(cut(whole.pattern, text))
        for part in (before, after, text):
            matches = [pattern.search(part) for pattern in (whole, short)]
            if len({match and (match.span(), match.lastgroup) for match in matches}) != 1:
                differing.append(part)
    assert differing == []


SHORTENED = {
    ("(see|like) x", "see x"): "(see|(?!)) x",
    ("(?:c(?:lose|losing)|f(?:ix|ixed))", "close"): "(?:c(?:lose|(?!))|(?!))",
    ("(part|half(?: of)?|one)", "one"): "((?!)|(?!)|one)",
    ("(an?|the)", "a"): "(an?|(?!))",
    ("([a|see]|see)", "x"): "([a|see]|(?!))",
    (r"(\(see\)|x)", "x"): r"(\(see\)|x)",
    ("(?!only|-)x", "x"): "(?!only|-)x",
    ("(?P<mention>see|cf)", "cf"): "(?P<mention>(?!)|cf)",
}


@pytest.mark.parametrize(("source", "text"), SHORTENED)
def test_what_begins_with_letters_that_a_text_lacks_is_left_out(source: str, text: str) -> None:
    short = cut(source, text)
    assert short == SHORTENED[source, text]
    assert bool(re.search(short, text)) == bool(re.search(source, text))


def test_after_some_texts_the_whole_pattern_is_compiled() -> None:
    source = "(" + "see|" * LONG + "fixes|closes)"
    pattern = Pattern(source)
    lengths = [len(pattern.fit("it fixes").pattern) for _ in range(TEXTS + 1)]
    assert lengths == [len("(fixes)")] * TEXTS + [len(source)]
    assert pattern.search("it fixes")
    assert pattern.match("fixes")


def test_a_short_pattern_or_one_with_flags_stays_whole() -> None:
    for pattern in (Pattern("(a|b)"), Pattern("(" + "a|" * LONG + "b)", re.IGNORECASE)):
        assert pattern.fit("x").pattern == pattern.source
