"""Each part of the benchmarks has its place in the document."""

from __future__ import annotations

from bench.__main__ import DOCUMENT, PARTS
from bench.figures import replaced


def test_each_part_of_the_benchmarks_has_a_place_in_the_document() -> None:
    text = DOCUMENT.read_text()
    assert [name for name in PARTS if f"<!-- {name} -->" not in text] == []
    for name in PARTS:
        assert "fresh" in replaced(text, name, "fresh")
