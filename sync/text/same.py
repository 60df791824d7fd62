"""Compare documents by meaning, whatever an editor did to their letters. Pure.

Opening and saving a text without an edit changes its bullets, escapes, numbering, addresses and
blanks in two of three texts. Reading into the tree drops most of that; this module drops the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import unquote

from sync.text.chars import JOINER
from sync.text.plain import text_of
from sync.text.tree import (
    Block,
    Cell,
    CodeBlock,
    Description,
    Document,
    Emphasis,
    FootnoteMark,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Node,
    Paragraph,
    Quote,
    Row,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
    UserMention,
    joined,
    mapped,
)

_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_BLANK = Text(" ")
_ORDER = (Strong, Emphasis, Strike, Underline)  # from the outermost
_Format = type[Strong] | type[Emphasis] | type[Strike] | type[Underline]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A node that is no format, the formats around it, and the `url` of the link around it."""

    node: Inline
    formats: frozenset[_Format] = frozenset()
    url: str = ""


def same_text(first: Document, second: Document) -> bool:
    """Tell whether two documents differ only in how they are written."""
    return normalised(first) == normalised(second)


def normalised(document: Document) -> Document:
    """Normalise a document so that texts with equal meaning compare equal."""
    return mapped(document, _normal)


def key(block: Block) -> str:
    """Return a key that blocks of equal meaning share; empty where the block says nothing."""
    blocks = normalised(Document((block,))).blocks
    return repr(blocks) if blocks else ""


def _normal(node: Node) -> Node:
    match node:
        case Paragraph(run) | Heading(_, run) | Cell(run):
            return replace(node, children=normal_run(run))
        case Description(term, blocks):
            return Description(normal_run(term), _filled(blocks))
        case Item(blocks) | Quote(blocks) | Document(blocks):
            return replace(node, blocks=_filled(blocks))
        case CodeBlock(text):
            return replace(node, text=text.replace("\u00a0", " ").rstrip())
        case Row(cells):
            filled = [number for number, cell in enumerate(cells, 1) if cell.children]
            return Row(cells[: max(filled, default=0)])
        case _:
            return node


def _filled(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Drop empty blocks and merge adjacent bullet lists."""
    out: list[Block] = []
    for block in blocks:
        match (out[-1] if out else None, block):
            case (_, Paragraph(()) | Heading(_, ()) | Quote((), "")):
                continue
            case (List(before, False), List(items, False)):
                out[-1] = List((*before, *items))
            case (_, Table(rows)):
                out.append(Table(tuple(row for row in rows if row.cells)))
            case _:
                out.append(block)
    return tuple(out)


def normal_run(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Normalise a run: formats in one order, single blanks, self-titled links as text."""
    out: list[Leaf] = []
    for leaf in (word for part in leaves_of(run) for word in _words(part)):
        before = out[-1].node if out else LineBreak()
        if leaf.node == _BLANK and before in (_BLANK, LineBreak()):
            continue
        if leaf.node == LineBreak() and (not out or before == _BLANK):
            out[-1:] = []
        if leaf.node != LineBreak() or out:
            out.append(leaf)
    while out and out[-1].node in (_BLANK, LineBreak()):
        out.pop()
    return run_of_leaves(_blanks_between(out))


def _blanks_between(leaves: list[Leaf]) -> list[Leaf]:
    """Give blanks the formats that their neighbours on both sides share."""
    out: list[Leaf] = []
    for blank, group in groupby(leaves, key=lambda leaf: leaf.node in (_BLANK, LineBreak())):
        run = list(group)
        after = len(out) + len(run)
        if blank and out and after < len(leaves):
            before, following = out[-1], leaves[after]
            url = before.url if before.url == following.url else ""
            formats = before.formats & following.formats
            run = [Leaf(leaf.node, formats, url) for leaf in run]
        out += run
    return out


def leaves_of(
    run: tuple[Inline, ...], formats: frozenset[_Format] = frozenset(), url: str = ""
) -> list[Leaf]:
    """Flatten a run into its leaves, in order."""
    out: list[Leaf] = []
    for node in run:
        match node:
            case Strong(inside) | Emphasis(inside) | Strike(inside) | Underline(inside):
                out += leaves_of(inside, formats | {type(node)}, url)
            case Link(address, inside):
                out += leaves_of(inside, formats, url or _address(address, text_of(inside)))
            case _:
                out.append(Leaf(node, formats, url))
    return out


def run_of_leaves(leaves: list[Leaf]) -> tuple[Inline, ...]:
    """Build a run from leaves; merge equal neighbours and nest formats in one order."""
    out: list[Inline] = []
    for (formats, url), group in groupby(leaves, key=lambda leaf: (leaf.formats, leaf.url)):
        inside = joined(tuple(leaf.node for leaf in group))
        wrapped: tuple[Inline, ...] = (Link(url, inside),) if url else inside
        for kind in reversed(_ORDER):
            wrapped = (kind(wrapped),) if kind in formats else wrapped
        out += wrapped
    return joined(tuple(out))


def _address(url: str, words: str) -> str:
    """Return the link's target; empty where its words are the address and need no markup."""
    url, words = unquote(url), unquote(words)
    return "" if words in (url, url.removeprefix("http://"), url.removeprefix("mailto:")) else url


def _words(leaf: Leaf) -> list[Leaf]:
    """Split a leaf into words and single blanks.

    A mention keeps only who it is, an image its decoded address, a footnote mark its label.
    """
    match leaf.node:
        case Text(text):
            words = map(_word, _BLANKS.split(text.replace(JOINER, "")))
            blanks = [part for word in words for part in (_BLANK, Text(word))][1:]
            return [replace(leaf, node=part) for part in blanks if part.text]
        case UserMention(portal_user=user, login=login) if user or login:
            return [replace(leaf, node=replace(leaf.node, name=""))]
        case Image(url):
            return [replace(leaf, node=replace(leaf.node, url=unquote(url)))]
        case FootnoteMark():
            return [replace(leaf, node=replace(leaf.node, number=0))]
        case _:
            return [leaf]


def _word(word: str) -> str:
    """Decode the percent codes of an address; return any other word as it is."""
    return unquote(word) if "://" in word else word
