"""GitLab's own Markdown: what a task of the portal shows of it, and that it comes back."""

from __future__ import annotations

import pytest

from sync.text import bbcode, markdown
from sync.text.tree import (
    Document,
    FootnoteMark,
    Formula,
    Image,
    Item,
    List,
    Paragraph,
    Quote,
    Text,
    WikiLink,
)

# name: (as people write it, as the portal shows it, as it is written back)
SHOWN = {
    "a pasted screenshot": (
        "![shot](https://a.test/s.png){width=600 height=400}",
        "[url=https://a.test/s.png]shot[/url]",
        "![shot](https://a.test/s.png){width=600 height=400}",
    ),
    "a screenshot among the project's uploads": (
        "see ![shot](/uploads/0a/s.png){width=75%} here",
        "see shot here",
        "see ![shot](/uploads/0a/s.png){width=75%} here",
    ),
    "sizes in quotes and in pixels": (
        "![s](https://a.test/s.png){ height='40px' width=\"5\" }",
        "[url=https://a.test/s.png]s[/url]",
        "![s](https://a.test/s.png){width=5 height=40px}",
    ),
    "other attributes are text": (
        "![s](https://a.test/s.png){.big}",
        "[url=https://a.test/s.png]s[/url]{.big}",
        "![s](https://a.test/s.png)\\{.big}",
    ),
    "sizes behind a blank are text": (
        "![s](https://a.test/s.png) {width=5}",
        "[url=https://a.test/s.png]s[/url] {width=5}",
        "![s](https://a.test/s.png) {width=5}",
    ),
    "sizes behind no picture are text": ("a{width=5}", "a{width=5}", "a{width=5}"),
    "a fenced quote": (
        ">>>\na\n\nb\n>>>\n\nmine",
        "[quote]\na\n\nb\n[/quote]\n\nmine",
        "> a\n>\n> b\n\nmine",
    ),
    "a fenced quote right under words": (
        "they said\n>>>\na\n>>>\nmine",
        "they said\n\n[quote]\na\n[/quote]\n\nmine",
        "they said\n\n> a\n\nmine",
    ),
    "a fenced quote nobody closes": (">>>\na", "[quote]\na\n[/quote]", "> a"),
    "three signs before words are three quotes": (
        ">>> a",
        "[quote]\n[quote]\n[quote]\na\n[/quote]\n[/quote]\n[/quote]",
        "> > > a",
    ),
    "a formula": ("so $a*b*c$ is", "so a*b*c is", "so $`a*b*c`$ is"),
    "a formula in code signs": ("$`a_1*b*`$", "a_1*b*", "$`a_1*b*`$"),
    "a formula on its own": ("$$a*b*c$$", "[code]\na*b*c\n[/code]", "```math\na*b*c\n```"),
    "a formula over lines": ("$$\na*b*\n$$", "[code]\na*b*\n[/code]", "```math\na*b*\n```"),
    "a formula amid words": ("so $$a*b*c$$ is", "so a*b*c is", "so $$a*b*c$$ is"),
    "money": ("$5 and $6", "$5 and $6", "\\$\u20605 and \\$\u20606"),
    "one tilde": ("~a~ ~~b~~", "[s]a[/s] [s]b[/s]", "~~a~~ ~~b~~"),
    "tildes of different lengths": ("~a~~ b", "~a~~ b", "\\~\u2060a\\~\\~ b"),
    "an item that no longer applies": (
        "- [~] a\n- [x] b",
        "[list]\n[*][s]a[/s]\n[*][\u2060x] b\n[/list]",
        "- [~] a\n- [x] b",
    ),
    "a tab behind a box": ("- [ ]\ta", "[list]\n[*][ ] a\n[/list]", "- [ ] a"),
    "an alert": (
        "> [!warning]\n> a",
        "[quote]\n[b]Warning[/b]\n\na\n[/quote]",
        "> [!warning]\n> a",
    ),
    "an alert with a title": (
        "> [!NOTE] B\n> a",
        "[quote]\n[b]B[/b]\n\na\n[/quote]",
        "> [!note] B\n> a",
    ),
    "a fenced alert": (
        ">>> [!tip]\na\n>>>",
        "[quote]\n[b]Tip[/b]\n\na\n[/quote]",
        "> [!tip]\n> a",
    ),
    "an inline diff": (
        "{+ a +} {-b-} [+c+] [-d-]",
        "[u]a [/u] [s]b[/s] [u]c[/u] [s]d[/s]",
        "<u>a \u2060</u> ~~b~~ <u>c</u> ~~d~~",
    ),
    "an inline diff in code": ("`{+a+}`", "[code]{+a+}[/code]", "`{+a+}`"),
    "a badge in a link": (
        "[![p](https://a.test/p.svg)](https://a.test)",
        "[url=https://a.test]p[/url]",
        "[![p](https://a.test/p.svg)](https://a.test)",
    ),
    "contents": ("[[_TOC_]]\n\na", "a", "[[_TOC_]]\n\na"),
    "a wiki link": ("[[Home]] [[a|b/c]]", "Home a", "[[Home]] [[a|b/c]]"),
    "a folded section": (
        "<details>\n<summary>More</summary>\n\n**a**\n\n</details>\n\nb",
        "[b]More[/b]\n\n[b]a[/b]\n\nb",
        "<details>\n<summary>More</summary>\n\n**a**\n\n</details>\n\nb",
    ),
    "html": (
        "<b>a</b> <kbd>b</kbd> x<sub>2</sub><br><span style='color:red'>c</span>",
        "[b]a[/b] [code]b[/code] x2\nc",
        "**a** `b` x2\\\nc",
    ),
    "html around a picture": (
        '<p align="center"><img src="https://a.test/l.png" alt="logo" width="200"></p>',
        "[url=https://a.test/l.png]logo[/url]",
        "![logo](https://a.test/l.png){width=200}",
    ),
    "scripts": ("a <script>b</script>\n\n<style>c</style>", "a", "a"),
    "a footnote": ("a[^x].\n\n[^x]: b", "a[1].\n\n[1] b", "a[^x].\n\n[^x]: b"),
    "descriptions": ("a\n: b", "[b]a[/b]\nb", "a\n: b"),
    "a suggestion": (
        "```suggestion:-1+2\na\n```",
        "[code]\na\n[/code]",
        "```suggestion:-1+2\na\n```",
    ),
    "code with its file": ("```ruby:app/x.rb\na\n```", "[code]\na\n[/code]",
                           "```ruby:app/x.rb\na\n```"),
    "boxes in a table": (
        "|a|b|\n|-|-|\n|[x]|c|\n|[~]|d|",
        "[table]\n[tr][td]a[/td][td]b[/td][/tr]\n[tr][td][\u2060x][/td][td]c[/td][/tr]\n"
        "[tr][td][/td][td]d[/td][/tr]\n[/table]",
        "| a | b |\n| --- | --- |\n| [x] | c |\n| [~] | d |",
    ),
    "an escaped mention": ("\\@bob", "@bob", "@\u2060bob"),
    "a fenced quote within an item": (
        "- he said\n\n  >>>\n  Ship **it**.\n\n  - today\n  >>>\n- mine",
        "[list]\n[*]he said\n\n[quote]\nShip [b]it[/b].\n\n[list]\n[*]today\n[/list]\n[/quote]\n"
        "[*]mine\n[/list]",
        "- he said\n\n  > Ship **it**.\n  >\n  > - today\n\n- mine",
    ),
    "folds in a fold": (
        "<details>\n<summary>Logs</summary>\n\n<details><summary>Tail</summary>\n\n`x`\n\n"
        "</details>\n\n</details>\nAfter",
        "[b]Logs[/b]\n\n[b]Tail[/b]\n\n[code]x[/code]\n\nAfter",
        "<details>\n<summary>Logs</summary>\n\n<details>\n<summary>Tail</summary>\n\n`x`\n\n"
        "</details>\n\n</details>\n\nAfter",
    ),
    "an alert within an item": (
        "- first\n\n  > [!note]\n  > here\n\n- second",
        "[list]\n[*]first\n\n[quote]\n[b]Note[/b]\n\nhere\n[/quote]\n[*]second\n[/list]",
        "- first\n\n  > [!note]\n  > here\n\n- second",
    ),
    "an alert with a list": (
        "> [!warning] Stop\n> a\n>\n> - [ ] b\n> - [~] c",
        "[quote]\n[b]Stop[/b]\n\na\n\n[list]\n[*][ ] b\n[*][s]c[/s]\n[/list]\n[/quote]",
        "> [!warning] Stop\n> a\n>\n> - [ ] b\n> - [~] c",
    ),
    "footnotes in a list": (
        "- one[^a]\n- two[^a]\n\n[^a]: *first*",
        "[list]\n[*]one[1]\n[*]two[1]\n[/list]\n\n[1] [i]first[/i]",
        "- one[^a]\n- two[^a]\n\n[^a]: *first*",
    ),
    "pictures with sizes in a table": (
        "| a |\n|---|\n| ![s](https://a.test/s.png){width=30} x |",
        "[table]\n[tr][td]a[/td][/tr]\n[tr][td][url=https://a.test/s.png]s[/url] x[/td][/tr]\n"
        "[/table]",
        "| a |\n| --- |\n| ![s](https://a.test/s.png){width=30} x |",
    ),
    "formulas in a table": (
        "| a |\n|---|\n| $`x_1`$ $y*z*$ |",
        "[table]\n[tr][td]a[/td][/tr]\n[tr][td]x_1 y*z*[/td][/tr]\n[/table]",
        "| a |\n| --- |\n| $`x_1`$ $`y*z*`$ |",
    ),
    "a suggestion within an item": (
        "1. a\n\n   ```suggestion:-0+1\n   b\n   ```",
        "[list=1]\n[*]a\n\n[code]\nb\n[/code]\n[/list]",
        "1. a\n\n   ```suggestion:-0+1\n   b\n   ```",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "task", "written"), SHOWN.values(), ids=SHOWN)
