"""Read the portal's BBCode, of tasks and of chats, into the tree.

Pure, linear time, never raises.
https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeGuard

from sync.text.bbcode_blocks import paragraphs, raw_lines
from sync.text.bbcode_elements import BLOCKS, HEADINGS, Element, is_named, parse
from sync.text.bbcode_escape import code_unescaped, unescaped
from sync.text.chars import cleaned
from sync.text.plain import lines_of, run_of, text_of
from sync.text.runs import Format, formatted, trimmed
from sync.text.tree import (
    Block,
    Cell,
    Code,
    CodeBlock,
    Details,
    DiskFile,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
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
    joined,
)
from sync.text.urls import kept_url, live_url

_FORMATS: dict[str, type[Format]] = {"b": Strong, "i": Emphasis, "s": Strike, "u": Underline}
_BOX = re.compile(r"\[([ xX])\] ")
_USER = re.compile(r"=\s*([1-9][0-9]{0,9})\Z")
_MOMENT = re.compile(r"=\s*([0-9]{1,10})(?![0-9])")
_SIZE = re.compile(r"(width|height)=([0-9]+(?:px|%)?)")
_UNORDERED = {"", "=disc", "=circle", "=square", "=*"}

Children = list[str | Element]


def read(text: str, *, files: bool = False) -> Document:
    """Read BBCode into a document; tags that the portal does not know stay text.

    `files`: read files of the portal's disk as nodes; otherwise their tags are text as well.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return Document(blocks_of(parse(lines, files=files).children))


def blocks_of(children: Children) -> tuple[Block, ...]:
    """Turn runs of text into paragraphs and quotes, between the block elements."""
    out: list[Block] = []
    run: Children = []
    for child in _dissolved(children):
        if not _is_block(child):
            run.append(child)
            continue
        out += _paragraphs(run)
        out += _block(child)
        run = []
    return (*out, *_paragraphs(run))


def _paragraphs(run: Children) -> list[Block]:
    return paragraphs(raw_lines(run), _run) if run else []


def _is_block(child: str | Element) -> TypeGuard[Element]:
    return isinstance(child, Element) and child.block


def _dissolved(children: Children) -> Children:
    """Replace formatting around blocks, which no dialect can express, with its content."""
    out: Children = []
    for child in children:
        if _is_block(child) and child.name not in BLOCKS and child.name != "code":
            out.extend(_dissolved(child.children))
        else:
            out.append(child)
    return out


def _block(element: Element) -> tuple[Block, ...]:
    match element.name:
        case "code":
            return (_code_block(element.text()),)
        case "quote":
            blocks = blocks_of(element.children)
            return (Quote(blocks),) if blocks else ()
        case "list":
            items = tuple(_item(part) for part in _parts(element, "*"))
            ordered = element.arg.lower() not in _UNORDERED
            return (List(items, ordered),) if items else ()
        case "table":
            rows = tuple(row for part in _parts(element, "tr") if (row := _row(part)).cells)
            return (Table(rows),) if rows else ()
        case "hr":
            return (Rule(),)
        case "details":
            return _details(element)
        case name if name in HEADINGS:
            run = run_of(lines_of(blocks_of(element.children)))
            return (Heading(int(name[1:]), run),) if run else ()
        case _:
            return blocks_of(element.children)


def _details(element: Element) -> tuple[Block, ...]:
    summaries: Children = [*element.elements("summary")]
    words = " ".join(map(text_of, lines_of(blocks_of(summaries)))).strip()
    blocks = blocks_of(element.without("summary"))
    summary = (Text(words),) if words else ()
    return (Details(summary, blocks),) if words or blocks else ()


def _parts(element: Element, name: str) -> list[Element]:
    """Return the children of that name; what stands between them becomes a part of its own."""
    parts: list[Element] = []
    for own, run in groupby(element.children, key=lambda child: is_named(child, name)):
        children = list(run)
        if own:
            parts.extend(child for child in children if isinstance(child, Element))
        elif not all(isinstance(child, str) and not child.strip() for child in children):
            parts.append(Element(name, children=children, block=True))
    return parts


def _code_block(text: str) -> CodeBlock:
    return CodeBlock(code_unescaped(text.removeprefix("\n").removesuffix("\n")))


def _row(element: Element) -> Row:
    cells = _parts(element, "td")
    return Row(tuple(Cell(run_of(lines_of(blocks_of(cell.children)))) for cell in cells))


def _item(element: Element) -> Item:
    """Read an item of a list; `[x] ` at its start is a checkbox."""
    match blocks_of(element.children):
        case (Paragraph((Text(text), *rest)), *following):
            text = text.lstrip()
            box = _BOX.match(text)
            text = text[box.end() :] if box else text
            first = trimmed(joined((Text(text), *rest)))
            blocks = (Paragraph(first), *following) if first else tuple(following)
            return Item(blocks, box[1] in "xX" if box else None)
        case blocks:
            return Item(blocks)


def _run(children: Children) -> tuple[Inline, ...]:
    """Read children without blocks as a run."""
    out: list[Inline] = []
    text: list[str] = []
    for child in children:
        if isinstance(child, str):
            text.append(child)
            continue
        _add_text(out, text)
        text = []
        out.extend(_inline(child))
    _add_text(out, text)
    return joined(tuple(out))


def _add_text(out: list[Inline], text: list[str]) -> None:
    for number, line in enumerate("".join(text).split("\n") if text else ()):
        if number:
            out.append(LineBreak())
        fresh = not out or isinstance(out[-1], LineBreak)
        out.append(Text(unescaped(cleaned(line), line_start=fresh)))


def _inline(element: Element) -> tuple[Inline, ...]:
    match element.name:
        case "b" | "i" | "s" | "u":
            return formatted(_FORMATS[element.name], _run(element.children))
        case "code":
            text = code_unescaped(cleaned(element.text()))
            return (Code(text),) if text else ()
        case "text":
            return (Text(cleaned(element.text())),)
        case "disk":
            return (DiskFile(element.arg),)
        case "br":
            return (LineBreak(),)
        case "url":
            return _link(element)
        case "img":
            return _image(element)
        case "user":
            mark, name = _USER.match(element.arg), _words(element)
            return (UserMention(name, int(mark[1])) if mark else Text(name),) if name else ()
        case "timestamp":
            return _moment(element)
        case _:
            return _run(element.children)


def _image(element: Element) -> tuple[Inline, ...]:
    """Read an image; only HTML brings an `alt` element, the words shown instead of it."""
    alts = list(map(_words, element.elements("alt")))
    words = _run(element.without("alt"))
    url = (kept_url if alts else live_url)(text_of(words).replace("\n", " "))
    if url is None:
        return (Text(alts[0]),) if alts else words
    size = dict(_SIZE.findall(element.arg)) if alts else {}
    return (Image(url, "".join(alts), size.get("width", ""), size.get("height", "")),)


def _words(element: Element) -> str:
    return text_of(_run(element.children)).replace("\n", " ").strip()


def _link(element: Element) -> tuple[Inline, ...]:
    words = _run(element.children)
    url = live_url(element.arg.removeprefix("=").strip().strip("\"'") or text_of(words))
    if url is None:
        return words
    return (Link(url, words or (Text(url),)),)


def _moment(element: Element) -> tuple[Inline, ...]:
    """Write a timestamp (seconds since 1970) in UTC; the portal shows the reader's own zone."""
    mark = _MOMENT.match(element.arg)
    if not mark:
        return (Text(element.source),)
    return (Text(datetime.fromtimestamp(int(mark[1]), UTC).strftime("%Y-%m-%d %H:%M UTC")),)
