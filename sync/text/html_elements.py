"""Tell HTML's elements and tags from other words in angle brackets. Pure.

https://html.spec.whatwg.org/multipage/indices.html#elements-3
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

SILENT = frozenset({"script", "style", "head", "title", "template"})  # shown by nobody
VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})  # they have no inside  # fmt: skip
ELEMENTS = SILENT | VOID | frozenset({
    "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big",
    "blink", "blockquote", "body", "button", "canvas", "caption", "center", "cite", "code",
    "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl",
    "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "html", "i", "iframe", "ins", "kbd",
    "label", "legend", "li", "main", "map", "mark", "marquee", "menu", "meter", "nav", "nobr",
    "noframes", "noscript", "object", "ol", "optgroup", "option", "output", "p", "picture", "pre",
    "progress", "q", "rp", "rt", "ruby", "s", "samp", "search", "section", "select", "slot",
    "small", "span", "strike", "strong", "sub", "summary", "sup", "svg", "table", "tbody", "td",
    "textarea", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video",
})  # fmt: skip

_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:_.-]*)")
_ATTRIBUTE = re.compile(
    r"([A-Za-z_:][A-Za-z0-9_:.-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?"
)
_SIZE = re.compile(r"[0-9]{1,4}(?:px|%)?\Z")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of HTML; `closes`: it is an end tag."""

    name: str
    attributes: dict[str, str]
    closes: bool


def tag(source: str) -> Tag | None:
    """Parse a tag; return None for comments and for names that are no element of HTML."""
    start = _NAME.match(source)
    name = start[2].lower() if start else ""
    if not start or name not in ELEMENTS:
        return None
    attributes = {
        pair[1].lower(): html.unescape(pair[2] or pair[3] or pair[4] or "")
        for pair in _ATTRIBUTE.finditer(source, start.end())
    }
    return Tag(name, attributes, bool(start[1]))


def only_elements(source: str) -> str:
    """Escape words like `<String>` that are no elements of HTML."""
    return _NAME.sub(_as_text, source)


def _as_text(start: re.Match[str]) -> str:
    return start[0] if start[2].lower() in ELEMENTS else "&lt;" + start[0][1:]


def size(value: str) -> str:
    """Return a picture's width or height as trackers take it; empty where it is no size."""
    return value.strip() if _SIZE.match(value.strip()) else ""
