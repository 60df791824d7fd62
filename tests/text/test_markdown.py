"""Markdown both ways: what is read, what is written, and that text stays text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import bbcode, markdown
from sync.text.chars import JOINER
from sync.text.tree import (
    Cell,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Item,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
    UserMention,
)
from tests.text.trees import SEEDS, documents, words, words_of

J = JOINER


def para(*nodes: object) -> Paragraph:
    return Paragraph(tuple(Text(n) if isinstance(n, str) else n for n in nodes))


def item(*nodes: object, checked: bool | None = None) -> Item:
    return Item((para(*nodes),), checked)


def cells(*texts: str) -> Row:
    return Row(tuple(Cell((Text(text),)) for text in texts))


# name: (as people write it, the tree, as it is written back)
BOTH = {
    "plain": ("a", [para("a")], "a"),
    "a line end is a blank": ("a\nb", [para("a b")], "a b"),
    "a hard break": ("a  \nb", [para("a", LineBreak(), "b")], "a\\\nb"),
    "formats": (
        "**a** _b_ ~~c~~ <u>d</u>",
        [para(Strong((Text("a"),)), " ", Emphasis((Text("b"),)), " ", Strike((Text("c"),)), " ",
              Underline((Text("d"),)))],
        "**a** *b* ~~c~~ <u>d</u>",
    ),
    "a link": ('[t](https://a.test "x")', [para(Link("https://a.test", (Text("t"),)))],
               "[t](https://a.test)"),
    "a bare address": ("<https://a.test/x_y>",
                       [para(Link("https://a.test/x_y", (Text("https://a.test/x_y"),)))],
                       "<https://a.test/x_y>"),
    "an address in the words of a link": (
        "[see https://b.test](https://a.test)",
        [para(Link("https://a.test", (Text("see https://b.test"),)))],
        "[see https://b.test](https://a.test)",
    ),
    "a relative link": ("[t](/x)", [para(Link("/x", (Text("t"),)))], "[t](/x)"),
    "a script is no link": ("[t](javascript:x)", [para("t")], "t"),
    "an image": ("![i](https://a.test/i)", [para(Image("https://a.test/i", "i"))],
                 "![i](https://a.test/i)"),
    "code": ("`` a`b ``", [para(Code("a`b"))], "``a`b``"),
    "a code block": ("```py\na\n```", [CodeBlock("a", "py")], "```py\na\n```"),
    "an indented code block": ("    a\n\n    b", [CodeBlock("a\n\nb")], "```\na\n\nb\n```"),
    "a fence in a code block": ("````\n```\n````", [CodeBlock("```")], "````\n```\n````"),
    "a heading": ("a\n===", [Heading(1, (Text("a"),))], "# a"),
    "a rule": ("***", [Rule()], "___"),
    "a list": ("* a\n* b", [List((item("a"), item("b")))], "- a\n- b"),
    "a nested list": ("- a\n  1. b\n- c",
                      [List((Item((para("a"), List((item("b"),), True))), item("c")))],
                      "- a\n  1. b\n- c"),
    "a list that starts at three": ("3. a\n4. b", [List((item("a"), item("b")), True, 3)],
                                    "3. a\n4. b"),
    "checkboxes": ("- [x] a\n- [ ] b\n- [ ]",
                   [List((item("a", checked=True), item("b", checked=False), Item((), False)))],
                   "- [x] a\n- [ ] b\n- [ ]"),
    "an escaped checkbox": ("- \\[x] a", [List((item("[x] a"),))], "- \\[x\\] a"),
    "two lists": ("- a\n\n* b", [List((item("a"),)), List((item("b"),))], "- a\n\n* b"),
    "a quote": ("> a\n\n> b", [Quote((para("a"),)), Quote((para("b"),))], "> a\n\n> b"),
    "a table": ("|a|b|\n|-|-|\n|c\\|d|", [Table((cells("a", "b"), Row((Cell((Text("c|d"),)),
                                                                       Cell(())))))],
                "| a | b |\n| --- | --- |\n| c\\|d |  |"),
    "a break in a cell": ("|a<br>b|\n|-|",
                          [Table((Row((Cell((Text("a"), LineBreak(), Text("b"))),)),))],
                          "| a<br>b |\n| --- |"),
    "a mention": ("@ann, hi", [para(UserMention("@ann", login="ann"), ", hi")], "@ann, hi"),
    "everybody": ("@all", [para("@all")], f"@{J}all"),
    "an e-mail address": ("x@a.test", [para("x@a.test")], f"x@{J}a.test"),
    "a comment": ("a<!-- b -->\n\n<!--\nc\n-->", [para("a")], "a"),
    "html": ("<b>a</b>\n\n<div>\nb", [para(Strong((Text("a"),))), para("b")], "**a**\n\nb"),
    "what is no html": ("List<String> <x-y>", [para("List<String> <x-y>")],
                        "List\\<String\\> \\<x-y\\>"),
    "entities": ("&lt;b&gt; &amp;amp;", [para("<b> &amp;")], "\\<b\\> &" + J + "amp;"),
    "nothing": ("", [], ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "blocks", "written"), BOTH.values(), ids=BOTH)
def test_markdown_is_read_and_written_back(text: str, blocks: list, written: str) -> None:
    document = Document(tuple(blocks))
    assert markdown.read(text) == document
    assert markdown.write(document) == written


HOSTILE = {
    "@all": f"@{J}all",
    "#1 !2 &3": f"\\#{J}1 !{J}2 &{J}3",
    "ABC-123": f"ABC-{J}123",
    "group/project#1": f"group/project\\#{J}1",
    "/close": f"/{J}close",
    "/usr/bin": f"/{J}usr/bin",
    f"/{J}close": f"/{J}{J}close",
    "# a": "\\# a",
    "- a": "\\- a",
    "1. a": "1\\. a",
    "2026-11-20": "2026-11-20",
    "> a": "\\> a",
    "***": "\\*\\*\\*",
    "snake_case _x_": "snake_case \\_x\\_",
    "`a`": "\\`a\\`",
    "[a](https://a.test)": "\\[a\\](<https://a.test>)",
    "<script>x</script>": "\\<script\\>x\\</script\\>",
    "<!-- a -->": "\\<!-- a --\\>",
    "&amp;": f"&{J}amp;",
    "| a |": "\\| a \\|",
    "~~~": "\\~\\~\\~",
    "=====": "\\=====",
    "a\\": "a\\\\",
    "[TOC]": "\\[TOC\\]",
    "see https://a.test/x_y_z.": "see <https://a.test/x_y_z>.",
}


@pytest.mark.parametrize(("text", "written"), HOSTILE.items())
def test_hostile_text_stays_text(text: str, written: str) -> None:
    document = Document((para(text),))
    assert markdown.write(document) == written
    assert words_of(markdown.read(written)) == text


@pytest.mark.parametrize("line", ["/close", "/assign @ann"])
def test_a_quick_action_in_code_is_parted_and_comes_back(line: str) -> None:
    document = Document((CodeBlock(f"a\n{line}\n/usr/bin"),))
    assert markdown.write(document) == f"```\na\n{J}{line}\n/usr/bin\n```"
    assert markdown.read(markdown.write(document)) == document


def test_a_quick_action_after_a_line_break_is_parted() -> None:
    assert markdown.write(Document((para("a", LineBreak(), "/close"),))) == f"a\\\n/{J}close"


def test_nobody_unmapped_is_called() -> None:
    people = (UserMention("Ann", portal_user=5), UserMention("@all"), UserMention("x", login="a b"))
    assert markdown.write(Document((Paragraph(people),))) == f"Ann@{J}allx"


EMPHASIS = [
    ("a", "(b)", "c"),
    ("a", " b ", "c"),
    ("", "*", ""),
    ("x", "b", "y"),
]


@pytest.mark.parametrize(("before", "inside", "after"), EMPHASIS)
@pytest.mark.parametrize("kind", [Strong, Strike, Underline])
def test_formats_hold_next_to_anything(before: str, inside: str, after: str, kind: type) -> None:
    document = Document((para(*filter(None, (before, kind((Text(inside),)), after))),))
    assert markdown.read(markdown.write(document)) == document


@given(words)
def test_any_words_come_back(text: str) -> None:
    written = markdown.write(Document((para(text),)))
    assert words_of(markdown.read(written)) == words_of(Document((para(text),)))


@given(words)
def test_no_text_writes_a_mention_or_a_quick_action(text: str) -> None:
    written = markdown.write(Document((para(text),)))
    assert "@all" not in written
    assert not re.match(r"/[A-Za-z_]", written)
    assert all(block == para(*block.children) for block in markdown.read(written).blocks)


@given(documents())
def test_a_document_settles_after_one_round(document: Document) -> None:
    once = markdown.write(markdown.read(markdown.write(document)))
    twice = markdown.write(markdown.read(once))
    assert markdown.write(markdown.read(twice)) == twice


@given(st.lists(st.sampled_from(SEEDS["markdown"]), max_size=30).map("".join) | st.text())
def test_any_markdown_is_read_and_settles(text: str) -> None:
    once = markdown.write(markdown.read(text))
    twice = markdown.write(markdown.read(once))
    assert markdown.write(markdown.read(twice)) == twice


@given(st.lists(st.sampled_from(SEEDS["markdown"]), max_size=30).map("".join))
def test_markdown_becomes_bbcode_that_is_read(text: str) -> None:
    document = markdown.read(text)
    assert bbcode.write(bbcode.read(bbcode.write(document))) == bbcode.write(
        bbcode.read(bbcode.write(bbcode.read(bbcode.write(document))))
    )


@given(st.lists(st.sampled_from(SEEDS["bbcode"]), max_size=30).map("".join))
def test_bbcode_becomes_markdown_without_calling_anybody(text: str) -> None:
    written = markdown.write(bbcode.read(text + "@all"))
    assert "@all" not in written
