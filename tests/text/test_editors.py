"""Opening a text in an editor and saving it is no edit, and wakes nothing in it."""

from __future__ import annotations

from functools import cache

import pytest

from sync.text import bbcode, markdown
from sync.text.markdown.actions import quick_actions
from sync.text.same import same_text
from tests.text import specs
from tests.text.alive import ACTIVE, alive
from tests.text.corpus import texts
from tests.text.editors import EDITORS, saved_by

# No editor knows what GitLab adds to Markdown; each escapes its signs: these it really spoils.
SPOILED = {
    "wiki links": {"wiki links", "wiki links to parts", "wiki links in a table and in bold"},
    "[~]": {"tasks of all states", "a dropped task with markup",
            "a comment with a plan in Russian", "boxes in an ordered list",
            "a dropped item among others", "dropped tasks with numbers",
            "tasks of three states in three levels"},
    "boxes without words": {"tasks without words", "tasks in a table", "boxes in a table"},
    ">>>": {"a fenced quote", "a fenced quote around a quote", "a fenced quote nobody closes",
            "a fenced quote in a list", "a longer fence of a quote", "a fenced alert",
            "a fenced alert with a list", "a fenced quote with code",
            "a fenced quote within an item", "a fenced quote within a fenced quote",
            "a fenced quote in a numbered item right below its words"},
    "[!note]": {"an alert", "an alert with a title", "all alerts", "an alert in capitals",
                "a mixed page", "a folded alert of other hosts", "a list and code in an alert",
                "a note with a warning in it", "an alert in a list",
                "an alert with emphasis in its title", "an alert right below a heading",
                "an alert with code only", "an alert between items",
                "an alert with a list and a second paragraph"},
    "[[_TOC_]]": {"contents", "contents by the other name", "contents in a sentence",
                  "contents amid words", "contents in brackets", "contents and front words",
                  "contents in a loose list", "contents in a tight list", "contents in a table",
                  "contents in small letters"},
    "[[page]]": {"a wiki link with an anchor"},
    "signs in formulas": {"a display formula in a line", "a formula amid text",
                         "a display formula and a tail", "a formula with braces and underscores",
                         "formulas in a table"},
    "{+ +}": {"inline diff", "inline diffs", "an inline diff over words"},
    "a backslash before a mention": {"a mention at the end of emphasis"},
}  # fmt: skip
# What these two lose beside that, by what is gone from the text.
LOST = {
    "remark": {},
    "tiptap": {
        "blanks and backticks of code": {"code with backticks", "code with blanks"},
        "entities, and escapes at the start of a line": {"entities", "escapes"},
        "half of an address with a blank": {"a link with a blank in the address"},
        "the link around a picture": {"an image in a link", "a dependency bot",
                                      "a badge with a size"},
        "more signs in formulas": {"an inline formula", "a formula between dollar signs",
                                   "a formula in bold and in a link"},
        "HTML": {"html formatting", "html nested in markdown", "html with attributes",
                 "words in angle brackets", "a centred picture",
                 "html with an attribute over lines", "an inline html picture with a size",
                 "keys and indices"},
        "folded sections": {"a folded section", "a folded section on one line",
                            "folded sections in each other", "a folded section that is open",
                            "a fold in a fold", "a fold with code", "a fold with a table",
                            "a fold with words right below",
                            "details in details with a summary in bold",
                            "details with no blank line behind the summary"},
        "footnotes": {"footnotes", "footnotes with paragraphs", "an incident", "a footnote twice",
                      "a long footnote", "a footnote in a table and in a list",
                      "a footnote with code and a list", "two footnotes in a list"},
        "blocks in items": {"items with code", "a heading in an item",
                            "a numbered plan with code between"},
        "boxes of numbered items": {"numbered tasks"},
        "the longer fence": {"a fence in a fence", "a suggestion in a fence",
                             "a suggestion with a fence in it",
                             "a suggestion with two fences around"},
        "the bar of code in a table": {"a picture in a table"},
        "the second line of a heading": {"a heading over two lines"},
        "the line below a quote": {"a line of equals under a quote"},
        "underscores of mentions": {"references in emphasis"},
    },
    "milkdown": {
        "every picture without a title": {
            "an image", "an image with sizes", "an image with a width in per cent",
            "an image with other attributes", "an image in a link", "an image without words",
            "an image between paragraphs", "a bug report", "a dependency bot",
            "a badge with a size", "a picture in a table", "a picture with a class",
            "a picture without words", "a video", "an upload above words",
            "a before and after table", "a picture and a size on the next line",
            "a picture by reference with a size", "two pictures side by side",
            "a video with a size", "an image with a size and words right behind",
            "pictures with sizes in a table", "sizes of GitLab's editor in other order",
        },
        "line breaks in HTML": {"html line breaks", "a table with breaks and links",
                                "a line break in a cell"},
        "emphasis that crosses": {"crossed emphasis"},
        "the start of an item": {"a heading in an item"},
    },
}  # fmt: skip
# What milkdown does not spoil of GitLab's own.
KEPT = {"remark": set(), "tiptap": set(),
        "milkdown": {"a dropped task with markup", "a comment with a plan in Russian",
                     "an alert with emphasis in its title",
                     "an inline diff over words"}}  # fmt: skip
SPOILED_EXAMPLES = {"[[*foo* bar]]", "![[foo]]"}  # their brackets
# Harmless: it shows the same words.
WITHOUT_BACKSLASH = {"$a$", "$$a$$", "term\n: what"}
WITHOUT_ESCAPE = {
    "remark": WITHOUT_BACKSLASH,
    "milkdown": WITHOUT_BACKSLASH,
    "tiptap": WITHOUT_BACKSLASH | {"- [x] a", "- [~] a", "| a |\n|---|"},
}


@cache
def saved(editor: str) -> tuple[dict[str, str], dict[str, str]]:
    """The corpus, and what came from tasks, as the editor saves them; in one process."""
    written = {text: markdown.write(bbcode.read(text)) for text in ACTIVE}
    given = [*texts().values(), *written.values()]
    after = saved_by(editor, given)
    count = len(texts())
    return (
        dict(zip(texts(), after[:count], strict=True)),
        dict(zip(written, after[count:], strict=True)),
    )


@pytest.mark.parametrize("editor", EDITORS)
def test_saving_a_text_is_an_edit_only_where_the_editor_loses_something(editor: str) -> None:
    edited = {
        name
        for name, text in saved(editor)[0].items()
        if not same_text(markdown.read(texts()[name]), markdown.read(text))
    }
    spoiled = set[str]().union(*SPOILED.values(), *LOST[editor].values()) - KEPT[editor]
    assert edited == spoiled


@pytest.mark.parametrize("examples", [specs.commonmark, specs.gfm])
def test_saving_an_example_of_a_specification_is_no_edit(examples: specs.Examples) -> None:
    edited = [
        text
        for text, after in zip(examples(), saved_by("remark", examples()), strict=True)
        if not same_text(markdown.read(text), markdown.read(after))
    ]
    assert {text.partition("\n")[0] for text in edited} == SPOILED_EXAMPLES


@pytest.mark.parametrize("editor", EDITORS)
def test_saving_what_came_from_a_task_wakes_nothing_in_it(editor: str) -> None:
    after = saved(editor)[1]
    assert [alive(text) for text in after.values() if alive(text)] == []
    assert [quick_actions(text) for text in after.values() if quick_actions(text)] == []
    edited = {
        text
        for text, written in after.items()
        if not same_text(markdown.read(written), bbcode.read(text))
    }
    assert edited == WITHOUT_ESCAPE[editor]
