"""Hostile text costs no more than its length: steps are counted, no clock is looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from sync.text import bbcode, html, markdown
from sync.text.bbcode_spans import spans
from sync.text.diff import MOST_PAIRS, changes, matching
from sync.text.markdown.actions import quick_actions
from sync.text.same import normalised
from tests.depth import sample
from tests.text.trees import SEEDS, words_of

MARKDOWN = [
    *SEEDS["markdown"], "- a\n", "![", "[a](", "[[a", "[^1]: ", "a\n: b\n", "~a ~~b ", "*a _b ",
    "***a", "`a``", "$a", "$`a", "$$a", "$a\\", "<b>a<i>b", "<a href='", "<details>a",
    "<details>\n\na\n\n", "<details><summary>", ">>>\n", ">>>\na\n\n", "> [!note]\n", "|a|\n|-|\n",
    "<!-- -->", "<!--\n\n", "<?", "<![CDATA[", "://", "http://a ", "{width=", "[a]: b\n",
    "a\n===\n", "\\\n", "<div>\n\n", "[a][", "\u2060", "- a\n  - b\n",
]  # fmt: skip
HTML = [*SEEDS["html"], "<a", "<a '", "<!", "<?", "</a", "&", "&#", "<b><i>", "<details>a",
        "<table><tr><td>", "<ul><li>"]  # fmt: skip
BBCODE = [*SEEDS["bbcode"], "[list][*]a", "[quote]\n", "[td]", "a\n\n", "[quote]a[/quote]\n"]


def _calls(work: Callable[[], object]) -> int:
    """Calls of functions that the work makes."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _grows_with(piece: str, work: Callable[[str], object]) -> None:
    short, long = (_calls(lambda size=size: work(piece * (size // len(piece))))
                   for size in (500, 2_000))  # fmt: skip
    assert long <= 5 * short + 2_000


@pytest.mark.parametrize("piece", sample(MARKDOWN))
def test_markdown_is_read_compared_and_written_in_linear_work(piece: str) -> None:
    def work(text: str) -> None:
        document = markdown.read(text)
        markdown.write(document)
        bbcode.write(document)
        normalised(document)
        quick_actions(text)

    _grows_with(piece, work)


@pytest.mark.parametrize("piece", HTML)
def test_html_is_read_in_linear_work(piece: str) -> None:
    _grows_with(piece, lambda text: markdown.write(html.read(text)))


@pytest.mark.parametrize("piece", sample(BBCODE))
def test_bbcode_is_cut_into_blocks_in_linear_work(piece: str) -> None:
    _grows_with(piece, lambda text: markdown.write(bbcode.read(text)))
    _grows_with(piece, spans)


def test_two_long_texts_are_compared_in_bounded_work() -> None:
    left, right = ["a", "b"] * 5_000, ["b", "c"] * 5_000
    assert len(left) * len(right) > MOST_PAIRS
    assert _calls(lambda: changes(left, right)) < 200
    assert matching(["x", *left, "y"], ["x", *right, "y"]) == {0: 0, 10_001: 10_001}


DEEP = {
    "formats": "*a _b " * 2_000 + "b_ a* " * 2_000,
    "strikes": "~a ~~b " * 2_000 + "b~~ a~ " * 2_000,
    "quotes": "> " * 2_000 + "b",
    "fenced quotes": "\n".join(">" * (300 - size) + "\nb" for size in range(290)),
    "lists": "- " * 2_000 + "b",
    "lists by indents": "".join("  " * size + "- b\n" for size in range(200)),
    "folds": "<details>\n\nb\n\n" * 2_000,
    "folds in one block": "<details>b" * 2_000,
    "html": "<b>a<i>b" * 2_000 + "</i></b>" * 2_000,
    "html that is not closed": "<ul><li>b" * 2_000,
    "links": "[b " * 2_000 + "](b)" * 2_000,
    "pictures": "![b " * 2_000 + "](b)" * 2_000,
    "footnotes": "[^1]: " * 2_000 + "b",
    "descriptions": "a\n: b" * 2_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize(
    "dialect", [markdown.GITLAB, markdown.YOUTRACK], ids=["gitlab", "youtrack"]
)
def test_deep_markup_is_read_and_its_words_stay(text: str, dialect: markdown.Dialect) -> None:
    document = markdown.read(text, dialect)
    assert words_of(document).count("b") >= min(text.count("b"), 100) // 3
    assert "b" in markdown.write(normalised(document), dialect)
    assert "b" in bbcode.write(document)


def test_no_word_is_lost_however_deep_it_stands() -> None:
    text = "".join("> " * depth + f"word{depth}\n>\n" for depth in range(1, 80))
    shown = words_of(markdown.read(text))
    assert [depth for depth in range(1, 80) if f"word{depth}" not in shown] == []
