"""Markdown of code hosts and trackers as the tree, by markdown-it. Pure, never raises.

A line end is a line break, as trackers show it (https://www.jetbrains.com/help/youtrack/server/
youtrack-markdown-syntax-issues.html). HTML does not come alive: `<u>`, `<br>` and comments are
understood, any other is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from sync.text.chars import JOINER, cleaned, without_comments
from sync.text.markdown_escape import code_text, whole
from sync.text.plain import text_of
from sync.text.tree import (
    Block,
    Cell,
    Code,
    CodeBlock,
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
from sync.text.urls import live_url

MOST_TEXT = 200_000  # characters that are read as markup: both sides hold less

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_FORMATS = {"strong": Strong, "em": Emphasis, "s": Strike}
_BOX = re.compile(r"\[([ xX])\](?: +|\Z|(?=\n))")
_MENTION = re.compile(r"(?<![\w@/.`-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?)")
_EVERYBODY = {"all", "here", "everyone"}


def read(text: str) -> Document:
    """The document that `text` shows."""
    tree = SyntaxTreeNode(_PARSER.parse(text[:MOST_TEXT]))
    rest = (Paragraph((Text(cleaned(text[MOST_TEXT:])),)),) if text[MOST_TEXT:].strip() else ()
    return Document((*_blocks(tree.children), *rest))


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> tuple[Block, ...]:
    return tuple(block for node in nodes for block in _block(node))


def _block(node: SyntaxTreeNode) -> tuple[Block, ...]:
    match node.type:
        case "paragraph":
            return _paragraph(_run(node))
        case "heading":
            run = _run(node)
            return (Heading(int(node.tag[1:]), run),) if run else ()
        case "bullet_list":
            return (List(tuple(map(_item, node.children))),)
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            return (List(tuple(map(_item, node.children)), True, start),)
        case "blockquote":
            blocks = _blocks(node.children)
            return (Quote(blocks),) if blocks else ()
        case "fence" | "code_block":
            text = code_text(node.content.removesuffix("\n"))
            return (CodeBlock(text, node.info.split(" ")[0] if node.info else ""),)
        case "table":
            rows = tuple(_row(row) for part in node.children for row in part.children)
            return (Table(rows),) if rows else ()
        case "hr":
            return (Rule(),)
        case "html_block":
            return _html(node.content)
        case _:
            return _blocks(node.children)


def _paragraph(run: tuple[Inline, ...]) -> tuple[Block, ...]:
    return (Paragraph(run),) if run else ()


def _html(text: str) -> tuple[Block, ...]:
    """Comments, which nobody sees, are left out; other HTML is shown as it was written."""
    lines = without_comments(text).strip().split("\n")
    nodes = [node for line in lines for node in (LineBreak(), Text(cleaned(line).strip()))]
    return _paragraph(joined(tuple(nodes[1:]))) if any(map(str.strip, lines)) else ()


def _row(node: SyntaxTreeNode) -> Row:
    return Row(tuple(Cell(_run(cell)) for cell in node.children))


def _item(node: SyntaxTreeNode) -> Item:
    """A checkbox is `[x] ` as written: an escaped one is text."""
    first = node.children[0].children[:1] if node.children else []
    box = _BOX.match(first[0].content) if first and first[0].type == "inline" else None
    blocks = _blocks(node.children)
    match blocks:
        case (Paragraph((Text(text), *rest)), *others) if box:
            text = text.removeprefix(box[0].strip()).lstrip()
            run = _trimmed(joined((Text(text), *rest)))
            blocks = (*_paragraph(run), *others)
    return Item(blocks, box[1] in "xX" if box else None)


def _run(node: SyntaxTreeNode) -> tuple[Inline, ...]:
    """The inline content of a block, without line breaks around it."""
    inner = [child for inline in node.children for child in inline.children]
    return _trimmed(_inlines(inner))


def _trimmed(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    while run and isinstance(run[0], LineBreak):
        run = run[1:]
    while run and isinstance(run[-1], LineBreak):
        run = run[:-1]
    return run


def _inlines(nodes: list[SyntaxTreeNode]) -> tuple[Inline, ...]:
    """The nodes, with what stands between <u> and </u> underlined."""
    out: list[Inline] = []
    opened: list[int] = []
    for node in nodes:
        tag = node.content.lower() if node.type == "html_inline" else ""
        if tag == "<u>":
            opened.append(len(out))
            out.append(Text(node.content))
        elif tag == "</u>" and opened:
            at = opened.pop()
            inside = _bare(joined(tuple(out[at + 1 :])))
            out[at:] = [Underline(inside)] if inside else []
        else:
            out.extend(_inline(node))
    return joined(tuple(out))


def _inline(node: SyntaxTreeNode) -> tuple[Inline, ...]:
    match node.type:
        case "text":
            return _words(node.content)
        case "softbreak" | "hardbreak":
            return (LineBreak(),)
        case "strong" | "em" | "s":
            inside = _bare(_inlines(node.children))
            return (_FORMATS[node.type](inside),) if inside else ()
        case "code_inline":
            return (Code(cleaned(node.content)),)
        case "link":
            return _link(str(node.attrs.get("href", "")), _inlines(node.children))
        case "image":
            url, alt = live_url(str(node.attrs.get("src", ""))), _alt(node)
            return (Image(url, alt),) if url else (Text(alt),)
        case "html_inline":
            return _inline_html(node.content)
        case _:
            return _inlines(node.children)


def _alt(node: SyntaxTreeNode) -> str:
    return text_of(_inlines(node.children)).replace("\n", " ")


def _inline_html(text: str) -> tuple[Inline, ...]:
    if re.fullmatch(r"<br\s*/?>", text, re.IGNORECASE):
        return (LineBreak(),)
    return () if text.startswith("<!--") else (Text(cleaned(text)),)


def _words(text: str) -> tuple[Inline, ...]:
    """Text, with the people mentioned in it; the writer's joiners are taken away."""
    out: list[Inline] = []
    for number, part in enumerate(_MENTION.split(cleaned(text))):
        if number % 2 and part.lower() not in _EVERYBODY:
            out.append(UserMention(f"@{part}", login=part))
        else:
            out.append(Text(f"@{part}" if number % 2 else part))
    return tuple(Text(whole(one.text)) if isinstance(one, Text) else one
                 for one in joined(tuple(out)) if one != Text(JOINER))  # fmt: skip


def _bare(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """The inside of a format without the joiners that made its markers hold."""
    if run and isinstance(run[0], Text):
        run = (Text(run[0].text.removeprefix(JOINER)), *run[1:])
    if run and isinstance(run[-1], Text):
        run = (*run[:-1], Text(run[-1].text.removesuffix(JOINER)))
    return joined(run)


def _link(href: str, shown: tuple[Inline, ...]) -> tuple[Inline, ...]:
    url = live_url(href)
    if url is None:
        return shown
    return (Link(url, (Text(url),) if text_of(shown) in (href, url, "") else shown),)
