"""Changes of two checklists, item by item."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.checklists import patch_lines
from sync.core.issue_sync.model import SideName


def _text(words: str) -> str:
    lines = (
        f"- [{'x' if word.endswith('!') else ' '}] {word.rstrip('!')}" for word in words.split()
    )
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("before", "after", "held", "result", "overlaps"),
    [
        ("", "a b", "", "a b", 0),
        ("a b", "a b", "a! b", "a! b", 0),
        ("a b", "a! b", "a b!", "a! b!", 0),
        ("a b", "a!", "a b c", "a! c", 0),
        ("a b", "b a", "a b!", "b! a", 0),
        ("a b", "b a", "a x b", "b a x", 0),
        ("a b", "a b", "b x a", "b x a", 0),
        ("a a", "a a!", "a! a", "a! a!", 0),
        ("a b", "n a b", "a b m", "n a b m", 0),
        ("a b", "b", "b", "b", 0),
        ("a", "a n!", "a n", "a n!", 1),
        ("a b", "a! b", "b", "a! b", 1),
        ("a b", "b", "a! b", "b", 1),
        ("a b c", "c a b", "b a c", "c a b", 1),
    ],
)
def test_a_change_is_written_beside_what_the_other_side_changed(
    before: str, after: str, held: str, result: str, overlaps: int
) -> None:
    patched = patch_lines(SideName.PORTAL, _text(before), _text(after), _text(held))
    assert (patched.text, patched.overlaps) == (_text(result), overlaps)
