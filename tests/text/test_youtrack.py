"""YouTrack's Markdown, and the wiki markup that its older texts are written in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import bbcode, markdown, wiki
from tests.text.trees import words_of

# name: (as people write it, as the portal shows it, as it is written back)
SHOWN = {
    "line ends": ("a\nb", "a\nb", "a\\\nb"),
    "an attached picture": ("![a](shot.png){width=70%}", "a", "![a](shot.png){width=70%}"),
    "boxes": ("* [x] a\n* [ ] b", "[list]\n[*][\u2060x] a\n[*][ ] b\n[/list]", "- [x] a\n- [ ] b"),
    "a mention": ("@ann.b look", "@ann.b look", "@ann.b look"),
    "a login of an address": ("(@ann@a.example)", "(@ann@a.example)", "(@ann@a.example)"),
    "a login of letters": ("@анна: да", "@анна: да", "@анна: да"),
    "an issue": ("see DEMO-12", "see DEMO-12", "see DEMO-\u206012"),
    "struck out": ("~~a~~", "[s]a[/s]", "~~a~~"),
    "a table": (
        "|a|b|\n|-|-|\n|c|d|",
        "[table]\n[tr][td]a[/td][td]b[/td][/tr]\n[tr][td]c[/td][td]d[/td][/tr]\n[/table]",
        "| a | b |\n| --- | --- |\n| c | d |",
    ),
    "a fold": (
        "<details><summary>a</summary>\n\nb\nc\n\n</details>",
        "[b]a[/b]\n\nb\nc",
        "<details>\n<summary>a</summary>\n\nb\\\nc\n\n</details>",
    ),
    "html as a whole": ("{html}<b>a</b><ul><li>b</ul>{html}", "[b]a[/b]\n\n[list]\n[*]b\n[/list]",
                        "**a**\n\n- b"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "task", "written"), SHOWN.values(), ids=SHOWN)
def test_youtracks_markdown_is_shown_and_written_back(text: str, task: str, written: str) -> None:
    document = markdown.read(text, markdown.YOUTRACK)
    assert bbcode.write(document) == task
    assert markdown.write(document, markdown.YOUTRACK) == written
    assert markdown.read(written, markdown.YOUTRACK) == document


# name: (old wiki markup, as it is written in Markdown)
WIKI = {
    "words": ("a *b* _c_\nd", "a \\*b\\* \\_c\\_\\\nd"),
    "code": ("a\n{code}\nx {quote} y\n{code}\nb", "a\n\n```\nx {quote} y\n```\n\nb"),
    "code in a language": ("{code lang=java}x{code}", "```java\nx\n```"),
    "text as it is": ("{noformat}a *b*{noformat}", "```\na *b*\n```"),
    "a quote": ("{quote}a\n\nb{quote}c", "> a\n>\n> b\n\nc"),
    "a cut": ("{cut Log of it}a\n{code}x{code}{cut}",
              "<details>\n<summary>Log of it</summary>\n\na\n\n```\nx\n```\n\n</details>"),
    "a quote in a cut": ("{cut a}{quote}b{quote}{cut}",
                         "<details>\n<summary>a</summary>\n\n> b\n\n</details>"),
    "html": ("{html}<i>a</i>{html} b", "*a*\n\nb"),
    "colours": ("{color:red}a{color} b", "a b"),
    "what nobody closes": ("{code}a {quote}b", "{code}a {quote}b"),
    "what is closed in another": ("{quote}a{cut b}c{quote}d{cut}",
                                  "> a\n>\n> <details>\n> <summary>b</summary>\n>\n> c\n>\n"
                                  "> </details>\n\nd{cut}"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "written"), WIKI.values(), ids=WIKI)
def test_old_wiki_markup_is_read(text: str, written: str) -> None:
    assert markdown.write(wiki.read(text), markdown.YOUTRACK) == written


@pytest.mark.parametrize("text", ["{code}\nx\n{code}", "{cut a}b{cut}", "{quote}a{quote}"])
def test_old_wiki_markup_is_recognised(text: str) -> None:
    assert wiki.is_old_wiki(text)


@pytest.mark.parametrize("text", ["**a**", "```\nx\n```", "{code}", "a {b} {b}", "{width=5}", ""])
def test_markdown_is_not_taken_for_old_wiki_markup(text: str) -> None:
    assert not wiki.is_old_wiki(text)


@given(st.lists(st.sampled_from(
    ["{code}", "{quote}", "{cut}", "{cut a}", "{html}", "{noformat}", "w", " ", "\n\n", "{color:x}"]
), max_size=30).map("".join))  # fmt: skip
def test_no_word_of_old_wiki_markup_is_lost(text: str) -> None:
    assert words_of(wiki.read(text)).count("w") == text.count("w")
