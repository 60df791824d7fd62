"""Write one side's change into the other side's text, only where blocks changed. Pure.

Unchanged blocks keep the other side's text to the letter, however it is written there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from sync.text.diff import changes, matching
from sync.text.mend import Entry, Piece, pieces, projections_of
from sync.text.same import key, normalised
from sync.text.sides import Side
from sync.text.spans import Span
from sync.text.tree import Block, Document, Node, mapped


@dataclass(frozen=True, slots=True)
class Patched:
    """The patched text.

    `overlaps` counts changed blocks that the target side had changed, or taken out, too. What it
    holds instead stays beside what is written: nothing is lost here, and the caller decides.
    """

    text: str
    overlaps: int = 0


def _same(node: Node) -> Node:
    return node


def patch(
    base: Document,
    new: Document,
    text: str,
    *,
    source: Side,
    target: Side,
    as_source: Callable[[Node], Node] = _same,
    as_target: Callable[[Node], Node] = _same,
) -> Patched:
    """Write the change from `base` to `new` into `text`.

    `base` and `new` are the source side's trees before and after the change; `text` is what the
    target side holds now. `as_source` and `as_target` translate people and files between the
    sides: an upload becomes the file of the portal's disk that it is a copy of, and back.
    `as_source` may also drop what the target side cannot know, because it is applied to all trees.
    """
    if base == new:
        return Patched(text)
    spans = target.spans(text)
    olds = tuple(block for span in spans for block in span.blocks)

    def project(document: Document) -> Document:
        return mapped(source.read(source.write(mapped(document, as_source))), as_source)

    def reduce(document: Document) -> Document:
        """Reduce a document of the source side to what the target side can hold of it."""
        return project(target.read(target.write(mapped(document, as_target))))

    def project_old(document: Document) -> Document:
        return project(mapped(document, target.as_written))

    name = cache(key)
    projections = projections_of(olds, project_old, name)
    flat = [block for blocks in projections for block in blocks]

    @cache  # most blocks are the same before and after
    def reduced(block: Block) -> tuple[Block, ...]:
        return projections_of((block,), reduce, name)[0]

    before, after = (
        [shown for block in document.blocks for shown in reduced(block)] for document in (base, new)
    )
    entries, overlaps = _merged(before, after, flat, name)
    if [entry.place for entry in entries] == list(range(len(flat))):
        return Patched(text, overlaps)
    result = [
        piece if piece.old is not None else replace(piece, block=mapped(piece.block, as_target))
        for piece in pieces(olds, projections, entries, project_old)
    ]
    expected = normalised(Document(tuple(piece.block for piece in result)))
    for wider in (0, 1, len(spans)):
        written = _written(text, spans, result, target, wider)
        if normalised(target.read(written)) == expected:
            break
    return Patched(written, overlaps)


def _merged(
    before: list[Block], after: list[Block], now: list[Block], name: Callable[[Block], str]
) -> tuple[list[Entry], int]:
    """Apply the change from `before` to `after` to the blocks of `now`; count overlaps."""
    old, new, present = (list(map(name, blocks)) for blocks in (before, after, now))
    places = matching(present, old)  # of the blocks before, among those that are there now
    removed: set[int] = set()
    added: dict[int, list[Block]] = {}
    overlaps = 0
    for earlier, later in changes(old, new):
        here = [places[at] for at in earlier if at in places]
        overlaps += len(earlier) - len(here)
        removed.update(here)
        anchor = here[0] if here else _behind(earlier.start, places)
        added.setdefault(anchor, []).extend(after[at] for at in later)
    out: list[Entry] = []
    for at in range(len(now) + 1):
        out += [Entry(None, block) for block in added.get(at, ())]
        if at < len(now) and at not in removed:
            out.append(Entry(at, now[at]))
    return out, overlaps


def _behind(at: int, places: dict[int, int]) -> int:
    """Return the place behind the nearest earlier block that is still present."""
    while at > 0:
        at -= 1
        if at in places:
            return places[at] + 1
    return 0


_Unit = int | list[Block]  # a span left to the letter, or blocks to write


def _written(text: str, spans: list[Span], result: list[Piece], target: Side, wider: int) -> str:
    """Write changed blocks anew, together with `wider` spans on either side of them."""
    units = _units(spans, result, _untouched(spans, result))
    near = {
        unit
        for at in _seams(units)
        for unit in units[max(0, at - wider) : at + wider + 1]
        if isinstance(unit, int)
    }
    units = _units(spans, result, _untouched(spans, result) - near) if wider else units
    return _composed(text, spans, units, target)


def _seams(units: list[_Unit]) -> list[int]:
    """List the places of blocks to write, and those behind which spans were taken out."""
    return [
        at
        for at, (unit, after) in enumerate(pairwise((*units, None)))
        if not isinstance(unit, int) or (isinstance(after, int) and after != unit + 1)
    ]


def _untouched(spans: list[Span], result: list[Piece]) -> set[int]:
    """Return the spans all of whose blocks are unchanged and consecutive."""
    owner = [number for number, span in enumerate(spans) for _ in span.blocks]
    places = {piece.old: at for at, piece in enumerate(result) if piece.old is not None}
    runs: dict[int, list[int | None]] = {}
    for block, span in enumerate(owner):
        runs.setdefault(span, []).append(places.get(block))
    return {
        span
        for span, run in runs.items()
        if run[0] is not None and run == list(range(run[0], run[0] + len(run)))
    }


def _units(spans: list[Span], result: list[Piece], untouched: set[int]) -> list[_Unit]:
    """List spans and blocks in the order of the result; blockless spans keep their place."""
    owner = [number for number, span in enumerate(spans) for _ in span.blocks]
    out: list[_Unit] = []
    following = 0
    for piece in result:
        place = piece.instead if piece.old is None else piece.old
        if place is not None:
            span = owner[place]
            out += [number for number in range(following, span) if not spans[number].blocks]
            if piece.old is not None and span in untouched and span >= following:
                out.append(span)
            following = max(following, span + 1)
            if piece.old is not None and span in untouched:
                continue
        match out[-1:]:
            case [list(blocks)]:
                blocks.append(piece.block)
            case _:
                out.append([piece.block])
    return out + [number for number in range(following, len(spans)) if not spans[number].blocks]


def _composed(text: str, spans: list[Span], units: list[_Unit], target: Side) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    gaps = [text[earlier.end : later.start] for earlier, later in pairwise(spans)]
    out = [text[: spans[0].start]] if spans else []
    before: _Unit | None = None
    for unit in units:
        if isinstance(unit, int):
            projections = text[spans[unit].start : spans[unit].end]
        elif not (projections := target.write(Document(tuple(unit))).replace("\n", line_end)):
            continue
        if before is not None:
            out.append(_gap(gaps, before, unit) or line_end * 2)
        out.append(projections)
        before = unit
    return "".join((*out, text[spans[-1].end :] if spans else ""))


def _gap(gaps: list[str], before: _Unit, after: _Unit) -> str:
    """Return the gap that stood between two units or beside one of them, if it parts blocks."""
    if isinstance(before, int) and before + 1 == after:
        return gaps[before]
    beside = [gaps[before]] if isinstance(before, int) and before < len(gaps) else []
    beside += [gaps[after - 1]] if isinstance(after, int) and after else []
    return next((gap for gap in beside if gap.count("\n") > 1), "")
