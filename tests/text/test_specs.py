"""Every example of the CommonMark and GFM specifications is settled and says comrak's words."""

from __future__ import annotations

import pytest

from sync.text import bbcode, markdown
from tests.text import specs
from tests.text.comrak_peer import shown_words
from tests.text.shown import words_in_order

SPECS = pytest.mark.parametrize("examples", [specs.commonmark, specs.gfm])


def test_all_examples_are_there() -> None:
    assert (len(specs.commonmark()), len(specs.gfm())) == (652, 676)


@SPECS
def test_what_is_written_is_read_as_the_same_tree(examples: specs.Examples) -> None:
    trees = {text: markdown.read(text) for text in examples()}
    assert {
        text: written
        for text, tree in trees.items()
        if markdown.read(written := markdown.write(tree)) != tree
        or markdown.write(markdown.read(written)) != written
    } == {}


@SPECS
def test_the_words_are_comraks(examples: specs.Examples) -> None:
    assert {
        text: words
        for text in examples()
        if (words := words_in_order(markdown.read(text))) != shown_words(text)
    } == {}


@SPECS
def test_youtrack_reads_and_writes_them_too(examples: specs.Examples) -> None:
    trees = {text: markdown.read(text, markdown.YOUTRACK) for text in examples()}
    assert {
        text: written
        for text, tree in trees.items()
        if markdown.read(written := markdown.write(tree, markdown.YOUTRACK), markdown.YOUTRACK)
        != tree
    } == {}


@SPECS
def test_the_portal_settles_after_one_round(examples: specs.Examples) -> None:
    written = {text: bbcode.write(markdown.read(text)) for text in examples()}
    assert {
        text: task for text, task in written.items() if bbcode.write(bbcode.read(task)) != task
    } == {}