def test_gitlabs_markdown_is_shown_and_written_back(text: str, task: str, written: str) -> None:
    document = markdown.read(text)
    assert bbcode.write(document) == task
    assert markdown.write(document) == written
    assert markdown.read(written) == document


TREES = {
    "sizes": ("![](https://a.test/a){width=5 height=6%}",
              Paragraph((Image("https://a.test/a", "", "5", "6%"),))),
    "a formula": ("$a$", Paragraph((Formula("a"),))),
    "an alert": ("> [!tip] T\n> a", Quote((Paragraph((Text("a"),)),), "tip", "T")),
    "an alert without words": ("> [!tip]", Quote((), "tip")),
    "a dropped item": ("- [~] a", List((Item((Paragraph((Text("a"),)),), False, True),))),
    "an escaped dropped item": ("- \\[\\~\\] a", List((Item((Paragraph((Text("[~] a"),)),)),))),
    "a wiki link": ("[[a]]", Paragraph((WikiLink("a", "a"),))),
    "a footnote that is not there": ("[^a]", Paragraph((Text("[^a]"),))),
}  # fmt: skip


@pytest.mark.parametrize(("text", "block"), TREES.values(), ids=TREES)
def test_what_gitlab_adds_is_kept_in_the_tree(text: str, block: object) -> None:
    assert markdown.read(text) == Document((block,))


