"""Arbitrary documents and pieces of each dialect to make hostile text of."""

from __future__ import annotations

from hypothesis import strategies as st

from sync.text.plain import lines_of, text_of
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


def words_of(document: Document) -> str:
    """All words of the document in one line, without markup."""
    return " ".join(" ".join(map(text_of, lines_of(document.blocks))).split())


SEEDS = {
    "bbcode": [
        "[b]", "[/b]", "[i]", "[/i]", "[url=https://a.test]", "[url]", "[/url]", "[code]",
        "[/code]", "[list]", "[list=1]", "[/list]", "[*]", "[x] ", "[quote]", "[/quote]",
        "[table]", "[/table]", "[tr]", "[/tr]", "[td]", "[/td]", "[user=5]", "[user=all]",
        "[/user]", "[p]", "[/p]", "[img]", "[/img]", "[br]", ">>", "------", "\n", "\n\n", " ",
        "a", "[", "]", "\u2060", "[color=red]", "https://a.test", "[\u2060b]", "[timestamp=5]",
    ],
    "markdown": [
        "*", "**", "_", "~~", "`", "```\n", "[", "](", ")", "!", "https://a.test", "\n", "\n\n",
        "- ", "1. ", "> ", "# ", "    ", "\\", "|", "|-|\n", "---\n", "<b>", "</b>", "<!--", "@all",
        "#1", "!1", "/close", "&amp;", "a", " ", "  \n", "[ ] ", "<u>", "</u>", "@ann", "ABC-1",
        "===\n", "+ ", "~~~\n", "\t", "\u00a0", "[a]: https://a.test\n", "<https://a.test>",
    ],
    "html": [
        "<b>", "</b>", "<p>", "</p>", "<ul>", "<li>", "</ul>", "</li>", "<ol>", "</ol>", "<br>",
        "<table>", "<tr>", "<td>", "</td>", "</table>", "<a href='https://a.test'>", "</a>",
        "<script>", "</script>", "<pre>", "</pre>", "<code>", "</code>", "<blockquote>", "<h1>",
        "&lt;", "&nbsp;", "<", ">", "a", " ", "\n", "<!--", "-->", "<img src='https://a.test/i'>",
        "<div>", "</div>", "<s>", "<u>", "<style>", "&#x0;", "</blockquote>", "<![CDATA[",
    ],
}  # fmt: skip

_letters = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")),
        st.sampled_from("[]/*>-@#!`_~\\<&|()\u2060"),
    ),
    min_size=1,
    max_size=12,
)
words = _letters.filter(lambda text: bool(text.replace("\u2060", "").strip()))
urls = st.sampled_from(
    ["https://a.test/x_(y)[z]", "http://b.test/?q=a b", "javascript:x", "mailto:a@b.c"]
)

_leaves = st.one_of(
    st.builds(Text, words),
    st.builds(Code, words),
    st.builds(Image, urls, words),
    st.builds(UserMention, words, portal_user=st.none() | st.integers(1, 9),
              login=st.none() | st.sampled_from(["ann", "b.o-b"])),
    st.just(LineBreak()),
)  # fmt: skip


def _runs(inside: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(inside, min_size=1, max_size=3).map(tuple)


inlines = st.recursive(
    _leaves,
    lambda inside: st.one_of(
        *(st.builds(kind, _runs(inside)) for kind in (Strong, Emphasis, Strike, Underline)),
        st.builds(Link, urls, _runs(inside)),
    ),
    max_leaves=5,
)
_cells = st.builds(Cell, _runs(inlines))
_simple = st.one_of(
    st.builds(Paragraph, _runs(inlines)),
    st.builds(Heading, st.integers(1, 6), _runs(inlines)),
    st.builds(CodeBlock, st.text(max_size=20), st.sampled_from(["", "python"])),
    st.just(Rule()),
    st.builds(Table, st.lists(st.builds(Row, st.lists(_cells, min_size=1, max_size=2).map(tuple)),
                              min_size=1, max_size=2).map(tuple)),
)  # fmt: skip


def _groups(inside: st.SearchStrategy) -> st.SearchStrategy:
    items = st.builds(Item, _runs(inside), st.sampled_from([None, True, False]))
    return st.one_of(
        st.builds(Quote, _runs(inside)),
        st.builds(List, _runs(items), st.booleans(), st.integers(1, 12)),
    )


def documents() -> st.SearchStrategy[Document]:
    blocks = st.recursive(_simple, _groups, max_leaves=4)
    return st.builds(Document, st.lists(blocks, max_size=3).map(tuple))
