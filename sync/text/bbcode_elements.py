"""Parse BBCode into nested elements; stray tags become text again. Pure, linear time.

Tags as the portal knows them: https://apidocs.bitrix24.com/api-reference/chats/messages/
formatting.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from sync.text.tree import DEEPEST

_TAG = re.compile(r"\[(?P<end>/?)(?P<name>[a-z0-9]+|\*)(?P<arg>[= ][^\[\]\n]*)?\]", re.IGNORECASE)
_CODE_END = re.compile(r"\[/code\]", re.IGNORECASE)

PAIRED = {"b", "i", "u", "s", "url", "user", "img", "quote", "list", "table", "tr", "td", "p"}
ALONE = {"br", "timestamp"}
# Only their content is kept: no other side has colours, and buttons must not come alive.
DROPPED = {
    "color", "size", "font", "left", "center", "right", "justify", "chat", "context", "send",
    "put", "call", "icon", "tbody", "thead",
}  # fmt: skip
HEADINGS = {f"h{level}" for level in range(1, 7)}  # only HTML has them, as it has the folds
BLOCKS = {"quote", "list", "table", "p", "tr", "td", "*", "hr", "details", "summary"} | HEADINGS
_ALIASES = {"th": "td", "ul": "list", "ol": "list", "li": "*"}  # editors of forums write these
FILE_ID = re.compile(r"n?[0-9]{1,18}")
_DISK = re.compile(r"(?: file id)?=\s*(n?[0-9]{1,18})\s*\Z", re.IGNORECASE)
_ONCE = {"b", "i", "u", "s", "url", "user"}  # within themselves they mean nothing


@dataclass(slots=True)
class Element:
    """A tag with its content; `block`: the tag, or something in it, is no run of text."""

    name: str
    arg: str = ""
    source: str = ""  # the opening tag as written
    children: list[str | Element] = field(default_factory=list)
    block: bool = False

    def text(self) -> str:
        """Return the element's own text, without that of elements in it."""
        return "".join(child for child in self.children if isinstance(child, str))

    def elements(self, name: str) -> list[Element]:
        """Return the child elements of that name."""
        return [child for child in self.children if is_named(child, name)]

    def without(self, name: str) -> list[str | Element]:
        """Return the children except the elements of that name."""
        return [child for child in self.children if not is_named(child, name)]

    def add(self, child: str | Element) -> None:
        """Append a child; a block child makes this element a block."""
        self.children.append(child)
        if isinstance(child, Element):
            self.block = self.block or child.block


def is_named(child: str | Element, name: str) -> TypeGuard[Element]:
    """Tell whether the child is an element of that name."""
    return isinstance(child, Element) and child.name == name


def parse(text: str, *, files: bool = False) -> Element:
    """Parse `text` and return its root element; never raises.

    `files`: parse files of the portal's disk as elements too.
    """
    builder = Builder()
    for token in _tokens(text):
        match token:
            case re.Match() if files and (file := _disk_file(token)):
                builder.add(file)
            case re.Match():
                _take(builder, token)
            case _ if token:
                builder.add(token)
    return builder.finished()


def _disk_file(tag: re.Match[str]) -> Element | None:
    """Return the element of `[DISK FILE ID=n12]` or `[disk=12]`; None for any other tag."""
    file = _DISK.match(tag["arg"] or "") if tag["name"].lower() == "disk" else None
    return Element("disk", file[1]) if file and not tag["end"] else None


def _take(builder: Builder, tag: re.Match[str]) -> None:
    written = tag["name"].lower()
    name = _ALIASES.get(written, written)
    if name in DROPPED:
        return
    if name not in PAIRED and name not in ALONE and name != "*":
        builder.add(tag[0])
    elif tag["end"] and written == "li" and builder.is_open("list"):
        pass  # the next item or the end of the list ends it
    elif tag["end"]:
        builder.close(name, tag[0])
    else:
        arg = "=1" if written == "ol" else (tag["arg"] or "").strip()
        builder.open(name, arg, tag[0])


_Token = str | re.Match[str] | Element


def _tokens(text: str) -> Iterator[_Token]:
    """Yield texts, tags, and code as whole elements."""
    at, code_ends = 0, [mark.span() for mark in _CODE_END.finditer(text)][::-1]
    for tag in _TAG.finditer(text):
        if tag.start() < at:
            continue
        yield text[at : tag.start()]
        at = tag.end()
        if tag["name"].lower() != "code":
            yield tag
            continue
        while code_ends and code_ends[-1][0] < at:
            code_ends.pop()
        if tag["end"] or not code_ends:
            yield tag[0]
            continue
        start, end = code_ends[-1]
        inside = text[at:start]
        yield Element("code", children=[inside], block="\n" in inside)
        at = end
    yield text[at:]


class Builder:
    """The stack of open elements. Its depth is bounded, so unclosing elements stays linear.

    `lenient`: keep an element that is never closed, as HTML does.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._stack = [Element("")]
        self._open: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def add(self, child: str | Element) -> None:
        """Append a child to the innermost open element."""
        self._stack[-1].add(child)

    def is_open(self, name: str) -> bool:
        """Tell whether an element of that name is open."""
        return self._open[name] > 0

    def open(self, name: str, arg: str = "", source: str = "") -> None:
        """Open an element; `source` is the text that it becomes if it is never closed."""
        element = Element(name, arg, source, block=name in BLOCKS)
        if name in ALONE or name == "hr":
            self.add(element)
        elif name == "*":
            self._item(element)
        elif len(self._stack) > DEEPEST or (name in _ONCE and self._open[name]):
            self._skipped[name] += 1
        else:
            self._push(element)

    def close(self, name: str, source: str = "") -> None:
        """Close the innermost element of that name; without one, add `source` as text."""
        if self._skipped[name]:
            self._skipped[name] -= 1
        elif not self._open[name]:
            self.add(source)
        else:
            while self._stack[-1].name != name:
                self._pop(closed=self._stack[-1].name == "*")
            self._pop(closed=True)

    def _item(self, element: Element) -> None:
        """Open a list item and end the one before it; outside of a list `[*]` is text."""
        if not self._open["list"]:
            return self.add(element.source)
        while self._stack[-1].name != "list":
            self._pop(closed=self._stack[-1].name == "*")
        self._push(element)
        return None

    def _push(self, element: Element) -> None:
        self._stack.append(element)
        self._open[element.name] += 1

    def _pop(self, *, closed: bool) -> None:
        """End the innermost element; an unclosed one becomes text followed by its content."""
        element = self._stack.pop()
        self._open[element.name] -= 1
        parent = self._stack[-1]
        if closed or self._lenient:
            parent.add(element)
            return
        for child in (element.source, *element.children):
            parent.add(child)

    def finished(self) -> Element:
        """Close what is open and return the root element."""
        while len(self._stack) > 1:
            self._pop(closed=self._stack[-1].name == "*")
        return self._stack[0]
