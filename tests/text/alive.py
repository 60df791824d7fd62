"""What would come alive in GitLab: found in what comrak shows, as GitLab's own filters do it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.text.comrak_peer import html_of, with_ended_tags

# What GitLab looks for in the words that it shows, outside of links and code.
_REFERENCES = re.compile(
    r"(?<!\w)@[\w]|(?<!\w)[#!&%$~^](?:\d|[\w\"{\[])|\b[A-Za-z_]\w*-\d|\w[#!&%$~]\d", re.ASCII
)
_ACTION = re.compile(r"^/[A-Za-z_]+(?:\s|$)", re.MULTILINE)

ACTIVE = [
    "@all", "@bob", "hey @bob!", "@group/sub", "#12", "group/project#12", "!3", "see !3.", "&7",
    "~bug", '~"two words"', "~priority::high", "%17", '%"next one"', "$5", "ABC-123", "^alert#1",
    "/close", "/remove_time_spent", "/move group/project", "  /merge", "/shrug", "/assign @bob",
    "text /close", "[vulnerability:12]", "[[Home]]", "[[_TOC_]]", "[TOC]", "[^1]", "$a$", "$$a$$",
    "<script>x</script>", "<details>", "<!-- x", "&#64;bob", "&commat;all", "\\@bob", "`@bob`",
    "![x](https://a.test/x.png){width=5}", "[x](/users/sign_out)", "> [!note]", ">>>", "- [x] a",
    ":smile:", "- [~] a", "term\n: what", "| a |\n|---|", "```\n/close\n```", "https://a.test/@bob",
    "[user=all]x[/user]", "[b]/close[/b]", "[list][*]/close[/list]", "[quote]/close[/quote]",
    "[td]@all[/td]", "[code]x[/code]\n/close", "a[br]/close", "[url=https://a.test/#1]#12[/url]",
]  # fmt: skip


class _ShownText(HTMLParser):
    """The words that GitLab's filters look into."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet += tag in ("a", "code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("a", "code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)


def alive(written: str) -> list[str]:
    """References and quick actions that GitLab would find in Markdown."""
    shown = _ShownText()
    shown.feed(with_ended_tags(html_of(written)))
    shown.close()
    references = [match[0] for text in shown.texts for match in _REFERENCES.finditer(text)]
    return references + [line[0] for line in _ACTION.finditer(written)]
