"""Find the equal parts of two sequences. Pure, in bounded time.

Equal ends are cut off first. The middle is compared by difflib up to a size and counts as replaced
above it, so that no text makes the comparison slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_PAIRS = 1_000_000  # of what is left of both sides once equal ends are cut off


def matching(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Map places in `after` to the equal places in `before`, in the same order on both sides."""
    shorter = min(len(before), len(after))
    head = _common(before, after, shorter)
    tail = _common(before[::-1], after[::-1], shorter - head)
    out = {at: at for at in range(head)}
    inner = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(inner[0]) * len(inner[1]) <= MOST_PAIRS:
        for block in SequenceMatcher(None, *inner, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                out[head + block.b + step] = head + block.a + step
    for at in range(1, tail + 1):
        out[len(after) - at] = len(before) - at
    return out


def _common(before: Sequence[str], after: Sequence[str], most: int) -> int:
    at = 0
    while at < most and before[at] == after[at]:
        at += 1
    return at


def changes(before: Sequence[str], after: Sequence[str]) -> list[tuple[range, range]]:
    """List the ranges of `before` that were replaced, each with its replacement in `after`."""
    out: list[tuple[range, range]] = []
    at = start = 0
    pairs = sorted((earlier, place) for place, earlier in matching(before, after).items())
    for earlier, place in (*pairs, (len(before), len(after))):
        if earlier > at or place > start:
            out.append((range(at, earlier), range(start, place)))
        at, start = earlier + 1, place + 1
    return out
