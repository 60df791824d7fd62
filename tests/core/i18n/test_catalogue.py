"""A gettext catalogue is read as gettext's own tools read it, or not at all."""

from __future__ import annotations

import pytest

from sync.core.i18n.catalogue import parse_catalogue

HEAD = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def test_a_sentence_is_found_by_its_key() -> None:
    text = HEAD + '# a card\nmsgid "in ci"\nmsgstr "«{a}»\\t\\"\\\\\\n"\n"ещё"\n\n\n# the end\n'
    assert parse_catalogue(text).keys == {"in ci"}
    assert parse_catalogue(text).sentence("in ci") == '«{a}»\t"\\\nещё'


def test_a_plural_has_a_form_for_the_number() -> None:
    text = HEAD + 'msgid "k"\nmsgid_plural "k"\nmsgstr[0] "{count} day"\nmsgstr[1] "{count} days"\n'
    assert [parse_catalogue(text).sentence("k", n) for n in (0, 1, 2)] == [
        "{count} days",
        "{count} day",
        "{count} days",
    ]


@pytest.mark.parametrize("count", [None, "2", 1.5])
def test_a_plural_takes_nothing_but_a_whole_number(count: object) -> None:
    text = HEAD + 'msgid "k"\nmsgid_plural "k"\nmsgstr[0] "day"\nmsgstr[1] "days"\n'
    with pytest.raises(TypeError, match="'k' needs a whole number"):
        parse_catalogue(text).sentence("k", count)


def test_an_unknown_key_is_an_error_and_no_sentence() -> None:
    with pytest.raises(KeyError, match="nope"):
        parse_catalogue(HEAD).sentence("nope")


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('#, fuzzy\nmsgid "k"\nmsgstr "t"\n', "not understood"),
        ('#: sync/core/merge_requests/messages.py:7\nmsgid "k"\nmsgstr "t"\n', "not understood"),
        ('#~ msgid "k"\n#~ msgstr "t"\n', "not understood"),
        ('msgctxt "c"\nmsgid "k"\nmsgstr "t"\n', "not understood"),
        ('msgid "k"\n', "not understood"),
        ('msgid "k"\nmsgstr "a "quote""\n', "not understood"),
        ('msgid "k"\nmsgstr "\\x"\n', "not understood"),
        ('msgid "k"\nmsgstr "t"\nmsgid "l"\nmsgstr "t"\n', "not understood"),
        ('<<<<<<< ours\nmsgid "k"\nmsgstr "t"\n', "not understood"),
        ('msgid "k"\nmsgstr "t"\nmsgstr "u"\n', "one msgstr"),
        ('msgid "k"\nmsgstr[0] "t"\n', "one msgstr"),
        ('msgid "k"\nmsgid_plural "k"\nmsgstr "t"\n', "one msgstr"),
        ('msgid "k"\nmsgid_plural "k"\nmsgstr[1] "t"\n', "one msgstr"),
        ('msgid "k"\nmsgstr "t"\n\nmsgid "k"\nmsgstr "u"\n', r"there twice: \['k'\]"),
    ],
)
def test_what_is_not_understood_is_an_error(entry: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_catalogue(HEAD + entry)
