"""HTML of old tasks, read into the tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import bbcode, html
from sync.text.tree import Document
from tests.text.trees import SEEDS

# name: (HTML, the same in BBCode)
READ = {
    "plain": ("a\n b", "a b"),
    "formats": ("<b>a</b><em>b</em><u>c</u><strike>d</strike>", "[b]a[/b][i]b[/i][u]c[/u][s]d[/s]"),
    "paragraphs": ("<p>a</p><div>b</div>", "a\n\nb"),
    "a line break": ("a<br>b<br/>c", "a\nb\nc"),
    "a list": ("<ul><li>a<li>b</ul>", "[list]\n[*]a\n[*]b\n[/list]"),
    "an ordered list": ("<ol><li>a</li></ol>", "[list=1]\n[*]a\n[/list]"),
    "a table": ("<table><tr><td>a<td>b<tr><td>c</table>",
                "[table]\n[tr][td]a[/td][td]b[/td][/tr]\n[tr][td]c[/td][/tr]\n[/table]"),
    "a link": ('<a href="https://a.test/?a=1&amp;b=2">t</a>', "[url=https://a.test/?a=1&b=2]t[/url]"),
    "a script link": ('<a href="javascript:x">t</a>', "t"),
    "scripts and styles": ("<style>x</style>a<script>y</script>", "a"),
    "an image": ('<img src="https://a.test/i">', "[url=https://a.test/i]https://a.test/i[/url]"),
    "code": ("<pre>a\n b</pre> <code>c</code>", "[code]\na\n b\n[/code]\n\n[code]c[/code]"),
    "a quote": ("<blockquote>a</blockquote>", "[quote]\na\n[/quote]"),
    "a comment": ("a<!-- b -->c", "ac"),
    "a comment nobody closes": ("a<!-- b", "a<!-- b"),
    "entities": ("&lt;b&gt;&nbsp;&amp;", "<b>\u00a0&"),
    "a tag of BBCode is text": ("[user=all]x[/user]", "[\u2060user=all]x[\u2060/user]"),
    "tags nobody closes": ("<b>a<p>b", "a\n\nb"),
    "a declaration": ("<![CDATA[x]]>a", "<![\u2060CDATA[\u2060x]]>a"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_html_is_read(text: str, expected: str) -> None:
    assert bbcode.write(html.read(text)) == expected


@given(st.lists(st.sampled_from(SEEDS["html"]), max_size=40).map("".join) | st.text())
def test_any_html_is_read(text: str) -> None:
    assert isinstance(html.read(text), Document)
    assert "[user" not in bbcode.write(html.read(text))
