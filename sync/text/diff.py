"""Which parts of two sequences are the same. Pure, in bounded time.

Equal ends are cut off first; what is left is compared by difflib up to a size, and counts as
replaced above it, so that no text makes the comparison slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_PAIRS = 1_000_000  # of what is left of both sides once equal ends are cut off


def matching(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """For each place on the right that is on the left as well: where it is there, both in order."""
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
    """The places on the left that are others on the right, and those others, in order."""
    out: list[tuple[range, range]] = []
    at = start = 0
    pairs = sorted((earlier, place) for place, earlier in matching(before, after).items())
    for earlier, place in (*pairs, (len(before), len(after))):
        if earlier > at or place > start:
            out.append((range(at, earlier), range(start, place)))
        at, start = earlier + 1, place + 1
    return out
