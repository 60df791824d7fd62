"""Opening a text in an editor and saving it is no edit, and wakes nothing in it."""

from __future__ import annotations

import pytest

from sync.text import bbcode, markdown
from sync.text.markdown.actions import quick_actions
from sync.text.same import same_text
from tests.text import specs
from tests.text.alive import ACTIVE, alive
from tests.text.corpus import texts
from tests.text.editors import saved_by_remark

# remark does not know what GitLab adds to Markdown and escapes its signs: these it really spoils.
SPOILED = {
    "wiki links": {"wiki links"},
    "[~]": {"tasks of all states", "a dropped task with markup",
            "a comment with a plan in Russian"},
    "boxes without words": {"tasks without words", "tasks in a table"},
    ">>>": {"a fenced quote", "a fenced quote around a quote", "a fenced quote nobody closes",
            "a fenced quote in a list", "a longer fence of a quote", "a fenced alert"},
    "[!note]": {"an alert", "an alert with a title", "all alerts", "an alert in capitals",
                "a mixed page"},
    "[[_TOC_]]": {"contents", "contents by the other name", "contents in a sentence"},
    "signs in formulas": {"a display formula in a line", "a formula amid text"},
}  # fmt: skip
SPOILED_EXAMPLES = {"[[*foo* bar]]", "![[foo]]"}  # their brackets
WITHOUT_BACKSLASH = {"$a$", "$$a$$", "term\n: what"}  # harmless: it shows the same words


def test_saving_a_text_is_no_edit() -> None:
    names = list(texts())
    saved = saved_by_remark(list(texts().values()))
    edited = {
        name
        for name, text in zip(names, saved, strict=True)
        if not same_text(markdown.read(texts()[name]), markdown.read(text))
    }
    assert edited == set[str]().union(*SPOILED.values())


@pytest.mark.parametrize("examples", [specs.commonmark, specs.gfm])
def test_saving_an_example_of_a_specification_is_no_edit(examples: specs.Examples) -> None:
    edited = [
        text
        for text, saved in zip(examples(), saved_by_remark(examples()), strict=True)
        if not same_text(markdown.read(text), markdown.read(saved))
    ]
    assert {text.partition("\n")[0] for text in edited} == SPOILED_EXAMPLES


def test_saving_what_came_from_a_task_wakes_nothing_in_it() -> None:
    documents = {text: bbcode.read(text) for text in ACTIVE}
    saved = saved_by_remark([markdown.write(document) for document in documents.values()])
    assert [alive(text) for text in saved if alive(text)] == []
    assert [quick_actions(text) for text in saved if quick_actions(text)] == []
    edited = {
        text
        for text, written in zip(documents, saved, strict=True)
        if not same_text(markdown.read(written), documents[text])
    }
    assert edited == WITHOUT_BACKSLASH