def test_footnotes_are_numbered_in_the_order_of_their_marks() -> None:
    document = markdown.read("[^b] [^a]\n\n[^a]: x\n\n[^b]: y")
    first, *notes = document.blocks
    assert first == Paragraph((FootnoteMark("b", 1), Text(" "), FootnoteMark("a", 2)))
    assert [note.number for note in notes] == [2, 1]


WITHOUT = {
    "a line end": ("a\nb", "a\\\nb"),
    "sizes": ("![a](b.png){width=70%}", "![a](b.png){width=70%}"),
    "a box": ("* [x] a", "- [x] a"),
    "money and formulas": ("$a$", "\\$\u2060a\\$"),
    "a fence of a quote": (">>>\na", "a"),
    "a dropped item": ("- [~] a", "- \\[\\~\\] a"),
    "a single tilde": ("~a~", "\\~\u2060a\\~"),
}


@pytest.mark.parametrize(("text", "written"), WITHOUT.values(), ids=WITHOUT)
def test_youtrack_has_a_dialect_of_its_own(text: str, written: str) -> None:
    document = markdown.read(text, markdown.YOUTRACK)
    assert markdown.write(document, markdown.YOUTRACK) == written


def test_what_youtrack_cannot_say_is_written_in_words() -> None:
    text = (
        "[[_TOC_]]\n\n> [!note] T\n> a\n\n- [~] b\n\nx[^1] $y$ [[z]]\n\n[^1]: c\n\nd\n: e\n\n"
        "|f|\n|-|\n|[~]|"
    )
    assert markdown.write(markdown.read(text), markdown.YOUTRACK) == (
        "> **T**\n>\n> a\n\n- ~~b~~\n\nx\\[1\\] y z\n\n\\[1\\] c\n\n**d**\\\ne\n\n"
        "| f |\n| --- |\n|  |"
    )
