"""Express blocks that only trackers have in blocks that every dialect has. Pure."""

from __future__ import annotations

from sync.text.tree import (
    Block,
    Contents,
    Description,
    Descriptions,
    Details,
    Footnote,
    Inline,
    Item,
    LineBreak,
    Paragraph,
    Quote,
    Strike,
    Strong,
    Text,
    joined,
)

BOXES = {None: "", True: "[x] ", False: "[ ] "}


def footnote_mark(label: str, number: int) -> str:
    """Return `[2]`, or the label in brackets for a footnote that nothing refers to."""
    return f"[{number or label}]"


def simple(block: Contents | Details | Footnote | Descriptions) -> tuple[Block, ...]:
    """Rewrite a block with the same words in common blocks.

    Summaries and terms become bold lines, a footnote begins with its mark, contents are dropped.
    """
    match block:
        case Contents():
            return ()
        case Details(summary, blocks):
            return (*_bold(summary), *blocks)
        case Footnote(label, number, blocks):
            return _headed((Text(footnote_mark(label, number) + " "),), blocks)
        case Descriptions(items):
            return tuple(part for item in items for part in _description(item))


def _description(item: Description) -> tuple[Block, ...]:
    """Put the term over the first paragraph of its description."""
    match item.blocks:
        case (Paragraph(children), *rest) if item.term:
            return (Paragraph((Strong(item.term), LineBreak(), *children)), *rest)
        case blocks:
            return (*_bold(item.term), *blocks)


def _bold(run: tuple[Inline, ...]) -> tuple[Block, ...]:
    return (Paragraph((Strong(run),)),) if run else ()


def _headed(mark: tuple[Inline, ...], blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    match blocks:
        case (Paragraph(children), *rest):
            return (Paragraph(joined((*mark, *children))), *rest)
        case _:
            return (Paragraph(mark), *blocks)


def quoted(quote: Quote) -> tuple[Block, ...]:
    """Return the inside of a quote; an alert gets its title, or its kind, as a bold line."""
    title = quote.title or quote.alert.capitalize()
    return (*_bold((Text(title),) if title else ()), *quote.blocks)


def in_item(item: Item) -> tuple[Block, ...]:
    """Return the inside of an item: a checkbox as words, a dropped item struck through."""
    if item.dropped:
        return tuple(map(_struck, item.blocks))
    if item.checked is None:
        return item.blocks
    return _headed((Text(BOXES[item.checked]),), item.blocks)


def _struck(block: Block) -> Block:
    match block:
        case Paragraph(children):
            return Paragraph((Strike(children),))
        case _:
            return block
