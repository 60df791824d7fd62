"""What an editor does to the letters of a text is no edit; what it does to the words is."""

from __future__ import annotations

import pytest
from hypothesis import given

from sync.text import bbcode, html, markdown
from sync.text.same import normalised, same_text
from sync.text.tree import Document
from tests.text.corpus import texts
from tests.text.trees import documents

# name: (a text, the same as an editor or a person writes it)
SAME = {
    "bullets": ("- a\n- b", "* a\n* b"),
    "bullets in turns": ("- a\n\n+ b", "- a\n- b"),
    "signs of emphasis": ("*a* **b**", "_a_ __b__"),
    "order of formats": ("***a***", "**_a_**"),
    "formats side by side": ("**a**<b>b</b>", "**ab**"),
    "blanks within a format": ("<b>a </b>b", "**a** b"),
    "numbering": ("1. a\n2. b\n3. c", "1. a\n1. b\n1. c"),
    "parentheses behind numbers": ("1. a\n2. b", "1) a\n2) b"),
    "loose and tight": ("- a\n- b", "- a\n\n- b"),
    "fences": ("```js\na\n```", "~~~~js\na\n~~~~"),
    "indented code": ("```\na\n```", "    a"),
    "blanks behind code": ("```\na\n```", "```\na \n\n```"),
    "headings": ("# a", "a\n==="),
    "closed headings": ("## a", "## a ##"),
    "rules": ("---", "* * *"),
    "padding of tables": ("|a|b|\n|-|-|\n|c|d|", "| a   | b   |\n| --- | :-: |\n| c   | d   |"),
    "short rows": ("|a|b|\n|-|-|\n|c|", "|a|b|\n|-|-|\n|c||"),
    "boxes": ("- [x] a", "- [X] a"),
    "addresses in angle brackets": ("see <https://a.test/b_c>.", "see https://a.test/b_c."),
    "addresses as links": ("https://a.test/x", "[https://a.test/x](https://a.test/x)"),
    "e-mail addresses": ("<a@b.test>", "[a@b.test](mailto:a@b.test)"),
    "encoded addresses": ("[a](https://a.test/%D0%B6)", "[a](https://a.test/ж)"),
    "references": ("[a][1]\n\n[1]: https://a.test", "[a](https://a.test)"),
    "titles of links": ('[a](https://a.test "t")', "[a](https://a.test)"),
    "no-break blanks": ("a&nbsp;b", "a\u00a0 b"),
    "empty lines": ("a\n\n\n\nb", "a\n\nb"),
    "line ends in a paragraph": ("a\nb", "a b"),
    "hard breaks": ("a  \nb", "a\\\nb"),
    "escapes": ("a\\_b\\*", "a\\_b\\*".replace("\\_", "_")),
    "lost protection of a mention": ("\\@bob", "@\u2060bob"),
    "lost protection of a command": ("\\/close", "/close"),
    "fenced quotes": (">>>\na\n>>>", "> a"),
    "lazy quotes": ("> a\n> b", "> a\nb"),
    "alerts in capitals": ("> [!NOTE]\n> a", "> [!note]\n> a"),
    "formulas": ("$a$", "$`a`$"),
    "html": ("<b>a</b>", "**a**"),
    "carriage returns": ("a\r\n\r\nb", "a\n\nb"),
}  # fmt: skip

# name: (a text, another)
OTHER = {
    "words": ("a", "b"),
    "case": ("a", "A"),
    "bold": ("**a**", "a"),
    "bold of more": ("**a** b", "**a b**"),
    "a box": ("- [ ] a", "- [x] a"),
    "a box that is text": ("- [~] a", "- \\[\\~\\] a"),
    "a mention": ("@bob", "\\@bob"),
    "a level": ("# a", "## a"),
    "order": ("- a\n- b", "- b\n- a"),
    "bullets and numbers": ("- a", "1. a"),
    "the first number": ("1. a", "2. a"),
    "a line break": ("a\\\nb", "a b"),
    "a paragraph": ("a\n\nb", "a b"),
    "depth": ("- a\n- b", "- a\n  - b"),
    "where a link leads": ("[a](https://a.test)", "[a](https://b.test)"),
    "the size of a picture": ("![](a.png){width=5}", "![](a.png)"),
    "a language": ("```js\na\n```", "```py\na\n```"),
    "a blank in code": ("`a b`", "`a  b`"),
    "a quote": ("> a", "a"),
    "an alert": ("> [!tip]\n> a", "> [!note]\n> a"),
    "struck out": ("~~a~~", "a"),
    "a formula": ("$a$", "a"),
}


def _are_same(pair: tuple[str, str]) -> bool:
    left, right = pair
    return same_text(markdown.read(left), markdown.read(right))


def test_these_are_the_same() -> None:
    assert [name for name, pair in SAME.items() if not _are_same(pair)] == []


def test_these_are_not_the_same() -> None:
    assert [name for name, pair in OTHER.items() if _are_same(pair)] == []


@pytest.mark.parametrize("text", ["<https://a.test/b_c>", "<a@b.test>"])
def test_an_address_is_read_alike_with_and_without_brackets(text: str) -> None:
    assert markdown.read(text) == markdown.read(text.strip("<>"))


ACROSS = {
    "formats": ("**a** *b* ~~c~~", "[b]a[/b] [i]b[/i] [s]c[/s]", "<b>a</b> <i>b</i> <s>c</s>"),
    "a list": ("- a\n- b", "[list][*]a[*]b[/list]", "<ul><li>a</li> <li>b</li></ul>"),
    "an address": ("https://a.test/x", "[url]https://a.test/x[/url]",
                   '<a href="https://a.test/x">https://a.test/x</a>'),
    "paragraphs": ("a\n\nb", "a\n\n\nb", "<p>a</p>\n<p>b</p>"),
    "a table": ("|a|b|\n|-|-|\n|c|d|", "[table][tr][td]a[/td][td]b[/td][/tr]"
                "[tr][td]c[/td][td]d[/td][/tr][/table]",
                "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>"),
    "code": ("```\na\n```", "[code]\na\n[/code]", "<pre>a</pre>"),
    "a quote": ("> a", "[quote]a[/quote]", "<blockquote>a</blockquote>"),
}  # fmt: skip


@pytest.mark.parametrize(("tracker", "task", "old_task"), ACROSS.values(), ids=ACROSS)
def test_what_all_sides_can_say_is_the_same(tracker: str, task: str, old_task: str) -> None:
    document = markdown.read(tracker)
    assert same_text(document, bbcode.read(task))
    assert same_text(document, html.read(old_task))


def test_a_text_is_the_same_after_it_was_written() -> None:
    documents = {name: markdown.read(text) for name, text in texts().items()}
    others = [
        name
        for name, document in documents.items()
        if not same_text(markdown.read(markdown.write(document)), document)
    ]
    assert others == []


def test_the_normal_form_of_a_text_is_settled() -> None:
    forms = {name: normalised(markdown.read(text)) for name, text in texts().items()}
    assert [name for name, form in forms.items() if normalised(form) != form] == []


@given(documents())
def test_the_normal_form_is_settled(document: Document) -> None:
    assert normalised(normalised(document)) == normalised(document)
