"""comrak, the parser that GitLab itself uses, with GitLab's options: the words that it shows.

What GitLab does to comrak's HTML afterwards, by filters of its own, is done here as well: sizes
behind pictures, `[~]`, the table of contents, inline diffs, HTML that it takes out.
https://docs.gitlab.com/development/gitlab_flavored_markdown/
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import comrak

_EXTENSIONS = (
    "strikethrough", "table", "autolink", "tasklist", "footnotes", "description_lists",
    "multiline_block_quotes", "alerts", "math_dollars", "math_code", "wikilinks_title_before_pipe",
)  # fmt: skip
_SIZE = re.compile(r"(<img [^>]*/>)\{(?: *(?:width|height)=[0-9]+(?:px|%)?)+ *\}")
_CONTENTS = re.compile(r'<p>(?:<a href="_TOC_"[^>]*>_TOC_</a>|\[TOC\])</p>', re.IGNORECASE)
# https://docs.gitlab.com/user/markdown/#inline-diff
_DIFF = re.compile(r"\{([+-])(.*?)\1\}|\[([+-])(.*?)\3\]")
_DROPPED = re.compile(r"<li>(\s*<p>)?\[~\]\s")
_WITHIN = {"a", "abbr", "b", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "s",
           "span", "strike", "strong", "sub", "sup", "u"}  # fmt: skip
_BLOCKS = {"blockquote", "br", "center", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4",
           "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
           "th", "thead", "tr", "ul", "input"}  # fmt: skip
_SILENT = {"script", "style", "title"}
_OTHERS = {"base", "iframe", "link", "meta", "object", "textarea", "var", "video"}
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)")
_OPEN_END = re.compile(r"<(?=[^>]*\Z)")
_EMPTY_COMMENT = re.compile(r"<!--?-?>")


@cache
def _options() -> tuple[comrak.ExtensionOptions, comrak.ParseOptions, comrak.RenderOptions]:
    extensions = comrak.ExtensionOptions()
    for name in _EXTENSIONS:
        assert hasattr(extensions, name)
        setattr(extensions, name, True)
    parsing = comrak.ParseOptions()
    parsing.tasklist_in_table = True
    rendering = comrak.RenderOptions()
    rendering.unsafe_ = rendering.gfm_quirks = rendering.full_info_string = True
    return extensions, parsing, rendering


def html_of(text: str) -> str:
    """The HTML that comrak makes of GitLab's Markdown."""
    return str(comrak.render_markdown(text, *_options()))


def shown_words(text: str) -> list[str]:
    """The words of `text` as GitLab shows them, boxes as `[x]` and marks of footnotes as `[1]`."""
    html = _DROPPED.sub(r"<li>\1", _CONTENTS.sub("", _SIZE.sub(r"\1", html_of(text))))
    words = _Words()
    known = _TAG.sub(_only_elements, _EMPTY_COMMENT.sub("", html)).replace("<![", "&lt;![")
    words.feed(with_ended_tags(known))
    words.close()
    return "".join(words.out).split()


def with_ended_tags(html: str) -> str:
    """What begins like a tag and never ends is text: newer Pythons leave it out."""
    return _OPEN_END.sub("&lt;", html)


def _only_elements(tag: re.Match[str]) -> str:
    """What looks like a tag and is none of HTML's, like `<String>`, is meant as text."""
    known = _WITHIN | _BLOCKS | _SILENT | _OTHERS
    return tag[0] if tag[1].lower() in known else "&lt;" + tag[0][1:]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._code = 0
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._code += tag in ("code", "pre")
        if tag in _SILENT:
            self._silent = tag
        elif tag == "img":
            self.out.append(values.get("alt") or values.get("src") or "")
        elif tag == "input":
            self.out.append(" [x] " if "checked" in values else " [ ] ")
        elif "data-footnote-backref" in values:
            self._silent = tag
        elif "data-footnote-ref" in values:
            self.out.append("[")
        elif (values.get("id") or "").startswith("fn-"):
            self.out.append(f" [{self.out.count('[fn]') + 1}] ")
            self.out.append("[fn]")
        elif tag in _BLOCKS:
            self.out.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")
        if tag == self._silent:
            self._silent = ""
        elif tag == "a" and len(self.out) > 1 and self.out[-2] == "[":
            self.out.append("]")
        elif tag in _BLOCKS:
            self.out.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(data if self._code else _DIFF.sub(r"\2\4", data))

    def close(self) -> None:
        super().close()
        self.out = [part for part in self.out if part != "[fn]"]
