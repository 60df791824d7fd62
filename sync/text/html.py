"""Read HTML, of old tasks and within Markdown, into the tree. Pure, never raises.

Only elements that task descriptions used are understood. Scripts and styles are dropped, other tags
are replaced with their content. The result is the elements that BBCode is read into.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from sync.text.bbcode_elements import Builder, Element
from sync.text.bbcode_escape import code_escaped
from sync.text.bbcode_reader import blocks_of
from sync.text.chars import without_comments
from sync.text.html_elements import SILENT, Tag, only_elements, size, tag
from sync.text.runs import trimmed
from sync.text.tree import (
    Cell,
    Document,
    Heading,
    Inline,
    LineBreak,
    Node,
    Paragraph,
    Text,
    mapped,
)

__all__ = ["SILENT", "Tag", "only_elements", "read", "size", "tag"]

MOST_TEXT = 200_000  # characters

_NAMES = {
    "b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "ins": "u", "s": "s", "del": "s",
    "strike": "s", "blockquote": "quote", "ul": "list", "ol": "list", "li": "*", "table": "table",
    "tr": "tr", "td": "td", "th": "td", "p": "p", "div": "p", "h1": "h1", "h2": "h2", "h3": "h3",
    "h4": "h4", "h5": "h5", "h6": "h6", "a": "url", "details": "details", "summary": "summary",
    "dt": "p", "dd": "p",
}  # fmt: skip
_CODE = {"pre", "code", "kbd", "samp", "tt"}
_CLOSES = {"tr": ("td", "tr"), "td": ("td",)}  # what a new one ends, as browsers have it
_NO_TAG = re.compile(r"<(?!/?[A-Za-z](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>|[!?](?!\[))")
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read(text: str) -> Document:
    """Read HTML into a document; only the first `MOST_TEXT` characters are read."""
    reader = _Reader()
    reader.feed(_NO_TAG.sub("&lt;", without_comments(text[:MOST_TEXT])))
    reader.close()
    document = mapped(Document(blocks_of(reader.finished().children)), _trimmed)
    return Document(tuple(block for block in document.blocks if block != Paragraph(())))


def _trimmed(node: Node) -> Node:
    """Strip blanks at the ends of a block, which come from how the HTML was written."""
    match node:
        case Paragraph(run) | Heading(_, run) | Cell(run):
            return replace(node, children=trimmed(_without_blanks_at_breaks(run)))
        case _:
            return node


def _without_blanks_at_breaks(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Strip blanks beside `<br>`, which browsers do not show."""
    around = zip((None, *run), run, (*run[1:], None), strict=False)
    return tuple(
        Text(_stripped(node.text, before, after)) if isinstance(node, Text) else node
        for before, node, after in around
    )


def _stripped(text: str, before: Inline | None, after: Inline | None) -> str:
    text = text.lstrip(" ") if isinstance(before, LineBreak) else text
    return text.rstrip(" ") if isinstance(after, LineBreak) else text


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
        if tag in SILENT:
            self._silent = tag
        elif tag in _CODE:
            self._code, self._code_tag = [], tag
        elif tag in ("br", "hr"):
            self._builder.open(tag)
        elif tag == "img":
            self._image(values)
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

    def _image(self, values: dict[str, str | None]) -> None:
        if source := values.get("src"):
            sides = [(side, size(values.get(side) or "")) for side in ("width", "height")]
            arg = " ".join(f"{side}={value}" for side, value in sides if value)
            alt = Element("alt", children=[Element("text", children=[values.get("alt") or ""])])
            address = Element("text", children=[source])
            self._builder.add(Element("img", arg, children=[address, alt]))

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
            # Blanks between blocks are nobody's words; other text knows no marks of BBCode.
            self._builder.add(Element("text", children=[text]) if text.strip() else text)

    def finished(self) -> Element:
        if self._code is not None:
            self._end_code()
        return self._builder.finished()
