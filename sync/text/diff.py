"""Which parts of two sequences are the same. Pure, in bounded time.

Equal ends are cut off first; what is left is compared by difflib up to a size, and counts as
replaced above it, so that no text makes the comparison slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_PAIRS = 1_000_000  # of what is left of both sides once equal ends are cut off


def matching(left: Sequence[str], right: Sequence[str]) -> dict[int, int]:
    """For each place on the right that is on the left as well: where it is there, both in order."""
    shorter = min(len(left), len(right))
    head = _common(left, right, shorter)
    tail = _common(left[::-1], right[::-1], shorter - head)
    out = {at: at for at in range(head)}
    inner = left[head : len(left) - tail], right[head : len(right) - tail]
    if len(inner[0]) * len(inner[1]) <= MOST_PAIRS:
        for block in SequenceMatcher(None, *inner, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                out[head + block.b + step] = head + block.a + step
    for at in range(1, tail + 1):
        out[len(right) - at] = len(left) - at
    return out


def _common(left: Sequence[str], right: Sequence[str], most: int) -> int:
    at = 0
    while at < most and left[at] == right[at]:
        at += 1
    return at


def changes(left: Sequence[str], right: Sequence[str]) -> list[tuple[range, range]]:
    """The places on the left that are others on the right, and those others, in order."""
    out: list[tuple[range, range]] = []
    at = start = 0
    pairs = sorted((left_place, place) for place, left_place in matching(left, right).items())
    for left_place, place in (*pairs, (len(left), len(right))):
        if left_place > at or place > start:
            out.append((range(at, left_place), range(start, place)))
        at, start = left_place + 1, place + 1
    return out
