"""Read the Markdown of code hosts and trackers into the tree, by markdown-it.

Pure, never raises. HTML does not come alive: what a tracker would show of it is read, the rest is
dropped or becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from markdown_it.common.utils import unescapeAll
from markdown_it.tree import SyntaxTreeNode

from sync.text import html
from sync.text.chars import cleaned
from sync.text.markdown.dialect import GITLAB, Dialect
from sync.text.markdown.escape import code_text
from sync.text.markdown.folds import folded, grouped
from sync.text.markdown.inline_reader import InlineReader
from sync.text.markdown.parser import parser
from sync.text.runs import on_one_line, trimmed
from sync.text.spans import Span, filled
from sync.text.tree import (
    Block,
    Cell,
    CheckBox,
    CodeBlock,
    Contents,
    Description,
    Descriptions,
    Document,
    Footnote,
    Formula,
    Heading,
    Inline,
    Item,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Table,
    Text,
    joined,
)
from sync.text.wiki import wrapped_html

MOST_TEXT = 200_000  # characters that are read as markup: both sides hold less

_BOX = re.compile(r"\[([ xX~])\](?:[ \t\u00a0]+|\Z|(?=\n))")
_LINE_END = re.compile(r"\r\n?|\n")
_CONTENTS = re.compile(r"\[\[_toc_\]\]|\[toc\]", re.IGNORECASE)


def read(text: str, dialect: Dialect = GITLAB) -> Document:
    """Read Markdown into a document."""
    return Document(tuple(block for span in spans(text, dialect) for block in span.blocks))


def spans(text: str, dialect: Dialect = GITLAB) -> list[Span]:
    """Cut `text` into parts with the blocks that they show."""
    if dialect.wrapped_html and (document := wrapped_html(text)):
        return filled(text, [Span(0, len(text), document.blocks)])
    env: dict[str, dict[str, dict[str, int]]] = {}
    tree = SyntaxTreeNode(parser(dialect).parse(text[:MOST_TEXT], env))
    refs = env.get("footnotes", {}).get("refs", {})
    reader = _Reader(dialect, {label[1:]: number + 1 for label, number in refs.items()})
    starts = [0, *(end.end() for end in _LINE_END.finditer(text[:MOST_TEXT]))]
    out = []
    for group in grouped(tree.children):
        first, last = _line(group[0], 0), _line(group[-1], 1)
        end = starts[last] if last < len(starts) else len(text[:MOST_TEXT])
        out.append(Span(starts[first], end, reader.blocks(group)))
    if rest := text[MOST_TEXT:]:
        out.append(Span(MOST_TEXT, len(text), (Paragraph((Text(cleaned(rest)),)),)))
    return filled(text, out)


def _line(node: SyntaxTreeNode, end: int) -> int:
    return node.map[end] if node.map else 0


class _Reader:
    """Read the blocks of one text; `numbers` maps footnote labels to numbers, 0 if unreferenced."""

    def __init__(self, dialect: Dialect, numbers: dict[str, int]) -> None:
        self._dialect = dialect
        self._numbers = numbers
        self._inline = InlineReader(dialect)

    def blocks(self, nodes: Iterable[SyntaxTreeNode]) -> tuple[Block, ...]:
        """Read nodes as blocks, folds included."""
        return folded(nodes, self._block)

    def _block(self, node: SyntaxTreeNode) -> tuple[Block, ...]:
        match node.type:
            case "paragraph":
                return self._paragraph(node)
            case "heading":
                run = on_one_line(self._run(node))
                return (Heading(int(node.tag[1:]), run),) if run else ()
            case "bullet_list":
                return (List(tuple(map(self._item, node.children))),)
            case "ordered_list":
                start = int(node.attrs.get("start", 1))
                return (List(tuple(map(self._item, node.children)), True, start),)
            case "blockquote":
                return self._quote(node)
            case "fence" | "code_block":
                return (_code(node),)
            case "table":
                rows = tuple(self._row(row) for part in node.children for row in part.children)
                return (Table(rows),) if rows else ()
            case "hr":
                return (Rule(),)
            case "html_block":
                return html.read(html.only_elements(node.content)).blocks
            case "footnote_reference":
                label = str(node.meta["label"])
                blocks = self.blocks(node.children)
                return (Footnote(label, self._numbers.get(label, 0), blocks),)
            case "dl":
                return (Descriptions(tuple(self._descriptions(node))),)
            case _:
                return self.blocks(node.children)

    def _paragraph(self, node: SyntaxTreeNode) -> tuple[Block, ...]:
        source = node.children[0].content.strip()
        # A tight list has no paragraphs, in which alone GitLab looks for it.
        if self._dialect.contents and not node.hidden and _CONTENTS.fullmatch(source):
            return (Contents(),)
        match self._run(node):
            case ():
                return ()
            case (Formula(text, True),):
                return (CodeBlock(text.strip("\n"), "math"),)
            case run:
                return (Paragraph(run),)

    def _quote(self, node: SyntaxTreeNode) -> tuple[Block, ...]:
        blocks, alert = self.blocks(node.children), node.meta.get("alert", "")
        if not blocks and not alert:
            return ()
        return (Quote(blocks, alert, cleaned(node.meta.get("title", ""))),)

    def _row(self, node: SyntaxTreeNode) -> Row:
        return Row(tuple(map(self._cell, node.children)))

    def _cell(self, node: SyntaxTreeNode) -> Cell:
        """Read a table cell; one that holds only a checkbox becomes that checkbox."""
        source = node.children[0].content.strip() if node.children else ""
        box = _BOX.fullmatch(source)
        if box and (box[1] != "~" or self._dialect.dropped_boxes):
            return Cell((CheckBox(box[1] in "xX", box[1] == "~"),))
        return Cell(self._run(node))

    def _item(self, node: SyntaxTreeNode) -> Item:
        """Read an item; `[x] ` in the source is a checkbox, an escaped one is text."""
        first = node.children[0].children[:1] if node.children else []
        box = _BOX.match(first[0].content) if first and first[0].type == "inline" else None
        if box and box[1] == "~" and not self._dialect.dropped_boxes:
            box = None
        blocks = self.blocks(node.children)
        if not box:
            return Item(blocks)
        match blocks:
            case (Paragraph((Text(text), *rest)), *following):
                text = text.removeprefix(box[0].strip()).lstrip(" \t\u00a0")
                run = trimmed(joined((Text(text), *rest)))
                blocks = (Paragraph(run), *following) if run else tuple(following)
        return Item(blocks, box[1] in "xX", box[1] == "~")

    def _descriptions(self, node: SyntaxTreeNode) -> Iterable[Description]:
        """Yield each term (`dt` of the plugin) with all its descriptions (`dd`)."""
        item = Description((), ())
        for child in node.children:
            if child.type == "dt":
                if item != Description((), ()):
                    yield item
                item = Description(self._run(child), ())
            else:
                item = replace(item, blocks=(*item.blocks, *self.blocks(child.children)))
        yield item

    def _run(self, node: SyntaxTreeNode) -> tuple[Inline, ...]:
        """Read the inline content of a block, without line breaks around it."""
        inner = [child for inline in node.children for child in inline.children]
        return trimmed(self._inline.run(inner))


def _code(node: SyntaxTreeNode) -> CodeBlock:
    info = unescapeAll(node.info).split() if node.info else []
    return CodeBlock(code_text(node.content.removesuffix("\n")), info[0] if info else "")
