"""Restore old blocks among new ones, wherever a side shows them unchanged. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sync.text.diff import matching
from sync.text.mend_blocks import descriptions, footnote, mend
from sync.text.mend_runs import Projection
from sync.text.plain import lines_of, text_of
from sync.text.runs import on_one_line
from sync.text.same import key
from sync.text.tree import Block, Descriptions, Details, Document, Footnote, Paragraph, Text

Blocks = tuple[Block, ...]
Lost = list[tuple[int, Block]]  # removed old blocks with their indexes


@dataclass(frozen=True, slots=True)
class Entry:
    """A block as the side shows it; `place` is its index among the projected old blocks, if any."""

    place: int | None
    block: Block


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of the result: an old one left as it is, or one to write.

    `old` is the index of the block left as it is; `instead` the index of the one replaced, if any.
    """

    old: int | None
    block: Block
    instead: int | None = None


def projections_of(
    olds: Blocks, project: Projection, name: Callable[[Block], str] = key
) -> list[Blocks]:
    """Project each old block to the blocks that the side shows for it, maybe none.

    `name`: as `key`, for callers that remember what it returned.
    """
    projections = [project(Document((old,))).blocks for old in olds]
    return [tuple(block for block in blocks if name(block)) for blocks in projections]


def restored(olds: Blocks, news: Blocks, project: Projection) -> Blocks:
    """Return the new blocks, with each unchanged one replaced by its old block, others mended."""
    projections = projections_of(olds, project)
    flat = [key(block) for blocks in projections for block in blocks]
    places = matching(flat, list(map(key, news)))
    entries = [Entry(places.get(at), block) for at, block in enumerate(news)]
    return tuple(piece.block for piece in pieces(olds, projections, entries, project))


def pieces(
    olds: Blocks,
    projections: list[Blocks],
    entries: list[Entry],
    project: Projection,
) -> list[Piece]:
    """Merge the old blocks and the new ones in the order of `entries`.

    `projections` holds the blocks shown for each old one; a block without any stays in place.
    """
    out: list[Piece] = []
    lost: Lost = []
    waiting: list[Entry] = []
    at = start = 0
    for number, (old, blocks) in enumerate(zip(olds, projections, strict=True)):
        own = range(start, start + len(blocks))
        start = own.stop
        end = _end(entries, at, own)
        if own and end == at:
            lost.append((number, old))
            continue
        if own or lost:
            new, at = _until_kept(entries, at)
            waiting += new
        inner = _leading(waiting, entries, at, own) + entries[at : max(at, end)]
        out += _mended(lost, waiting, project)
        lost, waiting, at = [], [], max(at, end)
        if [entry.place for entry in inner] == list(own):
            out.append(Piece(number, old))
        else:
            out += [Piece(None, block, number) for block in _parts(old, own, inner, project)]
    return _moved(out + _mended(lost, waiting + entries[at:], project), olds, projections)


def _moved(result: list[Piece], olds: Blocks, projections: list[Blocks]) -> list[Piece]:
    """Replace new blocks that look like a removed old one with that one: it was moved."""
    kept = {piece.old for piece in result}
    removed = {
        key(blocks[0]): old
        for number, (old, blocks) in enumerate(zip(olds, projections, strict=True))
        if number not in kept and len(blocks) == 1
    }
    return [
        piece if piece.old is not None else replace(piece, block=_moved_block(removed, piece.block))
        for piece in result
    ]


def _moved_block(removed: dict[str, Block], block: Block) -> Block:
    return removed.pop(key(block), block) if removed else block


def _until_kept(entries: list[Entry], at: int) -> tuple[list[Entry], int]:
    """Return the new blocks that come next, and the position of the next old one."""
    end = at
    while end < len(entries) and entries[end].place is None:
        end += 1
    return entries[at:end], end


def _end(entries: list[Entry], at: int, own: range) -> int:
    """Return the end of an old block's parts; `at` where none is left.

    New blocks behind the last part count as replacements of the parts that are missing.
    """
    end = at
    for number in range(at, len(entries)):
        place = entries[number].place
        if place is not None and place >= own.stop:
            break
        if place is not None:
            end = number + 1
    last = entries[end - 1].place if end > at else None
    missing = own[-1] - last if last is not None else 0
    while missing and end < len(entries) and entries[end].place is None:
        end, missing = end + 1, missing - 1
    return end


def _leading(waiting: list[Entry], entries: list[Entry], at: int, own: range) -> list[Entry]:
    """Take the new blocks that replace an old block's first parts off `waiting`."""
    first = entries[at].place if own and at < len(entries) else None
    count = min(first - own.start, len(waiting)) if first is not None else 0
    leading = waiting[len(waiting) - count :]
    del waiting[len(waiting) - count :]
    return leading


def _parts(old: Block, own: range, inner: list[Entry], project: Projection) -> Blocks:
    """Rebuild an old block that is shown as several, some of which changed."""
    blocks = tuple(entry.block for entry in inner)
    match old:
        case Details(summary, inside) if not summary:
            return (Details((), restored(inside, blocks, project)),)
        case Details(summary, inside) if inner[0].place == own[0]:
            return (Details(summary, restored(inside, blocks[1:], project)),)
        case Details(_, inside) if isinstance(blocks[0], Paragraph) and inner[0].place is None:
            words = text_of(on_one_line(blocks[0].children))
            return (Details((Text(words),), restored(inside, blocks[1:], project)),)
        case Details(_, inside):
            return restored(inside, blocks, project)
        case Footnote():
            return footnote(old, blocks, partial(restored, project=project))
        case Descriptions():
            return descriptions(blocks)
        case _:
            return blocks


def _mended(lost: Lost, waiting: list[Entry], project: Projection) -> list[Piece]:
    """Mend each new block of a place after the removed block that it resembles most."""
    candidates, restore = lost, partial(restored, project=project)
    out: list[Piece] = []
    for entry in waiting:
        like = _like(entry.block, [old for _, old in candidates], project)
        if like is None:
            out.append(Piece(None, entry.block))
            continue
        number, old = candidates[like]
        candidates = candidates[like + 1 :]
        out += [Piece(None, block, number) for block in mend(old, entry.block, project, restore)]
    return out


def _like(new: Block, lost: list[Block], project: Projection) -> int | None:
    """Return the index of the removed block of the same type that shares most words."""
    words = _words((new,))
    best, most = None, 0.0
    for number, old in enumerate(lost):
        blocks = project(Document((old,))).blocks
        if len(blocks) != 1 or type(blocks[0]) is not type(new):
            continue
        old_words = _words(blocks)
        common = len(words & old_words) / max(len(words | old_words), 1)
        if best is None or common > most:
            best, most = number, common
    return best


def _words(blocks: Blocks) -> set[str]:
    return {word for line in lines_of(blocks) for word in text_of(line).split()}
