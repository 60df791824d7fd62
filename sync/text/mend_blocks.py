"""Restore the kinds of block that a side cannot show when it changes one. Pure.

A task returns a heading as a bold line and a warning as a quote that begins with a bold line;
where they are recognised, they become the heading and the warning again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sync.text.diff import matching
from sync.text.mend_runs import Projection, mended_run
from sync.text.same import key
from sync.text.simple import footnote_mark, quoted
from sync.text.tree import (
    Block,
    CodeBlock,
    Description,
    Descriptions,
    Document,
    Footnote,
    Heading,
    Item,
    LineBreak,
    List,
    Paragraph,
    Quote,
    Row,
    Strike,
    Strong,
    Table,
    Text,
    joined,
)

Restore = Callable[[tuple[Block, ...], tuple[Block, ...]], tuple[Block, ...]]


def mend(old: Block, new: Block, project: Projection, restore: Restore) -> tuple[Block, ...]:
    """Give a new block the properties of the old one that the changing side cannot express.

    `restore` does the same for all blocks of a container, given the old and the new ones.
    """
    match (old, new):
        case (Heading(level, run), Paragraph((Strong(line),))):
            return (Heading(level, mended_run(run, line, project)),)
        case (Paragraph(run), Paragraph(line)):
            return (Paragraph(mended_run(run, line, project)),)
        case (CodeBlock(_, language), CodeBlock(text, "")):
            return (CodeBlock(text, language),)
        case (Quote(), Quote()):
            return (_quote(old, new, restore),)
        case (List(ordered=True), List(ordered=True)) | (List(ordered=False), List(ordered=False)):
            return (
                replace(new, items=_items(old.items, new.items, project, restore), start=old.start),
            )
        case (Table(), Table()):
            return (Table(_rows(old.rows, new.rows, project)),)
        case (Footnote(), _):
            return footnote(old, (new,), restore)
        case (Descriptions(), _):
            return descriptions((new,))
        case _:
            return (new,)


def _quote(old: Quote, new: Quote, restore: Restore) -> Quote:
    titled = quoted(old)[:1] if old.alert else ()
    if titled and list(map(key, titled)) == list(map(key, new.blocks[:1])):
        return replace(old, blocks=restore(old.blocks, new.blocks[1:]))
    return replace(new, blocks=restore(old.blocks, new.blocks))


def footnote(old: Footnote, news: tuple[Block, ...], restore: Restore) -> tuple[Block, ...]:
    """Turn the new blocks back into the footnote where they begin with its mark."""
    mark = footnote_mark(old.label, old.number) + " "
    match news:
        case (Paragraph((Text(text), *rest)), *following) if text.startswith(mark):
            first = Paragraph(joined((Text(text.removeprefix(mark)), *rest)))
            return (replace(old, blocks=restore(old.blocks, (first, *following))),)
        case _:
            return news


def descriptions(news: tuple[Block, ...]) -> tuple[Block, ...]:
    """Turn bold lines with words under them into a description list, if all blocks are such."""
    items: list[Description] = []
    for block in news:
        match block:
            case Paragraph((Strong(term), LineBreak(), *rest)) if rest:
                items.append(Description(term, (Paragraph(tuple(rest)),)))
            case _:
                return news
    return (Descriptions(tuple(items)),)


def _items(
    olds: tuple[Item, ...], news: tuple[Item, ...], project: Projection, restore: Restore
) -> tuple[Item, ...]:
    """Keep unchanged items as they were and mend the others in their order."""
    projected = [_projected_item(item, project) for item in olds]
    places = matching(list(map(_item_key, projected)), list(map(_item_key, news)))
    out: list[Item] = []
    free = 0
    for at, new in enumerate(news):
        if at in places:
            out.append(olds[places[at]])
            free = places[at] + 1
        elif free < len(olds) and free not in places.values():
            out.append(_mended_item(olds[free], new, restore))
            free += 1
        else:
            out.append(new)
    return tuple(out)


def _projected_item(item: Item, project: Projection) -> Item:
    match project(Document((List((item,)),))).blocks:
        case (List((projected,)),):
            return projected
        case _:
            return item


def _item_key(item: Item) -> str:
    return key(List((item,)))


def _mended_item(old: Item, new: Item, restore: Restore) -> Item:
    blocks = restore(old.blocks, new.blocks)
    match (old, new.blocks):
        case (Item(dropped=True), (Paragraph((Strike(line),)), *rest)):
            news = (Paragraph(line), *rest)
            return replace(old, blocks=restore(old.blocks, news))
        case _:
            return replace(new, blocks=blocks)


def _rows(olds: tuple[Row, ...], news: tuple[Row, ...], project: Projection) -> tuple[Row, ...]:
    """Mend each cell after the old one in its place, where the number of rows is unchanged."""
    if len(olds) != len(news):
        return news
    return tuple(
        Row(tuple(
            replace(cell, children=mended_run(before.children, cell.children, project))
            for before, cell in zip(old.cells, new.cells, strict=False)
        ) + new.cells[len(old.cells) :])
        for old, new in zip(olds, news, strict=True)
    )  # fmt: skip
