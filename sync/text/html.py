"""HTML of old tasks as the tree: a reader only, nobody is written HTML. Pure, never raises.

Only what a task's description had in it is understood; scripts and styles are left out, other tags
give way to what is in them. It becomes the elements that BBCode is read into.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from sync.text.bbcode_elements import Builder, Element
from sync.text.bbcode_escape import code_escaped, escaped
from sync.text.bbcode_reader import blocks_of
from sync.text.chars import without_comments
from sync.text.tree import Document

MOST_TEXT = 200_000  # characters

_NAMES = {
    "b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "ins": "u", "s": "s", "del": "s",
    "strike": "s", "blockquote": "quote", "ul": "list", "ol": "list", "li": "*", "table": "table",
    "tr": "tr", "td": "td", "th": "td", "p": "p", "div": "p", "h1": "p", "h2": "p", "h3": "p",
    "h4": "p", "h5": "p", "h6": "p", "a": "url",
}  # fmt: skip
_SILENT = {"script", "style", "head", "title", "template"}
_CLOSES = {"tr": ("td", "tr"), "td": ("td",)}  # what a new one ends, as browsers have it
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read(text: str) -> Document:
    """The document that `text` shows."""
    reader = _Reader()
    reader.feed(without_comments(text[:MOST_TEXT]).replace("<![", "&lt;!["))
    reader.close()
    return Document(blocks_of(reader.finished().children))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._builder = Builder(lenient=True)
        self._silent = ""
        self._code: list[str] | None = None
        self._code_tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._silent or self._code is not None:
            return
        if tag in _SILENT:
            self._silent = tag
        elif tag in ("pre", "code"):
            self._code, self._code_tag = [], tag
        elif tag == "br":
            self._builder.open("br")
        elif tag == "img":
            self._image(values.get("src") or "")
        elif name := _NAMES.get(tag):
            self._open(tag, name, values)

    def _open(self, tag: str, name: str, values: dict[str, str | None]) -> None:
        for other in _CLOSES.get(name, ()):
            if self._builder.is_open(other):
                self._builder.close(other)
        href = values.get("href") or ""
        arg = {"a": f"={href}", "ol": "=1"}.get(tag, "")
        if tag != "a" or href:
            self._builder.open(name, arg)

    def _image(self, source: str) -> None:
        if source:
            self._builder.add(Element("img", children=[escaped(source)]))

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
        elif self._code is not None:
            if tag == self._code_tag:
                self._end_code()
        elif (name := _NAMES.get(tag)) and name != "*":
            self._builder.close(name)

    def _end_code(self) -> None:
        text = "".join(self._code or ()).strip("\n")
        block = self._code_tag == "pre" or "\n" in text
        self._code = None
        if text:
            self._builder.add(Element("code", children=[code_escaped(text)], block=block))

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._code is not None:
            self._code.append(data)
        elif text := _SPACES.sub(" ", data):
            self._builder.add(escaped(text, line_start=True))

    def finished(self) -> Element:
        if self._code is not None:
            self._end_code()
        return self._builder.finished()
